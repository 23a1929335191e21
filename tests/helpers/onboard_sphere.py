"""An onboard model of a sphere that turns, with exponential air: for laws of entry flown by themselves."""

import jax.numpy as jnp
import numpy as np

from homeward.flight.entry.onboard_model import OnboardModel, fit_air

EARTH = 6378137.0  # m
HEIGHTS = np.arange(0.0, 130e3, 1e3)


def n(x):
    return jnp.asarray(x, float)


# A turning sphere: the Earth's rotation bends the path, as in flight.
MODEL = OnboardModel(
    *(n(x) for x in (3.986004415e14, 0.0, EARTH, 0.0, 7.292e-5)),
    n(fit_air(HEIGHTS, 1.225 * np.exp(-HEIGHTS / 7200.0))), n([100.0, 9000.0]), n([0.002, 0.002]),
    n([0.3, 0.3]), jnp.zeros(3),
)  # fmt: skip
