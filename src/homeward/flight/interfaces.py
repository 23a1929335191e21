"""What an entry guidance and a navigation must offer. A user's own law is any final class of these shapes."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import (
    Accuracy,
    Attitude,
    EntryCommand,
    EntryTarget,
    InertialReadings,
    InertialSample,
    Measurements,
    Navigation,
)
from homeward.typing import Scalar, Vec3


class AbstractEntryGuidance(eqx.Module):
    """From the entry interface to parachute opening, one step a guidance cycle."""

    @abstractmethod
    def init(self, target: EntryTarget) -> Any:
        """State before the first cycle: any pytree of arrays whose shapes never change."""

    @abstractmethod
    def step(self, state: Any, navigation: Navigation, target: EntryTarget) -> tuple[Any, EntryCommand]:
        """One cycle: what navigation believes in, bank command out."""


class AbstractNavigation(eqx.Module):
    """From measurements to what guidance reads, one step a cycle."""

    @abstractmethod
    def init(self) -> Any:
        """State before the first measurement: any pytree of arrays whose shapes never change."""

    @abstractmethod
    def step(self, state: Any, measurements: Measurements) -> tuple[Any, Navigation]:
        """One cycle: sensors in, belief out."""


class AbstractStrapdown(AbstractNavigation):
    """Navigation of a capsule that turns: it reckons every control tick and takes bearings once a cycle."""

    @abstractmethod
    def propagate(self, state: Any, sample: InertialSample | InertialReadings) -> tuple[Any, Attitude]:
        """One control tick: the inertial unit's integrals in, or each instrument's; attitude out."""

    @abstractmethod
    def attitude(self, state: Any) -> Attitude:
        """What attitude control goes by."""

    @abstractmethod
    def sensed(self, state: Any) -> InertialSample:
        """The last tick as it was taken: what its instruments told together."""

    @abstractmethod
    def position(self, state: Any) -> Vec3:
        """Believed position [m, I] after the last control tick. For telemetry and monitors."""

    @abstractmethod
    def accuracy(self, state: Any) -> Accuracy:
        """How well it thinks it knows."""


def bank_only(bank: Scalar) -> EntryCommand:
    """The command of a law that estimates nothing: a bank angle [rad], positive turns right."""
    one = jnp.ones_like(bank)
    return EntryCommand(bank, one, one, jnp.zeros_like(bank))
