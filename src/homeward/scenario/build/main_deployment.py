"""What the flight computer is loaded with to time its main parachute."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0
from homeward.earth.geodesy import from_geodetic
from homeward.flight.descent.main_deployment import MainTiming
from homeward.flight.descent.parachute_drift import LAYER, drift
from homeward.scenario.build.world import build_ellipsoid, build_parachutes, number, numbers
from homeward.scenario.schema.scenario import Scenario
from homeward.typing import Array
from homeward.world.environment.wind import WindTable

ROWS = 100  # between the ground and the opening: as fine as the layers that the drift is reckoned in
NEVER = 1e9
DROGUE_MARGIN = 1.5  # of its rate of descent, above which it counts as failed


def build_main_timing(scenario: Scenario, density: Array, mass: Array, forecast: WindTable) -> MainTiming:
    """Bounds and table of the main's order, for what the scenario's ``flight.descent.main_order`` says."""
    own = scenario.as_believed()
    site, opening = own.site, scenario.return_.legs.opening_altitude_m
    descent, nominal = scenario.flight.descent, scenario.onboard_data.parachute.drogue_time_s
    parachutes = build_parachutes(own)
    step = (opening - site.altitude_m) / (ROWS - 1)
    latitude, longitude = (number(np.radians(x)) for x in (site.latitude_deg, site.longitude_deg))
    site_E = from_geodetic(build_ellipsoid(own), latitude, longitude, number(site.altitude_m))
    rows = forecast_rows(scenario, parachutes, mass, density, forecast)
    # The drogue falls slower the lower it is: what it does at the opening is the most that is right.
    thin = density[int(np.clip(opening / LAYER, 0, density.shape[0] - 1))]
    free = descent.main_order == "wind"
    return MainTiming(
        site_E=site_E, bottom=number(site.altitude_m), step=number(step), rows=rows,
        nominal=number(nominal),
        earliest=number(min(descent.main_earliest_s, nominal) if free else nominal),
        # On the timer alone there is neither a choice nor a floor.
        latest=number(NEVER if free else nominal),
        lowest=number(site.altitude_m + descent.main_lowest_m if free else -NEVER),
        too_fast=DROGUE_MARGIN * jnp.sqrt(2.0 * mass * G0 / (thin * parachutes.drogue_area)),
    )  # fmt: skip


def forecast_rows(scenario: Scenario, parachutes, mass: Array, density: Array, forecast: WindTable) -> Array:
    """The table for a given forecast (see ``MainTiming.rows``): runs under ``vmap`` over forecasts."""
    ground, opening = scenario.as_believed().site.altitude_m, scenario.return_.legs.opening_altitude_m
    calm = scenario.flight.believed.wind == "none"
    return _rows(parachutes, mass, density, forecast, numbers([ground, opening]), calm=calm)


@program
def _rows(parachutes, mass, density, forecast: WindTable, ends, calm: bool) -> Array:
    ground, opening = ends
    levels = LAYER * jnp.arange(density.shape[0], dtype=float)
    winds = jax.vmap(forecast.at)(levels) * (0.0 if calm else 1.0)
    at_once = eqx.tree_at(lambda p: p.drogue_time, parachutes, 0.0 * parachutes.drogue_time)

    def row(altitude):
        d = drift(at_once, mass, density, winds[:, 0], winds[:, 1], altitude, ground)
        here = forecast.at(altitude) * (0.0 if calm else 1.0)
        return jnp.stack([d.north, d.east, d.error_seconds, here[0], here[1], d.duration])

    return jax.vmap(row)(jnp.linspace(ground, opening, ROWS))
