"""The landing forecast of a return that is watched as it flies: made anew, beside it, from the newest rows.

It goes by what came down and by what the ground itself has ordered: another site moves the aim, new winds the
forecast that the fall is reckoned in.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from homeward.errors import one_line
from homeward.ground.commands.commands import Command, LandingSite, Winds

if TYPE_CHECKING:
    from homeward.console.flight import Flight
    from homeward.ground.landing_forecast.forecast import Forecaster
    from homeward.ground.landing_forecast.inputs import Levels
    from homeward.scenario.schema.scenario import Scenario

FILE = "forecasts.jsonl"
EVERY = 1.0  # s of real time between two forecasts
APART = 5.0  # s of flight between two forecasts
COLUMNS = (
    "parachute_stage", "speed_m_s", "flight_path_angle_deg", "heading_deg", "latitude_deg", "longitude_deg",
    "altitude_m",
)  # fmt: skip
UNTIL_BURNT = ("undock", "departure burn", "phasing coast", "coast to burn", "deorbit burn")


class LandingWatch:
    """Adds forecasts to a flight's ``landing`` until it has landed; ``ordered`` tells of commands that act.

    ``archive`` is a folder in which every forecast becomes a line. Rows of a black-out did not come down: the
    forecast made before it stands until it is over.
    """

    def __init__(self, flight: Flight, scenario: Scenario, archive: Path | None = None) -> None:
        self._flight, self._scenario, self._archive = flight, scenario, archive
        self._levels: Levels | None = None
        self._forecaster: Forecaster | None = None
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="landing forecast")
        self._thread.start()

    def ordered(self, command: Command) -> None:
        """Take over a site or winds that the flight now goes by."""
        with self._lock:
            if isinstance(command, LandingSite):
                place = {"latitude_deg": command.latitude_deg, "longitude_deg": command.longitude_deg}
                site = self._scenario.site.model_copy(update=place)
                self._scenario = self._scenario.model_copy(update={"landing_site": site})
            elif isinstance(command, Winds):
                self._levels = command.levels
            else:
                return
            self._forecaster = None

    def stop(self) -> None:
        """No more forecasts."""
        self._over.set()

    def _run(self) -> None:
        wait, failures = EVERY, 0
        while not self._over.wait(wait):
            wait = EVERY
            try:
                self.look()
            except Exception as error:  # of numbers that no flight has: the next ones may be sound
                failures += 1
                wait = min(EVERY * 2.0**failures, 60.0)
                if failures == 1:
                    words = one_line(str(error) or type(error).__name__, 120)
                    self._flight.say(self._flight.end, "forecast", f"no landing forecast: {words}", "yellow")
            if not self._flight.live:
                return

    def look(self) -> bool:
        """Make a forecast if there is something new to make one of; whether there was."""
        from homeward.ground.landing_forecast.run import moments

        f = self._flight
        rows = f.count()
        if rows < 2 or not all(c in f.rows.place for c in COLUMNS):
            return False
        time = f.rows.time[:rows]
        if f.leg_at(float(time[-1])) in UNTIL_BURNT:
            return False
        if f.landing and time[-1] - f.landing[-1]["made_s"] < APART:
            return False
        table = self._table(rows)
        if table["blackout"][-1] > 0.5 or table["altitude_m"][-1] < self._scenario.site.altitude_m + 5.0:
            return False
        with self._lock:
            forecaster = self._forecaster = self._forecaster or self._made()
            told = forecaster.at(list(moments(table))[-1]).told()
        f.landing = [*f.landing, told]
        if self._archive is not None:
            try:
                with open(self._archive / FILE, "a", encoding="utf-8") as file:
                    file.write(json.dumps(told) + "\n")
            except OSError as error:
                self._archive = None  # what is foretold is still shown
                f.say(told["made_s"], "archive", f"forecasts are kept no more ({error.strerror})", "yellow")
        return True

    def _table(self, rows: int) -> dict[str, np.ndarray]:
        """The newest rows, back to where the parachute opened."""
        columns = self._flight.rows
        stage = columns.column("parachute_stage")[:rows]
        opened = int(np.argmax(stage > 0)) if (stage > 0).any() else rows
        first = max(min(rows - 2, opened - 2), 0)
        names = {*COLUMNS, *(n for n in ("blackout",) if n in columns.place)}
        table = {name: np.asarray(columns.column(name)[first:rows]) for name in names}
        table.setdefault("blackout", np.zeros(rows - first))
        return table | {"time_s": np.asarray(columns.time[first:rows])}

    def _made(self) -> Forecaster:
        from homeward.ground.landing_forecast.forecast import Forecaster
        from homeward.ground.landing_forecast.inputs import setting_of

        return Forecaster(setting_of(self._scenario, self._flight.epoch, True, self._levels))
