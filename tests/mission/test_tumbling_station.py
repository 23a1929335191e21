"""A station that tumbles: its port is followed, its keep-out sphere kept, the contact inside the box."""

import pytest

import homeward as hw

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_port_is_followed(seed):
    settings = {
        "rendezvous.station.tumble_deg_s": "[0.05, 0.05, 0.05]", "rendezvous.station.tumble_from_s": "6600",
    }  # fmt: skip
    told = hw.rendezvous(hw.load("tianzhou-5", settings), dispersed=True, seed=seed).summary
    print(told["contact"], told["min_range_outside_corridor_m"])
    assert told["success"] and told["contact"]["inside_idss"] and told["aborts"] == 0
    assert told["time_to_dock_s"] <= 7020.0
    assert told["min_range_outside_corridor_m"] > 200.0
    assert told["passive_safety"]["violations"] == 0
