"""A folder of results belongs to one flight: nothing of an earlier one is left beside a new one's files."""

import dataclasses
import errno
import os
from pathlib import Path

import numpy as np
import pytest
from synthetic_body import synthetic_body
from synthetic_pair import synthetic_pair

from homeward.campaigns.store.store import Store
from homeward.cli.output_files import prepare_folder
from homeward.errors import InputError
from homeward.ground.telemetry.recording import read_folder
from homeward.output import save_flight
from homeward.output import save_rendezvous as rendezvous_files
from homeward.output.figure_style import style
from homeward.output.files.result_folder import (
    ADDED,
    COMPARISON,
    FAULTS,
    FLIGHT,
    KINDS,
    ResultFolder,
    files_in,
)
from homeward.output.files.telemetry import write_parquet
from homeward.output.rendezvous import withdrawal
from homeward.output.returns import figures
from homeward.output.save_rendezvous import save_rendezvous
from homeward.scenario.schema.ground import Cabin
from homeward.sim.open_loop.propagate import OpenLoopResult

TRACES_AS_WRITTEN = True  # what is replaced here is no part of a program

LATER = "2023-09-09T00:00:00Z"


@pytest.fixture(scope="module")
def view():
    return synthetic_body()


@pytest.fixture(autouse=True)
def quick_pictures(monkeypatch):
    """What is drawn does not matter here, and drawing takes half a minute."""
    monkeypatch.setattr(style, "save", lambda figure, path: path.write_bytes(b"picture"))
    monkeypatch.setattr(figures, "picture", lambda name, view: None)
    monkeypatch.setattr(rendezvous_files, "picture", lambda name, view: None)


def names(folder):
    return {path.name for path in folder.iterdir()}


def turning(view, folder):
    return save_flight(folder, view.facts, view.history, view.legs, view.summary, None, view.body)


def point(view, folder, facts=None):
    return save_flight(folder, facts or view.facts, view.history, view.legs, view.summary)


def test_a_flight_of_a_point_mass_leaves_nothing_of_the_ship_that_turned(tmp_path, view):
    turning(view, tmp_path)
    for name in ADDED:
        (tmp_path / name).write_text("of the first flight")
    (tmp_path / "forecast").mkdir()
    (tmp_path / "forecast" / "forecasts.jsonl").write_text("of the first flight")
    (tmp_path / "notes.txt").write_text("mine")
    written = point(view, tmp_path)
    assert names(tmp_path) == {p.name for p in written} | {"notes.txt", "forecast"}
    assert not names(tmp_path / "forecast")
    assert files_in(tmp_path) == sorted(p.name for p in written)


def test_a_rendezvous_and_an_open_loop_flight_replace_what_was_there(tmp_path, view, monkeypatch):
    turning(view, tmp_path)
    (tmp_path / "withdrawal.oem").write_text("of another rendezvous")
    written = save_rendezvous(tmp_path, *synthetic_pair())
    assert names(tmp_path) == {p.name for p in written}
    from homeward.sim.open_loop import files

    for name in ("_trajectory", "_loads"):
        monkeypatch.setattr(files, name, lambda result, path: path.write_bytes(b"picture"))
    written = OpenLoopResult({"scenario": "ball"}, {"time_s": np.arange(3.0)}).save(tmp_path)
    assert names(tmp_path) == {p.name for p in written}


def test_every_file_of_a_flight_is_known_to_the_folder():
    drawn = [f"{n}.png" for n in (*figures.PICTURES, *rendezvous_files.PICTURES)]
    assert {*drawn, *withdrawal.FILES} <= set(KINDS[FLIGHT][2])
    with pytest.raises(KeyError, match="result_folder"):
        ResultFolder(Path("unused")).put("unheard_of.png", lambda path: None)


def test_a_table_of_another_flight_is_refused_when_read(tmp_path, view):
    point(view, tmp_path)
    other = dataclasses.replace(view.facts, epoch_utc=LATER)
    write_parquet(tmp_path / "body.parquet", other, view.body, view.legs, "body")
    with pytest.raises(InputError, match=r"body\.parquet: belongs to another flight \(epoch 2023-09-09"):
        read_folder(tmp_path, Cabin())


def test_files_added_to_a_flight_must_be_of_that_flight(tmp_path, view):
    point(view, tmp_path)
    ResultFolder.add(tmp_path, view.facts.name, view.facts.epoch_utc).put("passes.json", lambda p: p.touch())
    with pytest.raises(InputError, match=r"this folder holds the flight .* not other of 2023-09-09"):
        ResultFolder.add(tmp_path, "other", LATER)


@pytest.mark.parametrize("kind, mark", [(FAULTS, "faults.json"), (COMPARISON, "comparison.json")])
def test_results_of_another_kind_are_refused_before_the_flight(tmp_path, view, kind, mark):
    (tmp_path / mark).write_text("{}")
    with pytest.raises(InputError, match="expected a folder of its own for a flight"):
        prepare_folder(tmp_path, "flight")
    with pytest.raises(InputError, match="expected a folder of its own for a flight"):
        point(view, tmp_path)
    assert names(tmp_path) == {mark}
    ResultFolder.begin(tmp_path, kind)
    assert not names(tmp_path)


def test_a_campaign_is_not_begun_among_the_files_of_a_flight(tmp_path, view):
    point(view, tmp_path)
    with pytest.raises(InputError, match="holds a flight; expected a folder of its own for a campaign"):
        Store.create(tmp_path, {"columns": []})


def test_a_file_broken_off_never_has_its_final_name(tmp_path):
    def stopped(path):
        path.write_text("half")
        raise KeyboardInterrupt

    def full(path):
        path.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    made = ResultFolder.begin(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        made.put("summary.json", stopped)
    with pytest.raises(InputError, match=r"summary\.json cannot be written: No space left on device"):
        made.put("summary.json", full)
    assert not names(tmp_path)
    (tmp_path / ".new-summary.json").write_text("left by a process that was killed")
    ResultFolder.begin(tmp_path)
    assert not names(tmp_path)
