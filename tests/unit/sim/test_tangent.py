"""A derivative carried along a flight, against flights moved a little."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.campaigns.analysis.gradient import Units, _less, all_at_once, flown_on, nominal
from homeward.dispersion.returns import disperse
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.scenario.schema.distribution import RETURN_DRAWS
from homeward.sim.core.legs import BURN, leg
from homeward.sim.forward_mode import directions, fly_tangent, pushed
from homeward.sim.lanes import fly_leg, pick_flight, pick_world, spread_leg
from homeward.sim.mission import fly_mission


def test_numbers_alone_have_a_derivative():
    def f(x, n):
        return {"square": x * x, "count": n + 1, "flag": x > 0.0}

    value, slope = pushed(f, (jnp.asarray(3.0), jnp.asarray(4)), (jnp.asarray(2.0), jnp.asarray(0)))
    assert float(value["square"]) == 9.0 and float(slope["square"]) == 12.0
    assert int(value["count"]) == 5 and int(slope["count"]) == 0 and not bool(slope["flag"])


def test_each_number_is_drawn_by_one_run():
    units = Units()
    told = units.standard(np.arange(len(units.axes) + 3))
    rows = np.concatenate([told[name] for name in RETURN_DRAWS], axis=1)
    assert np.array_equal(rows[: len(units.axes)], np.eye(len(units.axes))) and not rows[-3:].any()


def test_what_is_infinite_in_both_does_not_differ():
    there, here = np.array([np.inf, 2.0, 1.0]), np.array([np.inf, 1.0, 1.0])
    assert _less(there, here).tolist() == [0.0, 1.0, 0.0]
    assert _less(np.array([True]), np.array([False])).dtype == bool


@pytest.fixture(scope="module")
def lunar():
    """The shortest flight there is: a lunar return from the interface to the opening."""
    words = {"return.legs.end": "opening", "simulation.lanes": "4"}
    return plan_return(load("apollo-10", words), fidelity="point-mass")


@pytest.mark.slow
def test_an_entry_moved_a_little_goes_where_its_derivative_says(lunar):
    lanes = 4
    zero = np.zeros(lanes, int)
    world, flight, truth = disperse(lunar, 1, zero)
    legs, keys = spread_legs(lunar.legs, lanes), run_keys(1, zero)
    carry = fly_mission(world, flight, truth, legs, keys, False).carries["entry"]
    entry = next(m.leg for m in legs if m.name == "entry")
    drag = np.array([0.0, 1e-5, 0.0, 1e-5])
    mass = np.array([0.0, 0.0, 1e-5, 1e-5])
    ways = (drag, mass * np.asarray(world.capsule.mass))
    still = jax.tree.map(lambda x: np.zeros_like(np.asarray(x)), world)
    d_world = eqx.tree_at(lambda w: (w.aerodynamics.drag, w.capsule.mass), still, ways)
    none = tuple(jax.tree.map(lambda x: np.zeros_like(np.asarray(x)), tree) for tree in (flight, carry))
    alone = np.array([0])
    one, its = pick_world(world, alone), pick_flight(flight, alone)
    first, begun = jax.tree.map(lambda x: np.asarray(x)[alone], (entry, carry))
    slopes = directions((d_world, *none))
    end, slope = fly_tangent(one, its, first, begun, keys[alone], slopes)
    moved = jax.tree.map(
        lambda a, b: a + b if np.issubdtype(np.asarray(a).dtype, np.floating) else a, world, d_world
    )
    there, _ = fly_leg(moved, flight, entry, carry, keys, False)
    load = np.asarray(there.truth.extremes.load) - np.asarray(end.truth.extremes.load)[0]
    assert np.all(np.isfinite(np.asarray(slope.truth.r_BI_I)))
    with pytest.raises(ValueError, match="no derivative"):
        fly_tangent(one, its, spread_leg(leg(BURN, 0, 0.1), 1), begun, keys[alone], slopes)
    # The law predicts in single precision, 1e-7 of a load of 6: steps of 1e-5 are seen to a tenth.
    assert np.asarray(slope.truth.extremes.load)[:, 0] == pytest.approx(load, abs=3e-5)


@pytest.mark.slow
def test_runs_of_a_campaign_are_where_the_linear_flight_foretells(lunar):
    plan = dataclasses.replace(lunar)
    about = nominal(plan, 4, 3)
    told = flown_on(about, [all_at_once(about)])[0]
    assert told.linear.shape == told.flown.shape == (4, 4) and np.all(np.isfinite(told.linear))
