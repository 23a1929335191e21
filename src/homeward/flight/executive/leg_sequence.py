"""When the present step of the flight plan ends, by onboard time, believed altitude and sensed load."""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import G0, MU_EGM96, OMEGA_WGS84
from homeward.earth.geodesy import Ellipsoid, height_and_up
from homeward.flight.executive.flight_plan import PlanStep
from homeward.icd import Navigation
from homeward.math.numerics import norm
from homeward.math.triples import cross, dot, split
from homeward.typing import Flag, Scalar

# Of a cycle: a step that ends no later ends in it. Off 1 by more than sums of seconds are rounded.
WITHIN = 1.0 - 1e-9

LASTING = 5.0  # s for which a load has to last


class Descending(eqx.Module):
    """Believed altitude above the ellipsoid [m], its rate [m/s] and acceleration [m/s2]."""

    altitude: Scalar
    climb: Scalar
    acceleration: Scalar

    def falls_through(self, altitude: Scalar) -> Scalar:
        """Seconds until it falls through an altitude [m]: 0 if it is below, infinite if never."""
        above = self.altitude - altitude
        root = self.climb * self.climb - 2.0 * self.acceleration * above
        slow = -self.climb + jnp.sqrt(jnp.maximum(root, 0.0))
        meets = (root >= 0.0) & (slow > 0.0) & jnp.isfinite(above)
        later = jnp.where(meets, 2.0 * above / jnp.where(meets, slow, 1.0), jnp.inf)
        return jnp.where(above <= 0.0, 0.0, later)


def descending(ellipsoid: Ellipsoid, last: Navigation) -> Descending:
    """The believed vertical motion: gravity, the centrifugal part of the inertial motion, sensed force.

    Good to 2 m over ten seconds of orbit.
    """
    r, v = split(last.r_BE_E), split(last.v_BE_E)
    altitude, up = height_and_up(ellipsoid, r)
    zero = jnp.zeros_like(altitude)
    turn = cross((zero, zero, zero + OMEGA_WGS84), r)
    inertial = (v[0] + turn[0], v[1] + turn[1], v[2] + turn[2])
    climb, radius2 = dot(v, up), dot(r, r)
    across = jnp.maximum(dot(inertial, inertial) - climb * climb, 0.0)
    radius = jnp.sqrt(radius2)
    acceleration = across / radius - MU_EGM96 / radius2 + dot(split(last.specific_force), up)
    return Descending(altitude, climb, acceleration)


def loaded_for(step: PlanStep, last: Navigation, before: Scalar, period: Scalar) -> Scalar:
    """Seconds on end in which more than the step's load was sensed; ``before`` a ``period`` [s] ago."""
    return jnp.where(norm(last.specific_force) > step.until_load * G0, before + period, 0.0)


def step_ends_in(step: PlanStep, last: Navigation, motion: Descending, loaded: Scalar) -> Scalar:
    """Seconds until the step ends; infinite where nothing is in sight.

    ``loaded`` [s] is how long its load has been sensed: a single reading may be an engine's tail-off.
    """
    by_time = step.until_time - last.time
    by_altitude = motion.falls_through(step.until_altitude)
    by_load = jnp.where(loaded >= LASTING, 0.0, jnp.inf)
    too_late = step.latest_time - last.time
    soonest = jnp.minimum(jnp.minimum(by_time, by_altitude), jnp.minimum(by_load, too_late))
    return jnp.maximum(soonest, 0.0)


def within(ends_in: Scalar, period: Scalar) -> tuple[Flag, Scalar]:
    """Whether the step ends within a period [s], and in how many seconds then; infinite if not."""
    ends = ends_in < WITHIN * period
    return ends, jnp.where(ends, ends_in, jnp.inf)
