"""Reckoning in free fall, in steps of ten seconds and more: gravity alone, and a force that is truly felt.

In orbit nothing pushes but what the accelerometers tell beyond their own bias. Over hours that bias would
count for kilometres, the thin air for metres: below a threshold they are left alone.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.navigation.mechanization import CycleSums, NavState, ZonalEarth, advance
from homeward.icd import InertialSample
from homeward.math.numerics import norm, rk4_step
from homeward.math.quaternion import to_matrix
from homeward.math.triples import Triple, join, split
from homeward.typing import Scalar, Vec3

LONG = 1.0  # s: a tick of more is one of a drift
LEAST_FORCE = 1.5e-3  # m/s2: nine times the bias of six accelerometers together, a thousand times the drag


def fallen(earth: ZonalEarth, pole_I: Vec3, r_I: Vec3, v_I: Vec3, duration: Scalar) -> tuple[Vec3, Vec3]:
    """Position and velocity [m, m/s, I] after a free fall of ``duration`` [s], also a negative one.

    One step of Runge-Kutta's: off by 0.1 m in a minute of low orbit.
    """
    pole = split(pole_I)

    def rates(_: Scalar, state: tuple[Triple, Triple]) -> tuple[Triple, Triple]:
        return state[1], earth.gravity(state[0], pole)

    r, v = rk4_step(rates, jnp.zeros_like(duration), (split(r_I), split(v_I)), duration)
    return join(r), join(v)


def drift(
    earth: ZonalEarth, pole_I: Vec3, state: NavState, sums: CycleSums, sample: InertialSample,
    gyro_bias: Vec3, accelerometer_bias: Vec3,
) -> tuple[NavState, CycleSums]:  # fmt: skip
    """As ``strapdown.advance``, also for ticks of seconds, in which the ship drifts.

    In those a velocity that was gained counts as gained at the end: it is that of a separation.
    """
    dt = sample.duration
    near = advance(earth, pole_I, state, sums, sample, gyro_bias, accelerometer_bias)
    gained = sample.delta_velocity - dt * accelerometer_bias
    gained = jnp.where(norm(gained) > LEAST_FORCE * dt, gained, 0.0)
    gained_I = jnp.sum(to_matrix(near[0].q_BI) * gained[:, None], axis=0)
    r, v = fallen(earth, pole_I, state.r_BI_I, state.v_BI_I, dt)
    far = (
        NavState(near[0].q_BI, r, v + gained_I),
        eqx.tree_at(lambda s: s.delta_v, near[1], sums.delta_v + gained_I),
    )
    return jax.tree.map(lambda a, b: jnp.where(dt > LONG, a, b), far, near)


def unfelt(sums: CycleSums) -> CycleSums:
    """The sums of a cycle in which the accelerometers told nothing."""
    return eqx.tree_at(lambda s: s.attitude, sums, jnp.zeros_like(sums.attitude))


__all__ = ["LEAST_FORCE", "drift", "fallen", "unfelt"]
