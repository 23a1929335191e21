"""What is thought of the wind while capsules fall: its error in two parts, and what each ship makes of it.

The error of the forecast is a part that is the same at all heights and one that fades with altitude, a
Gauss-Markov process, as ``dispersion/returns.py`` draws it. The ship estimates both under its canopies and
times its main by them (``flight/descent/wind_estimate.py``); the ground carries the same estimate with each
capsule that it lets fall, with readings that are as noisy as the ship takes them to be. Kalman (1960),
J. Basic Eng. 82.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from homeward.flight.descent.parachute_drift import ERROR_MEMORY, LASTING
from homeward.flight.descent.wind_estimate import CANOPY_NOISE, ERROR_SIGMA
from homeward.typing import Array, Float


class Thought(NamedTuple):
    """A ship's estimate [m/s] of the lasting and the fading part, north and east (n, 2) each, and its
    covariance [m2/s2]: of the lasting part, of both, of the fading one (n,)."""

    lasting: Array
    fading: Array
    ll: Array
    lf: Array
    ff: Array


def unknown(lanes: int) -> Thought:
    """Before anything was felt."""
    zero, one = jnp.zeros((lanes, 2)), jnp.ones(lanes)
    part = ERROR_SIGMA**2
    return Thought(zero, zero, part * LASTING * one, 0.0 * one, part * (1.0 - LASTING) * one)


def sunk(thought: Thought, way: Float[Array, " n"]) -> Thought:
    """The same ``way`` [m] lower: what fades has faded, and is as uncertain as ever in the end."""
    keep = jnp.exp(-way / ERROR_MEMORY)
    steady = ERROR_SIGMA**2 * (1.0 - LASTING) * (1.0 - keep * keep)
    return Thought(
        thought.lasting, keep[:, None] * thought.fading, thought.ll, keep * thought.lf,
        keep * keep * thought.ff + steady,
    )  # fmt: skip


def felt(thought: Thought, wind_error: Float[Array, "n 2"], variance: Float[Array, " n"]) -> Thought:
    """With the sum of both parts read off the motion, with a noise of ``variance`` [m2/s2]."""
    sum_l, sum_f = thought.ll + thought.lf, thought.lf + thought.ff
    total = sum_l + sum_f + variance
    gain_l, gain_f = sum_l / total, sum_f / total
    off = wind_error - thought.lasting - thought.fading
    return Thought(
        thought.lasting + gain_l[:, None] * off, thought.fading + gain_f[:, None] * off,
        thought.ll - gain_l * sum_l, thought.lf - gain_l * sum_f, thought.ff - gain_f * sum_f,
    )  # fmt: skip


def reading_variance(seconds: Float[Array, ""]) -> Float[Array, ""]:
    """Of the readings of so many seconds, one a second: the ship's own figure."""
    return CANOPY_NOISE**2 / seconds


def drift_seconds(row: Float[Array, "n 6"]) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """For how long a lasting and a fading error act, by rows of ``main_deployment.MainTiming``."""
    return row[:, 5], (row[:, 2] - LASTING * row[:, 5]) / (1.0 - LASTING)


def parts_told(
    rng: np.random.Generator, lanes: int, sigmas: tuple[float, float],
    told: tuple[np.ndarray, float] | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Draws of the lasting and the fading part [m/s], north and east (lanes, 2), of 1-sigma ``sigmas``.

    ``told``: their sum (2,) as it was felt, and its 1-sigma; the draws are then those of what is left open.
    """
    lasting, fading = (sigma * rng.standard_normal((lanes, 2)) for sigma in sigmas)
    if told is None:
        return lasting, fading
    total, doubt = told
    variance = sigmas[0] ** 2 + sigmas[1] ** 2 + doubt**2
    off = total - lasting - fading - doubt * rng.standard_normal((lanes, 2))
    if variance == 0.0:
        return lasting, fading + total
    return lasting + sigmas[0] ** 2 / variance * off, fading + sigmas[1] ** 2 / variance * off


__all__ = ["Thought", "drift_seconds", "felt", "parts_told", "reading_variance", "sunk", "unknown"]
