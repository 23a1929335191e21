"""Where the onboard data set and the truth differ by more than the figures stated for it explain."""

import math

from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.schema.sensors import SensorFigures

SIGMAS = 3.0  # the filter's figures are 1-sigma: an error beyond three of them is none that it expects
# Figures that say how large an error is; the others are limits, times and lengths.
ERRORS = tuple(
    name
    for name in SensorFigures.model_fields
    if not name.startswith("antenna")
    and not name.endswith(("_time_s", "_length_m", "_limit_deg_s", "_limit_g", "_pulse_arcsec", "_pulse_m_s"))
)
LIMITS = ("gyro_limit_deg_s", "accelerometer_limit_g")
INERTIAL = ("gyro_", "accelerometer_", "misalignment_")
# Figures of ship and air, and the 3-sigma spread (a share) within which the flight is to cope.
SHARES = {
    "capsule.mass_kg": "mass", "capsule.lift_to_drag": "lift_to_drag", "capsule.drag_scale": "drag",
    "capsule.drag_coefficient": "drag", "engine.thrust_n": "thrust", "air.density_scale": "density_bias",
}  # fmt: skip


def belief_gaps(scenario: Scenario) -> list[str]:
    """One sentence for each figure of a return that is farther from what is believed on board than explained.

    Nothing is wrong with such a file: whoever wants to know what a wrong belief costs writes one.
    """
    told = []
    if scenario.flight.navigation.law == "filter":
        told += _sensor_gaps(scenario)
    for key, spread in SHARES.items():
        section, name = key.split(".")
        true = float(getattr(getattr(scenario.truth, section), name))
        believed = float(getattr(getattr(scenario.onboard_data, section), name))
        explained = float(getattr(scenario.dispersion, spread))
        apart = abs(believed / true - 1.0) if true > 0.0 else 0.0
        if apart > explained + 1e-9:
            told.append(
                f"truth.{key} = {true:g}, but {believed:g} is believed on board: {apart:.0%} apart, and "
                f"dispersion.{spread} explains {explained:.0%}"
            )
    return told


def _sensor_gaps(scenario: Scenario) -> list[str]:
    sensors, believed, told = scenario.truth.sensors, scenario.flight.navigation.sensors, []
    for name in ERRORS:
        scale = sensors.imu_noise_scale if name.startswith(INERTIAL) else 1.0
        true, sigma = scale * getattr(sensors, name), getattr(believed, name)
        if true > SIGMAS * sigma:
            times = f"{true / sigma:.3g} times" if sigma > 0.0 else "and not"
            told.append(
                f"truth.sensors.{name} = {true:g} is {times} the flight.navigation.sensors.{name} = "
                f"{sigma:g} that the filter expects"
            )
    for name in LIMITS:
        true, limit = getattr(sensors, name), getattr(believed, name)
        if limit > true * (1.0 + 1e-9) and math.isfinite(true):
            told.append(
                f"truth.sensors.{name} = {true:g} is less than the flight.navigation.sensors.{name} = "
                f"{limit:g} that the filter trusts"
            )
    if sensors.satellite_receiver == "ranges" and sensors.antennas != believed.antennas:
        told.append(
            f"truth.sensors.antennas = {_told(sensors.antennas)}, but "
            f"flight.navigation.sensors.antennas = {_told(believed.antennas)}: what only the former can hear "
            "is left alone on board"
        )
    return told


def _told(antennas: tuple[tuple[float, float, float], ...]) -> str:
    return str([[round(x, 4) for x in one] for one in antennas])
