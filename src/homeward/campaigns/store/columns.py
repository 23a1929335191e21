"""What a campaign writes down of every run: names with units, as in ``--json``, and where each comes from."""

import dataclasses
from typing import Any

import numpy as np

KM, DEG = 1e-3, 180.0 / np.pi


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a store: its unit, a line of text, and what it is of a run.

    ``role`` is "run" (which run, how it ended), "result", or "draw" (a dispersion drawn). ``metric`` marks a
    result of which more is worse, so that percentiles of it are told.
    """

    name: str
    unit: str
    text: str
    role: str = "result"
    metric: bool = False

    def told(self) -> dict[str, Any]:
        """The column as the manifest holds it."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Source:
    """A column made of one quantity of the flight's own (SI and radians), times ``scale``."""

    column: Column
    key: str
    scale: float = 1.0


def _result(name: str, unit: str, text: str, key: str, scale: float = 1.0) -> Source:
    return Source(Column(name, unit, text, "result"), key, scale)


def _metric(name: str, unit: str, text: str, key: str, scale: float = 1.0) -> Source:
    return Source(Column(name, unit, text, "result", True), key, scale)


RUN = (
    Column("run", "", "number of the run: with the seed it says all that is drawn", "run"),
    Column("failed", "", "numbers beyond physics or not finite, or a leg that took too long", "run"),
    Column("success", "", "every limit that protects the crew kept, and the site reached", "run"),
    Column("failure", "", "leg, time and cause of a failure", "run"),
)

RETURN = (
    _metric("open_miss_km", "km", "distance from the aim point where the parachute opens", "open_miss", KM),
    _metric("touchdown_miss_km", "km", "distance from the site at touchdown", "touchdown_miss", KM),
    _metric("peak_load_g", "g", "greatest load of the entry, up to the parachute", "peak_load"),
    _metric("peak_opening_load_g", "g", "greatest load under the parachutes, up to the landing rockets",
            "peak_opening_load"),
    _metric("peak_landing_load_g", "g", "greatest load while the landing rockets burn", "peak_landing_load"),
    _metric("peak_crew_load_g", "g", "greatest load of the entry and the descent", "peak_crew_load"),
    _metric("touchdown_speed_m_s", "m/s", "vertical speed at touchdown", "touchdown_vertical_speed"),
    _metric("touchdown_horizontal_speed_m_s", "m/s", "speed over ground at touchdown",
            "touchdown_horizontal_speed"),
    _metric("impact_speed_m_s", "m/s", "speed into the surface at touchdown", "touchdown_impact_speed"),
    _metric("touchdown_tilt_deg", "deg", "axis from the surface's normal", "touchdown_tilt", DEG),
    _result("touchdown_slope_deg", "deg", "slope of the ground or the water met", "touchdown_slope", DEG),
    _metric("landing_pulse_g", "g", "peak of the landing pulse", "touchdown_pulse"),
    _result("landing_pulse_s", "s", "duration of the landing pulse", "touchdown_pulse_time"),
    _metric("dynamic_response_x", "", "crew's response, back to chest, either sign", "touchdown_response_x"),
    _metric("dynamic_response_y", "", "the same to the side", "touchdown_response_y"),
    _metric("dynamic_response_z", "", "the same along the spine", "touchdown_response_z"),
    _metric("crew_dose", "", "of the landing pulse, 1 at the limits", "touchdown_crew_dose"),
    _metric("drogue_canopy_n", "N", "greatest load of one drogue, snatch or opening", "canopy_load_drogue"),
    _metric("main_canopy_n", "N", "the same of one main, or of the backup", "canopy_load_main"),
    _metric("drogue_opening_n", "N", "opening load of the drogue, all canopies", "canopy_opening_drogue"),
    _metric("reefed_opening_n", "N", "the same of the reefed main", "canopy_opening_reefed"),
    _metric("main_opening_n", "N", "the same of the main as its reefing ends", "canopy_opening_main"),
    _metric("backup_opening_n", "N", "the same of the backup", "canopy_opening_backup"),
    _metric("tip_over_index", "", "at 1 the capsule tips over", "touchdown_tip_over"),
    _metric("propellant_kg", "kg", "propellant spent", "propellant"),
    _metric("nav_error_open_m", "m", "error of the known position at the opening", "navigation_error_open"),
    _result("nav_sigma_open_m", "m", "what navigation takes it for, one sigma", "navigation_sigma_open"),
    _metric("peak_heat_rate_w_m2", "W/m2", "greatest heat rate at the nose", "peak_heat_rate"),
    _metric("peak_dynamic_pressure_pa", "Pa", "greatest dynamic pressure", "peak_dynamic_pressure"),
    _metric("heat_load_j_m2", "J/m2", "heat taken up at the nose", "heat_load"),
    _result("bank_reversals", "", "bank reversals of the entry", "bank_reversals"),
    _result("interface_time_s", "s", "entry interface, since the epoch", "interface_time"),
    _result("flight_path_angle_deg", "deg", "at the entry interface, inertial", "interface_flight_path_angle",
            DEG),
    _result("interface_speed_m_s", "m/s", "at the entry interface, inertial", "interface_speed"),
    _result("open_time_s", "s", "opening of the parachute, since the epoch", "open_time"),
    _result("open_altitude_m", "m", "altitude of the opening", "open_altitude"),
    _result("open_speed_m_s", "m/s", "speed at the opening, against the turning Earth", "open_speed"),
    _result("open_latitude_deg", "deg", "geodetic, of the opening", "open_latitude", DEG),
    _result("open_longitude_deg", "deg", "of the opening, east positive", "open_longitude", DEG),
    _result("aim_moved_km", "km", "by which the wind met in the entry moved the aim point", "aim_moved", KM),
    _result("parachute_stage", "", "stage of the parachute at the end", "parachute_stage"),
    _result("touchdown_latitude_deg", "deg", "geodetic, of the touchdown", "touchdown_latitude", DEG),
    _result("touchdown_longitude_deg", "deg", "of the touchdown, east positive", "touchdown_longitude", DEG),
    _result("touchdown_time_s", "s", "touchdown, since the epoch", "touchdown_time"),
    _metric("thruster_propellant_kg", "kg", "spent by the capsule's thrusters", "thruster_propellant"),
    _result("tumbled", "", "the capsule flew with its apex foremost", "tumbled"),
)  # fmt: skip

RENDEZVOUS = (
    _result("captured", "", "the ports latched", "captured"),
    _result("inside_idss", "", "the last contact lay inside the standard's box", "inside"),
    _result("collided", "", "the ship touched the station elsewhere", "collided"),
    _metric("time_to_dock_s", "s", "from the insertion to capture; none without one", "time_to_dock"),
    _metric("delta_v_m_s", "m/s", "spent in all", "delta_v"),
    _metric("delta_v_to_aim_m_s", "m/s", "spent up to the aim point", "delta_v_aim"),
    _result("two_impulse_delta_v_m_s", "m/s", "least of two impulses to the aim point's orbit", "bound"),
    _result("delta_v_lower_bound_m_s", "m/s", "two_impulse_delta_v_m_s, its older name", "bound"),
    _metric("delta_v_ratio", "", "delta-v to the aim point over that of two impulses", "ratio"),
    _metric("propellant_kg", "kg", "propellant spent", "propellant"),
    _metric("closing_m_s", "m/s", "closing speed of the last contact", "closing"),
    _metric("lateral_rate_m_s", "m/s", "speed across the axis at the last contact", "lateral_rate"),
    _metric("lateral_offset_m", "m", "offset of the axes at the last contact", "lateral"),
    _metric("angle_deg", "deg", "angle between the axes at the last contact", "angle", DEG),
    _metric("roll_deg", "deg", "roll at the last contact", "roll", DEG),
    _metric("rate_deg_s", "deg/s", "greatest angular rate at the last contact", "greatest_rate", DEG),
    _result("min_range_outside_corridor_m", "m", "closest to the station outside the corridor", "closest"),
    _metric("plume_on_station_n_s", "N s", "impulse of the plumes on the station", "plume"),
    _result("contacts", "", "how often the ports met", "contacts"),
    _result("approaches", "", "approaches flown", "approaches"),
    _result("aborts", "", "approaches broken off", "aborts"),
    _result("switches", "", "changes to the plan held in reserve", "switched"),
    _result("plan_s", "s", "from insertion to contact by the plan that was flown", "plan_time"),
)  # fmt: skip

SOURCES = {"return": RETURN, "rendezvous": RENDEZVOUS}


def results_of(kind: str, numbers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The result columns of a block, in the units of their names; what was not flown has no column."""
    made: dict[str, np.ndarray] = {}
    for source in SOURCES[kind]:
        if source.key in numbers:
            values = np.asarray(numbers[source.key])
            made[source.column.name] = values if source.scale == 1.0 else values * source.scale
    return made


def columns_of(kind: str, block: dict[str, np.ndarray], draws: dict[str, Column]) -> list[Column]:
    """What stands in a part file, in order, for a block of results and draws."""
    known = {s.column.name: s.column for s in SOURCES[kind]} | {c.name: c for c in RUN} | draws
    return [known[name] for name in block]
