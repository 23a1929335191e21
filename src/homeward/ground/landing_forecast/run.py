"""Forecasts along a flown flight, from its telemetry and from nothing that the ground would not have."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from homeward.earth.constants import G0
from homeward.ground.landing_forecast.descent import MAIN, NONE
from homeward.ground.landing_forecast.forecast import Forecast, Forecaster, Moment

SWING = {False: 8.0, True: 20.0}  # s over which the drift is the mean: under the drogue, under the main
FILLED = 2.0  # s after the opening from which the drogue's drag tells anything


def moments(table: dict[str, np.ndarray]) -> Iterator[Moment]:
    """The rows of a table of columns ``flight`` as moments: stages are timed by when they were first told."""
    stages = np.asarray(table["parachute_stage"]).astype(int)
    time = np.asarray(table["time_s"], float)
    began, opened, last = time[0], time[0], NONE
    for k in range(len(time)):
        if stages[k] != last:
            began = time[k]
            if last == NONE:
                opened = time[k]
            last = int(stages[k])
        speed, angle = float(table["speed_m_s"][k]), np.radians(float(table["flight_path_angle_deg"][k]))
        heading = np.radians(float(table["heading_deg"][k]))
        level = speed * np.cos(angle)
        drift = None
        main = last >= MAIN
        if last != NONE and time[k] - began > (SWING[main] if main else FILLED + 3.0):
            since = max(time[k] - SWING[main], began + (0.0 if main else FILLED))
            recent = slice(int(np.searchsorted(time, since)), k + 1)
            drift = _mean_velocity(table, recent)
            if not main:
                drift = _slowed(table, recent, drift)
        yield Moment(
            float(time[k]), float(np.radians(table["latitude_deg"][k])),
            float(np.radians(table["longitude_deg"][k])), float(table["altitude_m"][k]),
            (float(level * np.cos(heading)), float(level * np.sin(heading)), float(speed * np.sin(angle))),
            last, float(time[k] - began), float(time[k] - opened), drift,
        )  # fmt: skip


def _mean_velocity(table: dict[str, np.ndarray], rows: slice) -> tuple[float, float, float]:
    """Mean velocity north, east, up [m/s] of some rows."""
    speed, angle, heading = (
        np.asarray(table[name][rows], float) for name in ("speed_m_s", "flight_path_angle_deg", "heading_deg")
    )
    level = speed * np.cos(np.radians(angle))
    north, east = level * np.cos(np.radians(heading)), level * np.sin(np.radians(heading))
    return float(north.mean()), float(east.mean()), float(np.mean(speed * np.sin(np.radians(angle))))


def _slowed(
    table: dict[str, np.ndarray], rows: slice, mean: tuple[float, float, float]
) -> tuple[float, float, float]:
    """The level velocity that a capsule under its drogue is slowing down to: that of the air about it.

    Falling steadily at ``w`` it takes up the wind as ``exp(-t g / w)`` (drag over weight is ``|v| v / w^2``):
    the wind is the velocity plus ``w / g`` times its rate.
    """
    time = np.asarray(table["time_s"][rows], float)
    speed, angle, heading = (
        np.asarray(table[name][rows], float) for name in ("speed_m_s", "flight_path_angle_deg", "heading_deg")
    )
    level = speed * np.cos(np.radians(angle))
    lag = abs(mean[2]) / G0
    back = time - time.mean()
    told = [
        part.mean() + lag * float(back @ part) / max(float(back @ back), 1e-9)
        for part in (level * np.cos(np.radians(heading)), level * np.sin(np.radians(heading)))
    ]
    return float(told[0]), float(told[1]), mean[2]


def along(
    forecaster: Forecaster,
    table: dict[str, np.ndarray],
    start: float,
    every: float = 30.0,
    dark: np.ndarray | None = None,
) -> list[Forecast]:
    """Forecasts from a time [s] to the ground, at least ``every`` seconds apart.

    ``dark`` (n,) are rows that did not come down: none is made from them.
    """
    made: list[Forecast] = []
    last = -np.inf
    ground = forecaster.setting.site[2]
    for k, moment in enumerate(moments(table)):
        if moment.time < start or moment.time - last < every or moment.altitude < ground + 5.0:
            continue
        if dark is not None and dark[k]:
            continue
        made.append(forecaster.at(moment))
        last = moment.time
    return made


def after_burn(legs: list[dict[str, Any]]) -> float:
    """When [s] the deorbit burn ends, or the first leg begins where a flight has none."""
    burns = [float(leg["end"]) for leg in legs if str(leg["name"]) == "deorbit burn"]
    return burns[-1] if burns else float(legs[0]["start"]) if legs else 0.0
