"""`homeward return --flight-software tcp://HOST:PORT`: a process flies, fails, and is taken over from."""

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from homeward.cli.app import main
from homeward.codegen.compiler import compiler

pytestmark = pytest.mark.slow
compiled = pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang or CC)")
ENTRY = ["apollo-10", "--fidelity", "point-mass", "--set", "return.legs.end=opening"]
STAND_IN = Path(__file__).parent.parent / "helpers" / "stand_in_process.py"
QUICK = ["--set", "simulation.link.timeout_s=0.2"]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    out = tmp_path_factory.mktemp("entry")
    assert main(["export", *ENTRY, "--no-golden", "--out", str(out)]) == 0
    return out


def _built(folder):
    told = subprocess.run(["make", "-C", str(folder), "process"], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return subprocess.Popen(
        [str(folder / "process"), str(port), "1"], stdout=subprocess.PIPE, text=True
    ), port


def _stand_in(library, *trouble):
    words = [sys.executable, "-I", str(STAND_IN), str(library / "homeward_link.xml"), *trouble]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def _flown(capsys, scenario, process, port, *more):
    """Status, summary and error of a return flown by a process; nothing of it is left."""
    capsys.readouterr()
    try:
        status = main(["return", *scenario, *more, "--flight-software", f"tcp://localhost:{port}", "--json"])
        told = capsys.readouterr()
        return status, json.loads(told.out) if told.out else None, told.err
    finally:
        process.kill()
        process.wait()


@compiled
@pytest.mark.parametrize("scenario", [ENTRY, ["soyuz-like", "--fidelity", "point-mass"], ["soyuz-like"]],
                         ids=["entry", "point-mass", "six-dof"])  # fmt: skip
def test_the_library_behind_a_socket_flies_what_it_flies_within(scenario, tmp_path, capsys):
    """The same bits: no number of the summary differs from that of the library called in the same process."""
    assert main(["export", *scenario, "--no-golden", "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["return", *scenario, "--flight-software", str(tmp_path), "--json"]) == 0
    within = json.loads(capsys.readouterr().out)
    status, apart, _ = _flown(capsys, scenario, *_built(tmp_path))
    link = apart.pop("flight_software")
    assert status == 0
    assert link["lost"] is None
    assert (link["missed"], link["packets_lost"]) == (0, 0)
    assert link["calls"] > 500
    assert apart == within


def test_a_process_that_knows_the_xtce_alone_flies(library, capsys):
    status, told, _ = _flown(capsys, ENTRY, *_stand_in(library))
    assert status == 0
    assert told["flight_software"]["lost"] is None
    # By a fix that is inertial alone: it is some two kilometres off by then.
    assert told["parachute"]["open_altitude_m"] == pytest.approx(10.7e3, abs=3e3)


@pytest.mark.parametrize(("trouble", "why"), [
    ("dies", "closed the connection"), ("hangs", "does not answer in time, 3 times in a row"),
    ("garbage", "no packet of a flight software, 3 times in a row"), ("nan", "no number (bank)"),
    ("absurd", "no actuator can do (bank 1e+30)"),
])  # fmt: skip
def test_the_back_up_flies_on_where_a_process_fails(library, capsys, trouble, why):
    began = time.monotonic()
    status, told, _ = _flown(capsys, ENTRY, *_stand_in(library, trouble, "200"), *QUICK)
    lost = told["flight_software"]["lost"]
    assert why in lost["why"]
    assert status == 0
    assert lost["mode"] == "entry"
    assert told["flight_software"]["calls"] <= 203
    assert told["parachute"]["open_altitude_m"] < 7e3  # the stand-in itself would have opened higher
    assert time.monotonic() - began < 240.0


def test_the_run_is_told_as_lost_where_nothing_takes_over(library, capsys):
    more = [*QUICK, "--set", "simulation.link.on_loss=end"]
    status, told, error = _flown(capsys, ENTRY, *_stand_in(library, "dies", "200"), *more)
    assert (status, told) == (3, None)
    assert "the run is lost at" in error
    assert "closed the connection" in error
    assert "Traceback" not in error


def test_late_answers_are_flown_without(library, capsys):
    status, told, _ = _flown(capsys, ENTRY, *_stand_in(library, "late", "100"), *QUICK)
    link = told["flight_software"]
    assert (status, link["lost"]) == (0, None)
    assert link["missed"] >= 50


def test_a_process_of_another_scenario_is_refused(library, capsys):
    status, told, error = _flown(capsys, ENTRY, *_stand_in(library, "hash", "0"))
    assert (status, told) == (2, None)
    assert "scenario or fidelity" in error


def test_nobody_at_the_address_is_told_in_a_sentence(capsys):
    assert main(["return", *ENTRY, "--flight-software", "tcp://localhost:1"]) == 2
    assert "no process answers there" in capsys.readouterr().err


def test_a_campaign_flies_no_process(capsys):
    assert main(["campaign", *ENTRY, "--runs", "2", "--flight-software", "tcp://localhost:1"]) == 2
    assert "single returns only" in capsys.readouterr().err


@compiled
def test_latency_and_lost_packets_change_the_flight_and_it_comes_home(library, capsys):
    link = ["--set", "simulation.link.latency_s=0.5", "--set", "simulation.link.lost_share=0.05"]
    status, told, _ = _flown(capsys, ENTRY, *_built(library), *link)
    assert status == 0
    assert told["flight_software"]["lost"] is None
    assert told["flight_software"]["packets_lost"] > 20
    assert told["parachute"]["open_miss_km"] < 20.0


@compiled
def test_every_command_of_the_worked_example(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "flight-software.md").read_text(encoding="utf-8")
    section = page.partition("## From a scenario to a C program that lands")[2].partition("\n## ")[0]
    commands = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    assert len(commands) == 5
    homeward = str(Path(sys.executable).with_name("homeward"))
    found = [re.sub("^homeward ", f"{homeward} ", command) for command in commands]
    script = "\n".join(["set -e", *found])
    told = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    assert ", 0 beyond the tolerance" in told.stdout
    assert "landed as planned" in told.stdout
    assert "0 missed, 0 packets lost" in told.stdout
