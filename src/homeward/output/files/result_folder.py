"""A folder of results belongs to one flight or one study: writing another removes the first one's files.

Every file that a writer may put there is listed here, so that none of an earlier flight is left beside those
of a new one. Each is written under a temporary name and gets its own when it is whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from homeward.errors import InputError

UNFINISHED = ".new-"
TABLES = (
    *(f"{name}.{kind}" for name in ("telemetry", "body", "withdrawal") for kind in ("parquet", "csv")),
    "heat_shield.csv",
)
TRACKS = ("trajectory.oem", "trajectory.czml", "trajectory.kml", "ship.oem", "station.oem", "withdrawal.oem")
PICTURES = tuple(f"{name}.png" for name in (
    "overview", "ground_track", "corridor", "loads", "bank", "navigation", "descent", "timeline", "burn",
    "attitude", "thrusters", "filter", "swing", "heat_shield", "plan", "relative_path", "closing_speed",
    "contact", "propellant", "withdrawal", "trajectory",
))  # fmt: skip
#: What other commands write beside a flight of which they are made.
ADDED = ("forecasts.jsonl", "forecast.geojson", "forecast.kml", "passes.json", "tracking.tdm", "tour.html")
FLIGHT, FAULTS, COMPARISON, CAMPAIGN, ARCHIVE = "flight", "faults", "comparison", "campaign", "archive"
SWEEP, ARENA, PHASE_MAP, ABORTS, RISK = "sweep", "arena", "phase map", "abort map", "risk"
#: What a folder holds: the file by which it is known, what it is called, and all files it may have.
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    CAMPAIGN: ("manifest.json", "a campaign", ()),
    ARCHIVE: ("received.bin", "an archive of telemetry", ()),
    FLIGHT: ("telemetry.parquet", "a flight", ("summary.json", *TABLES, *TRACKS, *PICTURES, *ADDED)),
    FAULTS: ("faults.json", "a fault matrix", ("faults.json", "faults_return.png", "faults_rendezvous.png")),
    COMPARISON: ("comparison.json", "a comparison of guidance laws",
                 ("comparison.json", "comparison.csv", "comparison.png", "openings.png")),
    ARENA: ("arena.json", "an arena of guidance laws", ("arena.json", "arena.csv", "arena.png")),
    SWEEP: ("sweep.json", "a sweep", ("sweep.json", "sweep.png")),
    ABORTS: ("aborts.json", "an abort map", ("aborts.json", "aborts.csv", "aborts_map.png",
                                             "aborts_timeline.png")),
    RISK: ("risk_flights.jsonl", "a risk study",
           ("risk_flights.jsonl", "risk.json", "risk.png", "risk.html")),
    PHASE_MAP: ("phase_map.json", "a phase map", ("phase_map.json", "phase_map.png")),
}  # fmt: skip


def kind_of(folder: Path) -> str | None:
    """What a folder holds, one of ``KINDS``; None where it holds none of them."""
    return next((kind for kind, (mark, _, _) in KINDS.items() if (folder / mark).is_file()), None)


def check_kind(folder: Path, kind: str) -> None:
    """Raise ``InputError`` where the folder holds results of another kind, which would be lost or mixed."""
    there = kind_of(folder)
    if there not in (None, kind):
        raise InputError(
            f"--out {folder}: this folder holds {KINDS[str(there)][1]}; expected a folder of its own for "
            f"{KINDS[kind][1]}"
        )


class ResultFolder:
    """Writes the files of one flight or study: ``begin``, then ``put`` each; ``written`` lists them."""

    def __init__(self, folder: Path, kind: str = FLIGHT) -> None:
        self.folder, self.kind = folder, kind
        self.written: list[Path] = []

    @classmethod
    def begin(cls, folder: str | Path, kind: str = FLIGHT) -> ResultFolder:
        """The folder, made if need be, without the files of an earlier flight or study of its kind.

        Raises ``InputError`` where it cannot be written or holds results of another kind.
        """
        made = cls._opened(folder, kind)
        with _naming(made.folder):
            _remove(made.folder, KINDS[kind][2])
            if kind == FLIGHT and (made.folder / "forecast").is_dir():  # where the console looks for them too
                _remove(made.folder / "forecast", ADDED)
        return made

    @classmethod
    def add(cls, folder: str | Path, scenario: str, epoch_utc: str) -> ResultFolder:
        """The folder for more files of a flight, such as its forecasts.

        Raises ``InputError`` where the folder holds another flight than the one of this scenario and epoch.
        """
        made = cls._opened(folder, FLIGHT)
        there, here = flight_in(made.folder), f"{scenario} of {epoch_utc[:19]}"
        if there not in (None, here):
            raise InputError(
                f"--out {made.folder}: this folder holds the flight {there}, not {here}; "
                "expected another folder"
            )
        return made

    @classmethod
    def _opened(cls, folder: str | Path, kind: str) -> ResultFolder:
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"--out: {place} cannot be made a folder: {error.strerror}") from None
        check_kind(place, kind)
        return cls(place, kind)

    def put(self, name: str, write: Callable[[Path], Any]) -> Path:
        """Have a file of this kind written, whole or not at all; raises ``InputError`` for a full disk.

        A name that ``KINDS`` does not list raises KeyError: the next flight could not remove it.
        """
        if name not in KINDS[self.kind][2]:
            raise KeyError(f"{name}: not among the files of {KINDS[self.kind][1]} (result_folder.KINDS)")
        path, part = self.folder / name, self.folder / f"{UNFINISHED}{name}"
        with _naming(path):
            try:
                write(part)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        self.written.append(path)
        return path


def files_in(folder: Path) -> list[str]:
    """Names of the result files in a folder, sorted."""
    known = {name for _, _, names in KINDS.values() for name in names}
    return sorted(path.name for path in folder.iterdir() if path.name in known and path.is_file())


def flight_in(folder: Path) -> str | None:
    """Scenario and epoch of the flight in a folder; None where there is none."""
    import pyarrow.parquet as pq

    path = folder / KINDS[FLIGHT][0]
    if not path.is_file():
        return None
    try:
        about = pq.read_schema(path).metadata or {}
        return f"{about[b'scenario'].decode()} of {about[b'epoch_utc'].decode()[:19]}"
    except (OSError, ValueError, KeyError):
        return "of an open-loop file, or broken off"


def _remove(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        for path in (folder / name, folder / f"{UNFINISHED}{name}"):
            path.unlink(missing_ok=True)


class _naming:  # noqa: N801
    """Tells a refusal of the disk as one sentence that names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, OSError):
            reason = os.strerror(error.errno) if error.errno else error.strerror or "no reason given"
            raise InputError(f"--out: {self.path} cannot be written: {reason}") from None


__all__ = ["COMPARISON", "FAULTS", "FLIGHT", "ResultFolder", "check_kind", "files_in", "flight_in", "kind_of"]
