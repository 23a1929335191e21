"""Telemetry on disk: one table of columns, as Parquet and as CSV, made from the messages' metadata.

Inside, everything is SI and radians and no name carries a unit. Here, where people read, angles become
degrees and every name ends in its unit.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from homeward.icd import Channel, Frame, channels
from homeward.output.facts import FlightFacts, History, Legs

SUFFIXES = {
    "1": "",
    "s": "_s",
    "m": "_m",
    "m/s": "_m_s",
    "m/s2": "_m_s2",
    "rad": "_deg",
    "kg": "_kg",
    "kg/m3": "_kg_m3",
    "Pa": "_pa",
    "g": "_g",
    "W/m2": "_w_m2",
    "J/m2": "_j_m2",
}
NAMES = {"r_BI_I": "position", "v_BI_I": "velocity", "r_BE_E": "position", "v_BE_E": "velocity"}
AXES = {
    "N": ("north", "east", "down"),
    "I": ("x_i", "y_i", "z_i"),
    "E": ("x_e", "y_e", "z_e"),
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
        return "deg" if self.channel.unit == "rad" else self.channel.unit

    def values(self, history: History) -> np.ndarray:
        """The column's numbers, shape (n,)."""
        array = np.asarray(history[self.channel.name])
        if self.component is not None:
            array = array[:, self.component]
        return np.degrees(array) if self.channel.unit == "rad" else array


def columns(message: type = Frame) -> tuple[Column, ...]:
    """The columns of a message: a vector gives three, named after the axes of its frame.

    Raises KeyError for a unit or a vector's frame that has no suffix: a new one is entered above.
    """
    vectors = {f.name for f in dataclasses.fields(message) if "3" in _dimensions(f.type)}
    found: list[Column] = []
    for c in channels(message):
        name, suffix = NAMES.get(c.name, c.name), SUFFIXES[c.unit]
        if c.name in vectors:
            found += [Column(f"{name}_{axis}{suffix}", c, i) for i, axis in enumerate(AXES[c.frame])]
        else:
            found.append(Column(name + suffix, c, None))
    return tuple(found)


def _dimensions(annotation: Any) -> str:
    return str(getattr(annotation, "dim_str", ""))


def _arrow_table(facts: FlightFacts, history: History, legs: Legs) -> Any:
    import pyarrow as pa

    fields, arrays = [], []
    for column in columns():
        values = column.values(history)
        arrays.append(pa.array(values))
        metadata = {"unit": column.unit, "frame": column.channel.frame, "text": column.channel.text}
        fields.append(pa.field(column.name, arrays[-1].type, metadata=metadata))
    about = {"scenario": facts.name, "epoch_utc": facts.epoch_utc, "legs": json.dumps(legs, default=float)}
    return pa.table(arrays, schema=pa.schema(fields, metadata=about))


def write_parquet(path: Path, facts: FlightFacts, history: History, legs: Legs) -> None:
    """The table with unit, frame and text in each field's metadata, epoch and legs in the schema's."""
    import pyarrow.parquet as pq

    pq.write_table(_arrow_table(facts, history, legs), path, compression="zstd")


def write_csv(path: Path, facts: FlightFacts, history: History, legs: Legs) -> None:
    """The same columns as text, full precision; a flag is 0 or 1, a missing number is nan."""
    import pyarrow as pa
    from pyarrow import csv

    table = _arrow_table(facts, history, legs)
    for i, field in enumerate(table.schema):
        if pa.types.is_boolean(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.int8()))
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="none", quoting_header="none"))


def dictionary_page() -> str:
    """The telemetry dictionary as Markdown: every column, its unit, its frame and one line of text."""
    lines = [
        "# The telemetry dictionary",
        "",
        "Made from the metadata of `homeward.icd.Frame` by `make docs`: change the message, not this page.",
        "The columns stand in `telemetry.parquet` and in `telemetry.csv` alike.",
        "Time counts from the scenario's epoch; angles are in degrees; frames: I is GCRF, N is local",
        "north, east, down. A unit of 1 means none.",
        "",
        "| column | unit | frame | what it is |",
        "|---|---|---|---|",
    ]
    for c in columns():
        lines.append(f"| `{c.name}` | {c.unit} | {c.channel.frame or '-'} | {c.channel.text} |")
    return "\n".join(lines) + "\n"
