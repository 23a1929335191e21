"""What the flight computer of a turning ship has besides: an attitude control for each configuration."""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid
from homeward.earth.orientation import AbstractOrientation
from homeward.flight.control.phase_plane import (
    AttitudeControl,
    WindAxes,
    damping_valves,
    entry_valves,
    pointing_valves,
    wind_axes,
)
from homeward.flight.navigation.lift_direction import lift_rows
from homeward.icd import Attitude, Navigation
from homeward.math.attitude_triples import bank_angle, rows, split4
from homeward.math.triples import dot, split
from homeward.typing import Array, Count, Flag, Float, Scalar, Vec3

Valves = Float[Array, " n"]

AIMED = 0.985  # cosine of the angle from the wanted thrust (10 deg) within which the engine may burn


class Steering(eqx.Module):
    """Attitude control of the stack and of the capsule; ``engine_tail`` [s] still burns after cut-off.

    Every method returns the valve times [s] of the next tick; ``coming`` are those of this tick.
    """

    stack: AttitudeControl
    capsule: AttitudeControl
    engine_tail: Scalar
    ellipsoid: Ellipsoid
    orientation: AbstractOrientation  # of the Earth, as believed
    forward_weights: Float[Array, " n"]  # least squares of the accelerometers' readings along x

    @property
    def thrusters(self) -> int:
        """How many valves there are."""
        return self.stack.allocation.torques.shape[-2]

    def without(self, isolated: Count) -> "Steering":
        """The control that goes without one thruster: 0 none, else 1 and its number."""
        tables = (self.stack.allocation.without(isolated), self.capsule.allocation.without(isolated))
        return eqx.tree_at(lambda s: (s.stack.allocation, s.capsule.allocation), self, tables)

    def axes(self, last: Navigation) -> WindAxes:
        """Axes of the believed motion, held for a cycle."""
        return wind_axes(last, self.ellipsoid, self.orientation.at(last.time).C_EI(last.time))

    def point(
        self,
        attitude: Attitude,
        axes: WindAxes,
        coming: Valves,
        direction: Vec3,
        entering: Flag,
        tick: Scalar,
    ) -> Valves:
        """The stack: thrust along a direction in I, or the attitude of the entry, wings level."""
        level = jnp.zeros_like(tick)
        entry = entry_valves(self.stack, attitude, axes, level, coming, tick)
        aimed = pointing_valves(self.stack, attitude, axes, direction, coming, tick)
        return jnp.where(entering, entry, aimed)

    def aimed(self, attitude: Attitude, direction: Vec3) -> Flag:
        """Whether the thrust points where it should."""
        return attitude.known & (dot(rows(split4(attitude.q_BI))[0], split(direction)) > AIMED)

    def bank(
        self, attitude: Attitude, axes: WindAxes, coming: Valves, bank: Scalar, tick: Scalar,
        turn: Scalar | None = None,
    ) -> Valves:  # fmt: skip
        """The capsule at trim and a bank angle [rad] of its lift; ``turn`` as of ``entry_valves``."""
        return entry_valves(self.capsule, attitude, axes, bank, coming, tick, turn)

    def lift_bank(self, attitude: Attitude, axes: WindAxes, turn: Scalar) -> Scalar:
        """Bank angle [rad] of the lift about the believed velocity, right positive."""
        C = lift_rows(rows(split4(attitude.q_BI)), turn)
        return bank_angle(C, (split(axes.forward), split(axes.right), split(axes.above)))

    def lift_side(self, attitude: Attitude, last: Navigation, turn: Scalar) -> Vec3:
        """Body axis [E] on whose side the lift is."""
        side_I = lift_rows(rows(split4(attitude.q_BI)), turn)[2]
        C_EI = self.orientation.at(last.time).C_EI(last.time)
        return jnp.sum(C_EI * jnp.stack(side_I)[None, :], axis=1)

    def damp(self, attitude: Attitude, coming: Valves, quiet: Flag, tick: Scalar) -> Valves:
        """The capsule under a parachute: rates taken away, nothing fired where ``quiet``."""
        return jnp.where(quiet, 0.0, damping_valves(self.capsule, attitude, coming, tick))
