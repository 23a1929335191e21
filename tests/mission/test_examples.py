"""The examples run, and the law of fifty lines lands."""

import runpy
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import homeward as hw

TRACES_AS_WRITTEN = True  # what is replaced here is no part of a program

EXAMPLES = Path(__file__).parents[2] / "examples"
README = Path(__file__).parents[2] / "README.md"
LAW_LIMIT = 1.5  # km at opening: what the 128 dispersed flights below keep as well (worst measured 0.7)
LAW_LINES = 54  # of code and comment from the first import of its own to the end of the class

# The default return from its interface on: no orbit to fly and to compile.
INTERFACE = {
    "return.legs.start": "interface",
    "return.initial.interface.epoch_utc": "2023-09-07T23:52:50.166Z",
    "return.initial.interface.altitude_m": "120000.0",
    "return.initial.interface.speed_m_s": "7878.1",
    "return.initial.interface.flight_path_angle_deg": "-1.6",
    "return.initial.interface.relative": "false",
}


@pytest.fixture
def short(monkeypatch):
    """``load`` and ``fly_many`` as in the examples, but for a short flight and few runs."""
    load, many = hw.load, hw.fly_many

    def apollo(name, overrides=None):
        return load("apollo-10", {"return.legs.end": "opening", "simulation.lanes": "4"})

    monkeypatch.setattr(hw, "load", apollo, raising=False)
    monkeypatch.setattr(hw, "fly_many", lambda s, runs, seed: many(s, runs=4, seed=seed), raising=False)
    yield
    plt.close("all")


def _place_short_of_site(scenario, distance, azimuth_deg):
    """Latitude, longitude and heading toward the site of a point ``distance`` [m] before it (a sphere)."""
    lat, lon = np.radians([scenario.site.latitude_deg, scenario.site.longitude_deg])
    back, angle = np.radians(azimuth_deg + 180.0), distance / 6.371e6
    lat1 = np.arcsin(np.sin(lat) * np.cos(angle) + np.cos(lat) * np.sin(angle) * np.cos(back))
    dlon = np.arctan2(np.sin(back) * np.sin(angle) * np.cos(lat), np.cos(angle) - np.sin(lat) * np.sin(lat1))
    y = np.sin(-dlon) * np.cos(lat)
    x = np.cos(lat1) * np.sin(lat) - np.sin(lat1) * np.cos(lat) * np.cos(-dlon)
    return np.degrees(lat1), np.degrees(lon + dlon), np.degrees(np.arctan2(y, x))


def test_the_law_of_fifty_lines_lands(monkeypatch):
    names = runpy.run_path(str(EXAMPLES / "my_law.py"))
    law = names["RangeLaw"]()
    hw.check_guidance(law)
    site = hw.load("shenzhou-15")
    latitude, longitude, heading = _place_short_of_site(site, RANGE_TO_GO, 85.0)
    place = {"latitude_deg": latitude, "longitude_deg": longitude, "heading_deg": heading}
    keys = {f"return.initial.interface.{key}": str(float(value)) for key, value in place.items()}
    flight = hw.fly(hw.load("shenzhou-15", INTERFACE | keys), guidance=law, fidelity="point-mass")
    assert flight.summary["guidance"] == "RangeLaw"
    assert flight.summary["parachute"]["open_miss_km"] < LAW_LIMIT


RANGE_TO_GO = 3.45e6  # m from the interface: about what half of the lift, turned up, carries


@pytest.mark.slow
def test_the_law_succeeds_dispersed():
    """The default return as it ships, as a point mass: what a law of one's own is to be copied from."""
    law = runpy.run_path(str(EXAMPLES / "my_law.py"))["RangeLaw"]()
    many = hw.fly_many(hw.load("shenzhou-15"), runs=128, seed=1, guidance=law)
    assert many.summary["success"] >= 126 and many.summary["failed"] == 0
    assert many.percentile("open_miss", 0.99) / 1e3 < LAW_LIMIT


def test_the_law_is_short():
    text = (EXAMPLES / "my_law.py").read_text()
    body = text[text.index("import jax") : text.index("if __name__")].strip().splitlines()
    assert len(body) <= LAW_LINES


@pytest.mark.parametrize("name", ["quickstart", "own_atmosphere", "many"])
def test_an_example_runs(name, short, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert capsys.readouterr().out.strip()


def test_the_lines_of_the_readme_run(short, capsys):
    code = README.read_text().split("```python\n")[1].split("```")[0]
    assert len(code.strip().splitlines()) == 7
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()
