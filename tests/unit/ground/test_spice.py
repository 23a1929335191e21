"""SPICE kernels of a flight, read back by spiceypy: states to 1 m, attitudes and rates to 1e-9."""

import json
import sys

import jax.numpy as jnp
import numpy as np
import pytest
from exchange_folders import SHIP, STATION, made_folders
from synthetic_flight import synthetic_flight

import homeward as hw
from homeward.cli.app import main
from homeward.earth.time import Epoch
from homeward.ground.exchange.messages import attitude_record
from homeward.math.quaternion import to_matrix
from homeward.output import save_flight

spice = pytest.importorskip("spiceypy", reason="spiceypy not installed")
POSITION, ATTITUDE = 1.0, 1e-9  # m; elements of the matrix, and rad/s: what is asked for
EXACT = 0.01  # m at a recorded row: the times' text has nine decimals, and a ship flies 8 km/s
KINDS = ("return", "pair")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = made_folders(tmp_path_factory.mktemp("spice"))
    for kind in KINDS:
        assert (
            main(["export", str(place / kind), "--to", "spice", "--out", str(place / f"{kind}.spice")]) == 0
        )
    return place


@pytest.fixture
def loaded(folders, request, monkeypatch):
    monkeypatch.chdir(folders / f"{request.param}.spice")
    spice.furnsh("flight.tm")
    yield hw.read(folders / request.param)
    spice.kclear()


def instant(flight, t):
    """SPICE's own time of a date in UTC."""
    stamp = Epoch.from_iso(flight.facts.epoch_utc).plus(float(t)).to_iso(9).removesuffix("Z")
    return spice.str2et(stamp)


def test_its_time_is_ours_over_a_leap_second(folders):
    spice.furnsh(str(folders / "return.spice" / "leapseconds.tls"))
    try:
        a, b = (Epoch.from_iso(f"2016-12-31T23:59:{x}Z") for x in ("58", "60.5"))
        took = spice.str2et("2016-12-31T23:59:60.5") - spice.str2et("2016-12-31T23:59:58")
        assert took == pytest.approx(b - a, abs=1e-6) and b - a == pytest.approx(2.5, abs=1e-9)
        late = Epoch.from_iso("2024-07-17T12:00:00Z")
        tt = spice.unitim(spice.str2et("2024-07-17T12:00:00"), "TDB", "TT")
        jd1, jd2 = late.tt()
        assert tt == pytest.approx((jd1 - 2451545.0 + jd2) * 86400.0, abs=1e-5)
    finally:
        spice.kclear()


@pytest.mark.parametrize("loaded", KINDS, indirect=True)
def test_ship_and_station_are_where_they_were(loaded):
    time = np.asarray(loaded.history["time"], float)
    rng = np.random.default_rng(4)
    for t in rng.choice(time, 40):
        state, _ = spice.spkezr("-999001", instant(loaded, t), "J2000", "NONE", "EARTH")
        np.testing.assert_allclose(np.asarray(state[:3]) * 1e3, SHIP(t)[0], rtol=0, atol=EXACT)
        np.testing.assert_allclose(np.asarray(state[3:]) * 1e3, SHIP(t)[1], rtol=0, atol=1e-5)
    # Between the rows, and the station by its name.
    for t in rng.uniform(time[0] + 30.0, time[0] + 3000.0, 40):
        state, _ = spice.spkezr("-999001", instant(loaded, t), "J2000", "NONE", "EARTH")
        np.testing.assert_allclose(np.asarray(state[:3]) * 1e3, SHIP(t)[0], rtol=0, atol=POSITION)
        there, _ = spice.spkpos("HOMEWARD_STATION", instant(loaded, t), "J2000", "NONE", "EARTH")
        np.testing.assert_allclose(np.asarray(there) * 1e3, STATION(t)[0], rtol=0, atol=POSITION)


@pytest.mark.parametrize("loaded", KINDS, indirect=True)
def test_the_ship_lies_as_it_lay(loaded):
    record = attitude_record(loaded)
    rows = np.random.default_rng(5).choice(len(record["time"]), 40)
    day, rest = Epoch.from_iso(loaded.facts.epoch_utc).tai()
    for k in rows:
        tai = (day - 2451545.0) * 86400.0 + (rest * 86400.0 + float(record["time"][k]))
        turn = np.asarray(spice.sxform("J2000", "HOMEWARD_BODY", spice.unitim(tai, "TAI", "TDB")))
        q = record["q_BI"][k] / np.linalg.norm(record["q_BI"][k])
        C_BI = np.asarray(to_matrix(jnp.asarray(q)))
        np.testing.assert_allclose(turn[:3, :3], C_BI, rtol=0, atol=ATTITUDE)
        _, rate_I = spice.xf2rav(turn)
        np.testing.assert_allclose(C_BI @ rate_I, record["omega_BI_B"][k], rtol=0, atol=ATTITUDE)


def test_numbers_and_files_are_told(folders, tmp_path, capsys):
    words = ["export", str(folders / "return"), "--to", "spice", "--naif-id", "-123456"]
    capsys.readouterr()
    assert main([*words, "--out", str(tmp_path / "k"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ship"], told["station"]) == (-123456, -123457) and "ship.bc" in told["files"]
    assert sorted(told["files"]) == sorted(p.name for p in (tmp_path / "k").iterdir())
    assert main([*words, "--out", str(tmp_path / "k")]) == 0  # again into the same folder
    assert main([*words[:-1], "5", "--out", str(tmp_path / "k")]) == 2


def test_a_point_mass_has_states_only(tmp_path, capsys):
    save_flight(tmp_path / "point", *synthetic_flight(), pictures=())
    words = ["export", str(tmp_path / "point"), "--to", "spice", "--out", str(tmp_path / "k"), "--json"]
    capsys.readouterr()
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["attitudes"] == 0 and "ship.bc" not in told["files"] and "station" not in told
    assert "ship.bc" not in (tmp_path / "k" / "flight.tm").read_text()


def test_without_spiceypy_the_extra_is_named(folders, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "spiceypy", None)
    assert main(["export", str(folders / "pair"), "--to", "spice", "--out", str(tmp_path)]) == 2
    assert "pip install 'homeward[spice]'" in capsys.readouterr().err
