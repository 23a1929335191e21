"""The model-predictive law: its programme against another solver, its limits, and closed loops to contact."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from port_toy import LANES, RATE, contact, fly, in_port, motion, transition
from scipy.optimize import minimize

from homeward.flight.rendezvous.port_dynamics import PORTS, plume
from homeward.flight.rendezvous.proximity_mpc import proximity_mpc, rows_back, rows_of, solve

CLOSING = (0.05, 0.10)  # m/s, the contact box (IDSS)
OFFSET = 0.03  # m, 99.7 % of lanes
LATERAL = 0.01  # m/s
SAME = 2e-4  # m/s: converged ADMM against the other solver, first pulse
WORTH = 1e-4  # of the cost's size, likewise
CYCLE = 2.0  # s
PULSE = 1.5e-3  # m/s: the smallest along x
FEW = 32  # flights where no statistics are asked for
MANY = 4000  # iterations to convergence
# Position and velocity [m, m/s]: far, off the axis, going out of the corridor, too fast, near.
CASES = [
    ((200.0, 0.0, 0.0), (0.0, 0.0, 0.0)), ((200.0, 10.0, -5.0), (-0.5, 0.05, 0.0)),
    ((100.0, 17.0, 0.0), (-0.3, 0.1, 0.05)), ((25.0, 2.0, 1.0), (-0.3, 0.0, 0.0)),
    ((5.0, 0.3, -0.1), (-0.09, 0.003, 0.0)), ((1.0, 0.05, 0.02), (-0.07, 0.0, 0.002)),
]  # fmt: skip


@functools.lru_cache
def law(port="aft", **changes):
    return proximity_mpc(motion(port), **changes)


def run(law, port, **changes):
    return fly(law, port, **{"dt": CYCLE, "seconds": 1000.0, "lanes": FEW, **changes})


def pose(law, place, rate, goal=0.0):
    parts = (jnp.asarray(x, float) for x in (place, rate, goal, 10.0, CYCLE))
    return law.pose(*parts)


def dense(law):
    """Hessian, and the rows E S, of the programme."""
    t = law.programme
    S = np.asarray(t.places)
    rows = np.stack([np.asarray(rows_of(t.slopes, jnp.asarray(s))).ravel() for s in S.T]).T
    return S.T @ (np.asarray(t.weight)[:, None] * S), rows


def worth(law, told, u):
    q, cost, _, _, bounds = (np.asarray(x) for x in told)
    H, rows = dense(law)
    over = np.maximum(rows @ u - bounds.ravel(), 0.0)
    return 0.5 * u @ H @ u + q @ u + cost * np.abs(u).sum() + np.asarray(law.programme.penalty).ravel() @ over


def by_dual(law, told):
    """The same programme by its dual, whose only constraints are bounds, with L-BFGS-B.

    A penalty ``w max(0, r - b)`` has a multiplier within [0, w], a price ``c |u|`` one within [-c, c].
    """
    q, cost, low, high, bounds = (np.asarray(x) for x in told)
    H, rows = dense(law)
    k = len(q)
    A = np.vstack([rows, np.eye(k), np.eye(k), -np.eye(k)])
    d = np.concatenate([bounds.ravel(), np.zeros(k), high, -low])
    penalty = np.asarray(law.programme.penalty).ravel()
    least = np.concatenate([np.zeros_like(penalty), np.full(k, -cost), np.zeros(2 * k)])
    most = np.concatenate([penalty, np.full(k, cost), np.full(2 * k, np.inf)])
    inverse = np.linalg.inv(np.linalg.cholesky(H))
    G, g = inverse @ A.T, inverse @ q
    found = minimize(
        lambda y: (0.5 * np.sum((g + G @ y) ** 2) + d @ y, G.T @ (g + G @ y) + d), np.zeros(len(d)), jac=True,
        method="L-BFGS-B", bounds=list(zip(least, most, strict=True)),
        options={"maxiter": 20000, "maxfun": 40000, "ftol": 1e-16, "gtol": 1e-9, "maxcor": 50},
    )  # fmt: skip
    return np.linalg.solve(H, -q - A.T @ found.x)


@pytest.mark.parametrize("case", CASES)
def test_the_programme_is_solved_as_another_solver_solves_it(case):
    mpc = law(steps=6)
    told = pose(mpc, *case)
    u = np.asarray(jax.jit(solve, static_argnums=7)(mpc.programme, *told, mpc.init().duals, MANY).u)
    other = by_dual(mpc, told)
    assert np.all(u <= np.asarray(told[3]) + 1e-12) and np.all(u >= np.asarray(told[2]) - 1e-12)
    best, mine = worth(mpc, told, other), worth(mpc, told, u)
    assert mine <= best + WORTH * (1.0 + abs(best))
    np.testing.assert_allclose(u[:3], other[:3], atol=SAME)


def test_the_rows_and_their_transpose_belong_together():
    rng = np.random.default_rng(1)
    slopes, p, g = (jnp.asarray(rng.normal(size=s)) for s in (2, 56, (6, 14)))
    there, back = jnp.sum(g * rows_of(slopes, p)), jnp.sum(p * rows_back(slopes, g))
    assert float(there) == pytest.approx(float(back), rel=1e-12)


@pytest.mark.parametrize("port", PORTS)
def test_its_predictions_are_those_of_clohessy_and_wiltshire(port):
    mpc = law(port)
    rng = np.random.default_rng(1)
    u, x = rng.normal(size=(14, 3)), rng.normal(size=6)
    told = np.asarray(mpc.programme.places @ u.ravel() + mpc.programme.free @ x).reshape(4, 14)
    phi = in_port(transition(RATE, 6.0), PORTS[port])
    for k in range(14):
        x = phi @ (x + np.concatenate([np.zeros(3), u[k]]))
        np.testing.assert_allclose(told[:, k], x[:4], atol=1e-9)


SEEDS = [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("port", PORTS)
def test_two_hundred_flights_end_within_the_contact_box(port, seed):
    told = contact(*run(law(port), port, seed=seed, lanes=LANES))
    assert told["all"]
    assert np.min(told["closing"]) > CLOSING[0] and np.max(told["closing"]) < CLOSING[1]
    assert np.percentile(told["offset"], 99.7) < OFFSET
    assert np.max(told["lateral_rate"]) < LATERAL
    assert told["outside"] < 0.0
    assert np.percentile(told["spent"], 99.0) < 1.8  # m/s
    assert np.max(told["time"]) * CYCLE < 950.0


def test_the_corridor_is_kept_and_would_be_left_without_it():
    """From near its face, drifting out. What looks sideways only at a price would leave the cone."""
    start = {"start": (100.0, 14.0, 0.0), "rates": (-0.3, 0.06, 0.0), "spread": (0.5, 0.5, 0.5)}
    kept = contact(*run(law(), "aft", **start))
    assert kept["outside"] < 0.0 and kept["all"]
    free = contact(*run(law(penalty=1e-6, weight=1e-4), "aft", **start))
    assert free["outside"] > 0.3


def test_it_keeps_below_its_speeds_and_a_ship_that_came_too_fast_slows_down():
    mpc = law()
    _, _, _, (states, _, hit) = run(mpc, "aft", start=(150.0, 0.0, 0.0), rates=(-0.7, 0.0, 0.0))
    x, v = states[:, :, 0], -states[:, :, 3]
    most = 1.1 * (0.07 + 0.0025 * np.maximum(x, 0.0)) + 0.01
    assert np.any(v[:, 0] > most[:, 0] + 0.05)  # it did come too fast
    assert np.all(((v < most) | hit)[:, 30:])
    # A limit from outside, lower than the profile.
    _, _, _, (states, _, _) = run(mpc, "aft", limit=0.2, rates=(-0.2, 0.0, 0.0))
    assert np.max(-states[:, :, 3]) < 1.1 * 0.2 + 0.02


def test_braking_near_the_port_is_small_and_at_last_none():
    start = {"start": (24.0, 0.0, 0.0), "rates": (-0.3, 0.0, 0.0), "spread": (0.0, 0.0, 0.0)}
    _, _, _, (states, given, hit) = run(law(), "aft", **start)
    x, push, live = states[:, :-1, 0], given[:, 1:, 0], ~hit[:, :-1]
    assert np.max(push[live & (x < 19.5)]) < 0.005 * 1.1
    assert np.max(push[live & (x < 0.4)], initial=0.0) == 0.0
    assert np.max(push[live & (x > 20.5)]) > 0.02
    free = proximity_mpc(motion("aft"), limits=plume(0.0, 0.0, 0.0))
    _, _, _, (_, given, _) = run(free, "aft", **{**start, "start": (15.0, 0.0, 0.0)})
    assert np.max(given[:, :, 0]) > 0.01  # without the limit it brakes harder: the check can fail


def test_it_stops_at_a_point_stays_and_goes_out_again():
    # 50 m inward, hold at 19 m, and after 400 s out to 40 m.
    goals = np.where(np.arange(500) < 300, 19.0, 40.0)
    told = run(law("nadir"), "nadir", start=(60.0, 0.0, 0.0), rates=(-0.2, 0.0, 0.0), goals=goals)
    _, _, hit, (states, given, _) = told
    assert not hit.any()
    held, out = states[:, 220:300], states[:, 440:]
    assert np.max(np.abs(held[:, :, 0] - 19.0)) < 0.6
    assert np.max(np.abs(out[:, :, 0] - 40.0)) < 1.0
    assert np.max(np.abs(states[:, 220:, 1:3])) < 0.5
    # Moving out from below 20 m begins with small pulses.
    assert np.max(given[:, 220:301, 0]) < 0.005 * 1.1


def test_a_warm_start_makes_thirty_iterations_enough():
    """After a few cycles of 30 iterations the first pulse is the converged one."""
    mpc = law()
    for case in CASES[1:5]:
        told = pose(mpc, *case)
        program = jax.jit(solve, static_argnums=7)
        exact = np.asarray(program(mpc.programme, *told, mpc.init().duals, MANY).u)
        duals = mpc.init().duals
        for _ in range(6):
            duals = program(mpc.programme, *told, duals, mpc.iterations)
        np.testing.assert_allclose(
            np.asarray(duals.u)[:3], exact[:3], atol=1.5e-3
        )  # a smallest pulse along x
    assert np.asarray(duals.u).shape == (42,) and LANES == 200
