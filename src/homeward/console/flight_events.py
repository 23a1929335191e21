"""What happens in a flight, read off its telemetry: burns, separations, interface, parachutes, contact.

A live flight and a saved one go through the same rules, row by row, so that their logs list the same events.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Say = Callable[[float, str, str], None]  # time [s], what, text
PARACHUTES = ("", "drogue", "main, reefed", "main", "backup parachute")
SEPARATED = 0.02  # of the mass of a return, gone between two rows: no burn of one takes that much in a row
FAR_STEP = 5.0  # s between rows at least, where a rendezvous flies from burn to burn
PUSH, BURN = 0.02, 0.1  # m/s: more in a row is part of a burn; less in all is none
NEAR_BURN = 60.0  # s between a burn of the plan and the one that was flown
UNNAMED = "burn: "
TOUCHED = 30.0  # m above the site: a descent that ends below has touched down
CONTACT = 0.1  # m from port to port


class Watcher:
    """Enters events in the log by ``say``: ``rows`` takes the rows as they come, ``finish`` the end."""

    def __init__(self, kind: str, say: Say) -> None:
        self._kind, self._say = kind, say
        self._last: dict[str, float] = {}
        self._burn: list[float] | None = None  # start [s], m/s so far
        self._contact = False
        self.burns: list[tuple[float, float, str]] = []  # start, m/s, purpose: as the plan has them

    def rows(self, time: np.ndarray, columns: Mapping[str, np.ndarray]) -> None:
        """Rows (n,) after those that came before."""
        names = [n for n in (*WATCHED, "time_s") if n in columns or n == "time_s"]
        table = [np.asarray(columns[n] if n != "time_s" else time, float).tolist() for n in names]
        for values in zip(*table, strict=True):
            row = dict(zip(names, values, strict=True))
            self._row(row)
            self._last |= {n: v for n, v in row.items() if v == v}

    def leg(self, name: str, start: float) -> None:
        """A leg begins."""
        if name == "undock":
            self._say(start, "separation", "undocked")
        elif name.endswith("burn") and not name.startswith("coast"):
            self._say(start, "burn", f"{name} begins")
        elif name == "entry":
            self._say(start, "interface", "entry interface")

    def left(self, name: str, end: float) -> None:
        """A leg ends."""
        if name.endswith("burn") and not name.startswith("coast"):
            self._say(end, "burn", f"{name} ends")

    def finish(self, leg: str, site_altitude_m: float | None, contact: Mapping[str, Any] | None) -> None:
        """The flight has ended in a leg; ``contact`` is what a summary tells of it."""
        self._burnt()
        last = self._last
        time = last.get("time_s", 0.0)
        if self._kind == "rendezvous":
            if contact is not None and not self._contact:
                self._contact = True
                self._say(
                    float(contact["time_s"]), "contact", f"contact at {float(contact['closing_m_s']):.3f} m/s"
                )
            elif not self._contact and last.get("port_range_m", np.inf) < CONTACT:
                self._contact = True
                self._say(time, "contact", f"contact at {last.get('closing_speed_m_s', np.nan):.3f} m/s")
            return
        height = last.get("altitude_m", np.inf) - (site_altitude_m or 0.0)
        low = height < TOUCHED if site_altitude_m is not None else last.get("parachute_stage", 0.0) >= 3.0
        if leg in ("descent", "touchdown") and low:
            fall = abs(last.get("vertical_speed_m_s", np.nan))
            self._say(time, "touchdown", f"touchdown at {fall:.1f} m/s" if fall == fall else "touchdown")

    def _row(self, row: dict[str, float]) -> None:
        time, last = row["time_s"], self._last
        for name in ("parachute_stage", "blackout"):
            value = row.get(name, np.nan)
            if value != value or value == last.get(name, 0.0):
                continue
            if name == "blackout":
                self._say(time, "radio", "black-out begins" if value else "black-out ends")
            elif 0 < value < len(PARACHUTES):
                self._say(time, "parachute", f"{PARACHUTES[int(value)]} out")
        before, after = last.get("mass_kg", np.nan), row.get("mass_kg", np.nan)
        if self._kind == "rendezvous":
            self._pushed(row)
        elif after < (1.0 - SEPARATED) * before:
            what = "jettison" if row.get("parachute_stage", 0.0) > 0.0 else "separation"
            self._say(time, what, f"{what}, {before:,.0f} kg to {after:,.0f} kg")

    def _pushed(self, row: dict[str, float]) -> None:
        """Rows far apart between which the velocity was changed are a burn."""
        last = self._last
        step = row["time_s"] - last.get("time_s", np.inf)
        gained = row.get("delta_v_m_s", np.nan) - last.get("delta_v_m_s", np.nan)
        if step >= FAR_STEP and gained > PUSH:
            self._burn = (
                [last["time_s"], gained] if self._burn is None else [self._burn[0], self._burn[1] + gained]
            )
        else:
            self._burnt()

    def _burnt(self) -> None:
        burn, self._burn = self._burn, None
        if burn is None or burn[1] < BURN:
            return
        self._say(burn[0], "burn", self._named(burn[0], f"{UNNAMED}{burn[1]:.2f} m/s"))

    def named(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event of the log, a burn with what the plan has it for."""
        return event | {"text": self._named(event["t"], event["text"])}

    def _named(self, time: float, text: str) -> str:
        purpose = next((p for t, _, p in self.burns if abs(t - time) < NEAR_BURN), "")
        return f"{purpose}: {text.removeprefix(UNNAMED)}" if purpose and text.startswith(UNNAMED) else text


WATCHED = (
    "parachute_stage", "blackout", "mass_kg", "leg", "delta_v_m_s", "altitude_m", "vertical_speed_m_s",
    "port_range_m", "closing_speed_m_s",
)  # fmt: skip
