"""Everything of a flight into one folder: summary, telemetry, trajectory, pictures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.errors import InputError
from homeward.output.files.czml import write_czml
from homeward.output.files.kml import write_kml
from homeward.output.files.oem import write_oem
from homeward.output.files.result_folder import ResultFolder
from homeward.output.files.telemetry import write_csv, write_parquet
from homeward.output.files.telemetry_record import spaced
from homeward.output.views.return_view import FlightFacts, FlightView, History, Legs, Summary


def save_flight(
    out_dir: str | Path,
    facts: FlightFacts,
    history: History,
    legs: Legs,
    summary: Summary,
    progress: Callable[[str], None] | None = None,
    body: History | None = None,
    pictures: Sequence[str] | None = None,
    every: float | None = None,
    station: History | None = None,
    shield: History | None = None,
) -> list[Path]:
    """Writes every file of a flight and returns their paths, in the order of writing.

    ``body`` is the fast record of a ship that turns; without it there are no files and pictures of it.
    ``pictures`` names those to draw, all of them where it is left out. ``every`` keeps one
    row of the tables in that many seconds; pictures show every row. ``station`` is the track of the station
    that was left (``time``, ``r_BI_I``, ``v_BI_I``), ``shield`` the histories of the heat shield.
    ``progress`` is told each file's name before it is written. The folder is made where there is none, and
    the files of an earlier flight in it are removed; InputError where it cannot be written, holds other
    results than a flight's, or where the record is empty.
    """
    if not len(history["time"]):
        raise InputError("record: the flight left no telemetry, so there is nothing to write")
    rows, fast = spaced(history, every), spaced(body or {}, every)
    folder = ResultFolder.begin(out_dir)
    view = FlightView(facts, history, legs, summary, body or {}, shield or {})

    def put(name: str, write: Callable[[Path], None]) -> None:
        if progress is not None:
            progress(name)
        folder.put(name, write)

    put("summary.json", lambda p: write_summary(p, summary))
    put("telemetry.parquet", lambda p: write_parquet(p, facts, rows, legs))
    put("telemetry.csv", lambda p: write_csv(p, facts, rows, legs))
    if view.body:
        put("body.parquet", lambda p: write_parquet(p, facts, fast, legs, "body"))
        put("body.csv", lambda p: write_csv(p, facts, fast, legs, "body"))
    if shield:
        put("heat_shield.csv", lambda p: write_columns(p, spaced(shield, every)))
    put("trajectory.oem", lambda p: write_oem(p, facts, rows, legs))
    if station:
        put("station.oem", lambda p: write_oem(p, facts, station, [], "STATION"))
    put("trajectory.czml", lambda p: write_czml(p, view))
    put("trajectory.kml", lambda p: write_kml(p, view))

    if pictures is None or len(pictures):
        from homeward.output.figure_style import style
        from homeward.output.returns import figures as drawn

        for name in drawn.names(view) if pictures is None else pictures:
            put(f"{name}.png", lambda p, name=name: style.save(drawn.picture(name, view), p))
    return folder.written


def write_columns(path: Path, columns: History) -> None:
    """Numbers by column as CSV, seven digits; the columns' names carry their units."""
    names = ["time_s" if name == "time" else name for name in columns]
    rows = np.stack([np.asarray(x, float) for x in columns.values()], axis=1)
    np.savetxt(path, rows, fmt="%.7g", delimiter=",", header=",".join(names), comments="")


def write_summary(path: Path, summary: Summary) -> None:
    """The summary as JSON that any reader takes: a number that is not finite becomes null."""
    path.write_text(json.dumps(_plain(summary), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    array = np.asarray(value)
    return _plain(array.tolist())
