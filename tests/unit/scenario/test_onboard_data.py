"""The flight computer is loaded with the onboard data set, and nothing under [truth] changes a bit of it."""

import json
from pathlib import Path
from typing import Any, get_args

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

from homeward.cli.app import app, main
from homeward.errors import InputError
from homeward.planning.landing_opportunities import span_of
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.scenario.build.flight_computer import believed_orientation, build_flight
from homeward.scenario.build.initial_state import initial_state
from homeward.scenario.build.world import build_earth
from homeward.scenario.files.shipped import FOLDER, shipped_file
from homeward.scenario.onboard_comparison import believed_rows
from homeward.scenario.schema.onboard import Onboard
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.schema.truth import Truth
from homeward.scenario.schema.walk import walk
from homeward.scenario.template import data_set_text, to_toml

# The kind of receiver is the interface between ship and flight software: both sides have it.
INTERFACE = {"sensors.satellite_receiver"}
# Of no use on board: what it carries is simpler (J2 to J4, one kind of air, no gusts and no heating), or what
# happens is not reckoned with (springs, tip-off, a backup canopy, the burn of the landing rockets).
UNUSED = {
    "earth.radius_m", "earth.rotation_rate_rad_s", "gravity.degree", "gravity.sun_and_moon",
    "air.surface_density_kg_m3", "air.scale_height_m", "air.f107", "air.ap", "wind.gust_m_s",
    "wind.gust_length_m", "capsule.drag_coefficient", "capsule.thrusters.propellant_kg",
    "capsule.thrusters.leak_share", "stack.thrusters.leak_share", "parachute.drogue_fails",
    "parachute.main_fails", "parachute.backup_area_m2", "parachute.drogue_fill_s", "retro.thrust_n",
    "retro.burn_time_s", "retro.altimeter_sigma_m", "limits.heat_rate_w_m2", "limits.dynamic_pressure_pa",
    "limits.touchdown_speed_m_s", "limits.opening_load_g", "separation.module_speed_m_s",
    "separation.tip_off_deg_s", "stack.service_module_ballistic_kg_m2",
}  # fmt: skip


def other(value: Any, annotation: Any) -> Any:
    """Another value that the key may have, None where there is none to be had."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value * 1.01 if value else 1e-3
        case str():
            return next(word for word in get_args(annotation) if word != value)
        case tuple() if value and isinstance(value[0], float):
            return tuple(x * 1.01 if x else 1e-3 for x in value)
        case _:
            return None


def changed(scenario: Scenario, side: str, key: str) -> Scenario | None:
    """The scenario with one key of truth or onboard data changed; None where it has no other value."""
    model = {"truth": Truth, "onboard": Onboard}[side]
    document = getattr(scenario, side).model_dump(exclude_none=True)
    *sections, name = key.split(".")
    table = document
    for section in sections:
        table = table.get(section, {})
        if isinstance(table, list | tuple):
            return None  # a list of sections: it has no entry to change
    field = next(k.field for k in walk(model) if k.dotted == key)
    value = other(table.get(name), field.annotation)
    if value is None:
        return None
    table[name] = value
    if key == "air.model":
        table |= {"model": "exponential"}
    return scenario.model_copy(update={side: model.model_validate(document)})


def keys_of(model: type[Truth] | type[Onboard]) -> list[str]:
    return [k.dotted for k in walk(model) if k.section is None]


def leaves(tree: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in jax.tree.leaves(tree)]


def same(one: Any, two: Any) -> bool:
    a, b = leaves(one), leaves(two)
    return len(a) == len(b) and all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))


@pytest.fixture(scope="module")
def start():
    scenario = load("shenzhou-15")
    epoch, span = initial_state(scenario).epoch, span_of(scenario.flight.plan.days)
    return scenario, epoch, span, build_earth(scenario, epoch, span)


def loaded(start: Any, scenario: Scenario) -> Any:
    _, epoch, span, true = start
    if scenario.truth.earth != start[0].truth.earth:
        true = build_earth(scenario, epoch, span)
    turn = believed_orientation(scenario, epoch, span, true)
    return build_flight(scenario, epoch, turn, turning=True)


GROUP = 12  # keys of the truth changed at once: which of them it was is looked for where one is heard


def test_no_key_of_the_truth_is_loaded_into_the_flight_computer(start):
    nominal = loaded(start, start[0])
    keys = [k for k in keys_of(Truth) if k not in INTERFACE and changed(start[0], "truth", k) is not None]
    assert len(keys) > 100
    for first in range(GROUP):
        group = keys[first::GROUP]
        if not same(nominal, loaded(start, all_changed(start[0], group))):
            heard = [k for k in group if not same(nominal, loaded(start, all_changed(start[0], [k])))]
            raise AssertionError(f"the flight computer is told {heard or group}")


def test_every_key_of_the_onboard_data_is(start):
    """The reverse: a key that belief has no use for is named above, and no other."""
    nominal, planned = loaded(start, start[0]), plan_return(start[0])
    for key in keys_of(Onboard):
        moved = None if key in UNUSED else changed(start[0], "onboard", key)
        if moved is not None and same(nominal, loaded(start, moved)):
            plan = plan_return(moved)
            assert not same((planned.deorbit, planned.undock_time), (plan.deorbit, plan.undock_time)), key


def all_changed(scenario: Scenario, keys: list[str] | None = None) -> Scenario:
    """The scenario with these keys of the truth changed; every number of it unless some are given."""
    every = [k for k in keys_of(Truth) if k not in INTERFACE and k != "wind.model"]
    for key in every if keys is None else keys:
        moved = changed(scenario, "truth", key)
        scenario = scenario if moved is None else moved
    return scenario


def test_no_key_of_the_truth_changes_the_plan_of_a_return():
    scenario = load("shenzhou-15")
    one, two = (plan_return(s, fidelity="six-dof") for s in (scenario, all_changed(scenario)))
    assert not same(one.world, two.world)
    assert same((one.flight, one.deorbit), (two.flight, two.deorbit))
    assert one.opportunities == two.opportunities
    # Legs end where the flight software orders it.
    assert same([m.leg for m in one.legs], [m.leg for m in two.legs])


def test_no_key_of_the_truth_is_loaded_into_the_computers_of_a_rendezvous():
    scenario = load("tianzhou-5")
    one, two = (plan_rendezvous(s) for s in (scenario, all_changed(scenario)))
    assert not same(one.world, two.world)
    assert same((one.far, one.close), (two.far, two.close))


def test_what_is_set_of_the_truth_does_not_inform_the_flight():
    told = load("shenzhou-15", {"truth.air.density_scale": "1.3", "truth.capsule.mass_kg": "3300"})
    assert told.truth.air.density_scale == 1.3 and told.onboard.air.density_scale == 1.0
    assert told.onboard_data.capsule.mass_kg == 3200.0
    assert load("shenzhou-15", {"onboard.air.density_scale": "1.3"}).truth.air.density_scale == 1.0


def test_keys_of_flight_believed_win_over_the_data_set():
    told = load(
        "shenzhou-15",
        {
            "onboard.engine.thrust_n": "2450", "flight.believed.thrust_n": "2400",
            "flight.believed.mass_kg": "3100", "flight.believed.lift_to_drag": "0.28",
            "onboard.capsule.center_of_mass_offset_m": "0.04", "onboard.sensors.gyro_bias_deg_h": "0.1",
        },
    )  # fmt: skip
    data = told.onboard_data
    assert (data.engine.thrust_n, data.capsule.mass_kg, data.capsule.lift_to_drag) == (2400.0, 3100.0, 0.28)
    assert data.capsule.center_of_mass_offset_m is None
    assert told.flight.navigation.sensors.gyro_bias_deg_h == 0.1
    assert told.as_believed().as_believed().truth.engine.thrust_n == 2400.0


@pytest.mark.parametrize("key", ["nothing", "gyro_bias_deg_h"])
def test_a_wrong_figure_of_a_sensor_is_named_as_it_is_written(key, tmp_path):
    with pytest.raises(InputError, match=rf"\(--set\): onboard\.sensors\.{key}: "):
        load("shenzhou-15", {f"onboard.sensors.{key}": "-1"})
    text = without(shipped_file("shenzhou-15").read_text(encoding="utf-8"), "data_set")
    with pytest.raises(InputError, match=rf"own\.toml: onboard\.sensors\.{key}: "):
        load(own(tmp_path, text + f"\n[onboard.sensors]\n{key} = -1\n"))


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def without(text: str, key: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith(key)) + "\n"


def test_a_file_without_a_data_set_is_believed_as_it_is_written(tmp_path):
    text = without(shipped_file("shenzhou-15").read_text(encoding="utf-8"), "data_set")
    text = text.replace("drogue_fails = false", "drogue_fails = true").replace(
        "mass_kg = 3200.0", "mass_kg = 3210.0"
    )
    told = load(own(tmp_path, text), {"truth.capsule.mass_kg": "3500"})
    assert told.truth.capsule.mass_kg == 3500.0 and told.onboard.capsule.mass_kg == 3210.0
    # What fails is known to nobody beforehand.
    assert told.truth.parachute.drogue_fails and not told.onboard.parachute.drogue_fails


@pytest.mark.parametrize(
    "name", ["shenzhou-15", "shenzhou-21", "shenzhou-21-return", "soyuz-like", "orion-like", "apollo-10"]
)
def test_shipped_data_sets_say_what_the_scenario_says(name):
    """A shipped ship is as it is believed to be; a change of one is a change of both."""
    told = load(name)
    assert (FOLDER / f"{name}.onboard.toml").is_file()
    assert [row.key for row in believed_rows(told) if not row.same] == []


def test_a_data_set_is_carried_by_content(tmp_path):
    """A checked scenario needs no further file: as TOML, and as the document that a campaign keeps."""
    data = data_set_text(load("soyuz-like", {"onboard.retro.height_m": "1.4"}), "mine")
    (tmp_path / "mine.onboard.toml").write_text(data, encoding="utf-8")
    text = shipped_file("soyuz-like").read_text(encoding="utf-8")
    path = own(tmp_path, text.replace("soyuz-like.onboard.toml", "mine.onboard.toml"))
    told = load(path)
    assert told.onboard.retro is not None and told.onboard.retro.height_m == 1.4
    assert told.flight.data_set is None
    document = json.loads(told.model_dump_json(by_alias=True, exclude_none=True))
    assert Scenario.model_validate(document) == told
    assert load(own(tmp_path, to_toml(told))) == told
    # Landing rockets that are true and unknown on board stay so.
    bare = told.model_copy(update={"onboard": told.onboard.model_copy(update={"retro": None})})
    assert load(own(tmp_path, to_toml(bare))) == bare


REFUSED = [
    ({"flight.data_set": "none.toml"}, "flight.data_set: expected the file of an onboard data set"),
    ({"onboard.capsul.mass_kg": "1"}, "onboard.capsul: no such key; did you mean capsule?"),
    ({"onboard.capsule.mass_kg": "-1"}, "onboard.capsule.mass_kg: expected a number (kilograms) greater"),
    ({"onboard": "3"}, "onboard: expected a table"),
]


@pytest.mark.parametrize(("settings", "words"), REFUSED)
def test_what_is_wrong_of_the_onboard_data_is_refused_with_its_key(settings, words):
    with pytest.raises(InputError) as refused:
        load("shenzhou-15", settings)
    assert words in str(refused.value)


def test_a_wrong_data_set_is_refused_with_its_own_name(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    assert main(["new", str(path)]) == 0
    data = tmp_path / "mine.onboard.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("mass_kg = 3200.0", "mass_kgs = 3200.0"))
    capsys.readouterr()
    assert main(["check", str(path)]) == 2
    assert (
        "mine.onboard.toml: capsule.mass_kgs: no such key; did you mean mass_kg?" in capsys.readouterr().err
    )
    data.unlink()
    assert main(["check", str(path)]) == 2
    assert f"{path}: flight.data_set: expected the file" in capsys.readouterr().err


def test_other_numbers_of_thrusters_are_refused(capsys):
    setting = ["--set", "onboard.capsule.thrusters.place_m=[[1.0,0.0,0.0]]"]
    setting += ["--set", "onboard.capsule.thrusters.direction=[[1.0,0.0,0.0]]"]
    assert main(["check", "shenzhou-15", *setting]) == 2
    assert "expected as many thrusters as truth.capsule.thrusters has, 12" in capsys.readouterr().err


def test_check_prints_truth_beside_belief():
    words = ["check", "shenzhou-15", "--believed", "--set", "truth.air.density_scale=1.25"]
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    row = next(row for row in told["keys"] if row["key"] == "air.density_scale")
    assert (row["truth"], row["believed"], row["difference"], row["difference_percent"]) == (
        1.25,
        1,
        -0.25,
        -20,
    )
    assert [row["key"] for row in told["keys"] if not row["same"]] == ["air.density_scale"]
    table = CliRunner().invoke(app, words).stdout
    assert "-0.25" in table and "1 differ" in table
