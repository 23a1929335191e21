"""Bank held, changed once, or told cycle by cycle: what footprints and bounds are flown with."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.interfaces import AbstractEntryGuidance, bank_only
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.typing import Array, Count, Float, Scalar


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


class ToldBankGuidance(AbstractEntryGuidance):
    """Commands one bank [rad] after the other, a cycle each, and then holds the last."""

    banks: Float[Array, " n"]

    def init(self, target: EntryTarget) -> Count:
        return jnp.asarray(0, int)

    def step(self, state: Count, navigation: Navigation, target: EntryTarget) -> tuple[Count, EntryCommand]:
        return state + 1, bank_only(self.banks[jnp.minimum(state, self.banks.shape[0] - 1)])
