"""Refusals of the command line and of the Python words: one sentence, the right exit code, nothing lost."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from test_cli import SUMMARY, Capture, StubFlight, refused

import homeward
from homeward.cli.app import main
from homeward.cli.output_files import writing
from homeward.errors import InputError
from homeward.scenario import load
from homeward.scenario.files.shipped import shipped_file
from homeward.scenario.user_models import check_object

TEXT = shipped_file("shenzhou-15").read_text(encoding="utf-8")
ENTRY = shipped_file("open-loop-entry").read_text(encoding="utf-8")


@pytest.mark.parametrize("word", ["check", "return", "opportunities", "propagate"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b" \n\t\n", "the file is empty"),
        (b"\x00\x01\x02", "NUL characters"),
        (b"\x80\x81\xff" * 100, "UTF-8"),
        (TEXT.encode("utf-16"), "UTF-8"),
        (TEXT.encode()[:700], "not valid TOML"),
        (b"x = 1\n", "no such key"),
    ],
)
def test_a_file_that_is_no_scenario(
    word: str, content: bytes, told: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    sentence = refused(capsys, word, str(path))
    assert str(path) in sentence and told in sentence


def test_the_other_kind_of_file_is_sent_to_its_own_word(capsys: Capture) -> None:
    assert "fly it with `homeward return`" in refused(capsys, "propagate", "shenzhou-15")
    assert "fly it with `homeward propagate`" in refused(capsys, "opportunities", "open-loop-entry")


@pytest.mark.parametrize("change", ["\ufeff{}", "{}\r\n"])
def test_what_an_editor_adds_does_no_harm(change: str, tmp_path: Path, capsys: Capture) -> None:
    for name, text in (("a.toml", TEXT), ("b.toml", ENTRY)):
        path = tmp_path / name
        path.write_bytes(change.format(text).encode("utf-8"))
        assert main(["check", str(path)]) == 0
        assert "It is valid." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("initial.altitude_km=120", "expected altitude_m, in metres"),
        ("initial.altitude_m=nan", "that is finite"),
        ("body.ballistic_coefficient_kg_m2=-400", "greater than 0"),
        ("stop.time_s=0", "greater than 0"),
        ("stop.time_s=1e8", "steps; at most"),
        ("gravity.model=j3", "expected none, central, j2 or egm96"),
        ("body.bank_dg=3", "did you mean bank_deg?"),
    ],
)
def test_an_open_loop_file_is_checked_key_by_key(setting: str, told: str, capsys: Capture) -> None:
    assert told in refused(capsys, "propagate", "open-loop-entry", "--set", setting)


def test_no_flight_starts_inside_the_planet_or_outruns_light(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "inside.toml"
    head = "[body]\nballistic_coefficient_kg_m2 = 100.0\n[stop]\ntime_s = 10.0\n[initial]\n"
    path.write_text(f"{head}position_m = [0.0, 0.0, 0.0]\nvelocity_m_s = [0.0, 0.0, 0.0]\n")
    assert "above the ground, but it is 0 km from the centre" in refused(capsys, "propagate", str(path))
    path.write_text(f"{head}position_m = [1e9, 0.0, 0.0]\nvelocity_m_s = [1e9, 0.0, 0.0]\n")
    assert main(["propagate", str(path)]) == 3
    captured = capsys.readouterr()
    assert captured.out == "" and "faster than light" in captured.err.splitlines()[-1]


LAWS = """
class Plain: ...
class Leaves:
    def __init__(self): raise SystemExit(3)
"""


def test_a_law_that_is_none_is_refused_by_file_and_class(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "laws.py"
    path.write_text(LAWS)
    for name, told in (("Plain", "expected a subclass of equinox.Module"), ("Leaves", "SystemExit: 3")):
        sentence = refused(capsys, "return", "--guidance", f"{path}:{name}")
        assert sentence.startswith(f"homeward: --guidance: {path}:{name}: ") and told in sentence
    path.write_bytes(b"\x00\x01")
    assert "line None" not in refused(capsys, "return", "--guidance", f"{path}:Plain")


def test_python_flies_the_law_that_the_scenario_names(tmp_path: Path) -> None:
    path = tmp_path / "laws.py"
    path.write_text(LAWS)
    for name, told in (("Plain", "equinox.Module"), ("Gone", "no class of this name")):
        with pytest.raises(InputError, match=told):
            homeward.fly(load("shenzhou-15", {"flight.guidance.law": f"{path}:{name}"}))
    check_object(None, "guidance")
    with pytest.raises(InputError, match=r"guidance=int: expected an object, not the class: int\(\)"):
        check_object(int, "guidance")


def test_python_refuses_what_the_command_line_refuses() -> None:
    scenario = load("shenzhou-15")
    with pytest.raises(InputError, match=r"rigid.*expected six-dof, point-mass"):
        homeward.fly(scenario, fidelity="rigid")
    for days in (0.0, -1.0, float("nan"), float("inf"), 61.0):
        with pytest.raises(InputError, match="days: expected a number greater than 0"):
            homeward.opportunities(scenario, days=days)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_number_that_is_none_ends_with_3_and_loses_nothing(
    as_json: bool, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = {"leg": "entry", "time_s": 12.5, "reason": "a number stopped being finite", "not_finite": True}

    class Broken(StubFlight):
        @property
        def summary(self) -> dict[str, Any]:
            return {**SUMMARY, "success": False, "failure": failure}

    def fly(scenario: Any, **options: Any) -> Broken:
        warnings.warn("a library's", RuntimeWarning, stacklevel=1)
        return Broken()

    monkeypatch.setattr(homeward, "fly", fly, raising=False)
    with warnings.catch_warnings():
        assert main(["return", "--out", str(tmp_path), *["--json"] * as_json]) == 3
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1].startswith("homeward: shenzhou-15: a number stopped being finite")
    assert "12.5 s in the leg entry" in captured.err
    assert (tmp_path / "summary.json").is_file()
    assert (json.loads(captured.out)["success"] is False) if as_json else ("not a success" in captured.out)
    failure["not_finite"] = False  # a leg that took too long is a result like any other
    with warnings.catch_warnings():
        assert main(["return"]) == 0


def test_a_folder_without_a_name_or_with_a_taken_one(tmp_path: Path, capsys: Capture) -> None:
    for words in (("return", "--out", ""), ("propagate", "open-loop-entry", "--out", " "), ("new", "")):
        assert "expected the name of" in refused(capsys, *words)
    (tmp_path / "summary.json").mkdir()
    with pytest.raises(InputError, match=r"summary\.json: cannot be written"), writing(tmp_path):
        (tmp_path / "summary.json").write_text("taken", encoding="utf-8")


def test_a_new_scenario_needs_a_name(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files are written, so that standard output cannot take them."""
    monkeypatch.chdir(tmp_path)
    assert "expected the name of a file, not -" in refused(capsys, "new", "-")
    assert not list(tmp_path.iterdir())
