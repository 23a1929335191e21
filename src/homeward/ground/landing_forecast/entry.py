"""Many capsules from orbit or air to the opening altitude at once: constant bank, or none of the lift at all.

A point mass over an oblate, turning Earth (J2), in Earth-fixed axes; fourth-order steps, short ones in air.
"""

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import J2_EGM96, MU_EGM96, RADIUS_EGM96, ROTATION_RATE, WGS84_A, WGS84_F
from homeward.ground.landing_forecast.inputs import Beliefs, Setting, density_at
from homeward.math.numerics import rk4_step
from homeward.typing import Array, Float

THIN = 130e3  # m: above it the steps are long
COAST_STEP, AIR_STEP = 10.0, 2.0  # s
LONGEST = 7200.0  # s


def altitude_of(r: Float[Array, "n 3"]) -> Float[Array, " n"]:
    """Altitude [m] above the ellipsoid: radius less that of the ellipsoid in that direction.

    Within 40 m at 100 km, as the direction is the geocentric one.
    """
    size = jnp.sqrt(jnp.sum(r * r, axis=1))
    sine2 = (r[:, 2] / size) ** 2
    flat = (1.0 - WGS84_F) ** 2
    return size - WGS84_A * jnp.sqrt(flat / (flat + (1.0 - flat) * sine2))


def _acceleration(b: Beliefs, r, v, scale, lift, bank):
    size2 = jnp.sum(r * r, axis=1)
    size = jnp.sqrt(size2)
    u2 = r[:, 2] ** 2 / size2
    k = 1.5 * J2_EGM96 * RADIUS_EGM96**2 / size2
    side = 1.0 + k * (1.0 - 5.0 * u2)
    pull = (-MU_EGM96 / (size2 * size))[:, None] * r * jnp.stack([side, side, side + 2.0 * k], axis=1)
    w, none = ROTATION_RATE, jnp.zeros_like(size)
    turning = jnp.stack([w * (w * r[:, 0] + 2.0 * v[:, 1]), w * (w * r[:, 1] - 2.0 * v[:, 0]), none], axis=1)
    speed = jnp.sqrt(jnp.sum(v * v, axis=1))
    force = 0.5 * density_at(b, altitude_of(r)) * scale * b.drag_area / b.mass * speed
    right = jnp.cross(v, r)
    right = right / jnp.maximum(jnp.sqrt(jnp.sum(right * right, axis=1)), 1e-9)[:, None]
    up = jnp.cross(right, v)
    lifted = jnp.cos(bank)[:, None] * up + (jnp.sin(bank) * speed)[:, None] * right
    return pull + turning - force[:, None] * v + (force * lift)[:, None] * lifted


def descend(
    s: Setting, r: np.ndarray, v: np.ndarray, scale: np.ndarray, lift: np.ndarray, bank: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place and velocity in E (n, 3) and time [s] (n,) at the opening altitude; time nan for what stays up.

    ``scale`` (n,) is density times drag over what is believed, ``lift`` (n,) L/D, ``bank`` (n,) [rad].
    """
    lanes = [jnp.asarray(x, float) for x in (r, v, scale, lift, bank)]
    ends = _descend(s.beliefs, *lanes)
    return np.asarray(ends[0]), np.asarray(ends[1]), np.asarray(ends[2])


@program
def _descend(b: Beliefs, r, v, scale, lift, bank):
    n = r.shape[0]

    def go(carry):
        _, _, _, _, _, flying, now = carry
        return jnp.any(flying) & (now < LONGEST)

    def step(carry):
        r, v, end_r, end_v, end_t, flying, now = carry
        before = altitude_of(r)
        lowest = jnp.min(jnp.where(flying, before, jnp.inf))
        dt = jnp.where(lowest > THIN, COAST_STEP, AIR_STEP)
        new_r, new_v = rk4_step(lambda _, x: (x[1], _acceleration(b, *x, scale, lift, bank)), now, (r, v), dt)
        after = altitude_of(new_r)
        through = flying & (after <= b.opening_altitude)
        part = (before - b.opening_altitude) / jnp.maximum(before - after, 1e-9)
        part = jnp.minimum(jnp.maximum(part, 0.0), 1.0)[:, None]
        here = through[:, None]
        end_r = jnp.where(here, r + part * (new_r - r), end_r)
        end_v = jnp.where(here, v + part * (new_v - v), end_v)
        end_t = jnp.where(through, now + dt * part[:, 0], end_t)
        flying = flying & ~through
        # What has come through stands still: it must not fall on into the ground and out of the tables.
        on = flying[:, None]
        return jnp.where(on, new_r, r), jnp.where(on, new_v, v), end_r, end_v, end_t, flying, now + dt

    start = (r, v, r, v, jnp.full(n, jnp.nan), jnp.ones(n, bool), jnp.zeros(()))
    return jax.lax.while_loop(go, step, start)[2:5]
