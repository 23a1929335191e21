"""``homeward rendezvous`` and launch windows: words, exit codes, and what goes to which stream."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_cli import Capture, refused
from test_scenario import SHORT, written
from test_scenario_rendezvous import ONLY

import homeward
from homeward.cli.app import main
from homeward.cli.output_files import json_text
from homeward.cli.tables.rendezvous_summary import clock
from homeward.errors import Infeasible
from homeward.missions.rendezvous_outcome import judged

SUMMARY: dict[str, Any] = {
    "scenario": "shenzhou-21", "port": "forward", "dispersed": False, "seed": 0, "success": True,
    "plan": {
        "name": "3.5h",
        "burns": [
            {"time": 1320.0, "delta_v_m_s": 31.4, "purpose": "raise the perigee"},
            {"time": 4000.0, "delta_v_m_s": 40.2, "purpose": "phase"},
        ],
    },
    "time_to_dock_s": 11530.0, "delta_v_m_s": 98.7, "propellant_kg": 281.0, "two_impulse_delta_v_m_s": 71.5,
    "contact": {
        "closing_m_s": 0.071, "lateral_rate_m_s": 0.004, "lateral_offset_m": 0.012, "angle_deg": 0.4,
        "roll_deg": 0.2, "rate_deg_s": 0.03, "inside_idss": True,
    },
    "min_range_outside_corridor_m": 205.0, "passive_safety": {"checked_points": 9000, "violations": 0},
    "switches": [], "aborts": [], "failure": None,
}  # fmt: skip
TOLD = homeward.load("shenzhou-21").required_rendezvous()
WINDOW: dict[str, Any] = {
    "lift_off_utc": "2023-09-09T02:11:00Z", "insertion_utc": "2023-09-09T02:21:00Z", "phase_deg": 31.2,
    "plane_error_deg": 0.012,
    "plans": {
        "2h": {"feasible": False, "delta_v_m_s": None, "bound_m_s": 72.1, "why_not": "too far ahead"},
        "3.5h": {"feasible": True, "delta_v_m_s": 78.4, "bound_m_s": 72.1, "why_not": None},
    },
}  # fmt: skip


class StubFlight:
    """Stands for a rendezvous that has been flown."""

    def __init__(self, changes: dict[str, Any]) -> None:
        self.summary = judged(TOLD, {"collided": False, **SUMMARY, **changes})

    def save(self, out: Path, progress: Callable[..., None] | None = None) -> None:
        (out / "summary.json").write_text(json_text(self.summary), encoding="utf-8")


class Stub:
    """The calls of ``homeward.rendezvous`` and ``launch_windows``, which fly nothing here."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.changes: dict[str, Any] = {}
        self.windows = [WINDOW]
        self.error: Exception | None = None

    def rendezvous(self, scenario: Any, **options: Any) -> StubFlight:
        self.calls.append({"scenario": scenario, **options})
        options["progress"]("flying", 0.5)
        print("a model that prints")
        if self.error is not None:
            raise self.error
        return StubFlight(self.changes)

    def launch_windows(
        self, scenario: Any, days: float | None = None, plan: str | None = None
    ) -> list[dict[str, Any]]:
        self.calls.append({"scenario": scenario, "days": days, "plan": plan})
        return self.windows


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    made = Stub()
    for name in ("rendezvous", "launch_windows"):
        monkeypatch.setitem(vars(homeward), name, getattr(made, name))
    return made


def test_it_flies_what_it_is_told(stub: Stub, capsys: Capture) -> None:
    assert main(["rendezvous"]) == 0
    words = ["--plan", "6.5h", "--port", "nadir", "--dispersed", "--seed", "7"]
    assert main(["rendezvous", "shenzhou-15", *words, "--set", "rendezvous.ship.mass_kg=8000"]) == 0
    first, second = stub.calls
    assert first["scenario"].name == "shenzhou-21" and (first["plan"], first["port"]) == (None, None)
    assert first["seed"] == 0 and not first["dispersed"]
    assert second["scenario"].rendezvous.ship.mass_kg == 8000.0 and second["dispersed"]
    assert (second["plan"], second["port"], second["seed"]) == ("6.5h", "nadir", 7)
    told = capsys.readouterr().out
    assert "docked as planned" in told and "3 h 12 min 10 s" in told and "raise the perigee" in told
    assert "98.70 m/s in all; 71.50 m/s to the aim point by two impulses" in told
    assert "0.071 m/s" in told and "0.05 to 0.10 m/s" in told and "exceeded" not in told
    assert "0 of 9000 points" in told and "a model that prints" not in told


def test_what_is_out_of_the_box_stands_out(stub: Stub, capsys: Capture) -> None:
    stub.changes = {
        "success": False, "contact": {**SUMMARY["contact"], "closing_m_s": 0.02, "roll_deg": -5.0},
        "time_to_dock_s": 13000.0, "min_range_outside_corridor_m": 150.0,
        "passive_safety": {"checked_points": 10, "violations": 2},
        "switches": [{"time_s": 4000.0, "from": "3.5h", "to": "6.5h", "why": "too dear"}],
        "aborts": [{"time_s": 11000.0, "kind": "retreat"}], "propellant_kg": 20000.0,
    }  # fmt: skip
    assert main(["rendezvous"]) == 0
    told = capsys.readouterr().out
    assert "not a success: 5 limits exceeded" in told and told.count("exceeded") == 6 and "late" in told
    assert "1 h 06 min 40 s, from 3.5h to 6.5h too dear" in told and "retreat" in told


def test_a_flight_without_contact_is_told_too(stub: Stub, capsys: Capture) -> None:
    stub.changes = {
        "success": False, "contact": None, "time_to_dock_s": None, "passive_safety": None, "switches": 1,
        "plan": {"name": "auto", "burns": [[10.0, 3.0, "phase"], [20.0, 1.0]]}, "aborts": ["retreat"],
        "failure": {"leg": "close", "time_s": 12000.0, "reason": "it took too long", "not_finite": False},
    }  # fmt: skip
    assert main(["rendezvous"]) == 0
    told = capsys.readouterr().out
    assert "it took too long" in told and "phase" in told and "box" not in told
    assert clock(None) == "-" and clock(59.6) == "0 h 01 min 00 s"


def test_json_is_all_of_standard_output(stub: Stub, capsys: Capture, tmp_path: Path) -> None:
    stub.changes = {"min_range_outside_corridor_m": float("inf")}
    assert main(["rendezvous", "--json", "--out", str(tmp_path / "a")]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["contact"]["inside_idss"] is True and told["plan"]["burns"][0]["delta_v_m_s"] == 31.4
    assert told["min_range_outside_corridor_m"] is None  # JSON has no infinity
    assert "a model that prints" in captured.err and (tmp_path / "a" / "summary.json").is_file()


def test_a_number_that_is_none_ends_with_3(stub: Stub, capsys: Capture, tmp_path: Path) -> None:
    failure = {"leg": "far", "time_s": 12.5, "reason": "a number stopped being finite", "not_finite": True}
    stub.changes = {"success": False, "failure": failure}
    assert main(["rendezvous", "--out", str(tmp_path)]) == 3
    captured = capsys.readouterr()
    assert "12.5 s in the leg far" in captured.err and "not a success" in captured.out
    assert (tmp_path / "summary.json").is_file()


def test_what_no_plan_serves_ends_with_3(stub: Stub, capsys: Capture) -> None:
    stub.error = Infeasible("shenzhou-21: no plan of 2h serves a phase of 200 deg; 1d does")
    assert main(["rendezvous", "--plan", "2h"]) == 3
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.splitlines()[-1].endswith("1d does")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rendezvous", "--plan", "3.6h"), '"3.6h": expected 1rev, 2h, 3.5h, 6.5h, 1d, 2d, auto; did you'),
        (("rendezvous", "--port", "zenith"), 'the station has no such port; expected aft, forward, nadir'),
        (("rendezvous", "--port", "foward"), "did you mean forward?"),
        (("rendezvous", "--seed", "-1"), "--seed"),
        (("rendezvous", "--out", " "), "--out"),
        (("rendezvous", "nowhere"), "no such file"),
        (("rendezvous", "open-loop-entry"), "homeward propagate"),
        (("rendezvous", "soyuz-like"), "soyuz-like: rendezvous: this scenario holds no rendezvous; fly"),
        (("rendezvous", "--set", "rendezvous.port=zenith"), "expected aft, forward or nadir"),
        (("rendezvous", "--set", "rendezvous.ship.mass_t=8"), "expected mass_kg"),
        (("return", "shenzhou-21"), "shenzhou-21: return: this scenario holds no return; fly it with"),
        (("opportunities", "--kind", "launches"), "did you mean launch?"),
        (("opportunities", "shenzhou-21", "--kind", "landing"), "holds no return"),
        (("opportunities", "soyuz-like", "--kind", "launch"), "holds no rendezvous"),
        (("opportunities", "--plan", "2h"), "only launches have a plan"),
        (("opportunities", "--kind", "launch", "--plan", "3.5hours"), "did you mean 3.5h?"),
        (("opportunities", "shenzhou-21", "--days", "0"), "greater than 0"),
    ],
)  # fmt: skip
def test_bad_words_are_refused_in_one_sentence(
    arguments: tuple[str, ...], told: str, stub: Stub, capsys: Capture
) -> None:
    assert told in refused(capsys, *arguments)
    assert not stub.calls


def test_launch_windows_are_listed(stub: Stub, capsys: Capture) -> None:
    assert main(["opportunities", "shenzhou-21"]) == 0
    told = capsys.readouterr().out
    assert "Launch windows at 40.96 deg north" in told and "78.4 m/s" in told and "0.012 deg" in told
    assert "too far ahead" not in told  # another plan flies
    assert main(["opportunities", "--kind", "launch", "--days", "5", "--plan", "2h", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["plans"]["2h"]["why_not"] == "too far ahead"
    assert [(c["scenario"].name, c["days"], c["plan"]) for c in stub.calls] == [
        ("shenzhou-21", None, None), ("shenzhou-15", 5.0, "2h"),
    ]  # fmt: skip
    stub.windows = [{**WINDOW, "plans": {"2h": WINDOW["plans"]["2h"]}}]
    assert main(["opportunities", "shenzhou-21"]) == 0
    assert "2h: too far ahead" in capsys.readouterr().out
    stub.windows = []
    assert main(["opportunities", "shenzhou-21"]) == 0
    assert "There is none." in capsys.readouterr().out


def test_landings_come_first_where_a_file_holds_both(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    monkeypatch.setitem(vars(homeward), "opportunities", lambda scenario, days=None: [])
    assert main(["opportunities", str(written(tmp_path, SHORT + ONLY))]) == 0
    assert "Landing opportunities" in capsys.readouterr().out and not stub.calls
    assert main(["opportunities", str(written(tmp_path, ONLY))]) == 0
    assert stub.calls


def test_help() -> None:
    assert main(["rendezvous", "--help"]) == 0
