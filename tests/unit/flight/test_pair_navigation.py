"""Relative navigation: what the filter does with motion, readings, refusals and silence."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.astro.lvlh import from_lvlh, lvlh_matrix, lvlh_quaternion
from homeward.flight.navigation.mechanization import small_turn
from homeward.flight.relative_navigation import covariance as filter_
from homeward.flight.relative_navigation.attitude_filter import pair_attitude
from homeward.flight.relative_navigation.port_relative_state import port_relative
from homeward.flight.relative_navigation.relative_filter import DIFFERENCE, RELATIVE, pair_filter
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.icd import InertialSample
from homeward.icd.rendezvous_messages import PairAids
from homeward.math.quaternion import from_matrix, multiply
from homeward.math.triples import split
from homeward.world.sensors.imu import turn_between
from homeward.world.sensors.rendezvous import (
    INITIAL_NOISES,
    NOISES,
    PairSituation,
    initial_pair_sensors,
    sense_pair,
)
from homeward.world.sensors.rendezvous_specifications import pair_sensors

AFT = PairGeometry(
    jnp.asarray([-8.0, 0.5, 0.0]), jnp.diag(jnp.asarray([-1.0, -1.0, 1.0])), jnp.asarray([4.0, 0.0, 0.0])
)
NADIR = PairGeometry(
    jnp.asarray([0.0, 0.0, 3.0]),
    jnp.asarray([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]),
    AFT.dock_B,
)
LAW = pair_filter(AFT)
R_TI = jnp.asarray([6.0e6, 2.5e6, 1.8e6])
V_TI = jnp.asarray([-3.2e3, 5.3e3, 4.4e3])
FALSE = jnp.asarray(False)
ONE = jnp.asarray(1.0)
TURN = jnp.asarray([1.0, 0.0, 0.0, 0.0])


def _pair(geometry, rho, rhodot=(0.0, 0.0, 0.0), tilt=(0.0, 0.0, 0.0)):
    """Truth with the station holding L and the ship near its docked attitude, its port at ``rho`` in D."""
    C_DT = np.asarray(geometry.C_DT)
    q_TI = lvlh_quaternion(R_TI, V_TI)
    docked = multiply(from_matrix(jnp.asarray(np.diag([-1.0, -1.0, 1.0]) @ C_DT)), q_TI)
    q_BI = small_turn(docked, split(jnp.asarray(tilt, float)))
    # The ship turns with the orbit.
    C_BL = np.diag([-1.0, -1.0, 1.0]) @ C_DT
    place = np.asarray(geometry.port_T) + C_DT.T @ np.asarray(rho) - C_BL.T @ np.asarray(geometry.dock_B)
    speed = C_DT.T @ np.asarray(rhodot)
    r, v = from_lvlh(R_TI, V_TI, jnp.asarray(place), jnp.asarray(speed))
    h = jnp.cross(R_TI, V_TI)
    rate_L = jnp.asarray([0.0, -1.0, 0.0]) * jnp.sqrt(jnp.sum(h * h)) / jnp.sum(R_TI * R_TI)
    omega_B = jnp.asarray(C_BL @ np.asarray(rate_L))
    return PairSituation(
        time=jnp.asarray(0.0), r_BI_I=r, v_BI_I=v, q_BI=q_BI, omega_BI_B=omega_B, r_TI_I=R_TI, v_TI_I=V_TI,
        q_TI=q_TI, port_T=geometry.port_T, C_DT=geometry.C_DT, dock_B=geometry.dock_B,
    )  # fmt: skip


def _start(truth, law=LAW, own=(10.0, 0.1), relative=(10.0, 0.1), error=0.0):
    sigmas = [tuple(jnp.asarray(x) for x in pair) for pair in (own, relative)]
    return law.init(
        truth.r_BI_I, truth.v_BI_I, truth.r_BI_I - truth.r_TI_I + error, truth.v_BI_I - truth.v_TI_I, *sigmas
    )


def _silence():
    zero, zeros = jnp.zeros(()), jnp.zeros(3)
    kinds = {"_valid": FALSE, "touched": FALSE, "captured": FALSE, "_q_": TURN}

    def value(name):
        for key, x in kinds.items():
            if key in name:
                return x
        return zeros if name.endswith(("position", "velocity")) else zero

    return PairAids(**{f.name: value(f.name) for f in dataclasses.fields(PairAids)})


def _exact(truth, sensors=None):
    sensors = pair_sensors() if sensors is None else sensors
    state = initial_pair_sensors(sensors, jnp.zeros(INITIAL_NOISES))
    return sense_pair(sensors, state, truth, ONE, FALSE, FALSE, jnp.zeros(NOISES))[1]


@eqx.filter_jit
def _update(law, state, aids, q_BI):
    return law.update(state, aids, q_BI)


@eqx.filter_jit
def _coast(law, state, dt, steps):
    return jax.lax.fori_loop(0, steps, lambda _, s: law.propagate(s, jnp.zeros(3), dt), state)


@pytest.mark.parametrize("geometry", [AFT, NADIR])
def test_the_port_seen_from_the_port(geometry):
    tilt, rho, rhodot = (0.002, -0.004, 0.003), (20.0, 0.3, -0.2), (-0.1, 0.01, 0.02)
    law = pair_filter(geometry)
    truth = _pair(geometry, rho, rhodot)
    port = port_relative(
        law.believed(_start(truth, law), truth.q_BI, truth.omega_BI_B, jnp.asarray(0.0)), geometry
    )
    assert np.asarray(port.rho_D) == pytest.approx(rho, abs=1e-6)
    assert np.asarray(port.rhodot_D) == pytest.approx(rhodot, abs=1e-9)
    assert np.asarray(port.error_B) == pytest.approx(np.zeros(3), abs=1e-9)
    assert np.asarray(port.omega_BT_B) == pytest.approx(np.zeros(3), abs=1e-12)
    tilted = _pair(geometry, rho, rhodot, tilt)
    port = port_relative(
        law.believed(_start(tilted, law), tilted.q_BI, tilted.omega_BI_B, jnp.asarray(0.0)), geometry
    )
    # The turn that is missing is the tilt taken back.
    assert np.asarray(port.error_B) == pytest.approx(-np.asarray(tilt), abs=2e-5)


@pytest.mark.parametrize("geometry", [AFT, NADIR])
@pytest.mark.parametrize("distance", [3e3, 150.0, 20.0, 3.0])
def test_exact_readings_of_an_exact_belief_change_nothing(geometry, distance):
    law = pair_filter(geometry)
    truth = _pair(geometry, (distance, 0.05 * distance, -0.03 * distance), tilt=(0.01, 0.02, -0.03))
    state = _start(truth, law)
    after = _update(law, state, _exact(truth), truth.q_BI)
    assert np.asarray(after.motion.r_BT_I - state.motion.r_BT_I) == pytest.approx(np.zeros(3), abs=1e-6)
    assert np.asarray(after.motion.v_BT_I - state.motion.v_BT_I) == pytest.approx(np.zeros(3), abs=1e-6)
    assert np.asarray(after.told) == pytest.approx(np.zeros(3), abs=1e-9)
    assert int(after.refused.sum()) == 0


@pytest.mark.parametrize("distance", [3e3, 300.0, 20.0])
def test_rows_are_the_slopes_of_the_readings(distance):
    """A belief that is off by a little is corrected toward the truth by what its rows say."""
    truth = _pair(AFT, (distance, 0.06 * distance, -0.04 * distance), tilt=(0.01, -0.02, 0.03))
    off, law = jnp.asarray([0.02, -0.03, 0.01]), LAW
    exact = pair_sensors(relative=0.0, radar=0.0, lidar=0.0, camera=0.0, told_attitude=0.0)
    state = _start(truth, error=off)
    aids = _exact(truth, exact)
    for _ in range(400):
        state = _update(law, state, aids, truth.q_BI)
    assert np.asarray(state.motion.r_BT_I - truth.r_BI_I + truth.r_TI_I) == pytest.approx(
        np.zeros(3), abs=3e-3
    )


def test_a_turn_of_the_station_is_found_by_camera():
    wrong = jnp.asarray([1e-3, -2e-3, 1.5e-3])
    truth = _pair(AFT, (5.0, 0.1, 0.1))
    aids = _exact(truth)
    told = small_turn(truth.q_TI, split(-wrong))
    aids = dataclasses.replace(aids, station_q_TI=told)
    state = _start(truth)
    for _ in range(400):
        state = _update(LAW, state, aids, truth.q_BI)
    found = LAW.believed(state, truth.q_BI, jnp.zeros(3), jnp.asarray(0.0)).q_TI
    # What is left is what the prior of 0.05 deg keeps of it.
    assert np.linalg.norm(np.asarray(turn_between(truth.q_TI, found))) < 0.15 * np.linalg.norm(
        np.asarray(wrong)
    )


def test_coasting_differs_by_tides_only():
    """A long coast in one and in ten steps; and the relative state is the difference of both bodies'."""
    truth = _pair(AFT, (40e3, 300.0, 2e3), (1.0, 0.2, 0.3))
    long = _coast(LAW, _start(truth), jnp.asarray(10.0), 60)
    short = _coast(LAW, _start(truth), jnp.asarray(1.0), 600)
    # Truncation of the long step: 1e-5 m each.
    assert np.asarray(long.motion.r_BT_I) == pytest.approx(np.asarray(short.motion.r_BT_I), abs=1e-3)
    assert np.asarray(long.covariance) == pytest.approx(np.asarray(short.covariance), rel=2e-2, abs=1e-2)
    alone = eqx.tree_at(lambda f: f.forces.ship_ballistic, LAW, LAW.forces.station_ballistic)
    station = alone.init(
        R_TI, V_TI, jnp.ones(3), jnp.zeros(3), (ONE, ONE), (ONE, ONE)
    )  # the station flown as a ship
    station = _coast(alone, station, jnp.asarray(1.0), 600)
    assert np.asarray(short.motion.station()[0]) == pytest.approx(np.asarray(station.motion.r_BI_I), abs=1e-4)


def test_the_covariance_moves_as_errors_do():
    truth = _pair(AFT, (5e3, 10.0, 20.0))
    start, dt, steps = _start(truth), jnp.asarray(10.0), 40
    base = _coast(LAW, start, dt, steps).motion
    columns = []
    for k in range(6):
        step = jnp.zeros(6).at[k].set(1.0 if k < 3 else 1e-3)
        moved = eqx.tree_at(
            lambda s: (s.motion.r_BT_I, s.motion.v_BT_I),
            start,
            (start.motion.r_BT_I + step[:3], start.motion.v_BT_I + step[3:]),
        )
        after = _coast(LAW, moved, dt, steps).motion
        change = jnp.concatenate([after.r_BT_I - base.r_BT_I, after.v_BT_I - base.v_BT_I])
        columns.append(np.asarray(change) / float(step[k]))
    phi = np.stack(columns, axis=1)
    P = np.asarray(start.covariance)[:6, :6]
    quiet = eqx.tree_at(
        lambda f: (f.forces.relative_walk, f.forces.walk_growth, f.forces.walk_lost),
        LAW,
        (ONE * 0, ONE * 0, ONE * 0),
    )
    found = np.asarray(_coast(quiet, start, dt, steps).covariance)[:6, :6]
    scale = np.sqrt(np.diag(phi @ P @ phi.T))
    # The gradient is that of a point mass, the motion has J2: a thousandth.
    assert (phi @ P @ phi.T - found) / np.outer(scale, scale) == pytest.approx(np.zeros((6, 6)), abs=5e-3)


def test_a_sensed_gain_moves_ship_and_relative_state_alike():
    truth = _pair(AFT, (5e3, 0.0, 0.0))
    gain, dt = jnp.asarray([0.3, -0.2, 0.1]), jnp.asarray(10.0)
    with_it = LAW.propagate(_start(truth), gain, dt)
    without = LAW.propagate(_start(truth), jnp.zeros(3), dt)
    for name in ("BI", "BT"):
        r, v = (
            np.asarray(getattr(with_it.motion, f"{x}_{name}_I") - getattr(without.motion, f"{x}_{name}_I"))
            for x in "rv"
        )
        assert v == pytest.approx(np.asarray(gain), abs=1e-4)
        assert r == pytest.approx(5.0 * np.asarray(gain), abs=1e-3)
    # What goes with the gain is not known better than its scale.
    more = np.diagonal(np.asarray(with_it.covariance - without.covariance))[3:6]
    part = float(LAW.forces.thrust_part)
    assert more == pytest.approx(part**2 * float(jnp.sum(gain * gain)) * np.ones(3), rel=1e-6)


def test_silence_and_nonsense_leave_the_belief_alone():
    truth = _pair(AFT, (100.0, 1.0, 1.0))
    state = _start(truth)
    bad = _exact(truth)
    nan = jax.tree.map(lambda x: x * jnp.nan if x.dtype == float else x, bad)
    for aids in (_silence(), nan):
        after = _update(LAW, state, aids, truth.q_BI)
        same = jax.tree.map(lambda a, b: bool(jnp.all(a == b)), state, after)
        assert all(jax.tree.leaves(same))


def test_a_wrong_reading_is_refused_and_a_lasting_one_followed():
    truth = _pair(AFT, (100.0, 0.0, 0.0))
    state = _start(truth, relative=(0.1, 0.001))
    aids = _exact(truth, pair_sensors(works=jnp.asarray([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0])))
    wrong = dataclasses.replace(aids, camera_position=aids.camera_position + jnp.asarray([0.0, 30.0, 0.0]))
    once = _update(LAW, state, wrong, truth.q_BI)
    assert np.asarray(once.motion.r_BT_I) == pytest.approx(np.asarray(state.motion.r_BT_I), abs=0.2)
    assert int(once.refused[0]) == 1
    assert int(_update(LAW, once, aids, truth.q_BI).refused[0]) == 0
    for _ in range(40):
        state = _update(LAW, state, wrong, truth.q_BI)
    moved = np.asarray(state.motion.r_BT_I - truth.r_BI_I + truth.r_TI_I)
    assert np.linalg.norm(moved) == pytest.approx(30.0, abs=1.0)


def test_a_sensor_that_falls_silent_while_it_is_refused_leaves_the_belief_alone():
    """Else what nobody reads any more makes the filter less sure for ever: 3 ** 300 is no sigma."""
    truth = _pair(AFT, (100.0, 0.0, 0.0))
    state = _start(truth, relative=(0.1, 0.001))
    aids = _exact(truth, pair_sensors(works=jnp.asarray([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0])))
    wrong = dataclasses.replace(aids, camera_position=aids.camera_position + jnp.asarray([0.0, 1e6, 0.0]))
    for _ in range(int(LAW.belief.patience)):
        state = _update(LAW, state, wrong, truth.q_BI)
    assert int(state.refused[0]) == int(LAW.belief.patience)
    widened = _update(LAW, state, wrong, truth.q_BI)
    assert float(widened.covariance[0, 0]) > 4.0 * float(state.covariance[0, 0])
    after = state
    for _ in range(20):
        after = _update(LAW, after, _silence(), truth.q_BI)
    assert np.array_equal(after.covariance, state.covariance)


def test_a_worse_sensor_that_disagrees_is_left_aside():
    truth = _pair(AFT, (3e3, 0.0, 0.0))
    state = _start(truth)
    aids = _exact(truth)
    wrong = dataclasses.replace(aids, radar_range=aids.radar_range + 5e3)
    for _ in range(50):
        state = _update(LAW, state, wrong, truth.q_BI)
    assert np.asarray(state.motion.r_BT_I - truth.r_BI_I + truth.r_TI_I) == pytest.approx(
        np.zeros(3), abs=0.1
    )
    assert int(state.refused.max()) == 0


def test_the_difference_of_two_fixes_serves_where_nothing_better_does():
    truth = _pair(AFT, (300e3, 0.0, 0.0))
    state = _start(truth, relative=(1000.0, 1.0))
    after = _update(LAW, state, _exact(truth), truth.q_BI)
    assert int(after.mode) == DIFFERENCE
    sigma = np.sqrt(np.diagonal(np.asarray(after.covariance)))[:3]
    # Two of 10 m, of whose slow part, nine tenths of the variance, three tenths are common to both.
    assert sigma == pytest.approx(10.0 * np.sqrt(2.0 - 2.0 * 0.9 * 0.3) * np.ones(3), rel=0.02)
    nearer = _update(
        LAW, _start(_pair(AFT, (50e3, 0.0, 0.0))), _exact(_pair(AFT, (50e3, 0.0, 0.0))), truth.q_BI
    )
    assert int(nearer.mode) == RELATIVE


def test_readings_one_by_one_are_the_whole_at_once():
    rng = np.random.default_rng(3)
    A = rng.normal(size=(22, 22))
    P, H, y, R = A @ A.T, rng.normal(size=(7, 22)), rng.normal(size=7), np.diag(rng.uniform(1.0, 2.0, 7))
    rows = filter_.Rows(jnp.asarray(H), jnp.asarray(y), jnp.asarray(np.diag(R)), jnp.ones(7, bool))
    found, x, taken, squares = filter_.correct(jnp.asarray(P), rows, jnp.asarray(100.0))
    K = P @ H.T @ np.linalg.inv(H @ P @ H.T + R)
    assert bool(jnp.all(taken))
    assert np.asarray(x) == pytest.approx(K @ y, abs=1e-9)
    assert np.asarray(found) == pytest.approx(P - K @ H @ P, abs=1e-8)
    assert np.array_equal(np.asarray(found), np.asarray(found).T)
    # One by one or together, they are as surprising.
    assert float(jnp.sum(squares)) == pytest.approx(y @ np.linalg.solve(H @ P @ H.T + R, y), rel=1e-9)


def test_without_a_link_the_station_is_held_against_its_orbit():
    turned = multiply(from_matrix(jnp.asarray([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])), TURN)
    truth = _pair(AFT, (3e3, 0.0, 0.0))
    aids = dataclasses.replace(_exact(truth), station_q_TI=multiply(turned, truth.q_TI))
    state = _update(LAW, _start(truth), aids, truth.q_BI)
    state = _coast(LAW, state, jnp.asarray(10.0), 60)
    state = _update(LAW, state, _silence(), truth.q_BI)
    station = state.motion.station()
    expected = multiply(turned, from_matrix(lvlh_matrix(*station)))
    found = LAW.believed(state, truth.q_BI, jnp.zeros(3), jnp.asarray(0.0)).q_TI
    assert np.asarray(turn_between(expected, found)) == pytest.approx(np.zeros(3), abs=1e-6)


def test_attitude_finds_the_stars_and_the_accelerometers_rest():
    law = pair_attitude()
    rate, bias = jnp.asarray([1e-4, -1.1e-3, 2e-4]), jnp.asarray([2e-4, -1e-4, 3e-4])
    tick = jnp.asarray(0.1)

    def cycle(carry, star):
        state, q = carry
        for _ in range(10):
            sample = InertialSample((rate + 1e-7) * tick, bias * tick, tick)
            state = law.tick(state, sample)
            q = small_turn(q, split(rate * tick))
        state, gain, spread = law.cycle(state, jnp.asarray(True), small_turn(q, split(2.4e-5 * star)))
        return (state, q), (gain, spread, turn_between(q, law.attitude(state).q_BI))

    stars = jax.random.normal(jax.random.key(1), (400, 3))
    start = (law.init(TURN, jnp.asarray(0.1)), small_turn(TURN, split(jnp.asarray([0.05, 0.0, 0.0]))))
    (state, _), (gain, spread, error) = jax.lax.scan(cycle, start, stars)
    sigma = np.asarray(law.sigma(state))
    assert np.all(np.abs(np.asarray(error)[-100:]) < 4.0 * sigma)
    assert np.asarray(law.attitude(state).omega_BI_B) == pytest.approx(np.asarray(rate), abs=2e-7)
    assert np.linalg.norm(np.asarray(gain)[-1]) < 1e-5
    assert float(spread[-1]) < float(spread[0])


def test_pulses_of_the_engine_do_not_become_a_bias():
    law = pair_attitude()
    state = law.init(TURN, jnp.asarray(1e-5))
    still, push = jnp.zeros(3), jnp.asarray([0.02, 0.0, 0.0])
    gains = []
    for force in (still, still, push, push, still):
        state = law.tick(state, InertialSample(still, force, ONE))
        state, gain, _ = law.cycle(state, jnp.asarray(True), TURN)
        gains.append(float(gain[0]))
    assert gains == pytest.approx([0.0, 0.0, 0.02, 0.02, 0.0], abs=1e-12)
    assert np.asarray(state.accelerometer_bias).tolist() == [0.0, 0.0, 0.0]


def felt(law, state, push, cycles, coasting):
    for _ in range(cycles):
        state = law.tick(state, InertialSample(jnp.zeros(3), jnp.asarray(push), ONE))
        state, _, spread = law.cycle(state, jnp.asarray(True), TURN, coasting)
    return state, float(spread)


def test_a_slow_push_is_no_bias_where_it_was_ordered():
    law, push = pair_attitude(), [3e-4, 0.0, 0.0]
    state, _ = felt(law, law.init(TURN, jnp.asarray(1e-5)), push, 5, FALSE)
    assert float(state.accelerometer_bias[0]) == 0.0
    # Five readings beside what the data sheet said, each by its weight.
    state, _ = felt(law, law.init(TURN, jnp.asarray(1e-5)), push, 5, ~FALSE)
    weight = 5.0 * (float(law.accelerometer_bias) / float(law.accelerometer_walk)) ** 2
    assert float(state.accelerometer_bias[0]) == pytest.approx(3e-4 * weight / (weight + 1.0), rel=1e-4)


def test_a_pulse_that_was_taken_for_free_fall_does_not_make_the_bias():
    law, bias = pair_attitude(), [1e-4, 0.0, -1e-4]
    state, _ = felt(law, law.init(TURN, jnp.asarray(1e-5)), [1e-4, -1.5e-3, -8e-4], 1, ~FALSE)
    assert np.asarray(state.accelerometer_bias).tolist() == [0.0, 0.0, 0.0]
    state, spread = felt(law, state, bias, 200, ~FALSE)
    assert np.asarray(state.accelerometer_bias) == pytest.approx(np.asarray(bias), abs=1e-6)
    assert spread < 1.1 * float(law.accelerometer_walk)


def test_a_bias_that_was_wrong_is_found_again():
    law = pair_attitude()
    state, _ = felt(law, law.init(TURN, jnp.asarray(1e-5)), [-6e-4, 0.0, 0.0], 300, ~FALSE)
    state, _ = felt(law, state, [6e-4, 0.0, 0.0], 60, ~FALSE)
    assert float(state.accelerometer_bias[0]) == pytest.approx(6e-4, abs=3e-5)


def test_a_bias_learnt_with_an_instrument_that_is_voted_out_is_forgotten():
    law = pair_attitude()
    state, _ = felt(law, law.init(TURN, jnp.asarray(1e-5)), [8e-4, 0.0, 0.0], 300, ~FALSE)
    assert float(state.accelerometer_bias[0]) > 7e-4
    same = law.doubted(state, FALSE, FALSE)
    assert all(
        bool(jnp.all(a == b)) for a, b in zip(jax.tree.leaves(same), jax.tree.leaves(state), strict=True)
    )
    anew = law.doubted(state, FALSE, ~FALSE)
    assert float(jnp.max(jnp.abs(anew.accelerometer_bias))) == 0.0
    assert float(anew.accelerometer_variance) == float(law.accelerometer_bias) ** 2
    assert bool(jnp.all(anew.bias_variance == state.bias_variance))
    turned = law.doubted(state, ~FALSE, FALSE)
    assert bool(jnp.all(turned.bias_variance == law.gyro_bias**2)) and bool(jnp.all(turned.shared == 0.0))
    assert bool(jnp.all(turned.accelerometer_bias == state.accelerometer_bias))
