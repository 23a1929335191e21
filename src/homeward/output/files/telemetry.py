"""Telemetry on disk: tables of columns, as Parquet and as CSV, made from the messages' metadata.

Inside, everything is SI and radians and no name carries a unit. Here, where people read, angles become
degrees and every name ends in its unit.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from homeward.icd import Accuracy, BodyFrame, Channel, Frame, channels
from homeward.icd.rendezvous_messages import PairFrame
from homeward.output.views.return_view import History, Legs, Titled

SUFFIXES = {
    "1": "",
    "s": "_s",
    "m": "_m",
    "m/s": "_m_s",
    "m/s2": "_m_s2",
    "rad": "_deg",
    "rad/s": "_deg_s",
    "kg": "_kg",
    "kg/m3": "_kg_m3",
    "Pa": "_pa",
    "g": "_g",
    "W/m2": "_w_m2",
    "J/m2": "_j_m2",
    "K": "_k",
    "V": "_v",
    "A": "_a",
}
DEGREES = {"rad": "deg", "rad/s": "deg/s"}  # units that people do not read, and what they read instead
NAMES = {
    "r_BI_I": "position", "v_BI_I": "velocity", "r_BE_E": "position", "v_BE_E": "velocity",
    "omega_BI_B": "rate", "q_BI": "attitude", "r_TI_I": "station_position", "v_TI_I": "station_velocity",
    "position_L": "relative_position", "velocity_L": "relative_velocity",
}  # fmt: skip
AXES = {
    "N": ("north", "east", "down"),
    "I": ("x_i", "y_i", "z_i"),
    "E": ("x_e", "y_e", "z_e"),
    "B": ("x_b", "y_b", "z_b"),
    "L": ("along", "across", "below"),
    "D": ("x_d", "y_d", "z_d"),
}
QUATERNION = ("w", "x", "y", "z")
#: The messages whose channels stand in each table, where the record has them.
TABLES: dict[str, tuple[type, ...]] = {
    "telemetry": (Frame, Accuracy),
    "body": (BodyFrame,),
    "rendezvous": (PairFrame,),
}


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of the table: its name with the unit, the channel it shows, and which component."""

    name: str
    channel: Channel
    component: int | None

    @property
    def unit(self) -> str:
        """The unit as the column shows it: degrees where the channel has radians."""
        return DEGREES.get(self.channel.unit, self.channel.unit)

    def values(self, history: History) -> np.ndarray:
        """The column's numbers, shape (n,)."""
        array = np.asarray(history[self.channel.name])
        if self.component is not None:
            array = array[:, self.component]
        return np.degrees(array) if self.channel.unit in DEGREES else array


def columns(message: type = Frame, record: History | None = None) -> tuple[Column, ...]:
    """The columns of a message: a vector gives three, named after the axes of its frame.

    A quaternion gives four. A channel with a number a thruster gives as many as ``record`` has, numbered
    from 0; without a record, one named ``k``. Raises KeyError for a unit or a vector's frame that has no
    suffix: a new one is entered above.
    """
    dimensions = {f.name: _dimensions(f.type) for f in dataclasses.fields(message)}
    found: list[Column] = []
    for c in channels(message):
        name, suffix, size = NAMES.get(c.name, c.name), SUFFIXES[c.unit], dimensions[c.name]
        endings: tuple[str, ...] = ()
        if "3" in size:
            endings = AXES[c.frame]
        elif "4" in size:
            endings = QUATERNION
        elif size:
            endings = ("k",)
            if record is not None:
                endings = tuple(str(k) for k in range(np.shape(record[c.name])[1]))
        if endings:
            found += [Column(f"{name}_{ending}{suffix}", c, i) for i, ending in enumerate(endings)]
        else:
            found.append(Column(name + suffix, c, None))
    return tuple(found)


def table_columns(record: History, table: str = "telemetry") -> tuple[Column, ...]:
    """The columns of a table for which the record has numbers."""
    return tuple(
        column
        for message in TABLES[table]
        if all(c.name in record for c in channels(message))
        for column in columns(message, record)
    )


def _dimensions(annotation: Any) -> str:
    return str(getattr(annotation, "dim_str", ""))


def arrow_table(facts: Titled, history: History, legs: Legs, table: str = "telemetry") -> Any:
    """A ``pyarrow.Table``: unit, frame, text are metadata of the fields; epoch, legs, facts of the table."""
    import pyarrow as pa

    fields, arrays = [], []
    for column in table_columns(history, table):
        values = column.values(history)
        arrays.append(pa.array(values))
        metadata = {"unit": column.unit, "frame": column.channel.frame, "text": column.channel.text}
        fields.append(pa.field(column.name, arrays[-1].type, metadata=metadata))
    about = {"scenario": facts.name, "epoch_utc": facts.epoch_utc, "legs": json.dumps(legs, default=float)}
    if dataclasses.is_dataclass(facts) and not isinstance(facts, type) and table != "body":
        about["facts"] = json.dumps(dataclasses.asdict(facts), default=lambda x: np.asarray(x).tolist())
    return pa.table(arrays, schema=pa.schema(fields, metadata=about))


def write_parquet(path: Path, facts: Titled, history: History, legs: Legs, table: str = "telemetry") -> None:
    """A table with unit, frame and text in each field's metadata, epoch and legs in the schema's."""
    import pyarrow.parquet as pq

    pq.write_table(arrow_table(facts, history, legs, table), path, compression="zstd")


def write_csv(path: Path, facts: Titled, history: History, legs: Legs, table: str = "telemetry") -> None:
    """The same columns as text, full precision; a flag is 0 or 1, a missing number is nan."""
    import pyarrow as pa
    from pyarrow import csv

    told = arrow_table(facts, history, legs, table)
    for i, field in enumerate(told.schema):
        if pa.types.is_boolean(field.type):
            told = told.set_column(i, field.name, told.column(i).cast(pa.int8()))
    csv.write_csv(told, path, csv.WriteOptions(quoting_style="none", quoting_header="none"))


HEAD = """# The telemetry dictionary

Made from the metadata of the messages in `homeward.icd` and `homeward.icd.rendezvous_messages` by
`make docs`: change the message, not this page. Every table stands in a Parquet file and in a CSV file alike.
Time counts from the scenario's epoch; angles are in degrees; frames: I is GCRF, N is local
north, east, down, B the body's axes (x through the apex, z upward in an entry with wings level), L the
station's orbital frame (along the track, across it against the orbit's normal, below), D the station's port
(x outward). A unit of 1 means none.
"""
PARTS: dict[type, str] = {
    Frame: """## `telemetry`: every flight, one row a guidance cycle
""",
    Accuracy: """## `telemetry` of a ship that turns, besides

How well the navigation filter thinks it knows; `nan` in the legs in which none flies.
""",
    BodyFrame: """## `body`: a ship that turns, one row a control tick

From the first leg in which the ship turns to the touchdown. `k` counts the thrusters from 0, as the
scenario does: those of the stack until the service module has left, the capsule's own from then on.
""",
    PairFrame: """## `telemetry` of a rendezvous, one row a cycle

Every ten seconds in far guidance and homing, every second from the first hold point on. Time counts from the
insertion. Up to the first hold point the ship is flown as a point: attitude, rate and missing turn stand
still and say nothing, nor do the thrusters. `k` counts the thrusters from 0.
""",
}


def dictionary_page() -> str:
    """The telemetry dictionary as Markdown: every column, its unit, its frame and one line of text."""
    parts = [HEAD]
    for message in (m for messages in TABLES.values() for m in messages):
        rows = [
            f"| `{c.name}` | {c.unit} | {c.channel.frame or '-'} | {c.channel.text} |"
            for c in columns(message)
        ]
        table = ["| column | unit | frame | what it is |", "|---|---|---|---|", *rows]
        parts.append(PARTS[message] + "\n" + "\n".join(table) + "\n")
    return "\n".join(parts)
