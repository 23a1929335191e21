"""``homeward return --from LEG@SECONDS``: what is refused before anything flies, or soon after."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from test_cli import Capture, refused

import homeward as hw
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.opm import write_opm
from homeward.missions.return_from_rendezvous import _ends_too_soon
from homeward.planning.rendezvous_legs import legs_of, longest
from homeward.planning.rendezvous_plan import leg_names, plan_rendezvous
from homeward.scenario.faults.carry_over import carried
from homeward.scenario.schema.fault import Fault
from homeward.sim.rendezvous.far_range import FarCarry

TRACES_AS_WRITTEN = True  # what is replaced here is no part of a program

SPEED = np.array([0.0, 5.7e3, 5.1e3])  # m/s


@pytest.fixture(autouse=True)
def _no_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    def fly(*_: object, **__: object) -> None:
        raise AssertionError("a rendezvous is flown")

    monkeypatch.setattr("homeward.missions.rendezvous_flight.rendezvous", fly)


@pytest.mark.parametrize("leg", ["nowhere", "midway point", "departure", "Homing"])
def test_a_leg_that_there_is_none_of(leg: str, capsys: Capture) -> None:
    sentence = refused(capsys, "return", "shenzhou-15", "--from", f"{leg}@3")
    assert sentence == (
        "homeward: --from: expected one of far guidance, homing, 5000 m hold, transfer to 400 m, 400 m hold, "
        f"200 m hold, 30 m hold, final translation, docked before the @, not {leg}"
    )


@pytest.mark.parametrize(
    ("point", "most"),
    [("homing@99999", 4200.0), ("homing@4201", 4200.0), ("final translation@9001", 9000.0)],
)
def test_a_time_beyond_the_leg(point: str, most: float, capsys: Capture) -> None:
    leg, at = point.split("@")
    assert refused(capsys, "return", "shenzhou-15", "--from", point) == (
        f"homeward: --from: {leg} lasts {most:.0f} s at most, so that {at} s lies outside it"
    )


def test_a_time_that_may_be_inside_is_flown_to() -> None:
    from homeward.missions.return_from_rendezvous import from_point

    for point in ("homing@4199", "far guidance@18000", "final translation @ 8999"):
        with pytest.raises(AssertionError, match="is flown"):
            from_point(hw.load("shenzhou-15"), point)


def test_names_are_those_of_the_plan() -> None:
    scenario = hw.load("shenzhou-16")
    assert legs_of(scenario) == leg_names(plan_rendezvous(scenario))


def test_who_waits_or_drifts_may_take_longer() -> None:
    plain = hw.load("shenzhou-21")
    leaves = hw.load("shenzhou-21", {"rendezvous.faults.abort_s": "20000.0"})
    assert longest(leaves, "homing") > longest(plain, "homing")
    assert longest(leaves, "far guidance") == longest(plain, "far guidance") + 2400.0
    direct = hw.load("shenzhou-21", {"rendezvous.guidance.fallback": "none"})
    assert longest(direct, "far guidance") < longest(plain, "far guidance")


def _carry(time: float, stage: int) -> FarCarry:
    carry = object.__new__(FarCarry)
    object.__setattr__(carry, "truth", SimpleNamespace(time=np.array([time])))
    object.__setattr__(carry, "flight", SimpleNamespace(stage=np.array([stage])))
    return carry


def test_a_far_leg_that_was_too_short_ends_the_flight() -> None:
    legs = ["far guidance", "homing", "hold"]
    for at in (2460.0, 2461.0):
        between = _ends_too_soon(legs, "homing", at)
        for time, stage in ((16000.0, 0), (16060.0, 1), (18400.0, 1)):
            between(None, _carry(time, stage))
        if at > 2460.0:
            with pytest.raises(InputError, match="homing lasts 2460 s at most, so that 2461 s lies outside"):
                between(None, _carry(18460.0, 2))
        else:
            between(None, _carry(18460.0, 2))


def _with(*rows: tuple[str, str | float, str]) -> hw.Scenario:
    told = tuple(Fault(what=what, when=when, how=how) for what, when, how in rows)
    return hw.load("shenzhou-15").model_copy(update={"fault": told})


def test_what_has_failed_by_the_point_stays_failed() -> None:
    scenario = _with(
        ("gyro 2", "homing+100", "dead"), ("gyro 3", "homing+700", "dead"), ("camera", "homing", "lost"),
        ("satellite", "far guidance", ""), ("main", "opening", ""), ("computer", "homing", ""),
        ("engine 1", 50.0, ""), ("lidar", 50.0, "lost"),
    )  # fmt: skip
    legs = legs_of(scenario)
    told = [(f.what, f.when) for f in carried(scenario, legs, ("homing", 600.0), 17000.0)]
    assert told == [
        ("gyro 2", "phasing coast"), ("satellite", "phasing coast"), ("main", "opening"),
        ("engine 1", "phasing coast"),
    ]  # fmt: skip
    assert [f.what for f in carried(scenario)] == ["main", "engine 1"]


def test_a_thruster_that_has_failed_on_the_way_is_refused_before_the_flight() -> None:
    from homeward.missions.return_from_rendezvous import from_point

    scenario = _with(("thruster 3", "homing+100", "off"))
    with pytest.raises(InputError, match=r"fault\[0\]: thruster 3 has failed before homing@600"):
        from_point(scenario, "homing@600")
    with pytest.raises(AssertionError, match="is flown"):
        from_point(scenario, "homing@99")


def test_a_state_in_a_file_has_the_failures_of_the_return_alone(tmp_path: Path) -> None:
    from homeward.missions.return_from_rendezvous import from_point

    state = tmp_path / "state.opm"
    write_opm(state, "SHIP", Epoch.from_iso("2023-09-08T00:00:00Z"), np.array([6.77e6, 0, 0]), SPEED)
    scenario = _with(("camera", "homing", "lost"), ("main", "opening", "fails"))
    assert [f.what for f in from_point(scenario, str(state)).fault] == ["main"]
