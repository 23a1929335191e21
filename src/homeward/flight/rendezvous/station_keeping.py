"""Staying at a place in the station's orbital frame, and hopping from one to another in a given time."""

import jax.numpy as jnp

from homeward.astro.relative_motion import impulses, relative_matrix
from homeward.icd.rendezvous_messages import PairNavigation
from homeward.math.numerics import norm
from homeward.typing import Scalar, Vec3

GAIN = 0.02  # 1/s: velocity toward a place for each metre to it
FASTEST = 3.0  # m/s
BAND = 0.012  # m/s: smaller differences are left alone
FIRST, LATER = 200.0, 60.0  # s: the burns that begin a hop and that correct it may take
CORRECTIONS = (0.4, 0.7, 0.88)  # shares of a hop's time
FINE, COARSE = 0.01, 0.03  # m/s of a correction: below it nothing is fired


def keep_change(rate: Scalar, r_L: Vec3, v_L: Vec3, place_L: Vec3, slack: Scalar, dt: Scalar) -> Vec3:
    """Change of velocity [m/s, L] wanted now to come to a place and stay there.

    ``rate`` [rad/s] is the orbit's. What gravity and the turning frame will do within ``dt`` is taken in.
    ``slack`` [m]: so far along the track and aside the place may lie elsewhere. Then only height is made up,
    at the pace along the track (2 n z) that leaves no drift, so that thrust lost leads nowhere near.
    """
    _, y, z = r_L
    vx, _, vz = v_L
    a = jnp.stack([2.0 * rate * vz, -rate * rate * y, 3.0 * rate * rate * z - 2.0 * rate * vx])
    to = beyond(place_L - (r_L + dt * v_L), slack)
    wanted = GAIN * to
    wanted = wanted * jnp.minimum(FASTEST / jnp.maximum(norm(wanted), 1e-9), 1.0)
    driftless = jnp.where(slack > 0.0, 2.0 * rate * (z + dt * vz), 0.0)
    wanted = wanted + jnp.stack([driftless, jnp.zeros_like(z), jnp.zeros_like(z)])
    change = wanted - v_L - dt * a
    return jnp.where(jnp.abs(change) > BAND, change, 0.0)


def beyond(to_L: Vec3, slack: Scalar) -> Vec3:
    """The way left [m, L] to where a place with ``slack`` [m] along the track and aside begins."""
    level = jnp.array([1.0, 1.0, 0.0]) * slack
    return to_L - jnp.minimum(jnp.maximum(to_L, -level), level)


def transfer_delta_v(
    mu: Scalar, n: PairNavigation, r_L: Vec3, v_L: Vec3, place_L: Vec3, left: Scalar, whole: Scalar
) -> Vec3:
    """Change of velocity [m/s, L] wanted now, ``left`` of ``whole`` seconds before a hop's end.

    That of two impulses about the station's two-body orbit (Yamanaka and Ankersen); only in the first
    minutes and at the set times of correction.
    """
    still = jnp.zeros(3)
    until = jnp.maximum(left, 30.0)
    matrix = relative_matrix(mu, n.r_TI_I, n.v_TI_I, until)
    change = impulses(matrix, r_L, v_L, place_L, still).start
    gone = whole - left
    first = gone < FIRST
    later = jnp.zeros_like(first)
    for share in CORRECTIONS:
        later = later | ((gone >= share * whole) & (gone < share * whole + LATER))
    band = jnp.where(gone < 0.8 * whole, FINE, COARSE)
    size = norm(change)
    return jnp.where((first | later) & (left > 30.0) & (size > band), change, jnp.zeros(3))
