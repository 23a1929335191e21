"""The filter's algebra: against dense textbook forms, and against what the reckoning does with errors."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import navigation

from homeward.flight.navigation import error_state_filter as nf
from homeward.flight.navigation.mechanization import NavState, advance, no_sums, small_turn, turn_error
from homeward.flight.navigation.scale_factor_noise import RATE_MEMORY, no_motion
from homeward.icd import InertialSample
from homeward.math.quaternion import normalise, rotate, to_matrix
from homeward.math.triples import split

LAW = navigation()
GATE = jnp.asarray(5.0)
ROUNDING = 1e-10  # relative to the largest of a block; blocks span 14 powers of ten
START = NavState(
    normalise(jnp.asarray([0.3, -0.4, 0.8, 0.1])),
    jnp.asarray([6.5e6, 1e6, 2e6]),
    jnp.asarray([1e3, 7e3, 2e3]),
)
SPREAD = np.concatenate([np.full(3, s) for s in (1e-4, 20.0, 0.3, 2e-8, 1e-3, 1e-4, 10.0, 0.05)])


def _covariance(seed=0):
    """A full covariance with the spread of a flight."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(24, 48)) / np.sqrt(48)
    return (SPREAD[:, None] * (root @ root.T)) * SPREAD[None, :]


def _close(one, other):
    assert np.asarray(one) / SPREAD[:, None] / SPREAD == pytest.approx(
        np.asarray(other) / SPREAD[:, None] / SPREAD, abs=ROUNDING
    )


def _quiet():
    """The law without any noise of its own."""
    return eqx.tree_at(lambda m: m.unit, LAW, jax.tree.map(jnp.zeros_like, LAW.unit))


@jax.jit
def _cycle(start, gyro_bias, accelerometer_bias):
    """Ten ticks of a turning, thrusting second."""
    sample = InertialSample(
        jnp.asarray([0.02, -0.01, 0.015]), jnp.asarray([3.0, -1.0, 2.0]), jnp.asarray(0.1)
    )

    def tick(carry, _):
        return advance(
            LAW.earth, jnp.asarray([0.0, 0.0, 1.0]), *carry, sample, gyro_bias, accelerometer_bias
        ), None

    return jax.lax.scan(tick, (start, no_sums()), None, length=10)[0]


def _transition():
    """Phi of the cycle, a column at a time: without noise an error ``e e'`` becomes ``Phi e (Phi e)'``."""
    _, sums = _cycle(START, jnp.zeros(3), jnp.zeros(3))
    gradient = jnp.stack([jnp.stack(row) for row in LAW.earth.gradient(split(START.r_BI_I))])
    quiet = _quiet()
    eye = jnp.eye(24)

    def carried(e):
        P = nf.propagate(quiet.unit, quiet.aids, e[:, None] * e[None, :], sums, gradient, no_motion())
        none = nf.propagate(quiet.unit, quiet.aids, jnp.zeros((24, 24)), sums, gradient, no_motion())
        return P - none

    columns = []
    for i, P in enumerate(np.asarray(jax.jit(jax.vmap(carried))(eye))):
        columns.append(P[:, i] / np.sqrt(P[i, i]))  # every error keeps part of itself, with a positive sign
    return np.stack(columns, axis=1)


def test_covariance_moves_as_the_reckoning_does():
    phi = _transition()
    end, _ = _cycle(START, jnp.zeros(3), jnp.zeros(3))
    size = np.concatenate([np.full(3, s) for s in (1e-5, 10.0, 0.1, 1e-5, 1e-3)])
    for i in range(15):
        e = np.zeros(15)
        e[i] = size[i]
        # Belief is truth less error; the truth is the flight without.
        turn_B = to_matrix(START.q_BI) @ jnp.asarray(-e[0:3])
        believed = NavState(
            small_turn(START.q_BI, split(turn_B)), START.r_BI_I - e[3:6], START.v_BI_I - e[6:9]
        )
        moved, _ = _cycle(believed, jnp.asarray(-e[9:12]), jnp.asarray(-e[12:15]))
        turn_I = rotate(
            end.q_BI * jnp.asarray([1.0, -1.0, -1.0, -1.0]), jnp.stack(turn_error(moved.q_BI, end.q_BI))
        )
        found = np.concatenate([turn_I, end.r_BI_I - moved.r_BI_I, end.v_BI_I - moved.v_BI_I])
        wanted = phi[:9, :15] @ e
        for block, share, floor in ((nf.TURN, 0.03, 1e-15), (nf.PLACE, 0.15, 1e-8), (nf.SPEED, 0.12, 1e-11)):
            # What a cycle leaves out: how force and turn are spread within it, and the oblate gradient;
            # the path of a gyro's bias to position within one cycle is left out altogether.
            if block == nf.PLACE and 9 <= i < 12:
                continue
            size_of = np.max(np.abs(wanted[block]))
            assert found[block] == pytest.approx(wanted[block], abs=share * size_of + floor), (i, block)


def test_slow_errors_decay_and_the_others_stay():
    phi = _transition()
    assert np.diag(phi)[9:18] == pytest.approx(np.ones(9))
    assert np.diag(phi)[18:] == pytest.approx(np.full(6, np.exp(-1.0 / 300.0)))


def test_propagation_is_the_dense_product_and_adds_the_noise_it_says():
    P = _covariance()
    phi = _transition()
    _, sums = _cycle(START, jnp.zeros(3), jnp.zeros(3))
    gradient = jnp.stack([jnp.stack(row) for row in LAW.earth.gradient(split(START.r_BI_I))])
    motion = no_motion().next(jnp.asarray([30.0, 0.0, 0.0]), jnp.asarray([0.2, 0.0, 0.0]), jnp.asarray(1.0))
    told = np.asarray(nf.propagate(LAW.unit, LAW.aids, jnp.asarray(P), sums, gradient, motion))
    noise = told - phi @ P @ phi.T
    assert np.array_equal(told, told.T)
    u, a = LAW.unit, LAW.aids
    walk = float(u.accelerometer_walk**2 + u.gravity_walk**2)
    share = 1.0 - np.exp(-1.0 / RATE_MEMORY)
    wanted = np.concatenate([
        np.full(3, float(u.gyro_walk**2 + u.gyro_scale**2 * np.pi * 0.2 * share)), np.full(3, walk / 3.0),
        np.full(3, walk), np.zeros(3),
        nf.WALK_FOR_CONSTANT * 900.0 * np.array([u.force_scale, u.force_cross, u.force_cross]) ** 2
        + 2.0 / nf.BIAS_TIME * float(u.accelerometer_bias) ** 2,
        np.full(3, float(u.gyro_scale) ** 2 * 0.2 * share / (2.0 * np.pi)),
        np.full(3, (1.0 - np.exp(-2.0 / 300.0)) * float(a.satellite_position) ** 2),
        np.full(3, (1.0 - np.exp(-2.0 / 300.0)) * float(a.satellite_velocity) ** 2),
    ])  # fmt: skip
    assert np.diag(noise) / SPREAD**2 == pytest.approx(wanted / SPREAD**2, abs=1e-9)


@jax.jit
def _correct(P, x, H, R, innovation, valid, give_in):
    return nf.correct3(P, x, (nf.PLACE, nf.SLOW_PLACE), H, R, innovation, GATE, valid, give_in)[:3]


YES, NO = jnp.asarray(True), jnp.asarray(False)


def test_three_readings_are_the_textbooks_update():
    P, rng = _covariance(1), np.random.default_rng(2)
    H3 = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    H = np.zeros((3, 24))
    H[:, 3:6], H[:, 18:21] = H3, np.eye(3)
    R = np.diag([9.0, 4.0, 1.0]) + 0.5
    x, y = SPREAD * rng.normal(size=24), np.array([10.0, -20.0, 15.0])
    S = H @ P @ H.T + R
    K = P @ H.T @ np.linalg.inv(S)
    joseph = (np.eye(24) - K @ H) @ P @ (np.eye(24) - K @ H).T + K @ R @ K.T
    told, moved, taken = _correct(*(jnp.asarray(z) for z in (P, x, H3, R, y)), YES, NO)
    assert bool(taken)
    _close(told, joseph)
    assert np.asarray(moved) / SPREAD == pytest.approx((x + K @ (y - H @ x)) / SPREAD, abs=ROUNDING)


def test_one_reading_is_the_textbooks_update():
    P = _covariance(3)
    up = np.array([0.6, 0.0, 0.8])
    H = np.zeros(24)
    H[3:6] = up
    s = H @ P @ H + 25.0
    K = P @ H / s
    told, moved, taken = nf.correct1(
        jnp.asarray(P), jnp.zeros(24), jnp.asarray(up), jnp.asarray(25.0), jnp.asarray(12.0), GATE, YES
    )
    assert bool(taken)
    _close(told, P - np.outer(K, K) * s)
    assert np.asarray(moved) / SPREAD == pytest.approx(12.0 * K / SPREAD, abs=ROUNDING)


@pytest.mark.parametrize(("far", "valid"), [(1e4, YES), (10.0, NO)])
def test_a_reading_not_taken_changes_no_bit(far, valid):
    P, x = jnp.asarray(_covariance(4)), jnp.asarray(SPREAD)
    y = jnp.asarray([far, 0.0, 0.0])
    told, moved, taken = _correct(P, x, jnp.eye(3), 9.0 * jnp.eye(3), y, valid, NO)
    assert not bool(taken)
    assert np.array_equal(told, P)
    assert np.array_equal(moved, x)
    told, moved, taken = nf.correct1(
        P, x, jnp.asarray([0.0, 0.0, 1.0]), jnp.asarray(9.0), jnp.asarray(far), GATE, valid
    )
    assert not bool(taken)
    assert np.array_equal(told, P)
    assert np.array_equal(moved, x)


@pytest.mark.parametrize(("sigmas", "in_time"), [(4.99, True), (5.01, False)])
def test_the_gate_stands_at_its_sigmas(sigmas, in_time):
    P = _covariance(6)
    S = P[3:6, 3:6] + P[3:6, 18:21] + P[18:21, 3:6] + P[18:21, 18:21] + 9.0 * np.eye(3)
    y = sigmas * np.linalg.cholesky(S) @ np.array([0.6, 0.0, -0.8])
    _, _, taken = _correct(
        jnp.asarray(P), jnp.zeros(24), jnp.eye(3), 9.0 * jnp.eye(3), jnp.asarray(y), YES, NO
    )
    assert bool(taken) is in_time
    up = jnp.asarray([0.0, 0.0, 1.0])
    far = jnp.asarray(sigmas * np.sqrt(P[5, 5] + 9.0))
    _, _, taken = nf.correct1(jnp.asarray(P), jnp.zeros(24), up, jnp.asarray(9.0), far, GATE, YES)
    assert bool(taken) is in_time


def test_the_filter_gives_in_to_a_reading_it_has_refused_for_long():
    P = jnp.asarray(_covariance(5))
    y = jnp.asarray([1e4, 0.0, 0.0])
    told, moved, taken = _correct(P, jnp.zeros(24), jnp.eye(3), 9.0 * jnp.eye(3), y, YES, YES)
    assert bool(taken)
    assert float(moved[3]) == pytest.approx(1e4, rel=1e-3)
    assert np.linalg.eigvalsh(np.asarray(told) / SPREAD[:, None] / SPREAD).min() > 0.0


def test_the_inverse_of_three_by_three():
    S = np.array([[4.0, 1.0, -0.5], [1.0, 3.0, 0.2], [-0.5, 0.2, 2.0]])
    assert np.asarray(nf.inverse3(jnp.asarray(S))) @ S == pytest.approx(np.eye(3), abs=1e-14)


def test_a_turn_that_was_cut_off_is_doubted_as_one_that_was_wrong_from_the_start():
    """Its covariance is what propagation makes of that attitude error: same signs, same arms."""
    _, sums = _cycle(START, jnp.zeros(3), jnp.zeros(3))
    phi = _transition()[:9, :3]
    told = np.asarray(nf.cut_off(jnp.asarray(0.5), jnp.asarray(0.0), sums))
    assert told[:9, :9] == pytest.approx(0.25 * phi @ phi.T, rel=1e-6, abs=1e-9)
    assert not told[9:].any() and not told[:, 9:].any()
