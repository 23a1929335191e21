"""Folders of flights that somebody has changed: one sentence each."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_folders import saved_return

from homeward.errors import InputError
from homeward.ground.telemetry.recording import read_folder
from homeward.scenario.schema.ground import Cabin


@pytest.fixture
def folder(tmp_path):
    return saved_return(tmp_path / "flight")


def changed(folder, **metadata):
    file = folder / "telemetry.parquet"
    table = pq.read_table(file)
    told = {k.encode(): v for k, v in metadata.items()}
    pq.write_table(table.replace_schema_metadata((table.schema.metadata or {}) | told), file)


def test_a_flight_as_it_was_written_is_read(folder):
    assert len(read_folder(folder, Cabin()).legs) > 2


@pytest.mark.parametrize(
    "legs", [b"5", b"{}", b"[1]", b'[{"name": 1}]', b'[{"name": "a", "start": "x", "end": 1}]', b"[" * 60000]
)
def test_legs_that_are_none_are_one_sentence(folder, legs):
    changed(folder, legs=legs)
    with pytest.raises(InputError, match="lacks what a flight writes"):
        read_folder(folder, Cabin())


@pytest.mark.parametrize("summary", ["[]", "5", "[" * 60000, "", "{"])
def test_a_summary_that_is_none_is_one_sentence(folder, summary):
    (folder / "summary.json").write_text(summary)
    with pytest.raises(InputError, match="lacks what a flight writes"):
        read_folder(folder, Cabin())


def test_a_column_of_words_is_named(folder):
    file = folder / "telemetry.parquet"
    table = pq.read_table(file)
    place = table.column_names.index("altitude_m")
    pq.write_table(table.set_column(place, "altitude_m", pa.array(["high"] * len(table))), file)
    with pytest.raises(InputError, match="'altitude_m': expected numbers"):
        read_folder(folder, Cabin())
    assert json.loads((folder / "summary.json").read_text())
