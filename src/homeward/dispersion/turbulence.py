"""How strong the turbulence of a scenario is at each altitude."""

import jax.numpy as jnp
import numpy as np

from homeward.scenario.schema.scenario import Scenario
from homeward.typing import Array
from homeward.world.environment.turbulence import dryden_scales


def turbulence_sizes(scenario: Scenario, altitudes: np.ndarray) -> dict[str, Array]:
    """1-sigma [m/s] and scale length [m] at altitudes [m]; nothing above the opening of the parachutes."""
    told = scenario.truth.turbulence
    above_ground = altitudes - scenario.site.altitude_m
    sigma, length = dryden_scales(above_ground, told.wind_20ft_m_s, told.high_m_s)
    below = altitudes <= scenario.return_.legs.opening_altitude_m
    return {
        "turbulence_sigma": jnp.asarray(np.where(below, sigma, 0.0)),
        "turbulence_length": jnp.asarray(length),
    }


__all__ = ["turbulence_sizes"]
