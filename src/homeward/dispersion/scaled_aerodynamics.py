"""A body whose drag and lift-to-drag ratio are not quite what was thought."""

import equinox as eqx
import jax.numpy as jnp

from homeward.typing import Scalar
from homeward.world.environment.interfaces import AbstractAerodynamics


class ScaledAerodynamics(AbstractAerodynamics):
    """Any trim aerodynamics with its drag and its L/D multiplied."""

    base: AbstractAerodynamics
    drag: Scalar
    lift_to_drag: Scalar

    def coefficients(self, mach: Scalar) -> tuple[Scalar, Scalar]:
        """``(CL, CD)`` of the base, scaled."""
        cl, cd = self.base.coefficients(mach)
        return cl * self.drag * self.lift_to_drag, cd * self.drag

    def prepared(self) -> "ScaledAerodynamics":
        """The scaled form of what the base prepares."""
        return eqx.tree_at(lambda a: a.base, self, self.base.prepared())


def unscaled(base: AbstractAerodynamics) -> ScaledAerodynamics:
    """Factors of one: the form that every dispersed flight has."""
    one = jnp.asarray(1.0, float)
    return ScaledAerodynamics(base, one, one)
