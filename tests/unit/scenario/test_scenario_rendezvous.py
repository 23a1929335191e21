"""The rendezvous half of a scenario: what it holds, what is refused and in which words, what is written."""

import json
import re
from pathlib import Path

import pytest
from test_scenario import SHORT, refusal, written

from homeward.cli.app import main
from homeward.errors import InputError
from homeward.scenario import load
from homeward.scenario.build.rendezvous_flight import far_times
from homeward.scenario.files.shipped import DEFAULT_RENDEZVOUS, shipped_names
from homeward.scenario.schema.reference_page import json_schema, plain, reference
from homeward.scenario.schema.rendezvous import PLANS, PORTS, Hold
from homeward.scenario.schema.walk import section_at, walk
from homeward.scenario.template import template, to_toml

DATA = Path(__file__).parents[2] / "published" / "data"
OEM = DATA / "iss_2022-01-17.oem.txt"
ORBIT = SHORT[SHORT.index("tle =") :]
ONLY = f"""
[rendezvous.launch]
time_utc = 2023-09-08T03:00:00Z
[rendezvous.station.orbit]
{ORBIT}"""
STATE = (
    "{epoch_utc = 2023-09-08T03:10:00Z, position_m = [6.77e6, 0.0, 0.0], velocity_m_s = [0.0, 7670.0, 0.0]}"
)
FLOWN = {
    "shenzhou-21": ("3.5h", "forward"), "tianzhou-5": ("2h", "aft"), "shenzhou-15": ("6.5h", "forward"),
    "shenzhou-16": ("6.5h", "nadir"),
}  # fmt: skip
# Its own pace: no stop at 5 km, a hold in passing nearer by.
PASSING = {"one-revolution": ("1rev", "aft")}
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", FLOWN)
def test_shipped_rendezvous_load_and_read_back_equal(name: str, tmp_path: Path) -> None:
    scenario = load(name)
    told = scenario.required_rendezvous()
    assert (told.plan, told.port) == FLOWN[name]
    assert (told.launch.perigee_altitude_m, told.launch.apogee_altitude_m) == (200e3, 330e3)
    assert told.holds[0].distance_m == 5000.0 and told.holds[-1].distance_m in (19.0, 30.0)
    assert load(written(tmp_path, to_toml(scenario))) == scenario
    assert name in shipped_names() and DEFAULT_RENDEZVOUS == "shenzhou-21"


def test_the_scenario_of_one_revolution_goes_on_without_a_stop() -> None:
    told = load("one-revolution").required_rendezvous()
    assert (told.plan, told.port) == PASSING["one-revolution"]
    assert [(hold.distance_m, hold.seconds) for hold in told.holds] == [(3000.0, 0.0), (400.0, 0.0)]
    assert told.guidance.fallbacks == ("2h", "3.5h", "6.5h")
    assert load("shenzhou-21").required_rendezvous().guidance.fallbacks == ("6.5h",)
    assert load("tianzhou-5").required_rendezvous().guidance.fallbacks == ()
    # Of 94 min from the launch, ten of them ascent, nearly half is left to come up to the station.
    assert 2500.0 < far_times(told, "1rev") < 2700.0


def test_a_shipped_ship_weighs_the_same_in_both_halves() -> None:
    scenario = load("shenzhou-15")
    ship, stack = scenario.required_rendezvous().ship, scenario.truth.stack
    dry = scenario.truth.capsule.mass_kg + stack.orbital_module_kg + stack.service_module_kg
    assert ship.mass_kg - ship.propellant_kg == pytest.approx(dry)
    assert ship.propellant_kg > stack.propellant_kg


def test_a_short_rendezvous_is_enough(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, ONLY))
    told = scenario.required_rendezvous()
    assert scenario.homecoming is None and scenario.landing_site is None
    assert told.plan in PLANS and told.port in PORTS
    assert [hold.distance_m for hold in told.holds] == [5000.0, 400.0, 200.0, 30.0]
    assert told.launch.time_utc == "2023-09-08T03:00:00.000000"
    assert load(written(tmp_path, to_toml(scenario))) == scenario
    spreads = scenario.dispersion
    assert (spreads.insertion_position_m, spreads.insertion_velocity_m_s) == (5000.0, 5.0)
    assert spreads.insertion_cross_velocity_m_s == 3.0


def test_each_half_is_asked_for_where_it_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, ONLY)
    scenario = load(path, {"rendezvous.port": "aft"})
    for half, words in (("return_", "holds no return"), ("site", "names no site")):
        with pytest.raises(InputError, match=words) as caught:
            getattr(scenario, half)
        assert str(caught.value).startswith(f"{path}: {half.strip('_')}: ")
    with pytest.raises(InputError, match="holds no rendezvous; fly it with `homeward return`"):
        load(written(tmp_path, SHORT)).required_rendezvous()


def test_a_file_may_hold_both_halves(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, SHORT + ONLY))
    assert scenario.return_.initial.kind == "tle" and scenario.required_rendezvous().port == "forward"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("port", "zenith", 'expected aft, forward or nadir, not the text "zenith"'),
        ("port", "nadr", "did you mean nadir?"),
        ("plan", "3h", "did you mean 3.5h?"),
        ("guidance.fallback", "auto", "or none, not the text"),
        ("guidance.fallback", "['6.5h', '2h']", "from short to long, each once"),
        ("guidance.fallback", "['2h', '2h']", "from short to long, each once"),
        ("guidance.fallback", "['2h', 'none']", "fallback"),
        ("guidance.axis_speed_m_s", "0", "axis_speed_m_s: expected"),
        ("guidance.axis_time_constant_s", "1", "axis_time_constant_s: expected"),
        ("guidance.law", "mcp", "did you mean mpc?"),
        ("holds", "[{distance_m = 400}, {distance_m = 5000}]", "fall from hold to hold, but 5000 m follows"),
        ("holds", "[{distance_m = 400}, {distance_m = 400}]", "but 400 m follows 400 m"),
        ("holds", "[{distance_m = 400}]", "holds: expected at least 2 entries, not 1"),
        ("holds", "[{distance_m = 400}, {distance_m = 'x'}]", "holds[1].distance_m: expected a number"),
        ("holds", "[{distance_m = 400}, {seconds = 1}]", "holds[1].distance_m: this key is missing"),
        ("holds", "[{distance_m = 9}, {distance_m = 4, second = 1}]", "holds[1].second: no such key"),
        ("holds", "[{distance_m = 9}, {distance_km = 4}]", "distance cannot be given in kilometres"),
        ("holds", "[3, 4]", "expected a table of keys, not 3"),
        ("holds", "5", "expected a list, not 5"),
        ("holds.distance_m", "5", "holds is a value, not a table"),
        ("guidance.aim_behind_m", "4000", "more than the first hold's distance, 5000 m"),
        ("launch.apogee_altitude_m", "150e3", "apogee_altitude_m: expected at least perigee_altitude_m"),
        ("launch.time_utc", "soon", "expected a UTC time"),
        ("launch.perigee_altitude_km", "200", "expected perigee_altitude_m, in metres"),
        ("ship.propellant_kg", "9000", "ship: propellant_kg: expected less than mass_kg"),
        ("ship.center_of_mass_m", "9", "ship: center_of_mass_m: expected less than length_m"),
        ("ship.inertia_kg_m2", "[1, 1, 5]", "no body has such an inertia"),
        ("sensors.failed", "['lida']", "sensors.failed[0]: expected star, satellite"),
        ("faults.thruster", "1.5", "expected a whole number"),
        ("station.orbit.interface", "1", "a station is in orbit; expected one of tle,"),
        ("station.orbit.epoch_utc", "2023-09-08T03:00:00Z", "the mission clock starts at the insertion"),
        ("station.orbit.oem_file", "none.oem", "expected a file, but there is none at"),
        ("station.orbit.tle", '["1 48274U", "2 48274"]', "station.orbit.tle: line 1"),
        ("station.orbit", "{}", "one of tle, tle_file, oem_file, opm_file, state, but there is none"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_and_key(key: str, value: str, told: str, tmp_path: Path) -> None:
    # In place of the file's holds, which stand as an array of tables only in shipped files.
    path = written(tmp_path, to_toml(load(written(tmp_path, ONLY, "only.toml"))))
    message = refusal(path, {f"rendezvous.{key}": value})
    assert message.startswith(f"{path}") and "rendezvous" in message
    assert told in message


def test_elements_that_are_wrong_in_the_file_are_told_by_key(tmp_path: Path) -> None:
    path = written(tmp_path, ONLY.replace("9997", "9998"))
    assert refusal(path).startswith(f"{path}: rendezvous.station.orbit.tle: line 1: checksum")


def test_another_kind_of_orbit_takes_the_place_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "x", "b.oem")
    (tmp_path / "inner").mkdir()
    path = written(tmp_path / "inner", SHORT + ONLY)
    scenario = load(path, {"rendezvous.station.orbit.oem_file": "b.oem"})
    orbit = scenario.required_rendezvous().station.orbit
    assert orbit.kind == "oem_file" and orbit.oem_file == str((tmp_path / "b.oem").resolve())
    assert scenario.return_.initial.kind == "tle"  # the return's is left alone
    state = load(path, {"rendezvous.station.orbit.state": STATE}).required_rendezvous()
    assert state.station.orbit.kind == "state"


def test_check_tells_of_each_half_and_reads_the_stations_orbit(tmp_path: Path, capsys: Capture) -> None:
    both, only = written(tmp_path, SHORT + ONLY, "both.toml"), written(tmp_path, ONLY, "only.toml")
    assert main(["check", str(only)]) == 0
    told = capsys.readouterr().out
    assert "a rendezvous with a station" in told and "to the forward port" in told and "a return" not in told
    assert main(["check", str(both)]) == 0
    told = capsys.readouterr().out
    assert "a rendezvous with" in told and "; and a return from" in told and "It is valid." in told
    # The elements of another year; an ephemeris of another year and of the same.
    orbit, launch = (
        f"rendezvous.station.orbit.oem_file={OEM}",
        "rendezvous.launch.time_utc=2022-01-18T03:00:00Z",
    )
    assert main(["check", str(only), "--set", launch]) == 3
    assert "tell an orbit for 30 days" in capsys.readouterr().err
    assert main(["check", str(only), "--set", orbit]) == 2
    assert "outside the ephemeris" in capsys.readouterr().err
    assert main(["check", str(only), "--set", orbit, "--set", launch]) == 0
    assert "an orbit ephemeris message" in capsys.readouterr().out


def test_the_commented_half_of_the_starting_file_works_when_uncommented(tmp_path: Path) -> None:
    text = template("both")
    assert load(written(tmp_path, text)).rendezvous is None
    before, mark, half = text.partition("# [rendezvous]\n")
    lines = [line.removeprefix("# ") for line in (mark + half).splitlines()]
    scenario = load(written(tmp_path, before + "\n".join(lines) + "\n"))
    told, short = scenario.required_rendezvous(), load(written(tmp_path, ONLY)).required_rendezvous()
    assert told.station.orbit.tle is not None and told.station.orbit.tle[1:] == short.station.orbit.tle
    assert short.launch.time_utc.startswith(told.launch.time_utc)  # read as a date, it has a fraction
    for part in ("plan", "port", "ship", "holds", "guidance", "sensors", "faults"):
        assert getattr(told, part) == getattr(short, part)


def test_several_tables_of_a_kind_in_the_documents() -> None:
    holds = next(key for key in walk(type(load("shenzhou-21"))) if key.dotted == "rendezvous.holds")
    assert holds.repeats and holds.section is Hold
    assert section_at(type(load("shenzhou-21")), ("rendezvous", "holds", 1)) is Hold
    assert plain(Hold(distance_m=5.0)) == "{distance_m = 5.0, seconds = 30.0}"
    page = reference()
    assert "## `[[rendezvous.holds]]`" in page and "Without any: `{distance_m = 5000.0" in page
    orbit = page[page.index("## `[rendezvous.station.orbit]`") :]
    assert "The keys of `[return.initial.state]`." in orbit[: orbit.index("## `[rendezvous.ship]`")]
    assert "station.orbit.interface" not in page
    schema = json_schema()["$defs"]
    assert (
        "interface" not in schema["Orbit"]["properties"] and "epoch_utc" not in schema["Orbit"]["properties"]
    )
    assert schema["Rendezvous"]["properties"]["holds"]["type"] == "array"
    assert re.search(r"\bnull\b", json.dumps(schema)) is None
