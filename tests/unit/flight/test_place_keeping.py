"""Staying and hopping in a world that is exactly Clohessy and Wiltshire's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from docking_pair import orbit

from homeward.astro.relative_motion import cw_impulses, cw_matrix
from homeward.earth.constants import MU_EGM96
from homeward.flight.rendezvous.station_keeping import (
    BAND,
    CORRECTIONS,
    FASTEST,
    FIRST,
    LATER,
    keep_change,
    transfer_delta_v,
)
from homeward.icd.rendezvous_messages import PairNavigation

SECOND = jnp.ones(())
MU = jnp.asarray(MU_EGM96)
R, V = orbit(390e3)
RATE = jnp.sqrt(MU / jnp.sum(R * R) ** 1.5)
STEP = cw_matrix(RATE, SECOND)
STRONGEST = 0.075  # m/s a second: what the thrusters of 8 t give forward
STAYS, SLOW = 1.0, 0.05  # m, m/s
CYCLING = 4e-4  # m/s a second spent on going to and fro within the dead band
# Dead bands, and the second's worth of gravity between two looks: the hop ends this near.
ARRIVES, RESTS = 10.0, 0.1  # m, m/s beside the speed of arrival wanted
KEEP_OUT = 200.0  # m
SPENT = 1.1  # a hop's delta-v over that of two impulses


def navigation(t):
    """Belief in the station's place alone; the ship's is given in L."""
    zero, q = jnp.zeros(3), jnp.array([1.0, 0.0, 0.0, 0.0])
    c, s = jnp.cos(RATE * t), jnp.sin(RATE * t)
    along = V / jnp.sqrt(jnp.sum(V * V)) * jnp.sqrt(jnp.sum(R * R))
    speed = jnp.sqrt(jnp.sum(V * V)) / jnp.sqrt(jnp.sum(R * R))
    r, v = c * R + s * along, speed * (c * along - s * R)
    return PairNavigation(t, zero, zero, r, v, q, zero, q, zero, zero, zero)


def flown(change, state, seconds):
    """States and delta-v second by second; ``change`` is met as far as the thrusters can."""

    def second(carry, t):
        x = carry
        wanted = change(t, x[:3], x[3:])
        size = jnp.sqrt(jnp.sum(wanted * wanted))
        made = wanted * jnp.minimum(1.0, STRONGEST / jnp.maximum(size, 1e-12))
        x = STEP @ jnp.concatenate([x[:3], x[3:] + made])
        return x, (x, jnp.sqrt(jnp.sum(made * made)))

    _, rows = jax.lax.scan(second, jnp.asarray(state, float), jnp.arange(seconds, dtype=float))
    return (np.asarray(x) for x in rows)


def keeping(place, slack=0.0):
    return lambda t, r, v: keep_change(RATE, r, v, place, jnp.asarray(slack), SECOND)


PLACES = {
    "ahead": [414.0, 0.0, 0.0], "below": [0.0, 0.0, 2008.0], "beside": [-5014.0, 1600.0, 0.0],
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_it_comes_to_its_place_and_stays(name):
    place = jnp.asarray(PLACES[name])
    start = np.concatenate([PLACES[name] + np.array([30.0, -20.0, 15.0]), [0.3, -0.2, 0.2]])
    states, spent = flown(keeping(place), start, 3000)
    off = np.linalg.norm(states[:, :3] - PLACES[name], axis=1)
    assert off[900:].max() < STAYS
    assert np.linalg.norm(states[900:, 3:], axis=1).max() < SLOW
    # What gravity asks for is made, and hardly more: 3 n^2 below, n^2 beside.
    _, y, z = PLACES[name]
    needed = float(RATE) ** 2 * np.hypot(3.0 * z, y)
    assert spent[900:].mean() < 1.15 * needed + CYCLING
    assert spent[900:].mean() > 0.9 * needed


def test_left_alone_it_would_not_stay():
    states, _ = flown(lambda t, r, v: jnp.zeros(3), [0.0, 0.0, 2008.0, 0.0, 0.0, 0.0], 900)
    assert np.linalg.norm(states[-1, :3] - [0.0, 0.0, 2008.0]) > 500.0


def test_far_away_it_comes_at_no_more_than_a_set_speed():
    states, _ = flown(keeping(jnp.array([5000.0, 0.0, 0.0])), [4000.0, 0.0, 0.0, 0.0, 0.0, 0.0], 700)
    speed = np.linalg.norm(states[:, 3:], axis=1)
    assert FASTEST - 0.1 < speed.max() < FASTEST + 0.05
    assert abs(states[-1, 0] - 5000.0) < 50.0


def test_small_differences_are_left_alone():
    place = jnp.array([400.0, 0.0, 0.0])
    for off, moved in ((0.5 * BAND, False), (2.0 * BAND, True)):
        change = keep_change(RATE, place, jnp.array([-off, 0.0, 0.0]), place, jnp.zeros(()), SECOND)
        assert bool(np.any(np.asarray(change) != 0.0)) is moved


def nearest_if_lost(states):
    """Nearest to the station [m] within two revolutions, thrust lost at any of the states."""
    times = jnp.arange(0.0, 4.0 * np.pi / float(RATE), 20.0)
    free = jax.vmap(lambda t: cw_matrix(RATE, t))(times)
    r = np.einsum("tij,kj->kti", np.asarray(free)[:, :3], np.asarray(states))
    return float(np.linalg.norm(r, axis=2).min())


def test_a_place_with_slack_is_come_to_without_drifting_past_the_station():
    place, start = jnp.array([-5014.0, -1800.0, 0.0]), [-4970.0, -1735.0, 164.0, 0.2, 0.45, 0.2]
    states, _ = flown(keeping(place, 150.0), start, 600)
    off = states[-1, :3] - np.asarray(place)
    assert abs(off[2]) < STAYS and np.abs(off[:2]).max() < 150.0 + STAYS
    assert np.linalg.norm(states[-1, 3:]) < SLOW
    assert nearest_if_lost(states) > KEEP_OUT + 50.0
    # The shortest way to the very place leads through states from which the ship would come by.
    direct, _ = flown(keeping(place), start, 600)
    assert np.linalg.norm(direct[-1, :3] - np.asarray(place)) < STAYS
    assert nearest_if_lost(direct) < KEEP_OUT


HOPS = {
    "to the forward hold": ([5014.0, 0.0, 0.0], [414.0, 0.0, 0.0], 1800.0),
    "to the aft hold, from beside": ([-5014.0, 1600.0, 0.0], [-414.0, 0.0, 0.0], 1800.0),
    "to below": ([-5005.0, 1600.0, 0.0], [0.0, 0.0, 2008.0], 1500.0),
}


def hopping(place, whole):
    def change(t, r, v):
        return transfer_delta_v(MU, navigation(t), r, v, place, whole - t, jnp.asarray(whole))

    return change


@pytest.mark.parametrize("name", HOPS)
def test_a_hop_arrives(name):
    start, end, whole = HOPS[name]
    place = jnp.asarray(end)
    states, spent = flown(hopping(place, whole), [*start, 0.0, 0.0, 0.0], int(whole))
    best = cw_impulses(RATE, jnp.asarray(whole), jnp.asarray(start), jnp.zeros(3), place, jnp.zeros(3))
    assert np.linalg.norm(states[-1, :3] - end) < ARRIVES
    # It comes with the speed that the second impulse, which the next step takes away, would have met.
    np.testing.assert_allclose(states[-1, 3:], -np.asarray(best.end), atol=RESTS)
    first = float(jnp.sqrt(jnp.sum(best.start * best.start)))
    assert spent.sum() == pytest.approx(first, rel=SPENT - 1.0)


def test_an_error_on_the_way_is_corrected():
    start, end, whole = HOPS["to the forward hold"]
    pushed = hopping(jnp.asarray(end), whole)

    def change(t, r, v):
        return pushed(t, r, v) + jnp.where(t == 500.0, 1.0, 0.0) * jnp.array([0.03, 0.02, -0.03])

    states, _ = flown(change, [*start, 0.0, 0.0, 0.0], int(whole))
    assert np.linalg.norm(states[-1, :3] - end) < ARRIVES
    # Without what comes at the set times it would miss by far.
    n, left = RATE, jnp.asarray(whole - 500.0)
    assert np.linalg.norm(cw_matrix(n, left)[:3, 3:] @ jnp.array([0.03, 0.02, -0.03])) > 5.0 * ARRIVES


def test_it_fires_at_its_set_times_only():
    _, end, whole = HOPS["to the forward hold"]
    r, v = jnp.array([3000.0, 10.0, 60.0]), jnp.array([-1.0, 0.2, 0.3])  # on no way there
    change = jax.jit(hopping(jnp.asarray(end), whole))
    fires = np.array([bool(np.any(np.asarray(change(jnp.asarray(float(t)), r, v)) != 0.0))
                      for t in range(0, int(whole), 10)])  # fmt: skip
    t = np.arange(0, int(whole), 10)
    allowed = t < FIRST
    for share in CORRECTIONS:
        allowed |= (t >= share * whole) & (t < share * whole + LATER)
    np.testing.assert_array_equal(fires, allowed & (whole - t > 30.0))
