"""Everything of a rendezvous into one folder: summary, telemetry, tracks, pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from homeward.errors import InputError
from homeward.output.files.oem import write_oem
from homeward.output.files.rendezvous_czml import write_pair_czml
from homeward.output.files.result_folder import ResultFolder
from homeward.output.files.telemetry import write_csv, write_parquet
from homeward.output.files.telemetry_record import spaced
from homeward.output.save_return import write_summary
from homeward.output.views.rendezvous_view import PairFacts, PairView
from homeward.output.views.return_view import History, Summary

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    Figure = Any

TABLE = "rendezvous"
#: Pictures in the order in which they are written, and where each is drawn.
PICTURES = ("plan", "relative_path", "closing_speed", "contact", "propellant", "navigation", "attitude")


def save_rendezvous(
    out_dir: str | Path, facts: PairFacts, history: History, summary: Summary,
    progress: Callable[[str, float], None] | None = None, pictures: Sequence[str] = PICTURES,
    every: float | None = None,
) -> list[Path]:  # fmt: skip
    """Writes every file of a rendezvous and returns their paths, in the order of writing.

    ``pictures`` names those to draw; ``every`` keeps one row of the tables in that many seconds.
    ``history`` holds the channels of ``PairFrame``, times rising. ``progress`` hears of each file before it
    is written, and what share is done. The folder is made where there is none, and the files of an earlier
    flight in it are removed; InputError where it cannot be written, holds other results than a flight's, or
    where the record is empty.
    """
    if not len(history["time"]):
        raise InputError("record: the flight left no telemetry, so there is nothing to write")
    folder, view = ResultFolder.begin(out_dir), PairView(facts, history, summary)
    legs, rows = view.legs(), spaced(history, every)
    work: list[tuple[str, Callable[[Path], None]]] = [
        ("summary.json", lambda p: write_summary(p, summary)),
        ("telemetry.parquet", lambda p: write_parquet(p, facts, rows, legs, TABLE)),
        ("telemetry.csv", lambda p: write_csv(p, facts, rows, legs, TABLE)),
        ("ship.oem", lambda p: write_oem(p, facts, rows, legs)),
        ("station.oem", lambda p: write_oem(p, facts, of_station(rows), legs)),
    ]
    if len(view.time):
        work.append(("trajectory.czml", lambda p: write_pair_czml(p, view)))
    work += [(f"{name}.png", lambda p, name=name: _save_picture(name, view, p)) for name in pictures]
    for k, (name, write) in enumerate(work):
        if progress is not None:
            progress(name, k / len(work))
        folder.put(name, write)
    return folder.written


def of_station(history: History) -> History:
    """The station's track under the names of a ship's."""
    return {
        "time": history["time"],
        "r_BI_I": np.asarray(history["r_TI_I"]),
        "v_BI_I": np.asarray(history["v_TI_I"]),
    }


def picture(name: str, view: PairView) -> Figure:
    """One picture of the set by its name; KeyError for another name."""
    from homeward.output.figure_style.style import styled
    from homeward.output.rendezvous.attitude import attitude_picture
    from homeward.output.rendezvous.contact import contact_picture, speed_picture
    from homeward.output.rendezvous.navigation import navigation_picture
    from homeward.output.rendezvous.relative_path import path_picture
    from homeward.output.rendezvous.timeline import plan_picture, propellant_picture

    drawn: dict[str, Callable[[PairView], Figure]] = dict(zip(PICTURES, (
        plan_picture, path_picture, speed_picture, contact_picture, propellant_picture, navigation_picture,
        attitude_picture,
    ), strict=True))  # fmt: skip
    with styled():
        return drawn[name](view)


def _save_picture(name: str, view: PairView, path: Path) -> None:
    from homeward.output.figure_style import style

    style.save(picture(name, view), path)
