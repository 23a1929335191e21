"""A coast in orbit under every force of a return's truth: harmonics, Sun, Moon and drag.

The state is position and velocity in I (GCRF). The Earth turns as measured (IERS), and the air with it.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.ephemeris import ThirdBodies
from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.earth.orientation import AbstractOrientation, inertial_to_earth_now
from homeward.errors import Infeasible
from homeward.math.runge_kutta8 import rk8_step
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world.environment.interfaces import AbstractAtmosphere, AbstractGravity

LONGEST_STEP = 20.0  # s: at degree 21 half of it moves the end of a day in low orbit by less than 1 mm
CHUNK = 360  # steps of one compiled call
LOWEST = 100e3  # m: below it the air does more than bend an orbit

Told = Callable[[str, float | None], None]
Place = tuple[Scalar, Vec3, Vec3]  # seconds since the epoch, position and velocity in I


class OrbitWorld(eqx.Module):
    """What pulls and brakes; ``third_bodies`` or ``air`` None leave Sun and Moon or drag out."""

    ellipsoid: Ellipsoid
    gravity: AbstractGravity
    orientation: AbstractOrientation
    third_bodies: ThirdBodies | None
    air: AbstractAtmosphere | None
    drag_area_per_mass: Scalar  # CD A / m, m2/kg


def orbit_acceleration(world: OrbitWorld, t: Scalar, r_I: Vec3, v_I: Vec3) -> Vec3:
    """Acceleration [m/s2, I] at ``t`` [s since the epoch]: harmonics, third bodies, drag.

    ``-1/2 rho (CD A / m) |v_air| v_air`` against air that turns with the Earth: Montenbruck and Gill,
    Satellite Orbits (2000), equations 3.33, 3.37 and 3.97. Valid for: above 100 km.
    """
    spin = world.orientation.at(t)
    r_E, v_E = inertial_to_earth_now(spin, r_I, v_I)
    a_E = world.gravity.acceleration(r_E)
    if world.air is not None:
        density = world.air.at(to_geodetic(world.ellipsoid, r_E)[2]).density
        speed = jnp.sqrt(jnp.sum(v_E * v_E))
        a_E = a_E - 0.5 * world.drag_area_per_mass * density * speed * v_E
    a_I = jnp.sum(spin.C_EI0.T * a_E[None, :], axis=1)
    if world.third_bodies is not None:
        a_I = a_I + world.third_bodies.acceleration(t, r_I)
    return a_I


@program
def _coast_steps(
    world: OrbitWorld, t: Scalar, r_I: Vec3, v_I: Vec3, step: Scalar
) -> tuple[Float[Array, "n 6"], Float[Array, "n 3"]]:
    """States (in I) after 1 to ``CHUNK`` steps; latitude, longitude [rad] and altitude [m]."""

    def rates(x: Place) -> Place:
        return jnp.ones_like(x[0]), x[2], orbit_acceleration(world, *x)

    def one(x: Place, _: None) -> tuple[Place, tuple[Array, Array]]:
        x = rk8_step(rates, x, step)
        return x, (jnp.concatenate(x[1:]), _where(world, *x))

    _, told = jax.lax.scan(one, (t, r_I, v_I), None, length=CHUNK)
    return told


def _where(world: OrbitWorld, t: Scalar, r_I: Vec3, v_I: Vec3) -> Float[Array, "3"]:
    r_E, _ = inertial_to_earth_now(world.orientation.at(t), r_I, v_I)
    return jnp.stack(to_geodetic(world.ellipsoid, r_E))


@program
def place_above_ground(world: OrbitWorld, t: Scalar, r_I: Vec3, v_I: Vec3) -> Float[Array, "3"]:
    """Geodetic latitude and longitude [rad] and altitude [m] of a state in I."""
    return _where(world, t, r_I, v_I)


def coast_orbit(
    world: OrbitWorld,
    r_I: np.ndarray,
    v_I: np.ndarray,
    duration: float,
    every: float,
    progress: Told | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fly from time zero for ``duration`` [s], a row each ``every`` [s] and one at the end.

    Returns times (n,) [s], states (n, 6) [m, m/s, I] and places (n, 3) [rad, rad, m], the start among them.
    The rows end before the first step that is below ``LOWEST``. The method is of the eighth order with steps
    of at most ``LONGEST_STEP``; the last part of the duration is stepped by itself. Raises ``Infeasible`` for
    a state that is not finite.
    """  # fmt: skip
    zero = jnp.asarray(0.0)
    r, v = jnp.asarray(r_I, float), jnp.asarray(v_I, float)
    start = np.concatenate([r_I, v_I])[None]
    times: list[np.ndarray] = [np.zeros(1)]
    states: list[np.ndarray] = [start]
    places = [np.asarray(place_above_ground(world, zero, r, v))[None]]
    whole = int(np.floor(duration / every + 1e-9))
    for begin, span, rows in ((0.0, every, whole), (whole * every, duration - whole * every, 1)):
        if span < 1e-6 or rows == 0:
            continue
        per_row = int(np.ceil(span / LONGEST_STEP))
        step, steps = span / per_row, rows * per_row
        for first in range(0, steps, CHUNK):
            if progress is not None:
                progress("flying", (begin + first * step) / duration)
            flown, above = map(np.asarray, _coast_steps(
                world, jnp.asarray(begin + first * step), r, v, jnp.asarray(step)
            ))  # fmt: skip
            count = min(CHUNK, steps - first)
            good = np.isfinite(flown[:count]).all(axis=1) & (above[:count, 2] >= LOWEST)
            kept = count if good.all() else int(np.argmin(good))
            if not np.isfinite(flown[: min(kept + 1, count)]).all():
                when = begin + (first + kept + 1) * step
                raise Infeasible(f"the state in orbit is not finite after {when:g} s")
            number = first + 1 + np.arange(kept)
            pick = number % per_row == 0
            times.append(begin + number[pick] // per_row * span)
            states.append(flown[:kept][pick])
            places.append(above[:kept][pick])
            if kept < count:
                return np.concatenate(times), np.concatenate(states), np.concatenate(places)
            r, v = jnp.asarray(flown[count - 1, :3]), jnp.asarray(flown[count - 1, 3:])
    return np.concatenate(times), np.concatenate(states), np.concatenate(places)
