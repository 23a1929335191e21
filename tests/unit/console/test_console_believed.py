"""What the ground is shown is what the ship believes; the truth only where it is asked for."""

import jax.numpy as jnp
import numpy as np
import pytest
from ground_flight import record
from synthetic_pair import PORTS, synthetic_pair

from homeward.astro.lvlh import lvlh_matrix
from homeward.console.believed import believed, names_of
from homeward.console.desk import moving, standing
from homeward.console.flight import Flight
from homeward.console.places import fixed
from homeward.console.setting import setting_of
from homeward.math.quaternion import conjugate, from_matrix, multiply
from homeward.output.files.telemetry import table_columns
from homeward.sim.rendezvous.telemetry import DOCKED, turn_missing

TINY = 1e-6  # m: rounding of a place on the Earth


def flight_of(truth=False, scenario="shenzhou-15"):
    """The made-up return, its legs and rows."""
    told = record().tables["flight"]
    flight = Flight("made-up", "return", record().epoch, list(told), setting_of("", scenario), truth)
    for leg in record().legs:
        flight.enter(str(leg["name"]), float(leg["start"]), float(leg["end"]))
    flight.take(told["time_s"], told)
    return flight


def ecef(*place):
    return fixed(*(np.array([x], float) for x in place))[0]


def test_a_return_shows_where_the_ship_believes_to_be():
    columns = {n: np.asarray(v, float) for n, v in record().tables["flight"].items()}
    shown = believed("return", columns)
    for k in (0, 300, len(columns["time_s"]) - 1):
        lat, lon = np.radians(columns["latitude_deg"][k]), np.radians(columns["longitude_deg"][k])
        north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
        east = np.array([-np.sin(lon), np.cos(lon), 0.0])
        off = [columns[f"navigation_position_error_{a}_m"][k] for a in ("north", "east", "down")]
        true = ecef(*(columns[n][k] for n in ("latitude_deg", "longitude_deg", "altitude_m")))
        there = ecef(*(shown[n][k] for n in ("latitude_deg", "longitude_deg", "altitude_m")))
        wanted = true + off[0] * north + off[1] * east - off[2] * np.cross(east, north)
        # Off by what the Earth's curve makes of an error of tens of metres.
        assert np.linalg.norm(there - wanted) < 1e-3 + 1e-5 * np.linalg.norm(off)
        assert abs(shown["altitude_m"][k] - columns["altitude_m"][k] + off[2]) < TINY
        slip = [columns[f"navigation_velocity_error_{a}_m_s"][k] for a in ("north", "east", "down")]
        assert abs(shown["vertical_speed_m_s"][k] - columns["vertical_speed_m_s"][k] + slip[2]) < TINY
        assert abs(shown["speed_m_s"][k] - columns["speed_m_s"][k]) <= np.linalg.norm(slip) + TINY
    assert not any("error" in n or n in ("range_to_go_m", "wind_east_m_s") for n in shown)


def test_a_state_within_the_earth_is_no_navigation_state_yet():
    columns = {n: np.asarray(v, float)[:3] for n, v in record().tables["flight"].items()}
    columns["navigation_position_error_down_m"] = np.array([6.7e6, 5.0, -3.0])
    assert np.isfinite(believed("return", columns)["altitude_m"]).tolist() == [False, True, True]


@pytest.mark.parametrize("port", PORTS)
def test_a_rendezvous_turns_the_error_into_the_axes_of_the_port(port):
    _, history, _ = synthetic_pair(port)
    history = {n: np.array(v) for n, v in history.items()}
    C_DL = np.array(PORTS[port])
    rng = np.random.default_rng(2)
    for k in range(len(history["time"])):  # an attitude and a missing turn that belong to these axes
        if k % 400:
            continue
        C_LI = np.asarray(lvlh_matrix(jnp.asarray(history["r_TI_I"][k]), jnp.asarray(history["v_TI_I"][k])))
        off = np.array([1.0, *rng.normal(0, 0.05, 3)])
        off /= np.linalg.norm(off)
        q_DI = from_matrix(jnp.asarray(C_DL @ C_LI))
        q_BI = multiply(multiply(jnp.asarray(off), DOCKED), q_DI)
        history["q_BI"][k] = np.asarray(q_BI)
        history["docking_turn"][k] = np.asarray(
            turn_missing(multiply(multiply(q_BI, conjugate(q_DI)), conjugate(DOCKED)))
        )
        history["position_error"][k] = rng.normal(0, 1.0, 3)
    columns = {c.name: np.asarray(c.values(history), float) for c in table_columns(history, "rendezvous")}
    shown = believed("rendezvous", columns)
    for k in range(0, len(history["time"]), 400):
        moved = [shown[f"port_position_{a}_d_m"][k] - columns[f"port_position_{a}_d_m"][k] for a in "xyz"]
        np.testing.assert_allclose(moved, C_DL @ history["position_error"][k], atol=1e-6)
        along = shown["relative_position_along_m"][k] - columns["relative_position_along_m"][k]
        assert along == pytest.approx(history["position_error"][k][0], abs=1e-6)
    assert not any(n.startswith(("position_error", "velocity_error")) for n in shown)


def test_the_truth_is_shown_only_where_asked_for_and_marked():
    plain, open_ = flight_of(), flight_of(truth=True)
    words = [s.label for s in plain.shown]
    assert not any("rue" in w or "rror" in w for w in words)
    assert not any(n.startswith("true_") or "error" in n or n == "range_to_go_m" for n in plain.rows.names)
    told = [s for s in open_.shown if s.section.startswith("Truth")]
    assert {"True altitude", "Navigation error north"} <= {s.label for s in told}
    assert standing(open_)["truth"] and not standing(plain)["truth"]
    true = record().tables["flight"]["altitude_m"]
    np.testing.assert_allclose(open_.rows.column("true_altitude_m"), true)
    np.testing.assert_allclose(open_.rows.column("altitude_m"), plain.rows.column("altitude_m"))
    assert set(names_of("return", record().tables["flight"], True)) >= set(
        believed("return", record().tables["flight"], True)
    ) - {"time_s"}


def test_in_a_black_out_no_telemetry_comes_and_the_last_contact_is_told():
    flight = flight_of()
    (start, end, why), *_ = flight.silences()
    assert why == "black-out" and end - start > 60.0
    before, within, after = (moving(flight, t) for t in (start - 1.0, 0.5 * (start + end), end + 1.0))
    assert before["contact"] is None and after["contact"] is None
    assert within["contact"] == {"since": start, "why": "black-out"} and within["seen"] == []
    last = moving(flight, start)
    assert within["v"] == last["v"] and within["l"] == last["l"]
    assert moving(flight_of(truth=True), 0.5 * (start + end))["contact"] is None


class Clock:
    """A live flight's clock, set by hand."""

    pace, commands, time = 0.0, False, 0.0

    def now(self):
        return self.time


def test_rows_of_a_black_out_come_down_when_it_is_over():
    flight = flight_of()
    (start, end, _), *_ = flight.silences()
    flight.feed, flight.live = Clock(), True
    for time, last in ((start, start), (0.5 * (start + end), start), (end + 0.01, end)):
        flight.feed.time = time
        assert flight.rows.time[flight.count() - 1] == last
    flight.feed.time = 0.5 * (start + end)
    assert flight.seen()[-1]["text"] == "black-out begins"
