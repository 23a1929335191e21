"""The ground's force model of an orbit, and many neighbours side by side: EGM96, Sun, Moon, air.

The same models as the truth's, at the ground's own degree. A state is ``(r, v)`` in I and the drag factor.
Eight neighbours, one undisturbed and one for each disturbed number, give path and derivatives in one run.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.ephemeris import ThirdBodies, build_third_bodies
from homeward.earth.geodesy import Ellipsoid
from homeward.earth.orientation import EarthOrientation, build_orientation, inertial_to_earth_now
from homeward.earth.time import Epoch
from homeward.math.numerics import rk4_step
from homeward.sim.open_loop.orbit import OrbitWorld, orbit_acceleration
from homeward.typing import Array, Float, Scalar
from homeward.world.environment.atmosphere import UsStandard1976
from homeward.world.environment.gravity import SphericalHarmonics, egm96

STEP = 10.0  # s
CHUNK = 60  # steps: one compiled program flies ten minutes, the host goes on
STATES = 7
PROBE = np.array([10.0, 10.0, 10.0, 0.01, 0.01, 0.01, 0.02])  # m, m/s, -: how far the neighbours stand


class OrbitModel(eqx.Module):
    """What pulls and brakes; ``ballistic`` is ``CD A / m`` [m2/kg] that the factor stretches."""

    gravity: SphericalHarmonics
    orientation: EarthOrientation
    bodies: ThirdBodies
    air: UsStandard1976
    ellipsoid: Ellipsoid
    ballistic: Scalar


def orbit_model(epoch: Epoch, span: float, ballistic: float, degree: int = 21) -> OrbitModel:
    """The model over ``span`` [s] from an epoch; ``degree`` of the harmonics up to 21."""
    return OrbitModel(
        egm96(degree), build_orientation(epoch, span), build_third_bodies(epoch, span), UsStandard1976(),
        Ellipsoid.wgs84(), jnp.asarray(ballistic, float),
    )  # fmt: skip


def _rates(model: OrbitModel, factor: Scalar, t: Scalar, x: tuple) -> tuple:
    r, v = x
    world = OrbitWorld(
        model.ellipsoid, model.gravity, model.orientation, model.bodies, model.air, factor * model.ballistic
    )
    return v, orbit_acceleration(world, t, r, v)


@program
def _fly(model: OrbitModel, states: Float[Array, "n 7"], start: Scalar, step: Scalar):
    """Ten minutes of every neighbour: its state at the end, and (steps, n, 6) in I and in E at each step."""

    def one(state: Float[Array, "7"]):
        def tick(x, k):
            t = start + k * step
            x = rk4_step(lambda s, y: _rates(model, state[6], s, y), t, x, step)
            r_E, v_E = inertial_to_earth_now(model.orientation.at(t + step), *x)
            return x, (jnp.concatenate(x), jnp.concatenate([r_E, v_E]))

        (r, v), rows = jax.lax.scan(tick, (state[:3], state[3:6]), jnp.arange(CHUNK, dtype=float))
        return jnp.concatenate([r, v, state[6:]]), rows

    end, (inertial, fixed) = jax.vmap(one)(states)
    return end, jnp.swapaxes(inertial, 0, 1), jnp.swapaxes(fixed, 0, 1)


@program
def _into_earth(model: OrbitModel, states: Float[Array, "n 7"], t: Scalar):
    spin = model.orientation.at(t)
    return jax.vmap(lambda x: jnp.concatenate(inertial_to_earth_now(spin, x[:3], x[3:6])))(states)


def fly(model: OrbitModel, states: np.ndarray, start: float, end: float) -> tuple[np.ndarray, ...]:
    """The neighbours (n, 7) from ``start`` to ``end`` [s] or beyond; back if it is before.

    Returns times (m,), states in I (m, n, 6) and in E (m, n, 6), first row at the start.
    """
    states = np.asarray(states, float)
    now = jnp.asarray(states)
    inertial, fixed = (
        [states[None, :, :6]],
        [np.asarray(_into_earth(model, now, jnp.asarray(start, float)))[None]],
    )
    step = STEP if end >= start else -STEP
    chunks = max(1, int(np.ceil(abs(end - start) / (STEP * CHUNK) - 1e-9)))
    for k in range(chunks):
        at = jnp.asarray(start + k * step * CHUNK, float)
        now, rows_I, rows_E = _fly(model, now, at, jnp.asarray(step, float))
        inertial.append(np.asarray(rows_I))
        fixed.append(np.asarray(rows_E))
    time = start + step * np.arange(chunks * CHUNK + 1)
    return time, np.concatenate(inertial), np.concatenate(fixed)


def neighbours(state: np.ndarray) -> np.ndarray:
    """A state (7,) and the seven beside it (8, 7)."""
    return np.concatenate([state[None], state[None] + np.diag(PROBE)])


def between(time: np.ndarray, rows: np.ndarray, at: np.ndarray) -> np.ndarray:
    """States at other times (k, n, 6), by Hermite's cubic from rows (m, n, 6) of position and velocity.

    4e-4 m and 1e-4 m/s in low orbit at steps of ten seconds.
    """
    h = float(time[1] - time[0])
    i = np.clip(((at - time[0]) / h).astype(int), 0, len(time) - 2)
    s = ((at - time[i]) / h)[:, None, None]
    r0, v0, r1, v1 = rows[i, :, :3], h * rows[i, :, 3:], rows[i + 1, :, :3], h * rows[i + 1, :, 3:]
    r = (
        (2 * s**3 - 3 * s**2 + 1) * r0
        + (s**3 - 2 * s**2 + s) * v0
        + (3 * s**2 - 2 * s**3) * r1
        + (s**3 - s**2) * v1
    )
    v = (6 * s**2 - 6 * s) * (r0 - r1) + (3 * s**2 - 4 * s + 1) * v0 + (3 * s**2 - 2 * s) * v1
    return np.concatenate([r, v / h], axis=2)
