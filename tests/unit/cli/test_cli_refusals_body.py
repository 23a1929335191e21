"""Ships that cannot turn, or are none: one sentence with file and key, at `check` and at `return`."""

from pathlib import Path

import pytest
from test_cli import Capture, refused

from homeward.cli.app import main
from homeward.scenario import load
from homeward.scenario.files.shipped import shipped_names

INTERFACE = """
[site]
latitude_deg = 0.0
longitude_deg = 10.0
[return.legs]
start = "interface"
end = "opening"
[return.initial.interface]
epoch_utc = "2023-06-03T22:00:00Z"
latitude_deg = 0.0
longitude_deg = -20.0
altitude_m = 120e3
speed_m_s = 7800.0
flight_path_angle_deg = -1.6
heading_deg = 90.0
"""
#: All forces along z through the plane of the centre of mass: no yaw can come of them.
FLAT = """
place_m = [[0.92, 1.0, 0.0], [0.92, -1.0, 0.0], [1.92, 0.0, 0.0], [-0.08, 0.0, 0.0],
           [0.92, 1.0, 0.0], [0.92, -1.0, 0.0], [1.92, 0.0, 0.0], [-0.08, 0.0, 0.0]]
direction = [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0],
             [0.0, 0.0, -1.0], [0.0, 0.0, -1.0], [0.0, 0.0, -1.0], [0.0, 0.0, -1.0]]
"""
CASES = {
    "shape": ("[truth.capsule.shape]\ncone_half_angle_deg = 60.0", "truth.capsule.shape.cone_half_angle_deg",
              "meets the axis"),
    "length": ("[truth.capsule.shape]\nlength_m = 0.2", "truth.capsule.shape.length_m", "take"),
    "nose": ("[truth.capsule]\nnose_radius_m = 0.5\n[truth.capsule.shape]\nlength_m = 2.5",
             "truth.capsule.nose_radius_m", "does not span half the diameter"),
    "centre": ("[truth.capsule]\ncenter_of_mass_m = 9.0", "truth.capsule.center_of_mass_m", "outside"),
    "offset": ("[truth.capsule]\ncenter_of_mass_offset_m = 2.0", "truth.capsule.center_of_mass_m",
               "2 m off the axis"),
    "ratio": ("[truth.capsule]\ncenter_of_mass_m = 0.92\nlift_to_drag = 3.0", "truth.capsule.lift_to_drag",
              "does not trim at 3"),
    "thrusters": (f"[truth.capsule.thrusters]\n{FLAT}", "truth.capsule.thrusters", "yaw (z)"),
    "stack": (f"[truth.stack.thrusters]\n{FLAT}", "truth.stack.thrusters", "yaw (z)"),
    "unused": ("[flight.control]\nunused_capsule = [0, 2, 12]", "flight.control.unused_capsule",
               "there is no thruster 12"),
    "too many unused": ("[flight.control]\nunused_stack = [0, 1, 2, 3, 4, 5]", "truth.stack.thrusters",
                        "pitch (y)"),
    "singular": ("[truth.capsule]\ninertia_kg_m2 = [1000.0, 1000.0, 1e-9]", "truth.capsule", "singular"),
    "no body": ("[truth.stack]\ninertia_kg_m2 = [1000.0, 1000.0, 9000.0]", "truth.stack", "no body"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_names_file_and_key(case: str, tmp_path: Path, capsys: Capture) -> None:
    section, key, told = CASES[case]
    path = tmp_path / "mine.toml"
    path.write_text(f"{INTERFACE}{section}\n")
    for words in (("check", str(path)), ("return", str(path), "--fidelity", "six-dof")):
        assert main(words) == 2
        captured = capsys.readouterr()
        *progress, sentence = captured.err.strip().splitlines()
        assert captured.out == "" and all(line == "getting ready ..." for line in progress)
        assert sentence.startswith(f"homeward: {path}: {key}: ") and told in sentence, sentence


def test_what_came_from_the_command_line_is_told_so(capsys: Capture) -> None:
    setting = "truth.capsule.shape.cone_half_angle_deg=60"
    sentence = refused(capsys, "check", "shenzhou-15", "--set", setting)
    assert sentence.startswith("homeward: shenzhou-15 (--set): truth.capsule.shape.cone_half_angle_deg: ")


def test_a_file_of_a_point_mass_stays_valid_and_is_told_what_is_missing(
    tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"{INTERFACE}[truth.capsule]\nnose_radius_m = 0.5\n")
    assert main(["check", str(path)]) == 0
    out = capsys.readouterr().out
    assert "It is valid." in out and f"six-dof, though: {path}: truth.capsule.nose_radius_m: " in out


@pytest.mark.parametrize("name", shipped_names())
def test_what_is_shipped_can_turn(name: str, capsys: Capture) -> None:
    assert main(["check", name]) == 0
    assert "though" not in capsys.readouterr().out


def test_a_copy_of_a_scenario_keeps_its_place() -> None:
    scenario = load("shenzhou-15", {"site.altitude_m": "5"})
    for copy in (scenario, scenario.model_copy(update={"title": "other"})):
        assert copy.place("truth.capsule") == "shenzhou-15: truth.capsule"
        assert copy.place("site.altitude_m") == "shenzhou-15 (--set): site.altitude_m"


def test_a_shape_that_a_point_mass_does_not_need_is_checked_by_fidelity(
    tmp_path: Path, capsys: Capture
) -> None:
    """`check --fidelity point-mass` refuses what `return --fidelity point-mass` refuses, and no more."""
    path = tmp_path / "mine.toml"
    path.write_text(f"{INTERFACE}{CASES['shape'][0]}\n")
    assert main(["check", str(path), "--fidelity", "point-mass"]) == 0
    assert "It is valid." in capsys.readouterr().out
    path.write_text(f'{INTERFACE}[truth.capsule]\naero = "shape"\n{CASES["shape"][0]}\n')
    assert "meets the axis" in refused(capsys, "check", str(path), "--fidelity", "point-mass")
    assert "--fidelity" in refused(capsys, "check", str(path), "--fidelity", "fine")


@pytest.mark.parametrize(("key", "value", "told"), [
    ("truth.sensors.accelerometer_bias_ug", "1000.0", "40 times the flight.navigation.sensors.acc"),
    ("truth.sensors.imu_noise_scale", "10.0", "gyro_bias_deg_h"),
    ("truth.sensors.accelerometer_limit_g", "5.0", "is less than the flight.navigation.sensors.acc"),
    ("truth.capsule.mass_kg", "4000.0", "dispersion.mass explains 2%"),
    ("truth.air.density_scale", "0.5", "dispersion.density_bias explains 10%"),
])  # fmt: skip
def test_beliefs_that_the_figures_do_not_explain_are_told(
    key: str, value: str, told: str, capsys: Capture
) -> None:
    assert main(["check", "shenzhou-15", "--set", f"{key}={value}"]) == 0
    out = capsys.readouterr().out
    assert "Note: " in out and told in out
    assert main(["check", "shenzhou-15", "--set", "truth.sensors.accelerometer_bias_ug=60.0"]) == 0
    assert "Note: " not in capsys.readouterr().out
