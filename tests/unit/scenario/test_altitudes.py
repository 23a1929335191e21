"""Altitudes of several sections that contradict each other are refused by key, before anything flies."""

import numpy as np
import pytest

import homeward as hw
from homeward.cli.app import main
from homeward.errors import InputError
from homeward.scenario.files.shipped import shipped_names
from homeward.scenario.schema.altitude_consistency import check_start


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"return.legs.opening_altitude_m": "900"}, "return.legs.opening_altitude_m"),
        (
            {"site.altitude_m": "8000", "return.legs.opening_altitude_m": "8100"},
            "return.legs.opening_altitude_m",
        ),
        ({"truth.parachute.heat_shield_altitude_m": "12000"}, "truth.parachute.heat_shield_altitude_m"),
        ({"truth.parachute.heat_shield_altitude_m": "800"}, "truth.parachute.heat_shield_altitude_m"),
        ({"return.legs.opening_altitude_m": "5000"}, "truth.parachute.heat_shield_altitude_m"),
        ({"return.legs.separation_altitude_m": "100000"}, "return.legs.separation_altitude_m"),
        ({"flight.guidance.interface_altitude_m": "150000"}, "return.legs.separation_altitude_m"),
    ],
)
def test_a_contradiction_names_the_key_and_what_it_contradicts(settings, key):
    with pytest.raises(InputError, match=rf"{key}: expected an altitude .*not \d"):
        hw.load("shenzhou-15", settings)


def test_the_main_is_not_ordered_above_the_opening():
    high = {"flight.descent.main_lowest_m": "9000"}
    with pytest.raises(InputError, match=r"flight\.descent\.main_lowest_m: expected a height below .*9000 m"):
        hw.load("shenzhou-15", high | {"flight.descent.main_order": "wind"})
    hw.load("shenzhou-15", high | {"flight.descent.main_order": "timer"})


def test_the_command_line_says_it_in_one_sentence_with_status_2(capsys):
    assert main(["return", "--set", "truth.parachute.heat_shield_altitude_m=12000"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "between site.altitude_m (1000 m)" in told.err and "Traceback" not in told.err


def test_a_start_at_the_interface_lies_above_the_opening():
    at = {"return.legs.opening_altitude_m": "5683"}
    name = next(k for k in ("altitude_m", "radius_m") if _given(k))
    low = "5000" if name == "altitude_m" else "6380000"
    with pytest.raises(InputError, match=r"return\.initial\.interface\.\w+: expected a start above"):
        hw.load("apollo-10", at | {f"return.initial.interface.{name}": low})


def _given(key: str) -> bool:
    told = hw.load("apollo-10").return_.initial.interface
    return told is not None and getattr(told, key) is not None


def test_a_heat_shield_that_is_kept_has_no_altitude_to_contradict():
    kept = {"truth.parachute.heat_shield_kg": "0", "truth.parachute.heat_shield_altitude_m": "12000"}
    assert hw.load("shenzhou-15", kept).truth.parachute.heat_shield_kg == 0.0


@pytest.mark.parametrize(("height", "separation", "good"), [(390e3, 140e3, True), (130e3, 140e3, False)])
def test_a_return_starts_above_its_separation(height, separation, good):
    scenario = hw.load("shenzhou-15", {"return.legs.separation_altitude_m": str(separation)})
    r = np.array([6378137.0 + height - 21e3, 0.0, 0.0])  # over the pole's radius it is 21 km higher
    if good:
        check_start(scenario, r)
    else:
        with pytest.raises(
            InputError, match=r"return\.legs\.separation_altitude_m: expected an altitude below"
        ):
            check_start(scenario, r)


def test_every_shipped_scenario_is_sound():
    for name in shipped_names():
        if name != "open-loop-entry":
            hw.load(name)
