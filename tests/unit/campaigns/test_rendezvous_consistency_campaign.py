"""How well the filter of a rendezvous knows itself: squares of many flights, and what is told of them."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import homeward as hw
from homeward.campaigns.analysis import relative_filter_consistency as under_test
from homeward.campaigns.analysis.filter_consistency import Series
from homeward.campaigns.analysis.relative_filter_consistency import (
    PairConsistency,
    pair_consistency,
    squares_of,
)
from homeward.cli.app import app
from homeward.errors import InputError
from homeward.flight.relative_navigation.measurement_editing import innovations

RNG = np.random.default_rng(5)


def carry(lanes, scale=1.0, time=0.0, leg=0, innovation=None):
    """Lanes whose errors are drawn from ``scale`` times what their filter believes."""
    A = RNG.normal(size=(6, 6)) * np.array([5.0, 4.0, 3.0, 0.02, 0.01, 0.03])[:, None]
    P = A @ A.T
    e = scale * RNG.multivariate_normal(np.zeros(6), P, size=lanes)
    zeros = np.zeros((lanes, 3))
    motion = SimpleNamespace(r_BT_I=e[:, :3], v_BT_I=e[:, 3:])
    told = np.zeros((lanes, 5)) if innovation is None else innovation
    filter_ = SimpleNamespace(motion=motion, covariance=np.tile(P, (lanes, 1, 1)), innovation=told)
    bodies = SimpleNamespace(r_BI_I=zeros, v_BI_I=zeros, r_TI_I=zeros, v_TI_I=zeros)
    truth = SimpleNamespace(bodies=bodies, time=np.full(lanes, time), done=np.zeros(lanes, bool))
    return SimpleNamespace(truth=truth, flight=SimpleNamespace(filter=filter_, stage=np.full(lanes, leg)))


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_errors_as_large_as_believed_have_a_square_of_one(scale):
    told = squares_of(carry(4000, scale))
    assert np.mean(told) == pytest.approx(scale**2, rel=0.05)


def test_innovations_are_told_by_kind_of_sensor_and_only_of_readings_taken():
    taken = jnp.zeros(19, bool).at[0:3].set(True).at[15].set(True)
    squares = jnp.where(taken, jnp.arange(1.0, 20.0), 0.0)
    assert np.asarray(innovations(taken, squares)).tolist() == [2.0, 0.0, 0.0, 0.0, 16.0]


def test_squares_go_to_the_leg_and_the_time_since_it_began():
    samples = under_test._Samples(["far guidance", "homing"], range(2))
    legs = np.array([0, 0, 1])
    for time in (600.0, 660.0):
        look = carry(3, time=time)
        samples.take(look, legs, squares_of(look))
    assert set(samples.rows) == {(0, 0)}  # the third lane does not count, and no innovation was taken
    times = [t for t, _ in samples.rows[0, 0]]
    assert times == [0.0, 0.0, 60.0, 60.0]
    series = under_test._series("far guidance", 0, 0, np.array(samples.rows[0, 0]))
    assert series.time.tolist() == [0.0, 60.0] and series.step == 60.0
    assert series.mean[0] == pytest.approx(np.mean([s for t, s in samples.rows[0, 0] if t == 0.0]))


def test_a_mean_that_stays_high_from_look_to_look_does_not_hold():
    high = np.array([1.0] * 30 + [1.6, 1.6])
    assert Series("hold", "radar", np.arange(32), high, high, 32.0).high == 32
    once = np.array([1.0] * 31 + [1.6])
    assert Series("hold", "radar", np.arange(32), once, once, 32.0).holds


def test_numbers_that_are_none_are_refused():
    scenario = hw.load("shenzhou-21")
    with pytest.raises(InputError, match="--runs: expected a whole number of at least 2"):
        pair_consistency(scenario, 1)


def test_the_command_looks_at_a_rendezvous_where_there_is_no_return(monkeypatch):
    mean = np.array([0.9, 1.0, 1.1])
    series = [Series("5000 m hold", "place and speed", 32.0 * np.arange(3), mean, mean, 32.0)]
    seen = {}

    def look(scenario, runs, seed, talk):
        seen["runs"] = runs
        return PairConsistency(scenario.name, seed, runs, series)

    monkeypatch.setattr(under_test, "pair_consistency", look)
    told = CliRunner().invoke(app, ["consistency", "shenzhou-16", "--runs", "64"])
    assert told.exit_code == 0, told.output
    assert "64 rendezvous" in told.output and "5000 m hold" in told.output and seen["runs"] == 64
