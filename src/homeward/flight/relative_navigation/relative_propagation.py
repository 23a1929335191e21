"""Ship and station on board: the ship's state and that of the ship against the station carried on."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.navigation.mechanization import ZonalEarth
from homeward.flight.relative_navigation.sensor_parameters import ForceBelief
from homeward.math.numerics import rk4_step
from homeward.math.triples import Triple, add, axpy, cross, dot, join, scale, split, subtract
from homeward.math.xla_barrier import routine
from homeward.typing import Mat33, Scalar, Vec3

ELLIPSOID = (6378137.0, 1.0 / 298.257223563)  # WGS84, for the altitude of the air


class PairMotion(eqx.Module):
    """Believed states of ship and ship against station; nothing turns."""

    r_BI_I: Vec3  # m
    v_BI_I: Vec3  # m/s
    r_BT_I: Vec3  # m, ship less station
    v_BT_I: Vec3  # m/s

    def station(self) -> tuple[Vec3, Vec3]:
        """Position [m] and velocity [m/s] of the station, I."""
        return self.r_BI_I - self.r_BT_I, self.v_BI_I - self.v_BT_I


def advance_pair(
    earth: ZonalEarth, pole_I: Vec3, forces: ForceBelief, motion: PairMotion, delta_v_I: Vec3, dt: Scalar
) -> PairMotion:
    """A step of ``dt`` [s] in which the ship gains ``delta_v_I`` [m/s, I] evenly.

    One classical Runge-Kutta step; the relative acceleration is the difference of two evaluations of zonal
    gravity, which loses 1e-15 m/s2 to rounding. Truncation: 1e-5 m a step of 10 s. Drag stands still
    over the step. Valid for steps up to some 20 s in low orbit.
    """
    return routine(_advance, earth, pole_I, forces, motion, delta_v_I, dt)


def _advance(
    earth: ZonalEarth, pole_I: Vec3, forces: ForceBelief, motion: PairMotion, delta_v_I: Vec3, dt: Scalar
) -> PairMotion:
    pole = split(pole_I)
    r0, v0 = split(motion.r_BI_I), split(motion.v_BI_I)
    d0, w0 = split(motion.r_BT_I), split(motion.v_BT_I)
    pushed = scale(1.0 / dt, split(delta_v_I))
    ship = add(pushed, drag(forces, forces.ship_ballistic, r0, v0, pole))
    station = drag(forces, forces.station_ballistic, subtract(r0, d0), subtract(v0, w0), pole)
    apart = subtract(ship, station)

    def rates(_: Scalar, x: tuple[Triple, ...]) -> tuple[Triple, ...]:
        r, v, d, w = x
        pull = earth.gravity(r, pole)
        other = earth.gravity(subtract(r, d), pole)
        return v, add(pull, ship), w, add(subtract(pull, other), apart)

    r, v, d, w = rk4_step(rates, jnp.zeros_like(dt), (r0, v0, d0, w0), dt)
    return PairMotion(join(r), join(v), join(d), join(w))


def gravity_walk(forces: ForceBelief, motion: PairMotion) -> Mat33:
    """Random walk [m2/s3, I] of the relative velocity by the gravity that the zonal field leaves out.

    It grows with the distance until the two bodies are in fields of their own, and pulls less across the
    orbit's plane.
    """
    r, v = motion.station()
    apart = jnp.sqrt(jnp.sum(motion.r_BT_I * motion.r_BT_I))
    near, most = forces.walk_growth * apart, forces.gravity_most * forces.gravity_walk
    walk2 = near * near / (1.0 + (near / most) ** 2)
    h = jnp.cross(r, v)
    h = h / jnp.sqrt(jnp.sum(h * h))
    return walk2 * (jnp.eye(3) - (1.0 - forces.walk_across**2) * h[:, None] * h[None, :])


def drag_apart(forces: ForceBelief, motion: PairMotion, pole_I: Vec3) -> Scalar:
    """Size [m/s2] of the believed difference of the ship's and the station's drag."""
    pole, (r, v) = split(pole_I), motion.station()
    ship = drag(forces, forces.ship_ballistic, split(motion.r_BI_I), split(motion.v_BI_I), pole)
    apart = subtract(ship, drag(forces, forces.station_ballistic, split(r), split(v), pole))
    return jnp.sqrt(dot(apart, apart))


def drag(forces: ForceBelief, ballistic: Scalar, r: Triple, v: Triple, pole: Triple) -> Triple:
    """Acceleration [m/s2, I] by exponential air that turns with the Earth."""
    a, f = ELLIPSOID
    distance2 = dot(r, r)
    sine2 = dot(r, pole) ** 2 / distance2
    altitude = jnp.sqrt(distance2) - a * (1.0 - f * sine2)
    density = forces.density * jnp.exp((forces.altitude - altitude) / forces.scale_height)
    air = axpy(-forces.earth_rate, cross(pole, r), v)
    return scale(-0.5 * density * ballistic * jnp.sqrt(dot(air, air)), air)
