"""Folders as the console opens them: a saved flight, an archive of telemetry, or a campaign's store."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from homeward.campaigns.store.store import MANIFEST
from homeward.console.flight import Flight
from homeward.console.setting import setting_of
from homeward.earth.time import Epoch
from homeward.errors import InputError, one_line
from homeward.ground.telemetry.archive import FILES as ARCHIVE
from homeward.ground.telemetry.archive import Received, read_archive
from homeward.ground.telemetry.recording import Recording, read_folder
from homeward.scenario.schema.ground import Cabin

FORECASTS = ("forecasts.jsonl", "forecast/forecasts.jsonl")
BASES = ("flight", "pair")  # groups whose rows are the console's


def kind_of_folder(folder: str | Path) -> str:
    """``flight``, ``archive`` or ``campaign``; raises InputError for anything else."""
    place, label = Path(folder), one_line(str(folder), 200)
    if not place.exists():
        raise InputError(f"{label}: there is no such folder, and no scenario ships under this name")
    if not place.is_dir():
        raise InputError(f"{label}: expected a folder, but this is a file; --live flies a scenario")
    if (place / MANIFEST).is_file():
        return "campaign"
    if (place / ARCHIVE[2]).is_file() and (place / ARCHIVE[0]).is_file():
        return "archive"
    if (place / "telemetry.parquet").is_file():
        return "flight"
    raise InputError(
        f"{label}: expected a flight (telemetry.parquet), an archive of telemetry (received.bin) or a "
        f"campaign ({MANIFEST})"
    )


def read_flight(folder: str | Path, scenario: str | None = None, truth: bool = False) -> Flight:
    """The flight of a folder or an archive; raises InputError where it is none or is broken.

    ``scenario`` names what the limits, the site and the corridor are taken from; else the name in the
    telemetry does. ``truth`` shows the true state beside the one that the ship believes in.
    """
    if kind_of_folder(folder) == "archive":
        return _of_archive(Path(folder), read_archive(folder), scenario, truth)
    return _of_recording(Path(folder), read_folder(folder, Cabin()), scenario, truth)


def _of_recording(place: Path, told: Recording, scenario: str | None, truth: bool) -> Flight:
    flight = _new(told.name, told.epoch, told.tables, scenario, truth)
    flight.source = f"saved flight in {one_line(str(place), 120)}"
    flight.summary = told.summary
    for leg in told.legs:
        flight.enter(str(leg["name"]), float(leg["start"]), float(leg["end"]))
    flight.plan(planned_burns(flight.summary))
    _fill(flight, told.tables)
    flight.finish()
    flight.landing = read_forecasts(place)
    flight.ended = True
    return flight


def _of_archive(place: Path, told: Received, scenario: str | None, truth: bool) -> Flight:
    base = next((g for g in BASES if len(told.tables.get(g, {}).get("time_s", ()))), None)
    if base is None:
        raise InputError(f"{place}: nothing of the flight itself has been received yet")
    flight = _new(
        str(told.about["name"]), Epoch.from_iso(told.about["epoch_utc"]), told.tables, scenario, truth
    )
    flight.source = f"archive of telemetry in {one_line(str(place), 120)}"
    names = [str(n) for n in told.about.get("legs", [])]
    time = told.tables[base]["time_s"]
    number = np.asarray(told.tables[base]["leg" if base == "flight" else "stage"], int)
    found: list[tuple[float, float, str]] = []
    for k in np.unique(number):
        rows = np.flatnonzero(number == k)
        name = names[k] if 0 <= k < len(names) else f"leg {k}"
        found.append((float(time[rows[0]]), float(time[rows[-1]]), name))
    for start, end, name in sorted(found):
        flight.enter(name, start, end)
    for gap in told.gaps:
        if gap.group == base and np.isfinite(gap.before):
            flight.say(gap.before, "gap", f"{gap.missing} packets of {gap.group} never came", "unknown")
    if "sent" not in told.about:
        flight.note = "the archive has no end yet: shown is what had been received when it was opened"
    _fill(flight, told.tables)
    flight.finish()
    flight.ended = True
    return flight


def _new(
    name: str, epoch: Epoch, tables: dict[str, dict[str, np.ndarray]], scenario: str | None, truth: bool
) -> Flight:
    pair = len(tables.get("pair", {}).get("time_s", ())) > 0
    columns = [c for table in tables.values() for c in table if not c.startswith("valve_share_")]
    return Flight(name, "rendezvous" if pair else "return", epoch, columns, setting_of(name, scenario), truth)


def _fill(flight: Flight, tables: dict[str, dict[str, np.ndarray]]) -> None:
    base = tables["pair" if flight.kind == "rendezvous" else "flight"]
    time = np.asarray(base["time_s"], float)
    whole: dict[str, np.ndarray] = {n: np.asarray(v, float) for n, v in base.items()}
    for group in ("accuracy", "cabin"):
        if group in tables:
            whole |= aligned(time, tables[group], exclude=whole)
    flight.take(time, whole)


def aligned(
    time: np.ndarray, table: dict[str, np.ndarray], exclude: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The columns of another table at these times (n,); not a number where it has no row of that instant."""
    there = np.asarray(table["time_s"], float)
    if not len(there):
        return {}
    place = np.clip(np.searchsorted(there, time - 1e-3), 0, len(there) - 1)
    same = np.abs(there[place] - time) < 2e-3
    return {
        name: np.where(same, np.asarray(values, float)[place], np.nan)
        for name, values in table.items()
        if name not in exclude
    }


def planned_burns(summary: dict[str, Any]) -> list[tuple[float, float, str]]:
    """Time [s], size [m/s] and purpose of the burns that a rendezvous' summary tells of."""
    plan = summary.get("plan")
    burns = plan.get("burns", []) if isinstance(plan, dict) else []
    return [(float(b["time"]), float(b["delta_v_m_s"]), str(b["purpose"])) for b in burns]


def read_forecasts(place: Path) -> list[dict[str, Any]]:
    """The landing forecasts beside a flight, oldest first, as `homeward forecast --out` writes them."""
    for name in FORECASTS:
        try:
            lines = (place / name).read_text(encoding="utf-8").splitlines()
            told = [json.loads(line) for line in lines if line.strip()]
        except (OSError, ValueError):
            continue
        keys = {"made_s", "latitude_deg", "longitude_deg", "semi_axes_1_sigma_m", "bearing_deg"}
        good = [f for f in told if isinstance(f, dict) and keys <= f.keys()]
        return sorted(good, key=lambda f: f["made_s"])
    return []
