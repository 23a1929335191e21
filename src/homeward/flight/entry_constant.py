"""Constant bank: what a footprint is made of, and the simplest law of all."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.typing import Scalar


class ConstantBankGuidance(AbstractEntryGuidance):
    """Holds one bank angle [rad] all the way down."""

    bank: Scalar = eqx.field(converter=lambda x: jnp.asarray(x, float))

    def init(self, target: EntryTarget) -> tuple[()]:
        return ()

    def step(
        self, state: tuple[()], navigation: Navigation, target: EntryTarget
    ) -> tuple[tuple[()], EntryCommand]:
        one = jnp.ones_like(navigation.bank)
        return state, EntryCommand(self.bank, one, one, 0.0 * one)
