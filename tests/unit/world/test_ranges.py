"""Satellites, their ranges as a receiver tells them, and the update that takes all of them in at once."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import range_receiver

from homeward.flight.navigation import error_state_filter as nf
from homeward.flight.navigation.measurement_editing import _clean_ranges
from homeward.flight.navigation.pseudorange_update import clock_by, correct_ranges
from homeward.flight.navigation.sensor_parameters import RangeBelief
from homeward.flight.navigation.small_matrices import cholesky4, inverse4, solve_lower
from homeward.world.fault_injection import LEAD, _ailing_ranges
from homeward.world.fault_schedule import Faults, Kind, active_faults
from homeward.world.sensors.gnss_constellation import COUNT, navigation_satellites
from homeward.world.sensors.gnss_pseudorange import INITIAL_NOISES, NOISES, initial_ranges, sense_ranges

SKY = navigation_satellites()
RECEIVER = range_receiver()
R_I, V_I = jnp.asarray([6.5e6, 1e6, 2e6]), jnp.asarray([1e3, 7e3, -2e3])
Q_BI = jnp.asarray([1.0, 0.0, 0.0, 0.0])
NO, YES = jnp.asarray(False), jnp.asarray(True)
GATE = jnp.asarray(5.0)
BELIEF = RangeBelief(*(jnp.asarray(x) for x in (1.0, 3.0, 600.0, 1.0, 3600.0, 4e6, 0.03, 0.1, 0.2)))
CLOCK = jnp.asarray([2500.0, -40.0])
C = 299_792_458.0  # m/s


@jax.jit
def _sense(state, t, noise, hidden=NO, r=R_I):
    return sense_ranges(RECEIVER, state, jnp.asarray(t), Q_BI, r, V_I, hidden, NO, noise)


def _quiet(clock=0.0, drift=0.0):
    state = initial_ranges(RECEIVER, jnp.zeros(INITIAL_NOISES))
    told = (jnp.asarray(100.0), jnp.asarray(clock), jnp.asarray(drift))
    return eqx.tree_at(lambda s: (s.time, s.clock, s.drift), state, told)


def _perfect(drift=-40.0):
    """Ranges without an error, of a receiver whose clock is off by ``CLOCK``."""
    return _sense(_quiet(2500.0, drift), 100.0, jnp.zeros(NOISES))[1]


def _closing(ranges, v, u):
    """Rates of the ways of signals that left where they are told to have."""
    speed = np.asarray(ranges.speed)[v]
    return np.sum(u * (speed - np.asarray(V_I)), axis=1) / (1.0 + np.sum(u * speed, axis=1) / C)


def test_satellites_fly_the_orbits_of_both_systems():
    t = jnp.asarray(5000.0)
    place, speed = (np.asarray(x) for x in SKY.at(t))
    assert COUNT == 48
    assert sorted({round(r / 1e3) for r in np.linalg.norm(place, axis=1)}) == [26_560, 27_906]
    normal = np.cross(place, speed)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    assert np.degrees(np.arccos(normal[:, 2])) == pytest.approx(np.full(COUNT, 55.0))
    assert len(np.unique(normal.round(6), axis=0)) == 6 + 3
    later = np.asarray(SKY.at(t + 0.5)[0]) - np.asarray(SKY.at(t - 0.5)[0])
    assert later == pytest.approx(speed, abs=1e-3)
    # Half a sidereal day, to a minute: the period of GPS.
    assert 2 * np.pi / float(SKY.rate[0]) == pytest.approx(43_082, abs=60)


def test_those_in_view_clear_the_earth_and_hear_the_antennas():
    ranges = _perfect()
    valid, sight = np.asarray(ranges.valid), np.asarray(SKY.at(jnp.asarray(100.0))[0]) - np.asarray(R_I)
    sight /= np.linalg.norm(sight, axis=1, keepdims=True)
    up = np.asarray(R_I) / np.linalg.norm(R_I)
    dip = np.arccos(6378137.0 / np.linalg.norm(R_I))
    clear = np.arcsin(sight @ up) > np.deg2rad(5.0) - dip
    heard = np.abs(sight[:, 2]) > np.cos(np.deg2rad(85.0))
    assert np.array_equal(valid, clear & heard)
    assert 12 <= valid.sum() < COUNT
    on_ground = _sense(_quiet(), 100.0, jnp.zeros(NOISES), r=6378137.0 * jnp.asarray(up))[1]
    seen = np.asarray(on_ground.sight)[np.asarray(on_ground.valid)]
    assert len(seen) > 5 and np.all(np.arcsin(seen @ up) > np.deg2rad(4.999))
    for x in jax.tree.leaves(ranges):
        assert not np.any(np.asarray(x)[~valid])


def test_a_range_is_the_distance_and_the_clock():
    ranges = _perfect()
    v = np.asarray(ranges.valid)
    apart = np.asarray(ranges.place)[v] - np.asarray(R_I)
    distance = np.linalg.norm(apart, axis=1)
    assert np.asarray(ranges.range)[v] == pytest.approx(distance + 2500.0, abs=1e-6)
    closing = _closing(ranges, v, apart / distance[:, None])
    assert np.asarray(ranges.rate)[v] == pytest.approx(closing - 40.0, abs=1e-9)
    assert np.asarray(clock_by(ranges, R_I, V_I)) == pytest.approx([2500.0, -40.0], abs=1e-6)


def test_a_signal_has_left_a_light_time_before():
    ranges = _perfect()
    v = np.asarray(ranges.valid)
    sent = 100.0 - (np.asarray(ranges.range) - 2500.0)[v] / C
    there = np.asarray(SKY.at(jnp.asarray(100.0 - np.asarray(ranges.range - 2500.0) / C))[0])[v]
    assert np.asarray(ranges.place)[v] == pytest.approx(there, abs=0.01)
    # A satellite moves 200 to 400 m meanwhile, most of it across the line of sight.
    moved = np.linalg.norm(np.asarray(SKY.at(jnp.asarray(100.0))[0])[v] - there, axis=1)
    assert moved.min() > 200.0 and moved.max() < 400.0 and np.all(sent < 99.94)


def test_the_rate_is_that_of_the_range_light_time_and_all():
    after, _, _ = _sense(_quiet(2500.0, 0.0), 100.0, jnp.zeros(NOISES))
    dt = 0.5
    one, two = (
        _sense(_quiet(2500.0, 0.0), 100.0 + k * dt, jnp.zeros(NOISES), NO, R_I + k * dt * V_I)[1]
        for k in (-1, 1)
    )
    middle = _sense(_quiet(2500.0, 0.0), 100.0, jnp.zeros(NOISES))[1]
    v = np.asarray(one.valid & two.valid & middle.valid)
    found = (np.asarray(two.range) - np.asarray(one.range))[v] / (2.0 * dt)
    assert np.asarray(middle.rate)[v] == pytest.approx(found, abs=2e-4)
    assert float(after.time) == 100.0


def test_a_broadcast_orbit_is_off_for_the_whole_flight():
    quiet = _quiet()
    off = eqx.tree_at(lambda s: s.orbit, quiet, jnp.ones((COUNT, 3)))
    one, other = (_sense(s, 100.0, jnp.zeros(NOISES))[1] for s in (quiet, off))
    v = np.asarray(one.valid)
    apart = np.linalg.norm(np.asarray(other.place - one.place)[v], axis=1)
    assert apart == pytest.approx(2.0 * np.sqrt(0.4**2 + 1.0 + 0.75**2), rel=1e-6)
    assert np.array_equal(one.range, other.range)
    later, _, _ = _sense(off, 4000.0, jnp.zeros(NOISES))
    assert np.array_equal(later.orbit, off.orbit)


def test_multipath_grows_toward_the_edge_of_an_antennas_view():
    noise = jnp.zeros(NOISES)
    wild = eqx.tree_at(lambda s: s.multipath, _quiet(), jnp.ones(COUNT))
    one, other = (_sense(s, 100.0, noise)[1] for s in (_quiet(), wild))
    v = np.asarray(one.valid)
    off = np.asarray(other.range - one.range)[v]
    assert off == pytest.approx(1.5 * (1.0 - np.asarray(one.sight)[v][:, 2] ** 2), abs=1e-6)


def test_the_clock_runs_on_between_legs_however_long():
    state, _, _ = _sense(_quiet(0.0, 3.0), 100.0, jnp.zeros(NOISES))
    state, _, _ = _sense(state, 100.3, jnp.zeros(NOISES))
    assert float(state.clock) == pytest.approx(0.9)
    state, _, _ = _sense(state, 1100.3, jnp.zeros(NOISES))
    assert float(state.clock) == pytest.approx(3000.9)


def test_the_receivers_own_fix_is_that_of_least_squares():
    noise = jax.random.normal(jax.random.key(2), (NOISES,))
    start = initial_ranges(RECEIVER, jax.random.normal(jax.random.key(3), (INITIAL_NOISES,)))
    start = eqx.tree_at(lambda s: s.time, start, jnp.asarray(99.0))
    state, ranges, (fixed, off, off_rate) = _sense(start, 100.0, noise)
    v = np.asarray(ranges.valid)
    u = np.asarray(ranges.sight)[v]
    G = np.hstack([-u, np.ones((v.sum(), 1))])
    distance = np.linalg.norm(np.asarray(ranges.place)[v] - np.asarray(R_I), axis=1)
    wrong = np.asarray(ranges.range)[v] - distance - float(state.clock)
    found = np.linalg.lstsq(G, wrong, rcond=None)[0]
    assert bool(fixed)
    assert np.asarray(off) == pytest.approx(found[:3], abs=1e-5)
    closing = _closing(ranges, v, u)
    rates = np.asarray(ranges.rate)[v] - closing - float(state.drift)
    assert np.asarray(off_rate) == pytest.approx(np.linalg.lstsq(G, rates, rcond=None)[0][:3], abs=1e-6)


def test_black_out_loses_all_and_they_come_back_some_seconds_after_it():
    state, told = _quiet(), []
    for k in range(12):
        hidden = jnp.asarray(2 <= k < 5)
        state, ranges, (fixed, _, _) = _sense(state, 100.0 + k, jnp.zeros(NOISES), hidden)
        told.append((int(jnp.sum(ranges.valid)) > 10, bool(fixed)))
    assert told == [(True, True)] * 2 + [(False, False)] * 7 + [(True, True)] * 3


def _covariance(seed=0):
    rng = np.random.default_rng(seed)
    scale = np.full(24, 1e-3)
    scale[3:6], scale[6:9], scale[18:21], scale[nf.CLOCK], scale[nf.DRIFT] = 8.0, 0.2, 3.0, 30.0, 1.0
    root = rng.normal(size=(24, 48)) / np.sqrt(48) * scale[:, None]
    return root @ root.T


@jax.jit
def _correct(P, ranges, place=R_I, speed=V_I, clock=CLOCK, give_in=(NO, NO)):
    told = correct_ranges(
        BELIEF,
        P,
        jnp.zeros(24),
        ranges,
        place,
        speed,
        jnp.zeros(4),
        clock,
        BELIEF.range_noise,
        GATE,
        YES,
        give_in,
    )
    return told


def _one_after_another(P, ranges, place, speed, clock):
    """Scalar updates in Joseph's form, all ranges and then all rates."""
    x = np.zeros(24)
    for kind in ("range", "rate"):
        # All of a kind are taken about one place: the rates about that which the ranges gave.
        about = place + x[3:6]
        for k in np.flatnonzero(ranges.valid):
            apart = np.asarray(ranges.place)[k] - about
            u = apart / np.linalg.norm(apart)
            h = np.zeros(24)
            if kind == "range":
                h[3:6], h[18:21], h[nf.CLOCK], h[nf.SLOW_CLOCK] = -u, -u, 1.0, 1.0
                z, r = float(ranges.range[k]) - np.linalg.norm(apart) - clock[0], 1.0
            else:
                h[6:9], h[nf.DRIFT] = -u, 1.0
                there = np.asarray(ranges.speed)[k]
                z, r = float(ranges.rate[k]) - u @ (there - speed) / (1.0 + u @ there / C) - clock[1], 0.03
            s = h @ P @ h + r * r
            gain = P @ h / s
            x = x + gain * (z - h @ x)
            left = np.eye(24) - np.outer(gain, h)
            P = left @ P @ left.T + r * r * np.outer(gain, gain)
    return P, x


@pytest.mark.parametrize("count", [COUNT, 3, 1])
def test_all_at_once_is_one_after_another(count):
    ranges = _perfect()
    kept = np.flatnonzero(ranges.valid)[:count]
    valid = np.isin(np.arange(COUNT), kept)
    ranges = _clean_ranges(eqx.tree_at(lambda r: r.valid, ranges, jnp.asarray(valid)))
    place, speed = np.asarray(R_I + jnp.asarray([6.0, -9.0, 4.0])), np.asarray(V_I) + 0.1
    P = _covariance()
    after, x, taken, squares = _correct(jnp.asarray(P), ranges, jnp.asarray(place), jnp.asarray(speed))
    expected, moved = _one_after_another(P, ranges, place, speed, np.asarray(CLOCK))
    sigma = np.sqrt(np.diagonal(P))
    scale = sigma * sigma[:, None]
    assert np.asarray(after) / scale == pytest.approx(expected / scale, abs=1e-6)
    assert np.asarray(x) / sigma == pytest.approx(moved / sigma, abs=1e-4)
    assert all(bool(t) for t in taken) and all(float(s) > 0.0 for s in squares)
    assert np.linalg.eigvalsh(np.asarray(after) / sigma / sigma[:, None]).min() > 0.0


def test_one_satellite_that_is_wrong_is_left_out():
    ranges, P = _perfect(), jnp.asarray(_covariance())
    k = int(np.flatnonzero(ranges.valid)[3])
    without = _clean_ranges(eqx.tree_at(lambda r: r.valid, ranges, ranges.valid.at[k].set(False)))
    wrong = eqx.tree_at(
        lambda r: (r.range, r.rate), ranges, (ranges.range.at[k].add(500.0), ranges.rate.at[k].add(50.0))
    )
    for one, other in zip(_correct(P, wrong)[:2], _correct(P, without)[:2], strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), abs=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_range_that_is_no_number_is_as_good_as_none(bad):
    ranges = _perfect()
    k = int(np.flatnonzero(ranges.valid)[0])
    without = _clean_ranges(eqx.tree_at(lambda r: r.valid, ranges, ranges.valid.at[k].set(False)))
    for field in ("range", "rate", "place", "speed"):
        number = getattr(ranges, field)
        spoilt = number.at[k].set(bad)
        told = _clean_ranges(eqx.tree_at(lambda r, f=field: getattr(r, f), ranges, spoilt))
        assert eqx.tree_equal(told, without)


def test_without_satellites_no_bit_changes():
    P = jnp.asarray(_covariance())
    none = _clean_ranges(eqx.tree_at(lambda r: r.valid, _perfect(), jnp.zeros(COUNT, bool)))
    after, x, taken, _ = _correct(P, none)
    assert eqx.tree_equal(after, P) and not np.any(x) and not any(bool(t) for t in taken)


def test_all_wrong_together_are_refused_and_followed_where_the_filter_gives_in():
    ranges, P = _perfect(), jnp.asarray(_covariance())
    far = R_I + jnp.asarray([3e3, -2e3, 1e3])
    after, x, taken, _ = _correct(P, ranges, far)
    assert eqx.tree_equal(after, P) or not bool(taken[0])
    assert not bool(taken[0])
    _, x, taken, _ = _correct(P, ranges, far, give_in=(YES, NO))
    assert bool(taken[0])
    assert np.asarray(far + x[nf.PLACE]) == pytest.approx(np.asarray(R_I), abs=30.0)


def test_ranges_that_are_led_away_are_those_of_another_place():
    faults = Faults(jnp.zeros(()), jnp.zeros(()))
    kind = faults.kind.at[0].set(int(Kind.SATELLITE_SPOOFED))
    faults = eqx.tree_at(
        lambda f: (f.kind, f.size, f.start), faults,
        (kind, faults.size.at[0].set(0.02), faults.start.at[0].set(0.0)),
    )  # fmt: skip
    a = active_faults(faults, jnp.asarray(100.0), 0)
    told = _ailing_ranges(_perfect(), a)
    v = np.asarray(told.valid)
    led = np.asarray(R_I) + 100.0 * np.asarray(LEAD)
    apart = np.asarray(told.place)[v] - led
    assert np.asarray(told.range)[v] - 2500.0 == pytest.approx(np.linalg.norm(apart, axis=1), abs=1e-3)
    u = apart / np.linalg.norm(apart, axis=1, keepdims=True)
    closing = np.sum(u * (np.asarray(told.speed)[v] - np.asarray(V_I) - 2.0 * np.asarray(LEAD)), axis=1)
    # The direction to a satellite is that from the true place: off by 100 m in 20,000 km at 5 km/s.
    assert np.asarray(told.rate)[v] + 40.0 == pytest.approx(closing, abs=0.05)


def test_small_matrices():
    rng = np.random.default_rng(4)
    A = rng.normal(size=(4, 7))
    A = A @ A.T
    assert np.asarray(inverse4(jnp.asarray(A))) == pytest.approx(np.linalg.inv(A), rel=1e-9)
    L = cholesky4(jnp.asarray(A))
    assert np.asarray(L) == pytest.approx(np.linalg.cholesky(A), rel=1e-9, abs=1e-12)
    b = rng.normal(size=4)
    assert np.asarray(L @ solve_lower(L, jnp.asarray(b))) == pytest.approx(b)
    thin = rng.normal(size=(4, 2))
    L = np.asarray(cholesky4(jnp.asarray(thin @ thin.T)))
    assert pytest.approx(thin @ thin.T, abs=1e-9) == L @ L.T
    assert not np.any(L[:, 2:])
