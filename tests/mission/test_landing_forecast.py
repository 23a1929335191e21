"""The landing forecast over dispersed flights: it shrinks, and it contains the truth as often as it says.

Every flight has its own wind, air and errors. The ground knows of a flight what came down, and the wind
forecast that the flight was loaded with; never its true wind, air or mass.
"""

import json

import numpy as np
import pytest

from homeward.cli.app import main
from homeward.cli.forecast_calibration import WHEN, band, calibrate, table_of
from homeward.scenario.load import load

RUNS = 60  # 300 with `homeward forecast --calibrate 300`
SURE = 0.998  # of the interval that each share must lie in: 18 of them are looked at


def test_the_band_of_a_share_is_the_one_that_is_tabled():
    # Of 10 trials with 3 and with none: Clopper and Pearson's own chart, and the closed form.
    share, low, high = band(3, 10)
    assert (share, round(low, 4), round(high, 4)) == (0.3, 0.0667, 0.6525)
    assert band(0, 10)[1:] == pytest.approx((0.0, 1.0 - 0.025**0.1))
    assert band(10, 10)[1:] == pytest.approx((0.025**0.1, 1.0))


@pytest.mark.slow
def test_it_contains_the_truth_as_often_as_it_says(capsys):
    found = calibrate(load("shenzhou-15"), RUNS)
    with capsys.disabled():
        print("\n" + table_of(found))
    middle = np.median(found.radius, axis=0)
    # It shrinks; under the drogue the wind felt there tells nearly as much as was foretold of it before.
    assert (np.diff(middle) <= 30.0).all() and middle[-1] < middle[0] / 3.0
    for row in found.told():
        for share in row["shares"]:
            _, low, high = band(round(share["found"] * RUNS), RUNS, SURE)
            assert low <= share["promised"] <= high, (row["moment"], share)
    assert np.median(found.seconds) < 1.0  # s, an update
    assert found.failed == 0


@pytest.mark.slow
def test_the_command_tells_the_table(capsys):
    assert main(["forecast", "--calibrate", "8", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["flights"] == 8 and [row["moment"] for row in told["moments"]] == list(WHEN)
    assert main(["forecast", "shenzhou-21", "--calibrate", "8"]) == 2
    assert main(["forecast", "--calibrate", "0"]) == 2
