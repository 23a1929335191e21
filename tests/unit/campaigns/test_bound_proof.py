"""What counts as proof that a run is in reach: a flight that opened, inside every limit."""

import numpy as np
import pytest

import homeward as hw
from homeward.campaigns.bound.clairvoyant import proved
from homeward.scenario.return_limits import return_limits

LIMITS = return_limits(hw.load("shenzhou-15"), "predictive")
SOUND = {
    "failed": False, "open_miss": 120.0, "peak_load": 0.9 * LIMITS.load,
    "peak_heat_rate": 0.9 * LIMITS.heat_rate, "heat_load": min(0.9 * LIMITS.heat_load, 1e8),
    "peak_dynamic_pressure": 0.9 * LIMITS.dynamic_pressure,
}  # fmt: skip


def miss(**changed):
    rows = {key: np.array([value, changed.get(key, value)]) for key, value in SOUND.items()}
    return proved(rows, LIMITS)


def test_a_flight_inside_every_limit_is_a_proof():
    assert list(miss()) == [120.0, 120.0]


@pytest.mark.parametrize(
    "changed",
    [
        {"failed": True},
        {"open_miss": np.nan},
        {"peak_load": 1.001 * LIMITS.load},
        {"peak_load": np.nan},
        {"peak_heat_rate": 1.001 * LIMITS.heat_rate},
        {"peak_dynamic_pressure": 1.001 * LIMITS.dynamic_pressure},
    ],
)
def test_one_beyond_a_limit_proves_nothing(changed):
    assert list(miss(**changed)) == [120.0, np.inf]
