"""The console without a browser: rows, playback, places, and what it refuses."""

import socket

import numpy as np
import pytest
from console_folders import saved_pair, saved_return
from test_report import made

from homeward.cli.app import main
from homeward.console.campaign import Campaign
from homeward.console.desk import standing
from homeward.console.places import Turning, geodetic
from homeward.console.playback import Playback
from homeward.console.reading import read_flight
from homeward.console.rows import Rows
from homeward.console.viewer import Viewer
from homeward.ground.telemetry.recording import read_folder
from homeward.ground.tracking.simulated_tracks import fixed_path
from homeward.scenario.schema.ground import Cabin

METRES_IN_A_ROTATION = 20.0  # m: what a constant rate of the Earth leaves out in the hours of a flight


def test_rows_grow_in_order_and_are_read_between():
    rows = Rows(["a", "bank_deg", "leg"], held=["leg"])
    rows.append(np.array([0.0, 1.0]), {"a": np.array([0.0, 10.0]), "bank_deg": np.array([170.0, -170.0])})
    assert rows.append(np.array([1.0, 2.0]), {"a": np.array([99.0, 20.0]), "leg": np.array([0.0, 4.0])}) == 1
    assert len(rows) == 3 and rows.column("a").tolist() == [0.0, 10.0, 20.0]
    a, bank, _ = rows.at(0.5)
    assert a == 5.0 and bank == 170.0  # no way through 0 where an angle runs over its seam
    assert rows.at(-5.0)[0] == 0.0 and rows.at(9.0)[0] == 20.0
    for k in range(40):
        rows.append(np.arange(10.0) + 10.0 * k + 3.0, {"a": np.zeros(10)})
    assert len(rows) == 403


def test_playback_moves_stops_at_the_end_and_follows_what_is_live():
    p = Playback(0.0)
    p.pace(1000.0)
    assert p.rate == 100.0
    p.toggle(0.0, 50.0)
    assert p.step(0.1, 0.0, 50.0) and p.time == pytest.approx(10.0)
    p.step(1.0, 0.0, 50.0)
    assert p.time == 50.0 and not p.playing
    p.toggle(0.0, 50.0)
    assert p.playing and p.time == 0.0
    p.following = True
    p.step(0.1, 0.0, 77.0)
    assert p.time == 77.0
    p.seek(float("nan"))
    assert p.following
    p.seek(-5.0)
    p.step(0.0, 0.0, 77.0)
    assert p.time == 0.0 and not p.following


def test_the_turning_earth_agrees_with_the_stations_own_reckoning(tmp_path):
    recording = read_folder(saved_pair(tmp_path), Cabin())
    table = recording.tables["pair"]
    time, path = fixed_path(recording)
    rows = np.isin(table["time_s"], time)
    r_I = np.stack([table[f"position_{axis}_i_m"][rows] for axis in "xyz"], axis=1)
    mine = np.stack(Turning(recording.epoch, float(time[0])).geodetic(time, r_I), axis=1)
    truth = np.stack(geodetic(path[:, :3]), axis=1)
    assert np.abs(mine[:, :2] - truth[:, :2]).max() * 111e3 < METRES_IN_A_ROTATION
    assert np.abs(mine[:, 2] - truth[:, 2]).max() < METRES_IN_A_ROTATION


def test_a_viewer_is_told_what_moves_and_nothing_when_nothing_does(tmp_path):
    flight = read_flight(saved_return(tmp_path))
    now = [0.0]
    viewer = Viewer(flight, lambda: now[0])
    assert viewer.tick() is None  # the browser has not drawn yet
    told = standing(flight)
    viewer.ready(told["rows"], len(told["events"]))
    first = viewer.tick()
    assert first is not None and len(first["v"]) == len(told["columns"])
    assert viewer.tick() is None
    viewer.heard({"what": "rate", "rate": 50})
    viewer.heard({"what": "toggle"})
    now[0] += 0.1
    second = viewer.tick()
    assert second is not None and second["t"] == pytest.approx(first["t"] + 5.0, abs=0.01)
    for odd in (
        {},
        {"what": "seek"},
        {"what": "seek", "t": "x"},
        {"what": 3},
        {"what": "rate", "rate": True},
    ):
        viewer.heard(odd)
    assert viewer.playback.rate == 50.0
    # Which seek a message answers: the browser's own number, kept over other requests.
    viewer.heard({"what": "seek", "t": first["t"], "n": 7})
    viewer.heard({"what": "toggle"})
    answer = viewer.tick()
    assert answer is not None and answer["n"] == 7 and first["n"] is None


def test_levels_are_the_monitors(tmp_path):
    flight = read_flight(saved_return(tmp_path), "shenzhou-15")
    load = flight.rows.column("load_factor_g")
    place = list(flight.limits).index("load_factor_g")
    red = flight.limits["load_factor_g"].high_red
    assert red is not None
    levels = np.array([flight.levels_at(k)[place] for k in range(len(load))])
    beyond = np.flatnonzero((load[:-1] > red) & (load[1:] > red)) + 1
    assert (levels[beyond] == 3).all() and (levels[load < 0.5 * red] == 0).mean() > 0.9


def test_a_campaign_that_is_being_written_tells_so_and_shows_what_is_there(tmp_path):
    store = made(tmp_path / "store")
    whole = Campaign(str(store.folder)).told()
    assert whole["runs"] == 300 and whole["failed"] == 2 and whole["note"] == ""
    assert len(whole["landings"]["touchdown"]) == 298 and len(whole["landings"]["rims"]) == 3
    assert [r["run"] for r in whole["table"]["rows"][:2]] == [7, 160]
    miss = next(h for h in whole["histograms"] if h["name"] == "open_miss_km")
    assert sum(miss["counts"]) == 298 and miss["limits"]
    store.part(150).unlink()
    assert "150 of 300 runs" in Campaign(str(store.folder)).told()["note"]
    store.part(0).unlink()
    assert "no run yet" in Campaign(str(store.folder)).told()["note"]


@pytest.mark.parametrize("given, words", [
    ([], "expected a folder to show"),
    (["nowhere"], "there is no such folder"), 
    (["{here}"], "expected a flight"),
    (["{file}"], "this is a file"), (["{broken}"], "no whole Parquet file"),
])  # fmt: skip
def test_bad_input_is_one_sentence(given, words, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "telemetry.parquet").write_bytes(b"PAR1 half a file")
    names = {"here": tmp_path, "file": tmp_path / "file", "broken": tmp_path / "broken"}
    assert main(["console", *(g.format(**names) for g in given), "--port", "0"]) == 2
    told = capsys.readouterr().err
    assert words in told and "Traceback" not in told


def test_a_port_that_is_taken_is_told(tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["console", str(saved_return(tmp_path)), "--port", str(port)]) == 2
    assert "is taken" in capsys.readouterr().err
