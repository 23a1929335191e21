"""``homeward faults --list``: every failure with its size, its legs and what notices it."""

import json
import math

import pytest

from homeward.cli.app import main
from homeward.errors import InputError
from homeward.scenario.faults.catalogue import FAILURES, RETURN
from homeward.scenario.faults.described import UNITS, failures_told, size_words
from homeward.scenario.faults.schedule import EquipmentCounts, strikes_of
from homeward.scenario.load import load


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


LEGS = (*RETURN, "touchdown")
FLEET = EquipmentCounts(12, 12, 24, 4, 12)


def _strikes(*faults):
    rows = ",".join("{" + f + "}" for f in faults)
    return strikes_of(load("apollo-10", {"fault": f"[{rows}]"}), "return", LEGS, FLEET)


def test_a_file_tells_how_much_and_how_long():
    one, two, three = _strikes(
        'what="main",when="entry+5",how="torn",size=0.4', 'what="density",when="entry",how="low",size=0.3',
        'what="altimeter",when="descent+10",lasts_s=20.0',
    )  # fmt: skip
    assert (one.failure.size, one.failure.lasts) == (0.4, math.inf)
    assert two.failure.size == pytest.approx(-0.3)
    assert three.failure.lasts == 20.0
    (gyro,) = _strikes('what="gyro 2",when="entry+5",how="biased",size=20.0')
    assert gyro.failure.size == pytest.approx(math.radians(20.0) / 3600.0)


def test_an_intermittent_failure_is_several_that_pass():
    once = 'what="altimeter",lasts_s=5.0,when="descent+'
    assert len(_strikes(f'{once}10"', f'{once}20"', f'{once}30"')) == 3
    with pytest.raises(InputError, match="the same failure twice"):
        _strikes(f'{once}10"', f'{once}12"')
    with pytest.raises(InputError, match="contradict"):
        _strikes('what="main",when="entry",how="torn",size=0.4', 'what="main",when="entry",how="torn"')


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ('what="altimeter",when="descent",size=2.0', r"fault\[0\].size: altimeter silent has no size"),
        ('what="main",when="entry",how="torn",size=1.5', r"fault\[0\].size: expected a share of the main"),
        ('what="density",when="entry",how="low",size=1.0', r"fault\[0\].size: expected 0.95 of the density"),
        ('what="main",when="entry",how="torn",size=-0.5', "size"),
        ('what="main",when="entry",how="torn",size=nan', "size"),
        ('what="altimeter",when="descent",lasts_s=0.0', "lasts_s"),
    ],
)
def test_a_size_that_is_none_is_refused(fault, told):
    with pytest.raises(InputError, match=told):
        _strikes(fault)


def test_the_command_prints_the_list_and_flies_nothing(capsys):
    assert main(["faults", "--list"]) == 0
    text = capsys.readouterr().out
    assert "thruster" in text and "torn" in text
    assert main(["faults", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"faults": failures_told()}
