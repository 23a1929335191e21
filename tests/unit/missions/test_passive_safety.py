"""Thrust lost: which states come into the keep-out sphere in two revolutions, which rows share a path."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from docking_pair import MASS, bodies_at, flown, orbit, pair_world

from homeward.astro.lvlh import from_lvlh
from homeward.astro.relative_motion import cw_impulses
from homeward.earth.constants import MU_EGM96
from homeward.missions.passive_safety import free_flights, judge, nearest
from homeward.sim.rendezvous.far_range_lanes import spread_pair

RADIUS = 200.0  # m
R, V = orbit(390e3)
RATE = float(np.sqrt(MU_EGM96 / np.linalg.norm(R) ** 3))
SPAN = 11400.0  # s
SAME = 5.0  # m: kicks of 20 s and straight lines between them, against a kick a second

ACROSS = cw_impulses(
    jnp.asarray(RATE), jnp.asarray(3000.0), jnp.array([5000.0, 0.0, 0.0]), jnp.zeros(3), jnp.zeros(3),
    jnp.zeros(3),
).start  # fmt: skip
# Place [m] and velocity [m/s] in L, and whether free flight from there is safe.
STATES = {
    "on its way into the station": ([5000.0, 0.0, 0.0], list(np.asarray(ACROSS)), False),
    "at rest 5 km ahead": ([5000.0, 0.0, 0.0], [0.0, 0.0, 0.0], True),
    "coelliptic above, falling behind": ([-3000.0, 0.0, -500.0], [0.0, 0.0, 0.0], True),
    "coelliptic below and behind, coming": ([-1500.0, 0.0, 100.0], [1.5 * RATE * 100.0, 0.0, 0.0], False),
    "the same, swinging 800 m across": (
        [-3000.0, 800.0, 500.0], [1.5 * RATE * 500.0, 0.0, 0.0], True,
    ),
    "400 m ahead, coming at 1 cm/s": ([414.0, 0.0, 0.0], [0.01, 0.0, 0.0], False),
}  # fmt: skip


def world():
    return spread_pair(pair_world(), 1)


def rows_of(states):
    """Bodies row by row, the station where it was for every one of them."""
    made = [bodies_at(*from_lvlh(R, V, jnp.asarray(p), jnp.asarray(v)), R, V) for p, v in states]
    return jax.tree.map(lambda *x: np.stack([np.asarray(y) for y in x]), *made)


def test_a_course_into_the_sphere_is_a_violation_and_one_away_is_not():
    states = [(p, v) for p, v, _ in STATES.values()]
    least = free_flights(world(), 0, np.zeros(len(states)), rows_of(states), np.full(len(states), MASS))
    for (name, (p, v, safe)), found in zip(STATES.items(), least, strict=True):
        assert bool(found >= RADIUS) is safe, name
        start = bodies_at(*from_lvlh(R, V, jnp.asarray(p), jnp.asarray(v)), R, V)
        fine = flown(pair_world(), start, 1.0, int(SPAN))
        closest = np.linalg.norm(fine.r_BI_I - fine.r_TI_I, axis=1).min()
        assert found == pytest.approx(min(closest, np.linalg.norm(p)), abs=SAME), name


def test_the_least_distance_is_that_of_the_path_between_the_steps():
    assert float(nearest(jnp.array([-30.0, 5.0, 0.0]), jnp.array([50.0, 5.0, 0.0]))) == pytest.approx(5.0)
    assert float(nearest(jnp.array([3.0, 4.0, 0.0]), jnp.array([30.0, 40.0, 0.0]))) == pytest.approx(5.0)
    assert float(nearest(jnp.array([3.0, 4.0, 0.0]), jnp.array([3.0, 4.0, 0.0]))) == pytest.approx(5.0)


def test_more_rows_than_lanes():
    states = [([5000.0 + k, 0.0, 0.0], [0.0, 0.0, 0.0]) for k in range(300)]
    least = free_flights(world(), 0, np.zeros(300), rows_of(states), np.full(300, MASS))
    assert least.shape == (300,)
    assert np.all(np.diff(least) > 0.0)
    assert free_flights(world(), 0, np.zeros(0), rows_of(states[:1]), np.zeros(0)).size == 0


def course():
    """150 s toward the station, five seconds of burn that end at rest there, 150 s of drift."""
    world = pair_world()
    p, v, _ = STATES["on its way into the station"]
    coming = flown(world, bodies_at(*from_lvlh(R, V, jnp.asarray(p), jnp.asarray(v)), R, V), 1.0, 150)
    r, v_, r_T, v_T = (getattr(coming, k)[-1] for k in ("r_BI_I", "v_BI_I", "r_TI_I", "v_TI_I"))
    rest = from_lvlh(r_T, v_T, jnp.asarray([4900.0, 0.0, 0.0]), jnp.zeros(3))[1] - v_
    burnt = []
    for _ in range(5):
        b = flown(world, bodies_at(r, v_ + rest / 5.0, r_T, v_T), 1.0, 1)
        r, v_, r_T, v_T = (getattr(b, name)[-1] for name in ("r_BI_I", "v_BI_I", "r_TI_I", "v_TI_I"))
        burnt.append(b)
    drifting = flown(world, bodies_at(r, v_, r_T, v_T), 1.0, 150)
    rows = jax.tree.map(lambda *x: np.concatenate([np.asarray(y) for y in x]), coming, *burnt, drifting)
    size = float(jnp.sqrt(jnp.sum(rest * rest)))
    delta_v = np.concatenate([np.zeros(150), size / 5.0 * np.arange(1, 6), np.full(150, size)])
    return rows, delta_v


def test_every_row_is_judged_and_those_of_a_coast_by_the_path_they_lie_on():
    rows, delta_v = course()
    time = np.arange(1.0, 306.0)
    mass = np.full(305, MASS)
    found = judge(world(), 0, time, rows, mass, delta_v, RADIUS)
    each = free_flights(world(), 0, time, rows, mass)
    assert found.checked == 305
    np.testing.assert_allclose(found.least, each, atol=SAME)
    assert np.all(found.least[:150] < RADIUS) and np.all(found.least[155:] > RADIUS)
    assert found.violations == int(np.sum(each < RADIUS)) >= 150
    # Under thrust row by row; coasting, sixty rows share one path and have one and the same figure.
    assert len(set(found.least[150:155])) == 5
    assert len(set(found.least[:60])) == 1 and len(set(found.least[:150])) == 3
    assert len(set(found.least[155:])) == 3
    told = found.told()
    assert told["checked_points"] == 305 and told["violations"] == found.violations
    assert told["least_m"] == pytest.approx(each.min(), abs=SAME)


def test_nothing_looked_at_tells_no_distance():
    rows, delta_v = course()
    some = jax.tree.map(lambda x: x[:1], rows)
    found = judge(world(), 0, np.ones(1), some, np.full(1, MASS), delta_v[:1], RADIUS)
    assert found.checked == 1 and found.violations == 1
