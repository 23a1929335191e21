"""How the ship lies while it drifts: toward its next burn, or sideways with a head that sees stars."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.orientation import EarthSpin
from homeward.flight.executive.flight_plan import PlanStep
from homeward.icd import Attitude, Navigation
from homeward.math.numerics import norm
from homeward.math.quaternion import conjugate, from_matrix, from_turn, multiply
from homeward.typing import Array, Float, Mat33, Quat, Scalar, Vec3

ROLLS = 8  # attitudes to choose from
READY = 420.0  # s before the drift ends by which it lies as the next step begins: half a turn takes less
SEARCH = 5e-3  # rad/s about the nose: a turn in 21 minutes, slow enough for the star tracker
AHEAD = 0.03  # of the cosine: how much more room than its limits a head must have to count as seeing


class Waiting(eqx.Module):
    """What the choice rests on: the heads, the Sun, the Earth's size, and how fast the ship turns."""

    boresights_B: Float[Array, "2 3"]
    sun_I: Vec3  # unit vector by the almanac on board
    sun_exclusion: Scalar  # rad from the boresight
    limb_exclusion: Scalar  # rad from the boresight to the Earth's limb
    earth_radius: Scalar  # m
    rate: Scalar  # rad/s

    def wanted(self, step: PlanStep, coming: PlanStep, last: Navigation, spin: EarthSpin) -> Quat:
        """The attitude wanted in a drift that ends with ``step``; ``coming`` is the step after it,
        ``spin`` the Earth's orientation and rotation.

        Before a burn the nose lies along its thrust. Else the ship lies sideways, as its module will leave
        it, its +z up; where Sun and Earth blind both heads so, it rolls to where one has most room.
        """
        C_EI, omega_E = spin.C_EI(last.time), spin.omega_EI_E
        r_I = jnp.sum(C_EI * last.r_BE_E[:, None], axis=0)
        v_I = jnp.sum(C_EI * (last.v_BE_E + jnp.cross(omega_E, last.r_BE_E))[:, None], axis=0)
        up, normal = _unit(r_I), _unit(jnp.cross(r_I, v_I))
        aimed = _axes(coming.direction_I, up, normal)
        level = _axes(-normal, up, normal)
        soon = step.until_time - last.time < READY
        rolled = self._rolled(level, up, norm(r_I))
        sideways = jnp.where(soon, level, rolled)
        return from_matrix(jnp.where(coming.burns, aimed, sideways))

    def _rolled(self, level: Mat33, up: Vec3, radius: Scalar) -> Mat33:
        """The ship level, or at the roll at which one head has most room, if it has none so."""
        angles = jnp.arange(ROLLS, dtype=float) * (2.0 * jnp.pi / ROLLS)
        room = jax.vmap(lambda angle: self._room(_about_nose(level, angle), up, radius))(angles)
        # The first is the ship level: kept while a head sees.
        return _about_nose(level, jnp.where(room[0] > AHEAD, 0.0, angles[jnp.argmax(room)]))

    def _room(self, C_BI: Mat33, up: Vec3, radius: Scalar) -> Scalar:
        """How far [cosines] the freer head is from where Sun or Earth blind it; negative where they do."""
        limb = jnp.cos(jnp.arcsin(jnp.minimum(self.earth_radius / radius, 1.0)) + self.limb_exclusion)
        dazzling = jnp.cos(self.sun_exclusion)

        def one(boresight: Vec3) -> Scalar:
            b_I = jnp.sum(C_BI * boresight[:, None], axis=0)
            return jnp.minimum(limb + jnp.sum(b_I * up), dazzling - jnp.sum(b_I * self.sun_I))

        return jnp.maximum(one(self.boresights_B[0]), one(self.boresights_B[1]))

    def turn_rate(self, attitude: Attitude, coming: Vec3, wanted: Quat, dt: Scalar) -> Vec3:
        """Rate [rad/s, B] to hold in the next tick; ``coming`` is that of this one, which begins now."""
        ahead = multiply(from_turn(coming * dt), attitude.q_BI)
        w, x, y, z = multiply(wanted, conjugate(ahead))
        # q_B'B of a turn by the vector t is cos(t/2), -sin(t/2) t/|t|.
        sine = jnp.sqrt(x * x + y * y + z * z)
        angle = 2.0 * jnp.arctan2(sine, jnp.abs(w))
        per_sine = jnp.where(sine > 1e-12, angle / jnp.where(sine > 1e-12, sine, 1.0), 2.0)
        turn = -jnp.where(w < 0.0, -per_sine, per_sine) * jnp.stack([x, y, z])
        rate = turn * jnp.minimum(1.0 / dt, self.rate / jnp.maximum(angle, 1e-12))
        # One that does not know how it lies rolls slowly: within a turn a head looks past Sun and Earth.
        return jnp.where(attitude.known, rate, jnp.asarray([SEARCH, 0.0, 0.0]))


def _unit(x: Vec3) -> Vec3:
    return x / jnp.maximum(norm(x), 1e-9)


def _axes(nose: Vec3, up: Vec3, aside: Vec3) -> Mat33:
    """``C_BI`` with x along ``nose`` and z as near to ``up`` as that allows, else y along ``aside``."""
    across = jnp.cross(up, nose)
    across = jnp.where(norm(across) > 1e-3, across, aside)
    y = _unit(across)
    return jnp.stack([nose, y, jnp.cross(nose, y)])


def _about_nose(C_BI: Mat33, angle: Scalar) -> Mat33:
    """The ship rolled by an angle [rad]."""
    c, s = jnp.cos(angle), jnp.sin(angle)
    return jnp.stack([C_BI[0], c * C_BI[1] + s * C_BI[2], c * C_BI[2] - s * C_BI[1]])


__all__ = ["Waiting"]
