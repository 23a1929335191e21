"""A cluster of three mains, whole and with one that fails, flown to the water."""

import numpy as np
import pytest

import homeward as hw

SETS = {"truth.canopies.loads": "true", "truth.canopies.drogues": "2", "truth.canopies.mains": "3"}
# N: the disreef load that one of Apollo's mains was designed for, 25,800 lb (drop test of 8 December 1964).
DESIGN = 25_800 * 4.4482


@pytest.mark.slow
def test_two_of_three_mains_land_faster_and_bear_what_they_were_designed_for():
    three, two = (
        hw.fly(hw.load("apollo-10", SETS | {"truth.canopies.mains_failed": k}), fidelity="point-mass").summary
        for k in ("0", "1")
    )
    rates = [s["touchdown"]["vertical_speed_m_s"] for s in (three, two)]
    # The capsule's own drag takes a little of the square root of three halves.
    assert rates[1] / rates[0] == pytest.approx(np.sqrt(1.5), rel=0.01)
    loads = [s["parachute"]["canopies"]["greatest_main_n"] for s in (three, two)]
    assert 0.3 * DESIGN < loads[0] < loads[1] < DESIGN
    assert three["parachute"]["canopies"]["drogue"] == two["parachute"]["canopies"]["drogue"]
    plain = hw.fly(hw.load("apollo-10"), fidelity="point-mass").summary
    assert plain["touchdown"] == three["touchdown"] and "canopies" not in plain["parachute"]
