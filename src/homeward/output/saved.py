"""A saved flight back from its folder: what ``save`` wrote, as an object with the same methods."""

from __future__ import annotations

import dataclasses
import html
import json
from pathlib import Path
from typing import Any

import numpy as np

from homeward.errors import InputError
from homeward.icd import channels
from homeward.output.files.result_folder import FLIGHT, KINDS, kind_of
from homeward.output.files.telemetry import DEGREES, TABLES, columns
from homeward.output.files.telemetry_record import Telemetry
from homeward.output.notebook_view import Shown
from homeward.output.views.rendezvous_view import Box, Hold, PairFacts, PairView, SpeedLimits
from homeward.output.views.return_view import FlightFacts, FlightView

RETURN, RENDEZVOUS, OPEN_LOOP = "return", "rendezvous", "open loop"


@dataclasses.dataclass(repr=False)
class SavedFlight(Shown):
    """A flight read from a folder. ``kind`` is return, rendezvous or open loop.

    ``history`` and ``body`` are as of the flight that was saved, SI and radians, angles to the rounding of a
    change to degrees and back; of an open-loop flight its columns as written. ``facts`` is what pictures need
    to know of the scenario; None in the folder of a version that did not write it.
    """

    folder: Path
    kind: str
    summary: dict[str, Any]
    history: Telemetry
    legs: list[dict[str, Any]]
    body: Telemetry
    facts: FlightFacts | PairFacts | None

    def plot(self) -> Any:
        """The overview picture, of a rendezvous the path in the station's frame: a Matplotlib figure.

        Raises ``InputError`` for an open-loop flight and for a folder without what pictures need.
        """
        if isinstance(self.facts, FlightFacts):
            from homeward.output.returns.figures import overview

            return overview(
                FlightView(self.facts, self.history.channels, self.legs, self.summary, self.body.channels)
            )
        if isinstance(self.facts, PairFacts):
            from homeward.output.save_rendezvous import picture

            return picture("relative_path", PairView(self.facts, self.history.channels, self.summary))
        raise InputError(
            f"{self.folder}/telemetry.parquet: expected a return or a rendezvous with what its pictures need "
            "in the metadata; fly it again with --out"
        )

    def arrow_table(self, table: str = "telemetry") -> Any:
        """The table as it lies in the folder; ``InputError`` where there is none of that name."""
        names = [name for name in ("telemetry", "body", "withdrawal") if self._path(name).is_file()]
        if table not in names:
            raise InputError(f'table="{table}": expected {", ".join(names)}')
        return _arrow(self._path(table))

    def _path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def _repr_html_(self) -> str:
        if self.facts is not None:
            return super()._repr_html_()
        return f"<pre>{html.escape(repr(self))}</pre>"


def read(folder: str | Path) -> SavedFlight:
    """A flight that ``flight.save(folder)`` or a command with ``--out`` has written.

    Raises ``InputError`` where the folder holds no flight, and names what it holds instead.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place}: expected the folder of a saved flight; there is none")
    kind = kind_of(place)
    if kind != FLIGHT:
        there = "no results" if kind is None else KINDS[kind][1]
        raise InputError(f"{place}: expected the folder of a saved flight; it holds {there}")
    table, summary = _arrow(place / "telemetry.parquet"), _summary(place / "summary.json")
    about = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items() if b":" not in k}
    names = set(table.column_names)
    if "legs" not in about:
        columns_ = {name: table.column(name).to_numpy() for name in table.column_names}
        return SavedFlight(place, OPEN_LOOP, summary, Telemetry(columns_), [], Telemetry({}), None)
    pair = "relative_position_along_m" in names
    body = place / "body.parquet"
    try:
        legs = json.loads(about["legs"])
        facts = _facts(json.loads(about["facts"]), pair) if "facts" in about else None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{place}/telemetry.parquet: metadata: expected what Homeward writes") from None
    return SavedFlight(
        place, RENDEZVOUS if pair else RETURN, summary,
        record_of(table, "rendezvous" if pair else "telemetry"), legs,
        record_of(_arrow(body), "body") if body.is_file() else Telemetry({}), facts,
    )  # fmt: skip


def record_of(table: Any, name: str) -> Telemetry:
    """The channels of a table of ``output.files.telemetry.TABLES`` from its columns, SI and radians."""
    there = {column: table.column(column).to_numpy() for column in table.column_names}
    found: dict[str, np.ndarray] = {}
    for message in TABLES[name]:
        by_channel: dict[str, list[Any]] = {c.name: [] for c in channels(message)}
        for column in columns(message):
            by_channel[column.channel.name].append(column)
        for channel, parts in by_channel.items():
            names = [part.name for part in parts]
            if len(parts) == 1 and "_k" in names[0] and names[0] not in there:  # a number a thruster
                head, _, tail = names[0].rpartition("_k")
                count = sum(1 for c in there if c.startswith(f"{head}_") and _number(c, head, tail))
                names = [f"{head}_{k}{tail}" for k in range(count)]
            if not names or any(n not in there for n in names):
                continue
            arrays = [there[n] for n in names]
            values = arrays[0] if parts[0].component is None else np.stack(arrays, axis=1)
            unit = parts[0].channel.unit
            found[channel] = np.radians(values) if unit in DEGREES else values
    return Telemetry(found)


def _number(name: str, head: str, tail: str) -> bool:
    middle = name[len(head) + 1 : len(name) - len(tail) if tail else None]
    return name.endswith(tail) and middle.isdigit()


def _facts(told: dict[str, Any], pair: bool) -> FlightFacts | PairFacts:
    if not pair:
        arrays = {k: None if told.get(k) is None else np.asarray(told[k]) for k in ("trim", "thrust_I")}
        return FlightFacts(**{**told, **arrays})
    box = {**told["box"], "closing_m_s": tuple(told["box"]["closing_m_s"])}
    return PairFacts(**{
        **{key: _tuple(value) for key, value in told.items()},
        "holds": tuple(Hold(h["distance_m"], tuple(h["place_L"])) for h in told["holds"]),
        "speeds": SpeedLimits(**told["speeds"]),
        "box": Box(**box),
    })  # fmt: skip


def _tuple(value: Any) -> Any:
    return tuple(_tuple(x) for x in value) if isinstance(value, list) else value


def _arrow(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: expected a Parquet table ({str(error).splitlines()[0][:120]})") from None


def _summary(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected the summary of a flight ({str(error)[:120]})") from None
    if not isinstance(told, dict):
        raise InputError(f"{path}: expected the summary of a flight, a JSON object")
    return told


__all__ = ["OPEN_LOOP", "RENDEZVOUS", "RETURN", "SavedFlight", "read", "record_of"]
