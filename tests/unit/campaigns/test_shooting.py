"""The search for the nearest bank history, on flights whose nearest end is known in closed form."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from homeward.campaigns.bound import shooting
from homeward.campaigns.bound.clairvoyant import cycles_for
from homeward.campaigns.bound.shooting import NEAR, first_histories
from homeward.campaigns.bound.shots import AIMED, INSIDE, MILE
from homeward.sim.point_mass.open_bank import KNOTS

K = len(KNOTS)
MOST = INSIDE / AIMED  # of what is aimed for: what still counts as inside
STEEP = 60e3  # m a radian


class Toy:
    """Ends that follow from the mean bank ``m`` and the first reversal ``q`` alone, in closed form.

    East by ``STEEP (m - wanted)`` plus a curve, north by 20 km a unit of ``q``; the load is ``m / limit``.
    """

    def __init__(self, wanted, limit, curve=0.0, floor=0.0):
        self.wanted, self.limit = np.asarray(wanted, float), limit
        self.curve, self.floor = curve, floor

    def fly(self, lane, numbers, side):
        m, q = np.mean(numbers[:, :K], axis=1), numbers[:, K]
        off = m - self.wanted[lane]
        share = np.abs(m) / self.limit + self.floor
        return SimpleNamespace(
            east=STEEP * (off + self.curve * off**2), north=20e3 * (q - 1.0),
            excess=3.0 * np.maximum(share - 1.0, 0.0), shares=np.stack([share, *[0.1 * share] * 3], axis=1),
            down=np.ones(len(lane), bool), commands=np.tile(m[:, None], (1, 5)),
        )  # fmt: skip

    def slopes(self, lane, numbers, side):
        m = np.mean(numbers[:, :K], axis=1)
        off = m - self.wanted[lane]
        J = np.zeros((len(lane), 3, numbers.shape[1]))
        J[:, 0, :K] = (STEEP / MILE * (1.0 + 2.0 * self.curve * off))[:, None] / K
        J[:, 1, K] = 20e3 / MILE
        J[:, 2, :K] = np.where(m > self.limit, 3.0 / self.limit, 0.0)[:, None] / K
        return J


@pytest.fixture(autouse=True)
def untyped(monkeypatch):
    """The toy stands in for ``Shots``: only the run-time checks of types are left out."""
    for name in ("shoot", "_improve", "_keep", "_inside", "_residual", "miss_of"):
        monkeypatch.setattr(shooting, name, inspect.unwrap(getattr(shooting, name)))


def test_what_can_be_reached_is_reached():
    toy = Toy([0.9, 1.7, 2.3], 10.0, curve=0.2)
    told = shooting.shoot(toy, np.arange(3))
    assert np.all(told.miss <= NEAR)
    np.testing.assert_allclose(told.commands[:, 0], [0.9, 1.7, 2.3], atol=NEAR / STEEP)
    np.testing.assert_array_equal(told.lanes, np.arange(3))


@pytest.mark.parametrize("limit", [1.2, 1.5])
def test_a_limit_keeps_it_away_by_what_it_must(limit):
    toy = Toy([2.2, limit - 0.1], limit)
    told = shooting.shoot(toy, np.arange(2))
    least = STEEP * (2.2 - MOST * limit)
    assert told.miss[0] >= least - 1.0  # nothing that is inside comes nearer
    assert told.miss[0] <= least + 0.02 * STEEP * limit
    assert told.least[0] <= told.miss[0]
    assert told.miss[1] <= NEAR  # within its limit the other lane is not touched by it


def test_nothing_inside_the_limits_is_told_as_no_landing():
    told = shooting.shoot(Toy([1.0], 2.0, floor=3.0), np.arange(1))
    assert np.isinf(told.miss[0]) and np.isfinite(told.least[0])


def test_the_first_flights_differ_and_cover_both_sides():
    rows, sides = first_histories()
    assert len(np.unique(np.column_stack([rows, sides]), axis=0)) == len(rows)
    assert np.sum(sides > 0.0) == np.sum(sides < 0.0)
    assert np.degrees(rows[:, :K].min()) < 10.0 and np.degrees(rows[:, :K].max()) > 160.0
    assert len(rows) > shooting.STARTS


def test_a_history_lasts_as_long_as_the_flights_and_more():
    assert cycles_for(600.0, 1.0) == 896 and cycles_for(0.0, 1.0) == 768 == cycles_for(np.inf, 1.0)
    assert cycles_for(1700.0, 1.0) == 2304
