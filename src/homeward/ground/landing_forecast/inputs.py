"""What a landing forecast goes by: vehicle, site, air and wind as believed, and how far they stray."""

import dataclasses
from functools import cached_property
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from homeward.earth.time import Epoch
from homeward.scenario.build.flight_computer import believed_mass, build_target, forecast_of, low_air
from homeward.scenario.build.main_deployment import build_main_timing
from homeward.scenario.build.world import build_air, densities, number
from homeward.scenario.schema.scenario import Scenario
from homeward.typing import Array, Float
from homeward.world.environment.wind import wind_table

Levels = tuple[tuple[float, float, float], ...]
LAYER = 250.0  # m between rows of the air
TOP, WIND_TOP = 200e3, 40e3  # m


@dataclasses.dataclass(frozen=True)
class Errors:
    """1-sigma: of the opening about its aim in guided flight [m, an axis]; of the forecast wind, what is the
    same at all heights [m/s] and what fades over a correlation height [m/s, m]; of density, drag, fall under
    a canopy (parts), of the believed position [m]."""

    opening: float = 180.0
    wind_bias: float = 10.0 / 3.0
    wind: float = 10.0 / 3.0
    wind_length: float = 3000.0
    density: float = 0.10 / 3.0
    drag: float = 0.10 / 3.0
    canopy: float = 0.034
    position: float = 10.0
    velocity: float = 0.1
    thrust: float = 0.02 / 3.0


@dataclasses.dataclass(frozen=True)
class Setting:
    """The vehicle (kg, m2, s), its site and aim [rad, rad, m], tables by altitude, and what the main's order
    knows (rows as ``flight.descent.main_deployment.MainTiming``)."""

    mass: float
    shield: float
    shield_altitude: float
    drag_area: float  # CD times area [m2] of the capsule at its trim
    lift_to_drag: float
    canopies: tuple[float, float, float, float]  # CD x area: drogue, reefed, main, backup
    reefed_time: float
    fill: float
    drogue_fill: float
    opening_altitude: float
    site: tuple[float, float, float]
    aim_E: np.ndarray
    log_density: np.ndarray  # of rows LAYER apart from altitude 0
    wind_altitude: np.ndarray
    wind: np.ndarray  # (n, 2) toward north, east
    main_rows: np.ndarray
    main_bottom: float
    main_step: float
    main_nominal: float
    main_earliest: float
    main_latest: float
    main_lowest: float
    estimates: bool = True  # whether the ship times its main by an estimate of the wind
    errors: Errors = Errors()

    @cached_property
    def beliefs(self) -> "Beliefs":
        """The same for compiled programs."""
        heights = LAYER * np.arange(int(WIND_TOP / LAYER) + 1)
        wind = np.stack([np.interp(heights, self.wind_altitude, self.wind[:, k]) for k in (0, 1)], axis=1)
        told = (
            self.mass, self.shield, self.shield_altitude, self.drag_area, self.canopies, self.reefed_time,
            self.fill, self.drogue_fill, self.opening_altitude, self.site[2], self.site[0],
            self.log_density, wind, self.main_rows, self.main_step, self.main_nominal, self.main_earliest,
            self.main_latest, self.main_lowest, self.errors.wind, self.errors.wind_length,
            self.estimates,
        )  # fmt: skip
        return Beliefs(*(jnp.asarray(x, float) for x in told))


def setting_of(
    scenario: Scenario, epoch: Epoch, day_known: bool = True, levels: Levels | None = None
) -> Setting:
    """The ground's beliefs of a scenario: its means, and the spreads that its dispersion tells.

    ``day_known`` is False where the day's wind is only known to lie about the scenario's mean; ``levels`` are
    the day's forecast in its place: altitude [m], wind toward north and east [m/s], a row a level.
    """
    wind = forecast_of(scenario)
    if levels is not None:
        wind = wind_table(*(np.asarray(column, float) for column in zip(*levels, strict=True)))
    density = low_air(scenario, epoch)
    main = build_main_timing(scenario, density, number(believed_mass(scenario)), wind)
    target = build_target(scenario, epoch, wind)
    t, d = scenario.onboard_data, scenario.dispersion
    p, c = t.parachute, t.capsule
    heights = LAYER * np.arange(int(TOP / LAYER) + 1)
    air = (
        np.asarray(densities(build_air(scenario.as_believed(), epoch), jnp.asarray(heights)))
        * t.air.density_scale
    )
    area = np.pi * c.diameter_m**2 / 4
    site = scenario.as_believed().site
    day = 0.0 if day_known else float(np.interp(5e3, d.wind_altitude_m, d.wind_m_s)) / 3.0
    errors = Errors(
        wind_bias=float(d.forecast_bias_m_s / 3.0),
        wind=float(np.hypot(d.forecast_error_m_s / 3.0, day)), wind_length=d.forecast_length_m,
        density=d.density_bias / 3.0,
        canopy=float(np.hypot(d.density_bias, d.mass)) / 3.0, drag=d.drag / 3.0, thrust=d.thrust / 3.0,
    )  # fmt: skip
    return Setting(
        mass=float(c.mass_kg), shield=float(p.heat_shield_kg), shield_altitude=p.heat_shield_altitude_m,
        drag_area=float(area * c.drag_coefficient * c.drag_scale), lift_to_drag=c.lift_to_drag,
        canopies=(
            p.drogue_area_m2, p.main_area_m2 * p.main_reefed_fraction, p.main_area_m2, p.backup_area_m2
        ),
        reefed_time=p.main_reefed_time_s, fill=p.main_fill_s, drogue_fill=p.drogue_fill_s,
        opening_altitude=scenario.return_.legs.opening_altitude_m,
        site=(float(np.radians(site.latitude_deg)), float(np.radians(site.longitude_deg)), site.altitude_m),
        aim_E=np.asarray(target.aim_E), log_density=np.log(np.maximum(air, 1e-14)),
        wind_altitude=np.asarray(wind.altitudes()), wind=np.asarray(wind.rows),
        **main_of(main), estimates=scenario.flight.descent.wind_estimate != "none", errors=errors,
    )  # fmt: skip


def main_of(main: Any) -> dict[str, Any]:
    """The numbers of a flight computer's ``MainTiming``."""
    return {
        "main_rows": np.asarray(main.rows), "main_bottom": float(main.bottom), "main_step": float(main.step),
        "main_nominal": float(main.nominal), "main_earliest": float(main.earliest),
        "main_latest": float(main.latest), "main_lowest": float(main.lowest),
    }  # fmt: skip


def with_forecast(setting: Setting, main_rows: np.ndarray, aim_E: np.ndarray) -> Setting:
    """The same setting under another wind forecast, as a flight computer was loaded with it."""
    heights = setting.main_bottom + setting.main_step * np.arange(len(main_rows))
    return dataclasses.replace(
        setting, main_rows=main_rows, aim_E=aim_E, wind_altitude=heights, wind=main_rows[:, 3:5]
    )


class Beliefs(NamedTuple):
    """The numbers of a setting that compiled programs read; tables at even altitudes from 0 up."""

    mass: Array
    shield: Array
    shield_altitude: Array
    drag_area: Array
    canopies: Array
    reefed_time: Array
    fill: Array
    drogue_fill: Array
    opening_altitude: Array
    ground: Array
    latitude: Array  # of the site, rad
    log_density: Array
    wind: Array
    main_rows: Array
    main_step: Array
    main_nominal: Array
    main_earliest: Array
    main_latest: Array
    main_lowest: Array
    wind_sigma: Array
    wind_length: Array
    estimates: Array  # 1, or 0 where it goes by the wind that it meets


def density_at(b: Beliefs, altitude: Float[Array, " n"]) -> Float[Array, " n"]:
    """Believed density [kg/m3] at altitudes [m]."""
    at = jnp.minimum(jnp.maximum(altitude / LAYER, 0.0), b.log_density.shape[0] - 1.001)
    row = at.astype(int)
    low, high = b.log_density[row], b.log_density[row + 1]
    return jnp.exp(low + (at - row.astype(float)) * (high - low))


def wind_at(b: Beliefs, altitude: Float[Array, " n"]) -> Float[Array, "n 2"]:
    """Forecast wind toward north and east [m/s] at altitudes [m]."""
    at = jnp.minimum(jnp.maximum(altitude / LAYER, 0.0), b.wind.shape[0] - 1.001)
    row = at.astype(int)
    low, high = b.wind[row], b.wind[row + 1]
    return low + (at - row.astype(float))[:, None] * (high - low)


def forecast_wind(setting: Setting, altitude: float) -> np.ndarray:
    """Forecast wind toward north and east (2,) at an altitude [m]."""
    return np.array([np.interp(altitude, setting.wind_altitude, setting.wind[:, k]) for k in (0, 1)])
