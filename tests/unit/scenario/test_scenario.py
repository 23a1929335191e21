"""The scenario: what is shipped, what is refused and in which words, and what is written."""

import json
import re
from pathlib import Path

import pytest

from homeward.errors import InputError
from homeward.scenario import load, shipped
from homeward.scenario.load import parse_settings, parse_value
from homeward.scenario.schema.reference_page import json_schema, json_text, reference
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.schema.walk import UNITS, split_unit, unit_words, walk
from homeward.scenario.template import template, to_toml, write_new
from homeward.scenario.user_models import load_law

DOCS = Path(__file__).parents[3] / "docs"
RETURNS = ("shenzhou-15", "shenzhou-21-return", "apollo-10", "soyuz-like", "orion-like")
SHORT = """
[site]
latitude_deg = -20
longitude_deg = 200.0
[return.initial]
tle = ["1 48274U 21035A   23250.60323094  .00028729  00000+0  32278-3 0  9997",
       "2 48274  41.4752  14.6926 0010484 320.3089  39.6983 15.61907922134716"]
"""
INTERFACE = """
[site]
latitude_deg = 10.0
longitude_deg = 20.0
[return.initial.interface]
epoch_utc = 2023-09-07T14:28:00+02:00
latitude_deg = 10.0
longitude_deg = -10.0
altitude_m = 120000
speed_m_s = 7800.0
flight_path_angle_deg = -1.5
heading_deg = 80.0
"""


def written(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(name: str | Path, overrides: dict[str, str] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        load(name, overrides)
    message = str(caught.value)
    assert "\n" not in message and "pydantic" not in message.lower() and len(message) < 600
    return message


@pytest.mark.parametrize("name", RETURNS)
def test_shipped_scenarios_load_and_read_back_equal(name: str, tmp_path: Path) -> None:
    scenario = load(name)
    assert scenario.name == name and scenario.title
    assert load(written(tmp_path, to_toml(scenario))) == scenario


def test_the_default_comes_first() -> None:
    names = [name for name, _ in shipped()]
    assert names[0] == "shenzhou-15"
    assert set(RETURNS) <= set(names)


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, SHORT, "short.toml"))
    assert scenario.name == "short"
    assert scenario.site.longitude_deg == -160.0  # within +-180 deg
    assert scenario.return_.initial.kind == "tle"
    assert scenario.truth.retro is None


def test_a_start_at_the_interface_begins_there(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, INTERFACE))
    assert scenario.return_.legs.start == "interface"
    interface = scenario.return_.initial.interface
    assert interface is not None and interface.epoch_utc == "2023-09-07T12:28:00.000000"


def test_apollo_10_is_the_published_case() -> None:
    scenario = load("apollo-10")
    capsule = scenario.truth.capsule
    area = 3.141592653589793 * capsule.diameter_m**2 / 4.0
    assert area == pytest.approx(12.017, rel=1e-12)
    assert capsule.lift_to_drag * capsule.drag_coefficient == pytest.approx(0.40815, rel=1e-12)
    assert scenario.truth.air.scale_height_m == pytest.approx(1000.0 / 0.14, rel=1e-12)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("truth.capsule.mass_lb", "7000", "expected mass_kg, in kilograms"),
        ("truth.capsule.mass", "3200", "expected mass_kg, in kilograms"),
        ("site.altitude_km", "1", "expected altitude_m, in metres"),
        ("truth.capsule.diametre_m", "2.5", "did you mean diameter_m?"),
        ("truth.capsul.mass_kg", "3200", "truth.capsul: no such key; did you mean capsule?"),
        ("truth.stack.mass_kg", "3200", "did you mean truth.capsule.mass_kg?"),
        ("truth.capsule.mass_kg", "nan", "expected a number (kilograms) that is finite"),
        ("truth.capsule.mass_kg", "-1", "greater than 0, not -1"),
        ("truth.capsule.mass_kg", "3200 kg", 'not the text "3200 kg"'),
        ("truth.capsule.mass_kg", "true", "not true"),
        ("site.latitude_deg", "91", "at most 90, not 91"),
        ("truth.air.model", "us1967", "did you mean us1976?"),
        ("truth.wind.altitude_m", "[0, 5, 5, 6, 7, 8, 9, 10, 11]", "5 follows 5"),
        ("truth.wind.altitude_m", "[0, 5]", "columns of one length"),
        ("truth.gravity.sun_and_moon", "1", "expected true or false, not 1"),
        ("truth.gravity.degree", "8.5", "expected a whole number, not 8.5"),
        ("truth", "3", "expected a table of keys, not 3"),
        ("site.name.first", "x", "name is a value, not a table"),
        ("schema", "2", "schema: expected"),
        ("flight.plan.opportunity", "last", "expected first, nearest or an index"),
        (
            "flight.guidance.law",
            "predctive",
            "expected predictive, predictive-v1, reference, fnpeg, ballistic or FILE",
        ),
        ("flight.guidance.law", "none.py:Law", "there is none at"),
        ("flight.guidance.rate_hz", "0.3", "a whole number of simulation.entry_step_s"),
        ("return.initial.tle_file", "none.tle", "there is none at"),
        ("return.initial.epoch_utc", "2099-06-01T00:00:00Z", "epoch_utc: expected a year from 1960 to 2093"),
        ("return.initial.epoch_utc", "1958-01-01T00:00:00Z", "epoch_utc: expected a year from 1960 to 2093"),
        ("return.initial.epoch_utc", "2023-13-01T00:00:00Z", "expected a UTC time"),
        ("return.legs.start", "interface", "needs an interface"),
        ("return.legs.opening_altitude_m", "900", "above site.altitude_m"),
        ("truth.air.model", "table", "needs a file, or both altitude_m and density_kg_m3"),
        ("truth.parachute.heat_shield_kg", "4000", "less than capsule.mass_kg"),
    ],
)
def test_what_is_wrong_is_told_with_file_key_and_expectation(key: str, value: str, told: str) -> None:
    message = refusal("shenzhou-15", {key: value})
    assert message.startswith("shenzhou-15")
    assert told in message


def test_a_misspelt_section_is_told_before_the_missing_one(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, SHORT.replace("[site]", "[sight]")))
    assert "sight: no such key; did you mean site?" in message
    assert "and 1 more problem" in message


def test_a_return_needs_a_site_and_a_file_one_half(tmp_path: Path) -> None:
    path = written(tmp_path, SHORT[SHORT.index("[return") :])
    assert refusal(path) == f"{path}: site: this key is missing (the landing site; a return needs one)"
    path = written(tmp_path, SHORT[: SHORT.index("[return")])
    assert refusal(path) == f"{path}: expected a [rendezvous], a [return] or both, but there is neither"


def test_a_missing_key_is_told_with_its_meaning(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, SHORT.replace("latitude_deg = -20", "")))
    assert "site.latitude_deg: this key is missing (geodetic latitude)" in message


def test_toml_that_is_not_valid_names_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path, "[site]\nname = \n")
    assert refusal(path).startswith(f"{path}: line 2, column")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = " + b"9" * 5000, b"a = " + b"[" * 20000])
def test_bytes_that_are_no_scenario_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(content)
    assert str(path) in refusal(path)


def test_names_of_nothing_are_refused(tmp_path: Path) -> None:
    assert "did you mean shenzhou-15?" in refusal("shenzou-15")
    assert "no such file" in refusal(tmp_path / "none.toml")
    assert "a folder" in refusal(tmp_path)
    for odd in ("", "a\0b", "x" * 5000):
        refusal(odd)


def test_exactly_one_kind_of_initial_state(tmp_path: Path) -> None:
    both = SHORT + INTERFACE[INTERFACE.index("[return") :]
    assert "but there is tle and interface" in refusal(written(tmp_path, both))
    none = SHORT[: SHORT.index("tle =")]
    assert "but there is none" in refusal(written(tmp_path, none))


def test_paths_are_relative_to_the_scenario_and_to_the_caller_with_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    written(tmp_path / "inner", "x", "a.tle")
    written(tmp_path, "x", "b.tle")
    short = SHORT[: SHORT.index("tle =")] + 'tle_file = "a.tle"\n'
    path = written(tmp_path / "inner", short)
    monkeypatch.chdir(tmp_path)
    assert load(path).return_.initial.tle_file == str((tmp_path / "inner" / "a.tle").resolve())
    assert load(path, {"return.initial.tle_file": "b.tle"}).return_.initial.tle_file == str(
        (tmp_path / "b.tle").resolve()
    )
    # Another kind of initial state takes the place of the file's.
    assert load("shenzhou-15", {"return.initial.oem_file": "b.tle"}).return_.initial.kind == "oem_file"


def test_an_air_table_is_read_from_its_file(tmp_path: Path) -> None:
    table = "# made up\naltitude_m, density_kg_m3\n0, 1.2\n50e3, 1e-3\n"
    written(tmp_path, table, "air.txt")
    text = SHORT + '\n[truth.air]\nmodel = "table"\nfile = "air.txt"\n'
    scenario = load(written(tmp_path, text))
    assert scenario.truth.air.altitude_m == (0.0, 50e3)
    assert scenario.truth.air.density_kg_m3 == (1.2, 1e-3)
    assert load(written(tmp_path, to_toml(scenario))) == scenario
    for wrong, told in (
        ("0, 1.2\n", "line 1: expected the names of the columns"),
        ("altitude_m density_kg_m3\n0 x\n", "line 2: expected 2 numbers"),
        ("altitude_m density_kg_m3\n0 1\n0 1\n", "0 follows 0"),
        ("altitude_m density_kg_m3\n0 1\n5 nan\n", "finite"),
    ):
        written(tmp_path, wrong, "air.txt")
        assert told in refusal(written(tmp_path, text))


def test_an_open_loop_file_is_sent_to_its_own_command() -> None:
    assert "homeward propagate" in refusal("open-loop-entry")


def test_settings_of_the_command_line() -> None:
    assert parse_settings(["a.b = 3", "c=x=y"]) == {"a.b": "3", "c": "x=y"}
    assert parse_value("3") == 3 and parse_value("nearest") == "nearest" and parse_value("[1, 2]") == [1, 2]
    assert parse_value("1\nother = 2") == "1\nother = 2"
    for wrong in ("a", "=3", ""):
        with pytest.raises(InputError, match="KEY=VALUE"):
            parse_settings([wrong])
    with pytest.raises(InputError, match="dotted key"):
        load("shenzhou-15", {"a..b": "3"})


def test_every_key_is_told_and_carries_its_unit() -> None:
    for key in walk(Scenario):
        assert key.field.description, key.dotted
    assert split_unit("service_module_ballistic_kg_m2") == ("service_module_ballistic", "kg_m2")
    assert split_unit("mass") == ("mass", "")


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("gyro_bias_deg_h", "degrees per hour"), ("gyro_walk_deg_sqrt_h", "degrees per root hour"),
        ("accelerometer_walk_m_s_sqrt_s", "metres per second and root second"),
        ("clock_walk_m_sqrt_s", "metres per root second"), ("heat_of_ablation_j_kg", "joules per kilogram"),
        ("conductivity_w_m_k", "watts per metre and kelvin"), ("main_stiffness_n_m", "newtons per metre"),
        ("specific_heat_j_kg_k", "joules per kilogram and kelvin"), ("volume_m3", "cubic metres"),
        ("inertia_kg_m2", "kilograms times square metres"), ("gyro_scale_ppm", "parts per million"),
        ("service_module_ballistic_kg_m2", "kilograms per square metre"), ("leak_mm2", "square millimetres"),
        ("wind_20ft_m_s", "metres per second"), ("reference_gain", ""),
    ],
)  # fmt: skip
def test_units_are_those_of_the_whole_suffix(key: str, unit: str) -> None:
    assert unit_words(key) == unit


def test_every_unit_told_is_in_the_words_of_its_key() -> None:
    """No key ends in more of a unit than is read: `_deg_h` is no hour."""
    parts = {part for suffix in UNITS for part in suffix.split("_")} - {"t", "c"}
    for key in walk(Scenario):
        stem, unit = split_unit(key.dotted.rpartition(".")[2])
        rest = stem.rpartition("_")[2]
        assert not (unit and rest in parts), f"{key.dotted}: read as {unit}"


def test_the_documents_are_up_to_date() -> None:
    # If this fails: python -m homeward.scenario.schema.reference_page docs
    assert (DOCS / "scenario.md").read_text(encoding="utf-8") == reference()
    assert (DOCS / "schema.json").read_text(encoding="utf-8") == json_text()


def test_json_schema_is_for_toml() -> None:
    schema = json_schema()
    assert "required" not in schema
    assert schema["anyOf"] == [{"required": ["return"]}, {"required": ["rendezvous"]}]
    assert schema["dependentRequired"] == {"return": ["site"]}
    assert "null" not in json.dumps(schema)


def test_the_starting_file_is_valid_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    write_new(path)
    scenario = load(path)
    assert scenario.name == "mine"
    own = tmp_path / "mine.onboard.toml"
    text = path.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")
    for key in walk(Scenario):
        if key.section is None and key.dotted not in (
            "return.initial.interface.latitude_geocentric_deg",
            "return.initial.interface.radius_m",
        ):
            assert re.search(rf"^(# )*{key.dotted.rpartition('.')[2]} = ", text, re.MULTILINE), key.dotted
    with pytest.raises(InputError, match="exists already"):
        write_new(path)
    with pytest.raises(InputError, match="cannot be written"):
        write_new(tmp_path / "none" / "mine.toml")


@pytest.mark.parametrize("kind", ["state", "interface"])
def test_the_other_kinds_in_the_starting_file_work_when_uncommented(kind: str, tmp_path: Path) -> None:
    text = re.sub(r"tle = \[\n.*?\n\]", "", template(), flags=re.DOTALL)
    before, head, after = text.partition(f"# [return.initial.{kind}]\n")
    block, blank, rest = after.partition("\n\n")
    lines = [line[2:] if re.match(r"# \w+ = ", line) else line for line in block.splitlines()]
    text = before + head[2:] + "\n".join(lines) + blank + rest
    if kind == "interface":
        text = text.replace('start = "undock"', 'start = "interface"')
    assert load(written(tmp_path, text)).return_.initial.kind == kind


def test_a_law_of_the_users_own(tmp_path: Path) -> None:
    assert load_law("predictive") is None
    path = written(
        tmp_path, "class Law:\n    x = 3\n\nclass Needs:\n    def __init__(self, a): ...\n", "my.py"
    )
    assert getattr(load_law(f"{path}:Law"), "x") == 3  # noqa: B009
    assert load("shenzhou-15", {"flight.guidance.law": f"{path}:Law"}).flight.guidance.law == f"{path}:Law"
    broken = written(tmp_path, "def f(:\n", "broken.py")
    raising = written(tmp_path, "\nraise SystemExit(3)\n", "raising.py")
    for text, told in (
        (f"{path}:Lav", "did you mean Law?"),
        (f"{path}:Needs", "without arguments"),
        (f"{broken}:Law", "line 1"),
        (f"{raising}:Law", "line 2: SystemExit"),
        (f"{tmp_path / 'none.py'}:Law", "no such file"),
        ("predctive", "did you mean predictive?"),
    ):
        with pytest.raises(InputError) as caught:
            load_law(text, "--guidance")
        assert told in str(caught.value) and "\n" not in str(caught.value)
        assert str(caught.value).startswith("--guidance: ")
