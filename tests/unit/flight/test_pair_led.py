"""A satellite receiver that leads the relative state away where nothing but satellites sees the station."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import voting

from homeward.astro.lvlh import from_lvlh, lvlh_quaternion
from homeward.flight.relative_navigation import covariance as filter_
from homeward.flight.relative_navigation.gnss_spoofing import (
    GATE,
    PairLead,
    led,
    no_lead,
    sigmas,
    summed,
    taken_back,
)
from homeward.flight.relative_navigation.relative_filter import pair_filter
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.flight.rendezvous.far_range import FarComputer, begin_far, navigate_far
from homeward.flight.rendezvous.orbit_propagator import PairModel
from homeward.vehicle.parameters import Engine
from homeward.world.sensors.rendezvous import (
    INITIAL_NOISES,
    NOISES,
    PairSituation,
    initial_pair_sensors,
    sense_pair,
)
from homeward.world.sensors.rendezvous_specifications import pair_sensors

GEOMETRY = PairGeometry(
    jnp.asarray([-8.0, 0.5, 0.0]), jnp.diag(jnp.asarray([-1.0, -1.0, 1.0])), jnp.asarray([4.0, 0.0, 0.0])
)
LAW = pair_filter(GEOMETRY)
R_TI, V_TI = jnp.asarray([6.0e6, 2.5e6, 1.8e6]), jnp.asarray([-3.2e3, 5.3e3, 4.4e3])
DT = jnp.asarray(10.0)
TURN = jnp.asarray([1.0, 0.0, 0.0, 0.0])
BEGINS, CYCLES = 60, 120  # the cycle from which it leads, and all of them
LEAD = jnp.asarray([0.6, -0.64, 0.48])  # which way


def _computer():
    """A flight computer of the far legs of which navigation alone is asked."""
    zero, zeros = jnp.zeros(()), jnp.zeros(6)
    engine = Engine(jnp.asarray(1e3), jnp.asarray(3e3))
    return FarComputer(
        filter=LAW, model=PairModel(LAW.earth, LAW.pole_I, LAW.forces.earth_rate, jnp.zeros(3)),
        drags=(zero, zero), engine=engine, trim=engine, mass=jnp.asarray(8e3), aim=zeros, hold=zeros,
        arrivals=jnp.zeros(2), homing_time=zero, budget=zero, lowest=zero, most=zero, abort_distance=zero,
        abort_time=zero, switch_time=zero, voting=voting(),
    )  # fmt: skip


@jax.jit
def _flown(key, pull, behind):
    """Far off the station, adrift, led away with ``pull`` [m/s2]: what is dropped when, and how far off it
    was believed to be where it is not [m, m/s], cycle by cycle."""
    computer, sensors, no = _computer(), pair_sensors(), jnp.asarray(False)
    r, v = from_lvlh(R_TI, V_TI, jnp.stack([-behind, jnp.zeros(()), 0.02 * behind]), jnp.zeros(3))
    sigma = (jnp.asarray(30.0), jnp.asarray(0.1))
    start = LAW.init(r, v, r - R_TI, v - V_TI, sigma, sigma)

    def cycle(carry, k):
        truth, sensed, state = carry
        truth = LAW.propagate(truth, jnp.zeros(3), DT)
        (r, v), (r_T, v_T) = (truth.motion.r_BI_I, truth.motion.v_BI_I), truth.motion.station()
        q = lvlh_quaternion(r_T, v_T)
        situation = PairSituation(
            time=k.astype(float) * DT, r_BI_I=r, v_BI_I=v, q_BI=TURN, omega_BI_B=jnp.zeros(3), r_TI_I=r_T,
            v_TI_I=v_T, q_TI=q, port_T=GEOMETRY.port_T, C_DT=GEOMETRY.C_DT, dock_B=GEOMETRY.dock_B,
        )  # fmt: skip
        noise = jax.random.normal(jax.random.fold_in(key, k), (NOISES,))
        sensed, aids = sense_pair(sensors, sensed, situation, DT, no, no, noise)
        since = jnp.maximum(k - BEGINS, 0).astype(float) * DT
        aids = eqx.tree_at(
            lambda a: (a.satellite_position, a.satellite_velocity), aids,
            (
                aids.satellite_position + 0.5 * pull * since**2 * LEAD,
                aids.satellite_velocity + pull * since * LEAD,
            ),
        )  # fmt: skip
        state = navigate_far(computer, state, aids, DT)
        off = state.filter.motion
        off = jnp.stack(
            [
                jnp.linalg.norm(off.r_BT_I - truth.motion.r_BT_I),
                jnp.linalg.norm(off.v_BT_I - truth.motion.v_BT_I),
            ]
        )
        return (truth, sensed, state), (state.trust.satellite, off, sigmas(state.lead))

    sensed = initial_pair_sensors(sensors, jax.random.normal(key, (INITIAL_NOISES,)))
    first = begin_far(computer, start)
    return jax.lax.scan(cycle, (start, sensed, first), jnp.arange(CYCLES))[1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("behind", [2000e3, 300e3])
def test_a_steady_pull_of_the_matrix_is_seen_and_taken_back(seed, behind):
    dropped, off, _ = (np.asarray(x) for x in _flown(jax.random.key(seed), 5e-3, behind))
    assert not dropped[:BEGINS].any() and dropped[-1]
    late = int(np.argmax(dropped))
    # The gate alone had not refused it by then from 2,000 km, and left 0.33 to 0.39 m/s from 300 km.
    assert (late - BEGINS) * 10.0 < 600.0
    place, speed = off[late]
    assert place < 200.0 and speed < 0.2


@pytest.mark.parametrize("behind", [2000e3, 300e3, 50e3])
def test_a_sound_receiver_is_let_be(behind):
    for seed in range(10):
        dropped, _, far = (np.asarray(x) for x in _flown(jax.random.key(seed), 0.0, behind))
        assert not dropped.any() and far.max() < 0.5 * GATE


def _state(place=0.0, speed=0.0):
    start = LAW.init(R_TI, V_TI, jnp.full(3, 1e5), jnp.zeros(3), *[(jnp.asarray(30.0), jnp.asarray(0.1))] * 2)
    return eqx.tree_at(
        lambda s: (s.motion.r_BT_I, s.motion.v_BT_I), start,
        (start.motion.r_BT_I + place, start.motion.v_BT_I + speed),
    )  # fmt: skip


def test_what_the_radar_had_a_hand_in_is_not_held_against_satellites():
    before, after = _state(), _state(3.0, 1.0)
    lead = summed(no_lead(), before, after, jnp.asarray(False), DT)
    assert np.asarray(lead.moved) == pytest.approx(np.zeros(6))
    lead = summed(no_lead(), before, after, jnp.asarray(True), DT)
    assert np.asarray(lead.moved) == pytest.approx([3.0] * 3 + [1.0] * 3)
    assert bool(led(lead))


def test_what_was_moved_is_carried_on_as_motion_does():
    lead = PairLead(jnp.asarray([0.0, 0.0, 0.0, 1.0, 0.0, 0.0]), jnp.zeros(3))
    state = _state()
    lead = summed(lead, state, state, jnp.asarray(True), DT)
    assert float(lead.moved[0] / lead.moved[3]) == pytest.approx(10.0)


def test_taken_back_it_is_less_sure_along_the_way_it_was_led():
    state = _state()
    lead = PairLead(jnp.asarray([100.0, 0.0, 0.0, 0.5, 0.0, 0.0]), jnp.zeros(3))
    same = taken_back(state, lead, jnp.asarray(False))
    assert np.array_equal(same.motion.r_BT_I, state.motion.r_BT_I)
    assert np.array_equal(same.covariance, state.covariance)
    back = taken_back(state, lead, jnp.asarray(True))
    assert np.asarray(back.motion.r_BT_I - state.motion.r_BT_I) == pytest.approx([-100.0, 0.0, 0.0])
    assert np.asarray(back.motion.v_BT_I - state.motion.v_BT_I) == pytest.approx([-0.5, 0.0, 0.0])
    P, Q = np.asarray(state.covariance), np.asarray(back.covariance)
    assert Q[0, 0] - P[0, 0] == pytest.approx(1e4) and Q[0, 3] == pytest.approx(50.0)
    assert Q[1, 1] == P[1, 1] and np.linalg.eigvalsh(Q[: filter_.MOVING, : filter_.MOVING]).min() > 0.0
