"""How much is still to be burnt so that the site stays within reach, by two-body arcs.

For a deorbit burn that takes longer than planned: ended by its velocity alone it would come down long. It
meets the interface at another angle as well. The steeper that is, the less far the lift carries, and the
interface has to come so much farther on. What the oblateness does to such an arc is some kilometres, which
the entry steers away.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.math.numerics import norm
from homeward.typing import Array, Float, Scalar, Vec3

STEP = 1.0  # m/s: of the difference by which the slope is found
KNOTS = 8  # of a range by angle
GRAZING = 1e-4  # of the radius: an arc must dip that far below the interface to count


class EntryRange(eqx.Module):
    """How far the nominal bank carries from the interface, by the inertial flight-path angle there."""

    planned: Scalar  # rad: the angle for which the place is right
    angles: Float[Array, " k"]  # rad, growing
    farther: Float[Array, " k"]  # rad about the Earth's centre: farther than to the aim point

    def shift(self, angle: Scalar) -> Scalar:
        """How much farther on [rad] the interface has to come at another angle [rad]."""
        return jnp.interp(self.planned, self.angles, self.farther) - jnp.interp(
            angle, self.angles, self.farther
        )


def no_range() -> EntryRange:
    """The same range from every angle."""
    return EntryRange(jnp.zeros(()), jnp.linspace(-1.0, 0.0, KNOTS), jnp.zeros(KNOTS))


def overshoot(
    mu: Scalar, radius: Scalar, rate: Scalar, r: Vec3, v: Vec3, goal: Vec3, entry: EntryRange
) -> Scalar:
    """How far [rad] beyond a place the arc from here comes down through a radius; infinite where it does not.

    ``r`` and ``v`` [m, m/s] are inertial, in the Earth's axes as they stand now; ``goal`` is the place in the
    Earth's axes, which turn by ``rate`` [rad/s] meanwhile. It moves with the angle as ``entry`` tells.
    """
    size, speed2 = norm(r), jnp.sum(v * v)
    h = jnp.cross(r, v)
    momentum = norm(h)
    p = momentum * momentum / mu
    a = 1.0 / (2.0 / size - speed2 / mu)
    e = jnp.sqrt(jnp.maximum(1.0 - p / a, 1e-12))
    low = a * (1.0 - e)
    crosses = (low < radius * (1.0 - GRAZING)) & (size > radius)
    radial = jnp.sum(r * v) / size
    now = jnp.arctan2(momentum * radial / mu, p / size - 1.0)
    cosine = jnp.clip((p / radius - 1.0) / e, -1.0, 1.0)
    there = 2.0 * jnp.pi - jnp.arccos(cosine)
    arc = jnp.mod(there - now, 2.0 * jnp.pi)
    # Mean anomalies, for the time that the Earth turns meanwhile.
    mean = _mean(e, now + arc) - _mean(e, now)
    time = jnp.mod(mean, 2.0 * jnp.pi) * jnp.sqrt(a * a * a / mu)
    turn = rate * time
    x, y, z = goal
    moved = jnp.stack([x * jnp.cos(turn) - y * jnp.sin(turn), x * jnp.sin(turn) + y * jnp.cos(turn), z])
    along = jnp.cross(h / momentum, r / size)
    ahead = jnp.mod(jnp.arctan2(jnp.sum(moved * along), jnp.sum(moved * r) / size), 2.0 * jnp.pi)
    beyond = jnp.mod(arc - ahead + jnp.pi, 2.0 * jnp.pi) - jnp.pi
    faster = jnp.sqrt(jnp.maximum(speed2 + 2.0 * mu * (1.0 / radius - 1.0 / size), 1.0))
    angle = -jnp.arccos(jnp.clip(momentum / (radius * faster), 0.0, 1.0))
    return jnp.where(crosses, beyond - entry.shift(angle), jnp.inf)


def _mean(e: Scalar, true: Scalar) -> Scalar:
    half = jnp.arctan2(jnp.sqrt(1.0 - e) * jnp.sin(0.5 * true), jnp.sqrt(1.0 + e) * jnp.cos(0.5 * true))
    eccentric = 2.0 * half
    return eccentric - e * jnp.sin(eccentric)


def still_to_burn(
    mu: Scalar, radius: Scalar, rate: Scalar, r: Vec3, v: Vec3, goal: Vec3, entry: EntryRange, thrust: Vec3
) -> Scalar:
    """Velocity [m/s] along the unit vector ``thrust`` that brings the interface to the goal.

    Infinite where the arc does not come down yet. One step of Newton's: asked every cycle, it converges.
    """
    here = overshoot(mu, radius, rate, r, v, goal, entry)
    more = overshoot(mu, radius, rate, r, v + STEP * thrust, goal, entry)
    slope = (here - more) / STEP
    good = jnp.isfinite(here) & jnp.isfinite(more) & (slope > 1e-9)
    # Behind the goal already: nothing more.
    return jnp.where(good, jnp.maximum(here, 0.0) / jnp.where(good, slope, 1.0), jnp.inf)
