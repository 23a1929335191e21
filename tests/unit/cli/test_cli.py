"""The command line: its words, its exit codes, and what goes to which stream."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import homeward
from homeward.cli.app import app, main
from homeward.cli.output_files import json_text
from homeward.cli.progress import Talk
from homeward.errors import Infeasible, InputError

SUMMARY: dict[str, Any] = {
    "scenario": "shenzhou-15",
    "seed": 0,
    "guidance": "predictive",
    "fidelity": "point-mass",
    "success": False,
    "limits": [
        {"name": "entry load", "flown": 6.0, "limit": 5.0, "unit": "g", "kept": False},
        {"name": "parachute open", "flown": True, "limit": True, "unit": "", "kept": True},
    ],
    "legs": [{"name": "entry", "start": "2023-09-09T05:00:00Z", "end": "2023-09-09T05:09:00Z"}],
    "deorbit": {"burn_start_utc": "2023-09-09T04:30:00Z", "delta_v_m_s": 110.0, "propellant_kg": 240.0},
    "entry": {
        "flight_path_angle_deg": -1.6,
        "speed_m_s": 7850.0,
        "peak_load_g": 6.0,
        "peak_heat_rate_w_m2": 9e5,
        "heat_load_j_m2": 1.2e8,
        "bank_reversals": 3,
    },
    "parachute": {"open_altitude_m": 1e4, "open_miss_km": 0.3, "aim_latitude_deg": 41.6},
    "touchdown": {"latitude_deg": -41.6, "longitude_deg": 100.1, "miss_km": 1.2, "vertical_speed_m_s": -2.0},
    "navigation": {"position_error_at_parachute_m": float("nan")},
    "propellant_kg": 260.0,
}
Capture = pytest.CaptureFixture[str]
LAW = "class Law:\n    pass\n"


class StubFlight:
    """Stands for a flight that has been flown."""

    summary = SUMMARY

    def save(self, out: Path, progress: Callable[..., None] | None = None) -> None:
        (out / "summary.json").write_text(json_text(self.summary), encoding="utf-8")


@pytest.fixture
def flown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The calls of ``homeward.fly``, which flies nothing here."""
    calls: list[dict[str, Any]] = []

    def fly(scenario: Any, **options: Any) -> StubFlight:
        calls.append({"scenario": scenario, **options})
        options["progress"]("flying", 0.5)
        print("a model that prints")
        return StubFlight()

    monkeypatch.setattr(homeward, "fly", fly, raising=False)
    monkeypatch.setattr(homeward, "check_guidance", lambda law: None, raising=False)
    return calls


def refused(capsys: Capture, *arguments: str, code: int = 2) -> str:
    """The one sentence of a command that says no."""
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    # What it was doing, on a machine so busy that it took more than two seconds, is no part of the answer.
    lines = [line for line in captured.err.strip().splitlines() if not line.endswith(" ...")]
    assert len(lines) == 1 and lines[0].startswith("homeward: ")
    return lines[0]


def test_return_flies_what_it_is_told(flown: list[dict[str, Any]], capsys: Capture) -> None:
    assert main(["return"]) == 0
    assert main(["return", "soyuz-like", "--dispersed", "--seed", "7", "--set", "site.altitude_m=120"]) == 0
    first, second = flown
    assert first["scenario"].name == "shenzhou-15" and first["seed"] == 0 and not first["dispersed"]
    assert first["guidance"] is None and first["fidelity"] == "six-dof"
    assert second["scenario"].site.altitude_m == 120.0 and second["dispersed"] and second["seed"] == 7
    told = capsys.readouterr().out
    assert "41.6000 S" in told
    # The stub's load is above the limit: nobody shall read that all went well.
    assert "6.00 g" in told and "not a success: 1 limit exceeded" in told and "as planned" not in told
    assert "a model that prints" not in told


def test_json_is_all_of_standard_output(flown: list[dict[str, Any]], capsys: Capture, tmp_path: Path) -> None:
    assert main(["return", "--json", "--out", str(tmp_path / "a" / "b")]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["touchdown"]["miss_km"] == 1.2
    assert summary["navigation"]["position_error_at_parachute_m"] is None  # JSON has no NaN
    assert "a model that prints" in captured.err
    assert (tmp_path / "a" / "b" / "summary.json").is_file()


def test_a_law_from_a_file_is_flown(
    flown: list[dict[str, Any]],
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(LAW, encoding="utf-8")
    assert main(["return", "--guidance", f"{path}:Law"]) == 0
    assert type(flown[-1]["guidance"]).__name__ == "Law"
    assert main(["return", "--set", f"flight.guidance.law={path}:Law"]) == 0
    assert type(flown[-1]["guidance"]).__name__ == "Law"
    assert main(["return", "--guidance", "predictive", "--set", f"flight.guidance.law={path}:Law"]) == 0
    assert flown[-1]["guidance"] is None
    capsys.readouterr()
    assert "there is no class of this name" in refused(capsys, "return", "--guidance", f"{path}:None")
    assert "no such file" in refused(capsys, "return", "--guidance", "none.py:Law")

    def broken(law: object) -> None:
        raise AttributeError("no attribute 'step'\nand more")

    monkeypatch.setattr(homeward, "check_guidance", broken)
    assert "breaks the contract" in refused(capsys, "return", "--guidance", f"{path}:Law")


def test_opportunities_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    asked: list[float | None] = []

    def opportunities(scenario: Any, days: float | None = None) -> list[dict[str, Any]]:
        asked.append(days)
        item = {"index": 0, "revolution": 19, "time_utc": "2023-09-09T05:00:00Z", "local_time": "11:40"}
        rest = {"cross_range_km": 20.0, "side": "left", "direction": "ascending", "feasible": False}
        return [{**item, **rest, "undock_utc": "2023-09-08T21:00:00Z", "burn_utc": None}]

    monkeypatch.setattr(homeward, "opportunities", opportunities, raising=False)
    assert main(["opportunities", "--days", "5"]) == 0
    assert "20.0 km left" in capsys.readouterr().out
    assert main(["opportunities", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["burn_utc"] is None
    assert asked == [5.0, None]
    refused(capsys, "opportunities", "--days", "0")
    refused(capsys, "opportunities", "--days", "nan")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("frob",), "frob"),
        (("return", "--sed", "3"), "--seed"),
        (("return", "--seed", "-1"), "--seed"),
        (("return", "--seed", "x"), "--seed"),
        (("return", "--fidelity", "six-dofs"), "did you mean six-dof?"),
        (("return", "--guidance", "predctive"), "did you mean predictive?"),
        (("return", "nowhere"), "no such file"),
        (("return", "--set", "truth.capsule.mass_lb=3"), "expected mass_kg"),
        (("return", "--set", "site"), "KEY=VALUE"),
        (("return", "open-loop-entry"), "homeward propagate"),
        (("check",), "FILE"),
        (("check", "nowhere.toml"), "no such file"),
        (("propagate", "nowhere.toml"), "no such file"),
    ],
)
def test_bad_words_are_refused_in_one_sentence(
    arguments: tuple[str, ...], told: str, capsys: Capture
) -> None:
    assert told in refused(capsys, *arguments)


def test_a_folder_that_cannot_be_written_is_told_before_the_flight(
    flown: list[dict[str, Any]], tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "this is a file" in refused(capsys, "return", "--out", str(tmp_path / "file"))
    assert "this is a file" in refused(capsys, "return", "--out", str(tmp_path / "file" / "inner"))
    assert not flown


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InputError("mine.toml: site.altitude_m: expected\na number"), 2, "expected a number"),
        (Infeasible("the site is out of reach"), 3, "out of reach"),
        (KeyboardInterrupt(), 130, "stopped"),
        (ZeroDivisionError("oh\nno"), 1, "internal error (ZeroDivisionError: oh no); please report"),
    ],
)
def test_every_failure_is_one_sentence(
    error: BaseException,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    def fly(scenario: Any, **options: Any) -> StubFlight:
        raise error

    monkeypatch.setattr(homeward, "fly", fly, raising=False)
    monkeypatch.delenv("HOMEWARD_DEBUG", raising=False)
    assert told in refused(capsys, "return", code=code)
    if code == 1:
        monkeypatch.setenv("HOMEWARD_DEBUG", "1")
        assert main(["return"]) == 1
        assert "Traceback" in capsys.readouterr().err


def test_scenarios_check_new_and_schema(tmp_path: Path, capsys: Capture) -> None:
    assert main(["scenarios"]) == 0
    assert capsys.readouterr().out.startswith("shenzhou-15")
    assert main(["scenarios", "--json"]) == 0
    assert {"soyuz-like", "orion-like"} <= {item["name"] for item in json.loads(capsys.readouterr().out)}
    path = tmp_path / "mine.toml"
    assert main(["new", str(path)]) == 0
    assert main(["check", str(path)]) == 0
    assert "It is valid." in capsys.readouterr().out
    assert "exists already" in refused(capsys, "new", str(path))
    assert main(["check", "shenzhou-15", "--set", "site.name=Elsewhere"]) == 0
    assert "Elsewhere" in capsys.readouterr().out
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["dependentRequired"] == {"return": ["site"]}
    assert main([]) == 0
    assert "opportunities" in capsys.readouterr().out


def test_check_reads_the_orbit_as_well(capsys: Capture) -> None:
    second = "2 48274  41.4752  14.6926 0010484 320.3089  39.6983 15.61907922134716"
    first = "1 48274U 21035A   23250.60323094  .00028729  00000+0  32278-3 0  9998"  # its checksum is 7
    assert "checksum" in refused(
        capsys, "check", "shenzhou-15", "--set", f'return.initial.tle=["{first}", "{second}"]'
    )


def test_help_of_every_word() -> None:
    runner = CliRunner()
    for word in ("return", "opportunities", "propagate", "scenarios", "check", "new", "schema"):
        result = runner.invoke(app, [word, "--help"])
        assert result.exit_code == 0 and "Usage" in result.output


def test_progress_without_a_terminal_tells_each_stage_once(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("homeward.cli.progress.QUIET", 0.0)
    with Talk() as talk:
        for _ in range(3):
            talk("flying", 0.5)
        talk("writing")
    captured = capsys.readouterr()
    assert captured.err.splitlines() == ["flying ...", "writing ..."] and captured.out == ""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOMEWARD_DEBUG": ""}
    return subprocess.run(
        [sys.executable, "-m", "homeward.cli.app", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


def test_as_a_process(tmp_path: Path) -> None:
    shown = run("--version")
    assert shown.returncode == 0 and shown.stdout.startswith("homeward ")
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"[site]\nlatitude_deg = nan\n\xff")
    refusal = run("check", str(bad))
    assert refusal.returncode == 2 and refusal.stdout == ""
    assert str(bad) in refusal.stderr and "Traceback" not in refusal.stderr
