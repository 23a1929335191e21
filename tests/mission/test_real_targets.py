"""Real orbits as targets, no code changed: the space station by ephemeris, the Chinese one by elements."""

import pytest

import homeward as hw
from homeward.scenario.files.shipped import shipped_file

pytestmark = pytest.mark.slow

OEM = "tests/published/data/iss_2022-01-17.oem.txt"
LIMITS = {"3.5h": 12000.0, "6.5h": 22800.0}  # s from the insertion


def docks(settings, plan):
    told = hw.rendezvous(hw.load("shenzhou-21", settings), plan=plan).summary
    print(told["phase_deg"], told["time_to_dock_s"], told["delta_v_to_aim_m_s"], told["contact"])
    assert told["success"] and told["contact"]["inside_idss"]
    assert told["time_to_dock_s"] <= LIMITS[plan]
    assert told["passive_safety"]["violations"] == 0
    assert told["delta_v_to_aim_m_s"] < 1.2 * told["two_impulse_delta_v_m_s"]
    assert told["plane_error_deg"] < 0.01


def test_the_space_station_by_its_ephemeris():
    """Southward from Vandenberg: the window of the day that the ephemeris covers, then the flight."""
    settings = {
        "rendezvous.station.orbit.oem_file": OEM, "rendezvous.launch.heading": "south",
        "rendezvous.launch.latitude_deg": "34.74", "rendezvous.launch.longitude_deg": "-120.57",
        "rendezvous.launch.time_utc": "2022-01-17T23:00:00Z",
    }  # fmt: skip
    (window,) = hw.launch_windows(hw.load("shenzhou-21", settings), 1.0, "6.5h")
    assert window["plans"]["6.5h"]["feasible"]
    docks(settings | {"rendezvous.launch.time_utc": window["lift_off_utc"]}, "6.5h")


@pytest.mark.parametrize("name", ["shenzhou-15", "shenzhou-21"])
def test_the_chinese_station_by_either_set_of_elements(name, tmp_path):
    """The elements that one shipped scenario holds, as a file, under the ship of another."""
    lines = [x.strip().strip('",') for x in shipped_file(name).read_text().splitlines()]
    first = next(k for k, x in enumerate(lines) if x.startswith("1 48274U"))
    (tmp_path / "css.tle").write_text("\n".join(lines[first : first + 2]) + "\n")
    launch = hw.load(name).required_rendezvous()
    settings = {
        "rendezvous.station.orbit.tle_file": str(tmp_path / "css.tle"),
        "rendezvous.launch.time_utc": launch.launch.time_utc,
    }
    docks(settings, launch.plan)
