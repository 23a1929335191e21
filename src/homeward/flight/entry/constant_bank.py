"""Bank held, and changed once: what a footprint is made of, and the simplest law of all."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.interfaces import AbstractEntryGuidance, bank_only
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.typing import Scalar


def _number(x: Scalar | float) -> Scalar:
    return jnp.asarray(x, float)


class StepBankGuidance(AbstractEntryGuidance):
    """Holds one bank angle [rad] down to a speed [m/s], and another below it."""

    bank: Scalar = eqx.field(converter=_number)
    later: Scalar = eqx.field(converter=_number)
    speed: Scalar = eqx.field(converter=_number)

    def init(self, target: EntryTarget) -> tuple[()]:
        return ()

    def step(
        self, state: tuple[()], navigation: Navigation, target: EntryTarget
    ) -> tuple[tuple[()], EntryCommand]:
        fast = jnp.sum(navigation.v_BE_E**2) > self.speed**2
        return state, bank_only(jnp.where(fast, self.bank, self.later))
