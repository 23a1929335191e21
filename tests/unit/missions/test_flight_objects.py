"""A flight in a notebook: how it prints, what pandas and xarray make of it, how it is read from a folder."""

import sys

import numpy as np
import pytest
from synthetic_body import synthetic_body
from synthetic_pair import synthetic_pair

import homeward as hw
from homeward.errors import InputError
from homeward.missions.progress import Line, shows_progress
from homeward.missions.return_result import Flight
from homeward.output import save_flight
from homeward.output.files.telemetry_record import Telemetry
from homeward.output.save_rendezvous import save_rendezvous

TRACES_AS_WRITTEN = True  # what is replaced here is no part of a program

FAR = 1e-9  # of the values: what a change to degrees and back may round


@pytest.fixture(scope="module")
def flown():
    """A made-up six-DOF return: what ``Flight`` does with its record is looked at here."""
    view = synthetic_body()
    flight = Flight(
        hw.load("shenzhou-15"), view.facts.epoch_utc, view.history, view.legs, view.summary, view.body
    )
    flight.__dict__["facts"] = view.facts
    return flight


@pytest.fixture(scope="module")
def saved(flown, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flight")
    save_flight(folder, flown.facts, flown.history, flown.legs, flown.summary, body=flown.body, pictures=())
    return folder


def test_a_flight_prints_in_a_line(flown):
    assert len(repr(flown)) < 300
    assert "Flight" in repr(flown) and "\n" not in repr(flown)
    assert len(repr(flown.history)) < 200


def test_a_notebook_shows_summary_and_picture(flown):
    page = flown._repr_html_()
    assert "data:image/png;base64," in page and "touchdown miss" in page
    assert "<script" not in page


def test_names_in_a_notebook_are_escaped(flown):
    other = Flight(
        flown.scenario, flown.epoch_utc, flown.history.channels, flown.legs,
        flown.summary | {"scenario": "<script>x"},
    )  # fmt: skip
    other.__dict__["facts"] = flown.facts
    assert "<script>" not in other._repr_html_()


def test_history_is_a_table_for_pandas(flown):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(flown.history)
    assert len(table) == len(flown.history["time"])
    assert np.array_equal(table["r_BI_I_y"], flown.history["r_BI_I"][:, 1])
    assert {"altitude", "r_BI_I_x", "q_BI_w"} <= set(pandas.DataFrame(flown.body)) | set(table)


def test_pandas_and_xarray_know_units(flown):
    pytest.importorskip("pandas")
    frame = flown.to_pandas()
    assert frame.index.name == "time_s"
    assert frame.attrs["units"]["altitude_m"] == "m" and frame.attrs["units"]["bank_deg"] == "deg"
    assert np.allclose(np.radians(frame["bank_deg"]), flown.history["bank"], equal_nan=True)
    body = flown.to_pandas("body")
    assert len(body) == len(flown.body["time"])
    data = flown.to_xarray()
    assert data["altitude_m"].attrs["units"] == "m" and data["altitude_m"].attrs["long_name"]
    assert data["altitude_m"].dims == ("time_s",)
    assert data.attrs["epoch_utc"] == flown.epoch_utc


def test_a_table_that_is_not_there_is_refused(flown):
    with pytest.raises(InputError, match=r'table="spam": expected telemetry, body'):
        flown.to_pandas("spam")


@pytest.mark.parametrize(("library", "method"), [("pandas", "to_pandas"), ("xarray", "to_xarray")])
def test_a_missing_library_is_told_with_the_words_that_install_it(flown, monkeypatch, library, method):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=rf'{library}; install it with: pip install "homeward\[notebook\]"'):
        getattr(flown, method)()


def test_a_saved_flight_comes_back(flown, saved):
    again = hw.read(saved)
    assert (again.kind, again.legs) == ("return", flown.legs)
    for mine, theirs in ((flown.history, again.history), (flown.body, again.body)):
        assert set(mine) == set(theirs)
        for name, values in mine.items():
            assert np.allclose(values, theirs[name], rtol=FAR, atol=FAR, equal_nan=True), name
    told = [{k: np.asarray(v).tolist() for k, v in vars(f.facts).items()} for f in (flown, again)]
    assert told[0] == told[1]
    assert again.plot().axes and "return" not in repr(again)
    assert "data:image/png" in again._repr_html_()


def test_a_saved_rendezvous_comes_back(tmp_path):
    facts, rows, summary = synthetic_pair()
    save_rendezvous(tmp_path, facts, rows, summary, pictures=())
    again = hw.read(tmp_path)
    assert again.kind == "rendezvous" and again.facts == facts
    for name, values in Telemetry(rows).items():
        assert np.allclose(values, again.history[name], rtol=FAR, atol=FAR, equal_nan=True), name
    assert again.plot().axes


def test_an_open_loop_flight_comes_back(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(
        pa.table({"time_s": [0.0, 1.0], "load_g": [0.0, 2.0]}), tmp_path / "telemetry.parquet"
    )
    (tmp_path / "summary.json").write_text('{"scenario": "stone"}')
    again = hw.read(tmp_path)
    assert again.kind == "open loop" and list(again.history["load_g"]) == [0.0, 2.0]
    assert "stone" in again._repr_html_()
    with pytest.raises(InputError, match="expected a return or a rendezvous"):
        again.plot()


@pytest.mark.parametrize(
    ("file", "words"),
    [(None, "holds no results"), ("manifest.json", "holds a campaign"), ("no", "there is none")],
)
def test_a_folder_that_holds_no_flight_says_what_it_holds(tmp_path, file, words):
    place = tmp_path / "gone" if file == "no" else tmp_path
    if file not in (None, "no"):
        (place / file).write_text("{}")
    with pytest.raises(InputError, match=words):
        hw.read(place)


def test_a_broken_summary_is_told_by_its_file(saved, tmp_path):
    import shutil

    shutil.copytree(saved, tmp_path / "copy")
    (tmp_path / "copy" / "summary.json").write_text("[1")
    with pytest.raises(InputError, match=r"summary\.json: expected the summary of a flight"):
        hw.read(tmp_path / "copy")


def test_rows_can_be_written_further_apart(flown, tmp_path):
    save_flight(tmp_path, flown.facts, flown.history, flown.legs, flown.summary, pictures=(), every=30.0)
    time = hw.read(tmp_path).history["time"]
    whole = flown.history["time"]
    assert len(time) < len(whole) and time[0] == whole[0] and time[-1] == whole[-1]
    assert np.all(np.diff(time)[:-1] > 1e-9) and np.max(np.diff(time)) <= 60.0
    assert not list(tmp_path.glob("*.png"))


def test_a_spacing_that_is_none_is_refused(flown, tmp_path):
    with pytest.raises(InputError, match="every: expected seconds above 0"):
        save_flight(tmp_path, flown.facts, flown.history, flown.legs, flown.summary, every=0.0)


class Screen:
    """An error stream that says of itself that it is a terminal."""

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_long_call_shows_its_progress_on_a_terminal_only(monkeypatch):
    heard = []

    @shows_progress
    def fly(runs, progress=None):
        heard.append(progress)
        if progress is not None:
            progress("entry", 0.4)
            return progress.text()
        return None

    assert fly(1) is None and heard == [None]  # no terminal: silent
    monkeypatch.setattr(sys, "stderr", Screen())
    assert "fly: entry, 40 %" in fly(1)
    assert isinstance(heard[-1], Line)
    assert fly(1, progress=False) is None and heard[-1] is None


def test_the_line_is_taken_away_at_the_end(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("homeward.missions.progress.QUIET", 0.01)
    line = Line("fly_many")
    for _ in range(200):
        if screen.text:
            break
        line._ended.wait(0.01)
    line.close()
    assert "programs are compiled on first use" in screen.text
    assert screen.text.endswith("\r")
