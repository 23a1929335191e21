"""Trim lift and drag: constant, or a table against Mach number."""

import csv
from collections.abc import Sequence
from functools import cache
from importlib import resources

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.errors import InputError
from homeward.math.numerics import bends, beyond_knots, interpolate_ramps, on_line
from homeward.typing import Array, Float, Scalar
from homeward.world.environment.interfaces import AbstractAerodynamics

# The Mach number at which a scenario states its lift-to-drag ratio.
REFERENCE_MACH = 10.0

Column = np.ndarray | Sequence[float] | Sequence[int]


def _scalar(value: float | int | Array) -> Array:
    return jnp.asarray(value, float)


class ConstantAerodynamics(AbstractAerodynamics):
    """The same ``cl`` and ``cd`` at every Mach number."""

    cl: Scalar = eqx.field(converter=_scalar)
    cd: Scalar = eqx.field(converter=_scalar)

    def coefficients(self, mach: Scalar) -> tuple[Scalar, Scalar]:
        """``(CL, CD)``, whatever the Mach number."""
        return self.cl, self.cd

    def scaled(
        self, drag: Scalar | float = 1.0, lift_to_drag: Scalar | float = 1.0
    ) -> "ConstantAerodynamics":
        """The same body with drag and lift-to-drag ratio multiplied by factors."""
        return ConstantAerodynamics(self.cl * drag * lift_to_drag, self.cd * drag)


class TrimTable(AbstractAerodynamics):
    """Trim coefficients against Mach number.

    ``rows`` holds CL and CD at the ascending ``mach``, linear between and held beyond the ends.
    """

    mach: Float[Array, " n"]
    rows: Float[Array, "n 2"]

    def coefficients(self, mach: Scalar) -> tuple[Scalar, Scalar]:
        """``(CL, CD)`` at a Mach number."""
        cl, cd = interpolate_ramps(self.mach, self.rows, mach)
        return cl, cd

    def prepared(self) -> "TrimLines":
        """The table as single numbers: a search-free sum over the knots, free of divisions, too."""
        mach, cl, cd = tuple(self.mach), tuple(self.rows[:, 0]), tuple(self.rows[:, 1])
        return TrimLines(tuple(1.0 * x for x in mach), bends(mach, cl), bends(mach, cd))

    def scaled(self, drag: Scalar | float = 1.0, lift_to_drag: Scalar | float = 1.0) -> "TrimTable":
        """The same table with drag and lift-to-drag ratio multiplied by factors at every Mach number."""
        factors = jnp.stack([jnp.asarray(drag * lift_to_drag, float), jnp.asarray(drag, float)])
        return TrimTable(self.mach, self.rows * factors[None, :])

    def with_lift_to_drag(self, wanted: Scalar | float) -> "TrimTable":
        """The table whose lift is scaled so that L/D at Mach 10 is ``wanted``."""
        cl, cd = self.coefficients(jnp.asarray(REFERENCE_MACH))
        return self.scaled(lift_to_drag=wanted * cd / cl)


class TrimLines(AbstractAerodynamics):
    """A trim table as the loop flies it: single numbers, worked out once (see ``bends``)."""

    mach: tuple[Scalar, ...]
    cl: tuple[Scalar, ...]
    cd: tuple[Scalar, ...]

    def coefficients(self, mach: Scalar) -> tuple[Scalar, Scalar]:
        """``(CL, CD)`` at a Mach number."""
        beyond = beyond_knots(self.mach, mach)
        return on_line(self.cl, beyond), on_line(self.cd, beyond)


def trim_table(mach: Column, cl: Column, cd: Column) -> TrimTable:
    """A trim table from columns. Raises ``InputError`` unless Mach increases and drag is positive."""
    m, lift, drag = (np.asarray(column, float) for column in (mach, cl, cd))
    if m.ndim != 1 or m.size < 2 or lift.shape != m.shape or drag.shape != m.shape:
        raise InputError("aero table: mach, cl and cd: at least two rows of equal length")
    if not np.all(np.isfinite(np.stack([m, lift, drag]))) or np.any(np.diff(m) <= 0.0):
        raise InputError("aero table: mach: finite values that increase from row to row")
    if np.any(drag <= 0.0):
        raise InputError("aero table: cd: every value must be positive")
    return TrimTable(jnp.asarray(m, float), jnp.asarray(np.stack([lift, drag], axis=1), float))


@cache
def _apollo_columns() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    text = resources.files("homeward.data").joinpath("apollo_aero.csv").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    table = np.array([[float(x) for x in row] for row in list(csv.reader(lines))[1:]])
    return table[:, 0], table[:, 1], table[:, 2]


def apollo(lift_to_drag: float | Scalar | None = None, drag_scale: float | Scalar = 1.0) -> TrimTable:
    """The Apollo command module's published trim table, scaled.

    Drag is multiplied by ``drag_scale`` and lift so that L/D at Mach 10 is ``lift_to_drag`` (the
    published 0.336 if none is given). Source: NASA Apollo 15 RTCC report. Valid for Mach 0.2 to 29.5,
    apex aft, at trim; held beyond.
    """
    table = trim_table(*_apollo_columns())
    if lift_to_drag is None:
        return _scaled(table, _scalar(drag_scale))
    return _fitted(table, _scalar(drag_scale), _scalar(lift_to_drag))


@program
def _scaled(table: TrimTable, drag: Scalar) -> TrimTable:
    return table.scaled(drag=drag)


@program
def _fitted(table: TrimTable, drag: Scalar, lift_to_drag: Scalar) -> TrimTable:
    return table.scaled(drag=drag).with_lift_to_drag(lift_to_drag)
