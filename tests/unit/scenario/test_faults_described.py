"""``homeward faults --list``: every failure with its size, its legs and what notices it."""

import json

from homeward.cli.app import main
from homeward.scenario.faults.catalogue import FAILURES
from homeward.scenario.faults.described import UNITS, failures_told, size_words


def test_every_failure_is_told_once_with_who_notices_it():
    told = failures_told()
    assert len(told) == len(FAILURES) == len({(f["what"], f["how"]) for f in told})
    assert all(f["noticed_by"] and (f["strikes"] or f["rendezvous"]) for f in told)


def test_sizes_are_told_in_the_units_of_the_pages():
    sizes = {(f.what, f.how): size_words(f) for f in FAILURES}
    assert sizes["gyro", "biased"] == "10 deg/h"
    assert sizes["accelerometer", "biased"] == "5 mm/s2"
    assert sizes["accelerometer", "drifting"] == "10 um/s2 each second"
    assert sizes["main", "torn"] == "0.75 of the area lost"
    assert sizes["density", "low"] == "-0.5 of the density"
    # A size that is no plain yes has a unit; an engine's is one of the ship's.
    assert all(f.kind in UNITS for f in FAILURES if f.size != 1.0)


def test_the_command_prints_the_list_and_flies_nothing(capsys):
    assert main(["faults", "--list"]) == 0
    text = capsys.readouterr().out
    assert "thruster" in text and "torn" in text
    assert main(["faults", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"faults": failures_told()}
