"""What the telemetry table shows and how: section, column, words, unit, scale and digits."""

import dataclasses
from collections.abc import Iterable

from homeward.icd import CONSTRAINTS


@dataclasses.dataclass(frozen=True)
class Shown:
    """A line of the table: the column's value times ``scale`` plus ``offset``, with so many ``digits``.

    ``words`` stand for the values 0, 1, 2, ... of a column that counts.
    """

    section: str
    column: str
    label: str
    unit: str
    scale: float = 1.0
    digits: int = 1
    offset: float = 0.0
    words: tuple[str, ...] = ()


NO_YES = ("no", "yes")
CABIN = (
    Shown("Cabin", "cabin_pressure_pa", "Cabin pressure", "kPa", 1e-3, 2),
    Shown("Cabin", "oxygen_pressure_pa", "Oxygen", "kPa", 1e-3, 2),
    Shown("Cabin", "cabin_temperature_k", "Temperature", "°C", 1.0, 1, -273.15),
    Shown("Cabin", "bus_a_v", "Bus A", "V", 1.0, 2),
    Shown("Cabin", "bus_b_v", "Bus B", "V", 1.0, 2),
    Shown("Cabin", "crew_load_g", "Load on the crew", "g", 1.0, 2),
)
RETURN = (
    Shown("Trajectory", "altitude_m", "Altitude", "km", 1e-3, 2),
    Shown("Trajectory", "speed_m_s", "Speed", "m/s", 1.0, 1),
    Shown("Trajectory", "vertical_speed_m_s", "Vertical speed", "m/s", 1.0, 1),
    Shown("Trajectory", "flight_path_angle_deg", "Flight-path angle", "°", 1.0, 2),
    Shown("Trajectory", "heading_deg", "Heading", "°", 1.0, 1),
    Shown("Trajectory", "latitude_deg", "Latitude", "°", 1.0, 3),
    Shown("Trajectory", "longitude_deg", "Longitude", "°", 1.0, 3),
    Shown("Trajectory", "range_to_site_m", "Range to the site", "km", 1e-3, 2),
    Shown("Loads", "load_factor_g", "Load", "g", 1.0, 2),
    Shown("Loads", "dynamic_pressure_pa", "Dynamic pressure", "kPa", 1e-3, 2),
    Shown("Loads", "heat_rate_w_m2", "Heat rate", "kW/m²", 1e-3, 1),
    Shown("Loads", "heat_load_j_m2", "Heat load", "MJ/m²", 1e-6, 2),
    Shown("Loads", "mach", "Mach number", "", 1.0, 2),
    Shown("Loads", "mass_kg", "Mass", "kg", 1.0, 1),
    Shown("Guidance", "bank_command_deg", "Bank commanded", "°", 1.0, 1),
    Shown("Guidance", "bank_deg", "Bank", "°", 1.0, 1),
    Shown("Guidance", "predicted_miss_m", "Miss predicted", "km", 1e-3, 2),
    Shown("Guidance", "guidance_constraint", "Bound by", "", 1.0, 0, 0.0, CONSTRAINTS),
    Shown("Guidance", "drag_factor", "Drag, of model", "", 1.0, 3),
    Shown("Guidance", "lift_factor", "Lift, of model", "", 1.0, 3),
    Shown("Guidance", "parachute_stage", "Parachute", "", 1.0, 0, 0.0,
          ("none", "drogue", "main reefed", "main", "backup")),
    Shown("Navigation", "blackout", "Black-out", "", 1.0, 0, 0.0, NO_YES),
    Shown("Navigation", "position_sigma_north_m", "1σ north", "m", 1.0, 1),
    Shown("Navigation", "position_sigma_east_m", "1σ east", "m", 1.0, 1),
    Shown("Navigation", "position_sigma_down_m", "1σ down", "m", 1.0, 1),
    Shown("Navigation", "velocity_sigma_north_m_s", "1σ north, rate", "m/s", 1.0, 3),
    Shown("Navigation", "velocity_sigma_east_m_s", "1σ east, rate", "m/s", 1.0, 3),
    Shown("Navigation", "velocity_sigma_down_m_s", "1σ down, rate", "m/s", 1.0, 3),
    *CABIN,
)  # fmt: skip
#: What only a simulation knows: shown where it is asked for, and marked.
TRUTH = "Truth, of the simulation"
RETURN_TRUTH = (
    Shown(TRUTH, "true_altitude_m", "True altitude", "km", 1e-3, 2),
    Shown(TRUTH, "true_speed_m_s", "True speed", "m/s", 1.0, 1),
    Shown(TRUTH, "true_flight_path_angle_deg", "True flight-path angle", "°", 1.0, 2),
    Shown(TRUTH, "true_latitude_deg", "True latitude", "°", 1.0, 3),
    Shown(TRUTH, "true_longitude_deg", "True longitude", "°", 1.0, 3),
    Shown(TRUTH, "range_to_go_m", "True range to the aim", "km", 1e-3, 2),
    Shown(TRUTH, "density_kg_m3", "True air density", "kg/m³", 1.0, 6),
    Shown(TRUTH, "wind_north_m_s", "True wind north", "m/s", 1.0, 1),
    Shown(TRUTH, "wind_east_m_s", "True wind east", "m/s", 1.0, 1),
    Shown(TRUTH, "navigation_position_error_north_m", "Navigation error north", "m", 1.0, 1),
    Shown(TRUTH, "navigation_position_error_east_m", "Navigation error east", "m", 1.0, 1),
    Shown(TRUTH, "navigation_position_error_down_m", "Navigation error down", "m", 1.0, 1),
)  # fmt: skip
PAIR_TRUTH = (
    Shown(TRUTH, "true_relative_position_along_m", "True along track", "km", 1e-3, 3),
    Shown(TRUTH, "true_relative_position_across_m", "True across", "m", 1.0, 1),
    Shown(TRUTH, "true_relative_position_below_m", "True below", "m", 1.0, 1),
    Shown(TRUTH, "position_error_along_m", "Navigation error along", "m", 1.0, 2),
    Shown(TRUTH, "position_error_across_m", "Navigation error across", "m", 1.0, 2),
    Shown(TRUTH, "position_error_below_m", "Navigation error below", "m", 1.0, 2),
)  # fmt: skip
PAIR = (
    Shown("Port to port", "port_range_m", "Distance", "m", 1.0, 2),
    Shown("Port to port", "closing_speed_m_s", "Closing speed", "m/s", 1.0, 3),
    Shown("Port to port", "closing_over_m_s", "Over the profile", "m/s", 1.0, 3),
    Shown("Port to port", "corridor_angle_deg", "Off the axis, angle", "°", 1.0, 2),
    Shown("Port to port", "port_offset_m", "Off the axis", "m", 1.0, 3),
    Shown("Port to port", "port_lateral_speed_m_s", "Lateral speed", "m/s", 1.0, 3),
    Shown("Port to port", "docking_turn_x_b_deg", "Roll missing", "°", 1.0, 2),
    Shown("Port to port", "docking_turn_y_b_deg", "Pitch missing", "°", 1.0, 2),
    Shown("Port to port", "docking_turn_z_b_deg", "Yaw missing", "°", 1.0, 2),
    Shown("Relative motion", "range_m", "Range of centres", "km", 1e-3, 3),
    Shown("Relative motion", "relative_position_along_m", "Along track", "km", 1e-3, 3),
    Shown("Relative motion", "relative_position_across_m", "Across", "m", 1.0, 1),
    Shown("Relative motion", "relative_position_below_m", "Below", "m", 1.0, 1),
    Shown("Relative motion", "relative_velocity_along_m_s", "Along, rate", "m/s", 1.0, 3),
    Shown("Relative motion", "relative_velocity_across_m_s", "Across, rate", "m/s", 1.0, 3),
    Shown("Relative motion", "relative_velocity_below_m_s", "Below, rate", "m/s", 1.0, 3),
    Shown("Ship", "altitude_m", "Altitude", "km", 1e-3, 2),
    Shown("Ship", "mass_kg", "Mass", "kg", 1.0, 1),
    Shown("Ship", "delta_v_m_s", "Delta-v so far", "m/s", 1.0, 2),
    Shown("Ship", "rate_x_b_deg_s", "Roll rate", "°/s", 1.0, 3),
    Shown("Ship", "rate_y_b_deg_s", "Pitch rate", "°/s", 1.0, 3),
    Shown("Ship", "rate_z_b_deg_s", "Yaw rate", "°/s", 1.0, 3),
    Shown("Navigation", "position_sigma_along_m", "1σ along", "m", 1.0, 3),
    Shown("Navigation", "position_sigma_across_m", "1σ across", "m", 1.0, 3),
    Shown("Navigation", "position_sigma_below_m", "1σ below", "m", 1.0, 3),
    Shown("Navigation", "velocity_sigma_along_m_s", "1σ along, rate", "m/s", 1.0, 3),
    Shown("Navigation", "velocity_sigma_across_m_s", "1σ across, rate", "m/s", 1.0, 3),
    Shown("Navigation", "velocity_sigma_below_m_s", "1σ below, rate", "m/s", 1.0, 3),
    *CABIN,
)  # fmt: skip
#: Columns that the displays read beside those of the table.
UNSEEN = (
    "port_position_x_d_m", "port_position_y_d_m", "port_position_z_d_m", "port_velocity_x_d_m_s",
    "port_velocity_y_d_m_s", "port_velocity_z_d_m_s",
    "latitude_deg", "longitude_deg", "density_kg_m3", "inertial_speed_m_s", "leg", "stage",
    "flight_path_angle_deg", "heading_deg",
)  # fmt: skip
HELD = ("leg", "stage", "blackout", "parachute_stage", "guidance_constraint")


def table_of(kind: str, columns: Iterable[str]) -> list[Shown]:
    """The lines of the table of a ``return`` or a ``rendezvous``, as far as there are columns for them."""
    there = set(columns)
    lines = (*PAIR, *PAIR_TRUTH) if kind == "rendezvous" else (*RETURN, *RETURN_TRUTH)
    return [line for line in lines if line.column in there]
