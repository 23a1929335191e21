"""One flown return: its telemetry, its summary, its files."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from homeward.errors import InputError
from homeward.missions.attitude_metrics import AttitudeGoals
from homeward.output import FlightFacts, plot, save_flight
from homeward.output.files.telemetry import arrow_table
from homeward.output.files.telemetry_record import Telemetry
from homeward.output.notebook_view import Shown
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario


@dataclasses.dataclass(repr=False)
class Flight(Shown):
    """A flown return.

    ``history`` is the telemetry, one row a recorded moment, SI and radians: columns such as ``altitude`` and
    ``r_BI_I_x``, and whole channels of ``icd.Frame`` such as ``history["r_BI_I"]``. ``legs`` holds name,
    start and end [s since the epoch], ``summary`` what ``homeward return --json`` prints. ``body`` holds the
    channels of ``icd.BodyFrame``, one row a control tick; it is empty where the ship is a point mass, which
    has no ``goals`` of its attitude either. ``station`` is the way of the station that was left (``time``,
    ``r_BI_I``, ``v_BI_I``, for two revolutions), empty where the flight has no undocking. ``shield`` holds
    the heat shield's temperatures [K] and recession [m], see ``missions.heat_shield``.
    """

    scenario: Scenario
    epoch_utc: str
    history: dict[str, np.ndarray]
    legs: list[dict[str, Any]]
    summary: dict[str, Any]
    body: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    goals: AttitudeGoals | None = None
    station: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    shield: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.history, self.body = Telemetry(self.history), Telemetry(self.body)

    @cached_property
    def facts(self) -> FlightFacts:
        """What the pictures need to know of the scenario."""
        s = self.scenario
        limits, capsule = return_limits(s, self.summary.get("guidance")), s.truth.capsule
        parachute = self.summary.get("parachute") or {}
        return FlightFacts(
            name=s.name, epoch_utc=self.epoch_utc, site_name=s.site.name,
            site_latitude_deg=s.site.latitude_deg, site_longitude_deg=s.site.longitude_deg,
            aim_latitude_deg=parachute.get("aim_latitude_deg"),
            aim_longitude_deg=parachute.get("aim_longitude_deg"),
            load_limit_g=limits.load, heat_rate_limit_w_m2=limits.heat_rate,
            dynamic_pressure_limit_pa=limits.dynamic_pressure, opening_load_limit_g=limits.opening_load,
            interface_altitude_m=s.flight.guidance.interface_altitude_m,
            opening_altitude_m=s.return_.legs.opening_altitude_m,
            mass_kg=capsule.mass_kg, area_m2=float(np.pi * capsule.diameter_m**2 / 4),
            drag_coefficient=capsule.drag_coefficient,
            lift_coefficient=capsule.drag_coefficient * capsule.lift_to_drag,
            nose_radius_m=capsule.nose_radius_m,
            trim=None if self.goals is None else self.goals.trim,
            thrust_I=None if self.goals is None else self.goals.thrust_I,
        )  # fmt: skip

    def save(
        self, folder: str | Path, progress: Callable[[str], None] | None = None, *,
        pictures: Sequence[str] | None = None, every: float | None = None,
    ) -> list[Path]:  # fmt: skip
        """Write summary, telemetry, trajectory files and pictures into a folder; returns the files.

        ``pictures`` names those to draw, ``()`` for none; ``every`` keeps one row of the tables in
        that many seconds.
        """
        return save_flight(
            folder, self.facts, self.history, self.legs, self.summary, progress, self.body, pictures, every,
            self.station, self.shield,
        )  # fmt: skip

    def plot(self) -> Any:
        """The overview picture, a Matplotlib figure."""
        return plot(self.facts, self.history, self.legs, self.summary, self.body)

    def arrow_table(self, table: str = "telemetry") -> Any:
        """Telemetry, or ``body`` of a six-DOF return, as a ``pyarrow.Table`` with units of its fields."""
        there = {"telemetry": self.history} | ({"body": self.body} if self.body else {})
        if table not in there:
            raise InputError(f'table="{table}": expected {", ".join(there)}')
        return arrow_table(self.facts, there[table], self.legs, table)
