"""Tables, summary and dictionary: readable again, and every number with its unit."""

import dataclasses
import json
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from synthetic_flight import synthetic_flight

from homeward.errors import InputError
from homeward.icd import Accuracy, Command, Frame, Measurements, Navigation, channels
from homeward.output import dictionary_page, save_flight, write_summary
from homeward.output.files.telemetry import SUFFIXES, columns, write_csv, write_parquet
from homeward.sim.core.telemetry import once_known

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def flight():
    return synthetic_flight()


@pytest.mark.parametrize("message", [Frame, Measurements, Navigation, Command])
def test_every_channel_of_every_message_has_a_column_with_its_unit(message):
    found = columns(message)
    assert {c.channel.name for c in found} == {c.name for c in channels(message)}
    assert len({c.name for c in found}) == len(found)
    for c in found:
        assert c.name.endswith(SUFFIXES[c.channel.unit])


def test_the_names_people_were_promised():
    names = [c.name for c in columns()]
    for name in ("time_s", "altitude_m", "bank_deg", "position_x_i_m", "velocity_z_i_m_s", "load_factor_g",
                 "heat_rate_w_m2", "navigation_position_error_north_m", "mach"):  # fmt: skip
        assert name in names


def test_parquet_tells_unit_frame_and_text_and_returns_the_numbers(tmp_path, flight):
    facts, history, legs, _ = flight
    write_parquet(tmp_path / "t.parquet", facts, history, legs)
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert table.column_names == [c.name for c in columns()]
    about = {k.decode(): v.decode() for k, v in table.schema.metadata.items()}
    assert about["epoch_utc"] == facts.epoch_utc
    assert [leg["name"] for leg in json.loads(about["legs"])] == [leg["name"] for leg in legs]
    field = table.schema.field("position_x_i_m")
    assert field.metadata[b"unit"] == b"m" and field.metadata[b"frame"] == b"I"
    assert field.metadata[b"text"] == b"true position"
    assert table.schema.field("bank_deg").metadata[b"unit"] == b"deg"
    assert np.array_equal(table["bank_deg"].to_numpy(), np.degrees(history["bank"]))
    assert np.array_equal(table["position_y_i_m"].to_numpy(), history["r_BI_I"][:, 1])


def test_csv_has_the_same_columns_and_loses_no_digit(tmp_path, flight):
    facts, history, legs, _ = flight
    write_csv(tmp_path / "t.csv", facts, history, legs)
    table = pyarrow.csv.read_csv(tmp_path / "t.csv")
    assert table.column_names == [c.name for c in columns()]
    assert np.array_equal(table["altitude_m"].to_numpy(), history["altitude"])
    assert set(table["blackout"].to_pylist()) == {0, 1}
    missing = np.isnan(history["predicted_miss"])
    assert np.array_equal(np.isnan(table["predicted_miss_m"].to_numpy()), missing)


def test_summary_is_json_for_any_reader(tmp_path):
    told = {"a": float("nan"), "b": np.float64(2.5), "c": [np.int64(3), None], "d": np.bool_(True)}
    write_summary(tmp_path / "s.json", told)
    assert json.loads((tmp_path / "s.json").read_text()) == {"a": None, "b": 2.5, "c": [3, None], "d": True}


def test_the_dictionary_page_is_the_messages_own():
    """docs/telemetry.md is generated; this says so when a channel changed and the page did not."""
    assert (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8") == dictionary_page()


def test_a_record_without_rows_and_a_folder_that_cannot_be_are_refused(tmp_path, flight):
    facts, history, legs, summary = flight
    empty = {name: values[:0] for name, values in history.items()}
    with pytest.raises(InputError, match="no telemetry"):
        save_flight(tmp_path, facts, empty, legs, summary)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="--out"):
        save_flight(tmp_path / "file" / "below", facts, history, legs, summary)


def test_what_a_filter_believes_before_its_start_is_no_number():
    """The error of a belief in no place is the radius of the Earth: it titled a picture."""
    zeros, known = jnp.zeros(3), jnp.ones(3)
    odd = dict.fromkeys(("leg", "parachute_stage", "guidance_constraint"), jnp.zeros((), int))
    odd |= {"blackout": jnp.zeros((), bool)}
    vectors = ("r_BI_I", "v_BI_I", "navigation_position_error", "navigation_velocity_error")
    odd |= dict.fromkeys(vectors, zeros)
    names = [f.name for f in dataclasses.fields(Frame) if f.default is dataclasses.MISSING]
    blank = Frame(**{n: odd.get(n, jnp.zeros(())) for n in names})
    far = eqx.tree_at(
        lambda r: (r.navigation_position_error, r.navigation_velocity_error), blank, (6.4e6 * known, known)
    )
    for sigma, good in ((zeros, False), (known, True)):
        row = eqx.tree_at(
            lambda r: r.accuracy, far, Accuracy(sigma, sigma, sigma), is_leaf=lambda x: x is None
        )  # fmt: skip
        told = once_known(row)
        assert bool(jnp.isfinite(told.navigation_position_error).all()) is good
        assert bool(jnp.isfinite(told.navigation_velocity_error).all()) is good
        assert bool(jnp.isfinite(told.accuracy.position_sigma).all()) is good
    assert once_known(far) is far
