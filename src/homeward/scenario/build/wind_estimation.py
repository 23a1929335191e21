"""What the flight computer is loaded with to estimate how the wind departs from its forecast."""

import jax
import jax.numpy as jnp

from homeward._aot.program import program
from homeward.flight.descent.parachute_drift import LASTING, drift
from homeward.flight.descent.wind_estimate import WindEstimator
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.scenario.build.world import build_parachutes, number, numbers
from homeward.scenario.schema.scenario import Scenario
from homeward.typing import Array, Float
from homeward.world.environment.wind import WindTable

STEP, LEVELS = 500.0, 81  # m: the forecast that is loaded, from sea level to 40 km


def build_winds(
    scenario: Scenario, density: Array, mass: Array, forecast: WindTable, onboard: OnboardModel
) -> WindEstimator | None:
    """The estimator; None where the flight ends before the parachutes, or goes by the forecast alone."""
    if scenario.return_.legs.end != "touchdown" or scenario.flight.descent.wind_estimate == "none":
        return None
    moves = scenario.flight.descent.wind_estimate == "aim"
    opening = scenario.return_.legs.opening_altitude_m
    ends = numbers([scenario.as_believed().site.altitude_m, opening])
    calm = scenario.flight.believed.wind == "none"
    return WindEstimator(
        bottom=number(0.0), step=number(STEP), rows=wind_rows(forecast) * (0.0 if calm else 1.0),
        model=onboard, opening=number(opening),
        seconds=_seconds(build_parachutes(scenario.as_believed()), mass, density, ends), moves=number(moves),
    )  # fmt: skip


def wind_rows(forecast: WindTable) -> Float[Array, "n 2"]:
    """Forecast north and east [m/s] at the estimator's levels."""
    return jax.vmap(forecast.at)(STEP * jnp.arange(LEVELS, dtype=float))[:, :2]


@program
def _seconds(parachutes, mass, density, ends) -> Array:
    calm = jnp.zeros_like(density)
    planned = drift(parachutes, mass, density, calm, calm, ends[1], ends[0])
    fading = (planned.error_seconds - LASTING * planned.duration) / (1.0 - LASTING)
    return jnp.stack([planned.duration, fading])


__all__ = ["build_winds", "wind_rows"]
