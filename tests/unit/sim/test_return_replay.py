"""The return's flight software alone: recorded messages in, the recorded commands out, with no world at all.

Every call that the loop makes into the executive is recorded with its messages, leg by leg, ends of the legs
and separations included. A process of its own that never imports the world or the loop replays them.
"""

import pickle
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import return_messages
from quick_compile import QUICK

from homeward.earth.geodesy import from_geodetic, height_and_up
from homeward.earth.orientation import earth_to_inertial
from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.flight_plan import plan_step
from homeward.math.quaternion import from_matrix
from homeward.math.triples import split
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.scenario.build.initial_attitude import entry_attitude
from homeward.scenario.build.initial_navigation import knowing
from homeward.sim.chunk import begin, end_leg
from homeward.sim.core.carry import Carry, nothing_sensed
from homeward.sim.core.legs import AIR, CANOPY, DRIFT, ORBIT, leg
from homeward.sim.mission import MissionLeg, planned
from homeward.sim.six_dof import cycle, drift_cycle
from homeward.world.sensors.redundant_imu import COUNT

CYCLES = 4
ALONG = np.array([1.0, 0.0, 0.0])
LEANING = 0.2  # rad


def _truth(plan, altitude, speed, climb):
    """The plan's capsule at an altitude [m], with speeds [m/s] along the ground and upward."""
    r_E = from_geodetic(plan.flight.ellipsoid, jnp.asarray(0.7), jnp.asarray(1.7), jnp.asarray(altitude))
    _, up = height_and_up(plan.flight.ellipsoid, split(r_E))
    up = np.array([float(x) for x in up])
    east = np.cross([0.0, 0.0, 1.0], up)
    v_E = jnp.asarray(speed * east / np.linalg.norm(east) + climb * up)
    spin = plan.world.orientation.at(plan.truth.time)
    r, v = (np.asarray(x) for x in earth_to_inertial(spin, plan.truth.time, r_E, v_E))
    return r, v, np.asarray(v_E) @ np.asarray(spin.C_EI0)


def _at(plan, altitude, speed, climb, nose=None):
    """Truth and carry there: at the trim attitude, or with the nose along a direction in I."""
    r, v, relative = _truth(plan, altitude, speed, climb)
    C = entry_attitude(r, relative, float(plan.flight.steering.capsule.trim))
    if nose is not None:
        y = np.cross(r, nose) / np.linalg.norm(np.cross(r, nose))
        C = np.stack([nose, y, np.cross(nose, y)])
    return eqx.tree_at(
        lambda t: (t.r_BI_I, t.v_BI_I, t.body.q_BI, t.propellant), plan.truth,
        (jnp.asarray(r), jnp.asarray(v), from_matrix(jnp.asarray(C)), jnp.asarray(500.0)),
    )  # fmt: skip


def _flights(plan):
    """Flights through every leg: drifting, in orbit, through the interface, and down to the parachutes."""
    now = float(plan.truth.time)
    orbit, air, low = 395e3, 120.4e3, 10.35e3
    return [
        (_at(plan, orbit, 7260.0, -100.0, ALONG), [
            MissionLeg("coast to burn", leg(ORBIT, 0, 0.1), None, plan_step(until_time=now + 2.53)),
            MissionLeg("deorbit burn", leg(ORBIT, 1, 0.1), None, plan_step(delta_v=1.5, direction_I=ALONG)),
            MissionLeg("coast to separation", leg(ORBIT, 2, 0.1), None,
                       plan_step(until_altitude=orbit - 900.0, entering=True)),
        ]),
        (_at(plan, orbit, 7260.0, 0.0, ALONG), [
            MissionLeg("phasing coast", leg(DRIFT, 0, 10.0), None, plan_step(until_time=now + 134.3)),
            MissionLeg("after the drift", leg(ORBIT, 1, 0.1), None, plan_step(until_time=now + 136.6)),
        ]),
        (_at(plan, air, 7400.0, -210.0), [
            MissionLeg("coast to interface", leg(AIR, 0, 0.1, entry=False), None,
                       plan_step(until_altitude=120e3)),
            MissionLeg("entry", leg(AIR, 1, 0.1), None, plan_step(guided=True, deploys=True)),
        ]),
        (_at(plan, low, 40.0, -190.0), [
            MissionLeg("last seconds of the entry", leg(AIR, 0, 0.1), None,
                       plan_step(guided=True, deploys=True)),
            MissionLeg("descent", leg(CANOPY, 1, 0.1), None, plan_step()),
        ]),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def recorded():
    """Flights as (parameters, first state, legs with their messages), and the ends of the legs."""
    # At the opening altitude of this capsule the air is that of 10 km here.
    plan = plan_return(load("apollo-10", {"return.legs.opening_altitude_m": "10000.0"}), fidelity="six-dof")
    programs, ends, flights = {}, {}, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cycle.executive, "cycle", return_messages.cycle)
        patch.setattr(cycle.executive, "tick", return_messages.tick)

        def chunk(world, flight, leg, carry, noise):
            drifts = leg.kind == DRIFT
            step = drift_cycle.drift_with_messages if drifts else cycle.cycle_with_messages

            def one(carry, n):
                carry, _, m = step(world, flight, leg, carry, n, False, True)
                return carry, m

            return jax.lax.scan(one, carry, noise)

        for truth, items in _flights(plan):
            flight = knowing(planned(plan.flight, items), truth, False)
            state = executive.init(flight)
            carry = Carry(truth, state, state.acting, truth.time, nothing_sensed(COUNT))
            legs = []
            for item in items:
                carry = begin(carry, item.leg)
                rng = np.random.default_rng(len(ends))
                noise = jnp.asarray(rng.normal(size=(CYCLES, cycle.noises(item.leg.kind))))
                given = (plan.world, flight, item.leg, carry, noise)
                if item.leg.kind not in programs:
                    programs[item.leg.kind] = jax.jit(chunk).lower(*given).compile(QUICK)
                carry, m = programs[item.leg.kind](*given)
                ends[item.name] = bool(carry.truth.done)
                carry = end_leg(plan.world, item.leg, carry)
                parts = (m.taken, m.sensors, m.command, m.tick_taken, m.tick_sensors, m.tick_command)
                legs.append((item.name, item.leg.kind, jax.tree.map(np.asarray, parts)))
            flights.append((jax.tree.map(np.asarray, flight), jax.tree.map(np.asarray, state), legs))
    return flights, ends


def test_every_leg_but_the_open_ones_ends_by_the_flight_softwares_word(recorded):
    _, ends = recorded
    open_ended = {name for name, done in ends.items() if not done}
    assert open_ended <= {"entry", "descent", "coast to separation"}
    assert ends["coast to burn"] and ends["deorbit burn"] and ends["last seconds of the entry"]
    assert ends["coast to interface"] and ends["phasing coast"] and ends["after the drift"]


def _leaning(flights):
    """The entry that was recorded, with the force of denser air on a lift that is ``LEANING`` about x."""
    parameters, state, legs = flights[2]
    axes = np.asarray(parameters.navigation.voting.accelerometer.axes)
    force = np.array([-25.0, -5.0 * np.sin(LEANING), -5.0 * np.cos(LEANING)])
    changed = []
    for name, mode, messages in legs:
        sensors, duration = messages[4], np.asarray(messages[4].inertial.duration)
        felt = duration[..., None] * (force @ axes)
        messages = list(messages)
        messages[4] = eqx.tree_at(lambda s: s.inertial.velocities, sensors, felt)
        changed.append((name, mode, tuple(messages)))
    return [(parameters, state, changed)]


@pytest.fixture(scope="module")
def replays(recorded, tmp_path_factory):
    """What one process says of the flights and of spoilt ones: one gyro's reading wrong by a microradian."""
    flights, _ = recorded
    parameters, state, legs = flights[0]
    name, mode, messages = legs[0]
    sensors = messages[4]
    angles = np.array(sensors.inertial.angles)
    angles[1, 3, 0] += 1e-6
    spoilt = list(messages)
    spoilt[4] = eqx.tree_at(lambda s: s.inertial.angles, sensors, angles)
    folder = tmp_path_factory.mktemp("messages")
    (folder / "flown").write_bytes(pickle.dumps(flights))
    (folder / "spoilt").write_bytes(
        pickle.dumps([(parameters, state, [(name, mode, tuple(spoilt)), *legs[1:]])])
    )
    (folder / "lift").write_bytes(pickle.dumps(_leaning(flights)))
    script = str(Path(return_messages.__file__))
    return subprocess.run(
        [sys.executable, script, "flown", "spoilt", "lift"], cwd=folder, capture_output=True, text=True
    )


def test_the_recorded_messages_give_the_recorded_commands_without_a_world(recorded, replays):
    told = [line.split(": ") for line in replays.stdout.splitlines() if line.startswith("flown: ")]
    assert [name for _, name, _ in told] == [name for _, _, legs in recorded[0] for name, _, _ in legs], (
        replays
    )
    assert all(ticks.endswith(" ticks") for _, _, ticks in told)


def test_a_reading_that_was_changed_is_noticed(replays):
    """The replay can fail: it tells of the spoilt file, and of no other."""
    told = [x for x in replays.stdout.splitlines() if "differs" in x]
    assert len(told) == 1 and told[0].startswith("spoilt: ") and replays.returncode == 1, replays


def test_the_executive_finds_the_side_of_the_lift_and_banks_by_it(replays):
    """Within some seconds of the entry it is on the way to where the force across the axis points."""
    told = [line.split(": ")[1:] for line in replays.stdout.splitlines() if line.startswith("lift: ")]
    assert [name for name, _, _ in told] == ["coast to interface", "entry"], replays
    turn, banked = (float(x) for x in told[-1][1:])
    assert 0.25 * LEANING < turn < LEANING
    # The bank believed is that of the lift, a tick or two old: about the motion it lies the other way round.
    assert 0.8 * turn < abs(banked) <= turn + 1e-9
