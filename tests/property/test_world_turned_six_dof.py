"""Turn the whole world, a ship that turns with it: nothing that the ship feels, does or believes may change.

A spherical Earth that stands still has no axis of its own. Bank commands are given, so that the predictor's
single precision is not on trial; the satellites' errors, which live in Earth-fixed axes, are switched off.
The inertial unit counts pulses a millionth as large: rounding moves one of 0.1 mm/s into the next tick, and
the filter's place by 0.1 mm, which would hide what a turned frame might do.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import Replay, fly_plan

from homeward.math.quaternion import conjugate, from_matrix, multiply
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.sim.lanes import body_history

# Rounding of positions of 6.5e6 m, a nanometre, grown by a flight of minutes.
ROUNDING = 1e-6
# About another axis than the pole: the inner loop has J2 of its own, and what takes it away again is held
# over a cycle of guidance. That leaves 1e-5 m/s2.
HELD = 3e-4
FREE_END, BELIEVED = {ROUNDING: 5e-3, HELD: 50.0}, {ROUNDING: 2e-5, HELD: 2.0}  # m; m and m/s
FINE = 2.0**-20  # of a pulse
STEERED = 15.0  # s
SETTINGS = {
    "truth.earth.shape": "sphere", "truth.earth.orientation": "uniform",
    "truth.earth.rotation_rate_rad_s": "0.0", "truth.gravity.model": "central",
    "truth.gravity.sun_and_moon": "false", "truth.wind.model": "none",
    "return.initial.interface.epoch_utc": "2023-09-07T23:52:50.166Z",
    "return.initial.interface.latitude_deg": "29.25", "return.initial.interface.longitude_deg": "67.4",
    "return.initial.interface.altitude_m": "120000.0", "return.initial.interface.speed_m_s": "7500.0",
    "return.initial.interface.flight_path_angle_deg": "-2.5",
    "return.initial.interface.heading_deg": "57.0", "return.legs.start": "interface",
    "return.legs.end": "opening",
}  # fmt: skip
# The flight software believes in the same round, still world.
SETTINGS |= {f"onboard.{key[6:]}": text for key, text in SETTINGS.items() if key.startswith("truth.")}
LAW = Replay(
    jnp.asarray([0.0, 100.0, 101.0, 220.0, 221.0, 330.0, 331.0, 900.0]),
    jnp.asarray([0.5, 0.5, -1.0, -1.0, 1.2, 1.2, -0.6, -0.6]), jnp.asarray(0.0),
)  # fmt: skip
POLE = np.array([0.0, 0.0, 1.0])
TURNS = [(POLE, np.pi, ROUNDING), (POLE, 2.0, ROUNDING), (np.array([0.6, -0.64, 0.48]), -1.1, HELD)]
RELATIVE = ("altitude", "speed", "flight_path_angle", "mach", "load_factor", "heat_rate", "bank")
FAST = ("omega_BI_B", "angle_of_attack", "sideslip", "bank", "load_factor", "valve_share", "attitude_error")
FREE = tuple(name for name in FAST if name != "valve_share")
ANGLES = ("flight_path_angle", "bank", "angle_of_attack")


def _case(law):
    plan = plan_return(load("shenzhou-15", SETTINGS | {"flight.navigation.law": law}), fidelity="six-dof")
    n, satellite = plan.world.navigation, plan.world.body.aids.satellite
    zero, zeros = jnp.asarray(0.0), jnp.zeros(3)
    world = eqx.tree_at(
        lambda w: (
            w.navigation.position_sigma, w.navigation.velocity_sigma, w.navigation.accelerometer_bias,
            w.navigation.misalignment, w.body.aids.satellite.position_sigma,
            w.body.aids.satellite.velocity_sigma, w.body.aids.satellite.position_noise,
            w.body.aids.satellite.velocity_noise,
        ),
        plan.world,
        (zero * n.position_sigma, zero, zeros, zeros, zero * satellite.position_sigma, zero, zero, zero),
    )  # fmt: skip
    unit = world.body.inertial
    quanta = FINE * unit.gyro.quantum, FINE * unit.accelerometer.quantum
    world = eqx.tree_at(
        lambda w: (w.body.inertial.gyro.quantum, w.body.inertial.accelerometer.quantum), world, quanta
    )
    return plan, world


def _flown(plan, world, axis=POLE, angle=0.0):
    x, y, z = axis / np.linalg.norm(axis)
    K = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    R = np.eye(3) + np.sin(angle) * K + (1.0 - np.cos(angle)) * (K @ K)
    r, v, aim = (
        jnp.asarray(R @ np.asarray(part))
        for part in (plan.truth.r_BI_I, plan.truth.v_BI_I, plan.flight.target.aim_E)
    )
    q = multiply(plan.truth.body.q_BI, conjugate(from_matrix(jnp.asarray(R))))
    truth = eqx.tree_at(lambda t: (t.r_BI_I, t.v_BI_I, t.body.q_BI), plan.truth, (r, v, q))
    flight = eqx.tree_at(lambda f: f.target.aim_E, plan.flight, aim)
    return R, fly_plan(plan, world=world, truth=truth, flight=flight, guidance=LAW)


def _dead(world):
    """The same with thrusters that give nothing: the controller calls, nobody hears."""
    return eqx.tree_at(lambda w: w.body.capsule_thrusters.share, world, jnp.zeros(12))


@pytest.fixture(scope="module", params=["error-model", "filter"])
def case(request):
    plan, world = _case(request.param)
    return plan, world, _flown(plan, world)[1], _flown(plan, _dead(world))[1]


def _difference(a, b, name, rows):
    off = a[name][:rows] - b[name][:rows]
    return float(np.max(np.abs(np.angle(np.exp(1j * off)) if name in ANGLES else off)))


def _compare(flight, other, seconds, fast_names, limit):
    mine, theirs = flight.history, other.history
    slow_rows = int(np.sum(mine["time"] <= seconds))
    for name in RELATIVE:
        largest = max(1.0, float(np.max(np.abs(mine[name]))))
        assert _difference(mine, theirs, name, slow_rows) < limit * largest, name
    fast, fast_other = body_history(flight.outcome.legs, 0), body_history(other.outcome.legs, 0)
    rows = int(np.sum(fast["time"] <= seconds))
    assert rows > 100
    for name in fast_names:
        assert _difference(fast, fast_other, name, rows) < limit, name
    for name in ("navigation_position_error", "navigation_velocity_error"):
        sizes = [np.linalg.norm(h[name][:slow_rows], axis=1) for h in (mine, theirs)]
        assert np.max(np.abs(sizes[0] - sizes[1])) < BELIEVED[limit], name


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(len(TURNS)))
def test_any_turn_of_the_world_changes_nothing_of_a_free_flight(case, turn):
    plan, world, _, free = case
    axis, angle, limit = TURNS[turn]
    R, other = _flown(plan, _dead(world), axis, angle)
    assert free.history["time"].size == other.history["time"].size > 200
    _compare(free, other, np.inf, FREE, limit)
    assert np.linalg.norm(R @ free.end().r_BI_I - other.end().r_BI_I) < FREE_END[limit]


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(len(TURNS)))
def test_any_turn_of_the_world_changes_nothing_of_a_steered_one(case, turn):
    """Valves that open or not double a difference every second or two: nanometres are a degree in a minute.

    So all is compared while that is still rounding. The ends, kilometres apart where no guidance closes the
    loop, tell only what a degree of dead band is worth.
    """
    plan, world, flight, _ = case
    axis, angle, limit = TURNS[turn]
    _, other = _flown(plan, world, axis, angle)
    fast = body_history(flight.outcome.legs, 0)
    assert np.max(fast["valve_share"][:150]) > 0.5 and np.ptp(fast["bank"]) > 1.0  # it was steered
    _compare(flight, other, STEERED, FAST, limit)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits(case):
    plan, world, flight, _ = case
    _, again = _flown(plan, world)
    for name, values in flight.history.items():
        np.testing.assert_array_equal(values, again.history[name])
    fast, fast_again = body_history(flight.outcome.legs, 0), body_history(again.outcome.legs, 0)
    for name, values in fast.items():
        np.testing.assert_array_equal(values, fast_again[name])


@pytest.mark.slow
def test_a_number_that_is_none_is_caught_where_it_arises(case):
    """Damping that is not a number: the ship stands still from there, and the leg and time are told."""
    plan, world, _, _ = case
    broken = eqx.tree_at(lambda w: w.body.aero.table, world, world.body.aero.table.at[:, 3].set(jnp.nan))
    _, flight = _flown(plan, broken)
    truth = flight.end()
    assert bool(truth.failed) and float(truth.failed_time) == pytest.approx(0.0, abs=1.0)
    for part in (truth.r_BI_I, truth.v_BI_I, truth.body.q_BI, truth.body.omega_BI_B):
        assert np.all(np.isfinite(part))
