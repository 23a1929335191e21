"""What is true beside what the flight software believes of it, key by key."""

import dataclasses
from typing import Any, cast

from pydantic import BaseModel

from homeward.scenario.schema.onboard import Onboard
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.schema.sensors import SensorFigures

LEFT_OUT = "site_altitude_m"  # stands beside the site's own altitude


@dataclasses.dataclass(frozen=True)
class Row:
    """One key of the onboard data set: its true and its believed value, and believed less true."""

    key: str
    truth: Any
    believed: Any
    difference: float | None  # None where the values are no numbers
    percent: float | None  # of the true value; None where that is 0 or no number

    @property
    def same(self) -> bool:
        """Whether truth and belief say the same."""
        return self.truth == self.believed


def believed_rows(scenario: Scenario) -> list[Row]:
    """Every key that the flight software is given a value of, in the order of the scenario file.

    Onboard values are those flown with: the data set with the overrides of ``[flight.believed]``. Figures of
    sensors stand under ``sensors``: true ones beside those that navigation is told.
    """
    data = scenario.onboard_data
    true, believed = scenario.truth.model_dump(), data.model_dump()
    rows: list[Row] = []
    for name in Onboard.model_fields:
        if name != LEFT_OUT:
            rows += _rows(name, true[name], believed[name])
    if scenario.landing_site is not None:
        ground = scenario.landing_site.altitude_m
        known = ground if data.site_altitude_m is None else data.site_altitude_m
        rows.append(_row("site.altitude_m", ground, known))
    figures, told = scenario.truth.sensors, scenario.flight.navigation.sensors
    for name in SensorFigures.model_fields:
        rows.append(_row(f"sensors.{name}", getattr(figures, name), getattr(told, name)))
    return rows


def _rows(key: str, true: Any, believed: Any) -> list[Row]:
    if isinstance(true, BaseModel):
        true = true.model_dump()
    if isinstance(true, dict) or isinstance(believed, dict):
        one, other = cast(dict[str, Any], true or {}), cast(dict[str, Any], believed or {})
        names = {**one, **other}
        return [row for name in names for row in _rows(f"{key}.{name}", one.get(name), other.get(name))]
    return [_row(key, true, believed)] if (true, believed) != (None, None) else []


def _row(key: str, true: Any, believed: Any) -> Row:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (true, believed))
    difference = float(believed - true) if numbers else None
    percent = 100.0 * difference / abs(true) if difference is not None and true else None
    return Row(key, true, believed, difference, percent)
