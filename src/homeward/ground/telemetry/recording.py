"""A flown flight as the ground takes it up: tables by group, from the folder that a flight was written to."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from homeward.documents import parse_json
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.telemetry.cabin import CABIN, cabin_table
from homeward.ground.telemetry.dictionary import APIDS, Dictionary, flight_dictionary, told_columns
from homeward.icd import Accuracy, BodyFrame, Frame
from homeward.icd.rendezvous_messages import PairFrame
from homeward.io.cuc_time import Clock
from homeward.output.files.telemetry import table_columns
from homeward.scenario.schema.ground import Cabin

Table = dict[str, np.ndarray]
FILES = {"telemetry": "telemetry.parquet", "body": "body.parquet"}


@dataclasses.dataclass(frozen=True)
class Recording:
    """Name, epoch, a table of columns for every group (first axis time), and the legs or stages."""

    name: str
    epoch: Epoch
    dictionary: Dictionary
    tables: dict[str, Table]
    legs: list[dict[str, Any]]
    summary: dict[str, Any]

    @property
    def clock(self) -> Clock:
        """The clock of its packets."""
        return Clock.of(self.epoch)

    def about(self) -> dict[str, Any]:
        """What the other end must know to read the packets."""
        return {
            "name": self.name,
            "epoch_utc": self.epoch.to_iso(6),
            "groups": [g.name for g in self.dictionary.groups],
            "thrusters": thrusters(self.dictionary),
            "dictionary": self.dictionary.fingerprint,
            "legs": [str(leg["name"]) for leg in self.legs],
        }


def thrusters(dictionary: Dictionary) -> int:
    """How many thrusters a dictionary knows of."""
    return sum(p.name.startswith("valve_share_") for g in dictionary.groups for p in g.parameters)


def of_flight(flight: Any, cabin: Cabin) -> Recording:
    """The recording of what ``homeward.fly`` or ``homeward.rendezvous`` returned."""
    pair = hasattr(flight.history, "rows")
    rows = flight.history.rows if pair else flight.history
    source: dict[str, Table] = {}
    for table, record in (("rendezvous", rows),) if pair else (("telemetry", rows), ("body", flight.body)):
        if record:
            source[table] = {c.name: c.values(record) for c in table_columns(record, table)}
    facts = flight.facts
    legs = [] if pair else flight.legs
    return recording(facts.name, facts.epoch_utc, source, legs, flight.summary, cabin)


def read_folder(folder: str | Path, cabin: Cabin) -> Recording:
    """The recording of a folder that ``--out`` wrote; raises InputError where it is none or is incomplete."""
    import pyarrow.parquet as pq

    place = Path(folder)
    if not (place / FILES["telemetry"]).is_file():
        raise InputError(f"{place}: expected a folder that a flight was written to, with telemetry.parquet")
    source: dict[str, Table] = {}
    about: dict[bytes, bytes] = {}
    for table, file in FILES.items():
        if not (place / file).is_file():
            continue
        try:
            found = pq.read_table(place / file)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{place / file}: no whole Parquet file; is it being written? ({error})"
            ) from None
        metadata = found.schema.metadata or {}
        if table == "telemetry":
            about = metadata
            if "stage" in found.column_names:
                table = "rendezvous"
        elif any(metadata.get(key) != about.get(key) for key in (b"scenario", b"epoch_utc")):
            flown = (metadata.get(b"epoch_utc") or b"an unknown epoch").decode("utf-8", "replace")
            raise InputError(
                f"{place / file}: belongs to another flight (epoch {flown}) than telemetry.parquet; "
                "remove it, or fly again with --out"
            )
        source[table] = {n: np.asarray(found.column(n).to_numpy()) for n in found.column_names}
        for column, values in source[table].items():
            if values.dtype.kind not in "biuf":
                raise InputError(f"{place / file}: column {column[:80]!r}: expected numbers")
    try:
        name, epoch = about[b"scenario"].decode(), about[b"epoch_utc"].decode()
        legs = parse_json(about.get(b"legs", b"[]"))
        summary = parse_json((place / "summary.json").read_bytes(), 20_000_000)
        if not isinstance(summary, dict) or not isinstance(legs, list) or not all(map(_is_leg, legs)):
            raise ValueError("legs")
    except (KeyError, OSError, ValueError):
        raise InputError(f"{place}: telemetry.parquet or summary.json lacks what a flight writes") from None
    return recording(name, epoch, source, legs, summary, cabin)


def _is_leg(value: Any) -> bool:
    """Whether this is a leg as a flight writes it: its name, start and end [s]."""
    times = [value.get("start"), value.get("end")] if isinstance(value, dict) else [None]
    return all(isinstance(t, int | float) for t in times) and isinstance(value.get("name"), str)


def recording(
    name: str, epoch: str, source: dict[str, Table], legs: list[dict[str, Any]], summary: dict[str, Any],
    cabin: Cabin,
) -> Recording:  # fmt: skip
    """A recording from tables of columns as the telemetry files have them; raises InputError for none."""
    messages: list[type] = []
    for message in (Frame, Accuracy, BodyFrame, PairFrame):
        table = source.get(APIDS[message][2], {})
        if table and all(c.name in table for c in told_columns(message, 0)):
            messages.append(message)
    if not messages:
        raise InputError(f"{name}: the telemetry holds no message that Homeward knows")
    count = sum(n.startswith("valve_share_") for table in source.values() for n in table)
    dictionary = flight_dictionary(tuple(messages), count)
    tables: dict[str, Table] = {}
    for group in dictionary.groups:
        if group is CABIN:
            continue
        rows = source[group.table]
        picked = {n: rows[n] for n in group.names} | {"time_s": rows["time_s"]}
        told = np.stack([np.isfinite(np.asarray(rows[n], float)) for n in group.names]).any(axis=0)
        tables[group.name] = {n: values[told] for n, values in picked.items()}
    tables[CABIN.name] = _cabin(tables, cabin)
    return Recording(name, Epoch.from_iso(epoch), dictionary, tables, legs, summary)


def _cabin(tables: dict[str, Table], cabin: Cabin) -> Table:
    """The cabin in step with the slowest table, its load and the air outside from there."""
    rows = tables.get("flight") or tables["pair"]
    time = np.asarray(rows["time_s"], float)
    load = np.nan_to_num(np.asarray(rows.get("load_factor_g", np.zeros(len(time))), float))
    density = np.nan_to_num(np.asarray(rows.get("density_kg_m3", np.zeros(len(time))), float))
    # 250 K is within 15 % of the air's temperature wherever a cabin's leak would feel it.
    return cabin_table(cabin, time, np.maximum(load, 0.0), density * 287.05 * 250.0)
