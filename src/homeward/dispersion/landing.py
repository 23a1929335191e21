"""What a run draws of its landing place: slope, swell, swing and the way the capsule faces."""

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.brief_jit import brief_jit
from homeward.dispersion.streams import normal
from homeward.typing import Array

# Standard normal numbers of each stream. They are random whatever the sampling plan, as profiles are.
STREAMS = {"ground_slope": 2, "swing": 4, "wave_height": 1, "swell": 2, "swell_direction": 2, "facing": 2}
LandingDraws = dict[str, np.ndarray]


@brief_jit
def _numbers(key: Array, runs: Array) -> dict[str, Array]:
    def one(run: Array) -> dict[str, Array]:
        k = jax.random.fold_in(key, run)
        return {name: normal(k, name, (count,)) for name, count in STREAMS.items()}

    return jax.vmap(one)(runs)


def landing_draws(seed: int, runs: np.ndarray) -> LandingDraws:
    """Standard normal numbers (len(runs), n) of the given runs of a seed, by name of stream."""
    return {name: np.asarray(x) for name, x in _numbers(jax.random.key(seed), jnp.asarray(runs)).items()}


def nominal_landing(lanes: int) -> LandingDraws:
    """Of flights that draw nothing."""
    return {name: np.zeros((lanes, count)) for name, count in STREAMS.items()}


__all__ = ["STREAMS", "LandingDraws", "landing_draws", "nominal_landing"]
