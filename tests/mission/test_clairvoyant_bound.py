"""The clairvoyant bound against what is known: flown targets, targets beyond reach, another search.

Entries of `shenzhou-15` in dispersed worlds after large orbit changes, from the interface that each run has.
"""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import differential_evolution

from homeward.campaigns.arena.sets import course_of
from homeward.campaigns.bound.clairvoyant import clairvoyant, fly_told
from homeward.campaigns.bound.shooting import NEAR, miss_of
from homeward.campaigns.bound.shots import AIMED, Shots, Target
from homeward.earth.geodesy import from_geodetic
from homeward.missions.return_summary import places
from homeward.scenario import load
from homeward.sim.point_mass.open_bank import KNOTS, REVERSAL_UNIT

pytestmark = pytest.mark.slow
RUNS = (0, 1, 2, 3, 6, 10, 12, 29, 44, 53)  # most of them beyond what 5 g let them reach
LANES, CYCLES, OPENING = len(RUNS), 1280, 10e3
K = len(KNOTS)
SAME = 60.0  # m: an end by the equations and by the simulation, whose opening is by an erring altitude
AS_GOOD = 300.0  # m by which another search may come nearer
NONE = (-0.5, -0.5, -0.5)  # reversals never reached


@cache
def field():
    course = course_of(load("shenzhou-15", {"simulation.lanes": str(LANES)}), "orbit-changes", 0)
    return course.scenario, course.block(np.array(RUNS))


def aims_at(latitude, longitude):
    """Points [m, E] at the opening altitude over places [rad]."""
    _, f = field()
    place = jax.vmap(lambda a, b: from_geodetic(f.world.ellipsoid, a, b, jnp.asarray(OPENING)))
    return np.asarray(place(latitude, longitude))


def shots_at(aims):
    scenario, f = field()
    return Shots(Target.of(scenario, f.world, f.before.starts["entry"], aims, CYCLES))


@cache
def shots():
    return shots_at(np.asarray(field()[1].flight.target.aim_E))


def numbers_of(magnitude_deg, reversals=NONE):
    size = np.radians(np.broadcast_to(magnitude_deg, K))
    return np.tile(np.concatenate([size, np.asarray(reversals) / REVERSAL_UNIT]), (LANES, 1))


def told_flights(magnitude_deg, reversals=NONE, side=1.0):
    """Ends of one history in every lane, by the equations and by the simulation."""
    _, f = field()
    told = shots().fly(np.arange(LANES), numbers_of(magnitude_deg, reversals), np.full(LANES, side))
    assert told.down.all()
    return told, fly_told(f.plan, f.world, f.flight, f.legs, f.keys, f.before, told.commands)


def bound_for(lanes, latitude=None, longitude=None):
    """The bound of lanes, whose aims [rad] may be others than the field's."""
    _, f = field()
    flight = f.flight
    if latitude is not None:
        flight = eqx.tree_at(lambda q: q.target.aim_E, flight, aims_at(latitude, longitude))
    return clairvoyant(f.plan, f.world, flight, f.legs, f.keys, f.before, np.asarray(lanes), CYCLES)


def test_the_equations_and_the_simulation_end_at_one_place():
    scenario, _ = field()
    told, flown = told_flights(62.0, (0.55, -0.5, -0.5))
    assert not flown["failed"].any()
    # Aimed at where the simulation opened, the equations miss by nothing.
    there = shots_at(aims_at(flown["open_latitude"], flown["open_longitude"]))
    again = there.fly(np.arange(LANES), numbers_of(62.0, (0.55, -0.5, -0.5)), np.ones(LANES))
    assert np.all(miss_of(again) <= SAME), miss_of(again)
    np.testing.assert_allclose(
        told.shares[:, 0] * scenario.truth.limits.load_g * AIMED, flown["peak_load"], atol=0.02
    )


def test_a_target_that_a_profile_was_flown_to_is_found_in_reach():
    scenario, _ = field()
    profile = np.where(np.asarray(KNOTS) > 0.8, 75.0, 50.0)
    _, flown = told_flights(profile, (0.6, -0.5, -0.5), -1.0)
    light = np.flatnonzero(flown["peak_load"] < 0.95 * scenario.truth.limits.load_g)
    assert light.size >= 4
    found = bound_for(light, flown["open_latitude"], flown["open_longitude"])
    assert np.all(found.sought <= NEAR) and np.all(found.miss <= NEAR + SAME)


def test_a_target_beyond_the_longest_flight_is_out_of_reach_by_what_is_missing():
    """Lift up all the way is the longest flight; the aim lies 300 km beyond its end, along the motion."""
    _, f = field()
    _, flown = told_flights(0.0)
    here = places(f.world, f.before.starts["entry"])["r_E"]
    latitude, longitude = flown["open_latitude"], flown["open_longitude"]
    level = np.arctan(np.tan(latitude) * (1.0 - 1.0 / 298.257) ** 2)  # geocentric
    end = np.stack(
        [np.cos(level) * np.cos(longitude), np.cos(level) * np.sin(longitude), np.sin(level)], axis=1
    )
    here = here / np.linalg.norm(here, axis=1, keepdims=True)
    cosine = np.sum(here * end, axis=1, keepdims=True)
    ahead = end - here * cosine
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    arc = np.arccos(cosine) + 300e3 / 6.37e6
    there = here * np.cos(arc) + ahead * np.sin(arc)
    latitude = np.arctan(there[:, 2] / np.hypot(there[:, 0], there[:, 1]) / (1.0 - 1.0 / 298.257) ** 2)
    found = bound_for([1, 3], latitude, np.arctan2(there[:, 1], there[:, 0]))
    assert np.all(found.unlimited > 280e3) and np.all(found.unlimited < 320e3)
    # The search measures along chords of a sphere, the simulation on the ellipsoid: a part in a thousand.
    assert np.all(found.miss >= 0.998 * found.unlimited)


def test_another_search_comes_no_nearer():
    """Differential evolution (SciPy) over three banks, where they change and two reversals, limits kept."""
    found = bound_for(np.arange(LANES))
    x = np.asarray(KNOTS)[None]

    def cost(p, lane):
        p = np.atleast_2d(p.T)
        size = np.where(x > p[:, 3:4], p[:, :1], np.where(x > p[:, 4:5], p[:, 1:2], p[:, 2:3]))
        turns = np.column_stack([p[:, 5], p[:, 6], np.full(len(p), -0.5)]) / REVERSAL_UNIT
        told = shots().fly(np.full(len(p), lane), np.hstack([size, turns]), np.ones(len(p)))
        over = np.maximum(told.shares.max(axis=1) - 1.01, 0.0)
        return np.where(told.down, miss_of(told), 1e7) + 1e7 * over

    # Banks of either sign: the first side is free.
    bounds = [*[(-np.pi, np.pi)] * 3, (0.85, 0.998), (0.3, 0.85), (-0.1, 0.9), (-0.1, 0.6)]
    nearest = [
        differential_evolution(
            cost, bounds, args=(lane,), popsize=18, maxiter=40, seed=1, vectorized=True, polish=False,
            updating="deferred",
        ).fun
        for lane in range(LANES)
    ]  # fmt: skip
    assert np.all(found.sought <= np.asarray(nearest) + AS_GOOD), (found.sought, nearest)
    assert np.sum(found.miss <= 500.0) >= 2 and np.sum(found.miss > 1e3) >= 4
