"""The closed loop of a six-DOF vehicle: sensors, flight software, actuators and motion, tick by tick."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import height_and_up
from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.return_executive import Parameters, State
from homeward.icd import Command, Frame, TickReadings
from homeward.math.triples import join
from homeward.sim.core import flight_software
from homeward.sim.core.carry import Carry, fail_if_late, fly_if_due, nothing_sensed, select
from homeward.sim.core.legs import AIR, CANOPY, TICKS, WHERE, Leg
from homeward.sim.core.messages import Messages
from homeward.sim.core.normalised_error import consistency
from homeward.sim.core.telemetry import frame, once_known
from homeward.sim.point_mass.tick import keep_worst
from homeward.sim.six_dof.cycle_frame import Frozen, earth_fixed, from_frozen, into_frozen, true_bank
from homeward.sim.six_dof.sensing import attitude_now, sense
from homeward.sim.six_dof.telemetry import body_frame
from homeward.sim.six_dof.tick import act_turning, nothing_fired
from homeward.typing import Array, Float
from homeward.world import position_fix
from homeward.world.dynamics.rigid_body import Motion, around, nose_ahead, told
from homeward.world.fault_injection import ailing_height, ailing_readings, ailing_world
from homeward.world.fault_schedule import ActiveFaults, active_faults, computer_down
from homeward.world.position_fix import measure
from homeward.world.sensors import aiding, redundant_imu
from homeward.world.world import World

# kg/s, 1-sigma of the flow meter: some 3 % of one thruster. It shares its draw with the gamma altimeter.
FLOW_NOISE = 2e-3


def noises(kind: str) -> int:
    """Standard normal numbers a cycle takes: error model, aids, and the inertial unit, also tick by tick."""
    return (
        position_fix.NOISES + aiding.NOISES + redundant_imu.CYCLE_NOISES + TICKS[kind] * redundant_imu.NOISES
    )


def cycle_turning(
    world: World, flight: Parameters, leg: Leg, carry: Carry, noise: Float[Array, " n"], record: bool
) -> tuple[Carry, Frame | None]:
    """One guidance cycle and its control ticks."""
    return cycle_with_messages(world, flight, leg, carry, noise, record, False)[:2]


def cycle_with_messages(
    world: World, flight: Parameters, leg: Leg, carry: Carry, noise: Float[Array, " n"], record: bool,
    tap: bool,
) -> tuple[Carry, Frame | None, Messages | None]:  # fmt: skip
    """``cycle_turning``, and, with ``tap``, the messages that passed, in the order of their calls."""
    truth, state = carry.truth, carry.flight
    assert world.body is not None and truth.body is not None
    assert carry.command.thruster_seconds is not None
    a = active_faults(world.faults, truth.time, 2 * carry.command.thruster_seconds.shape[0])
    spin = world.orientation.at(truth.time)
    frozen, motion = into_frozen(world, leg, spin, truth)
    world = ailing_world(world, a, height_and_up(world.ellipsoid, motion[0])[0])
    body = world.body
    assert body is not None
    zero = jnp.zeros_like(truth.time)
    there = around(world, WHERE[leg.kind], frozen.omega, zero, motion[0], frozen.slow)
    pushes = nothing_fired(world, leg, truth)
    felt = told(body, world, WHERE[leg.kind], there, pushes, motion)
    truth = eqx.tree_at(lambda t: t.bank, truth, true_bank(world, frozen, truth.time, motion))
    if leg.kind == AIR:
        ahead = jnp.maximum(truth.body.foremost, nose_ahead(motion, there.air_F))
        ahead = jnp.where(leg.entry > 0.0, ahead, truth.body.foremost)
        truth = eqx.tree_at(lambda t: t.body.foremost, truth, ahead)
    period = TICKS[leg.kind] * leg.tick
    r_E = join(motion[0])
    v_E = join(motion[1]) - jnp.cross(spin.omega_EI_E, r_E)
    truth, measured = sense(world, leg, truth, felt, spin, r_E, v_E, period, noise)
    down = computer_down(a)
    readings = ailing_readings(measured, a)
    assert truth.body is not None
    metered = truth.body.flow + FLOW_NOISE * noise[position_fix.NOISES - 1] * period
    readings = eqx.tree_at(
        lambda m: (m.flow, m.inertial, m.period), readings, (metered, carry.inertial, period),
        is_leaf=lambda x: x is None,
    )  # fmt: skip
    truth = eqx.tree_at(lambda t: t.body.flow, truth, jnp.zeros_like(zero))
    awake, ordered = flight_software.cycle(flight, state, readings, leg.kind, carry.truth.done | down)
    state = select(down, flight_software.rest(flight, state, carry.inertial, leg.kind), awake)
    truth = eqx.tree_at(
        lambda t: t.ends_at, truth, jnp.where(down, truth.ends_at, truth.time + ordered.ends_in)
    )
    wanted = jnp.where(down, carry.command.bank, ordered.bank)
    row = None
    if record:
        row = frame(world, truth, state, flight.target, leg, spin, r_E, v_E, felt, wanted)
        estimate = executive.report_estimate(flight, state)
        judged = None if estimate is None else consistency(estimate, truth.r_BI_I, truth.v_BI_I)
        row = eqx.tree_at(
            lambda f: (f.accuracy, f.consistency), row, (executive.report_accuracy(flight, state), judged),
            is_leaf=lambda x: x is None,
        )  # fmt: skip
        row = once_known(row)
    first = position_fix.NOISES + aiding.NOISES + redundant_imu.CYCLE_NOISES
    shaking = jnp.reshape(noise[first:], (TICKS[leg.kind], redundant_imu.NOISES))
    # A lane that stands at its end waits there as it was; its flight software is not called again.
    state = select(carry.truth.done, carry.flight, state)
    truth, state, command, motion, inertial, (fast, passed) = _ticks(
        world,
        flight,
        leg,
        frozen,
        truth,
        state,
        carry.command,
        wanted,
        motion,
        noise,
        shaking,
        a,
        record,
        tap,
    )
    truth = from_frozen(frozen, truth, motion)
    new = Carry(keep_worst(truth, felt, leg, period), state, command, carry.deadline, inertial)
    new = fail_if_late(new)
    if row is not None:
        row = eqx.tree_at(lambda f: f.body, row, fast, is_leaf=lambda x: x is None)
    messages = None if passed is None else Messages(~carry.truth.done & ~down, readings, ordered, *passed)
    return select(carry.truth.done, carry, new), row, messages


def _ticks(
    world: World, flight: Parameters, leg: Leg, frozen: Frozen, truth, state: State, active: Command,
    bank: Array, motion: Motion, cycle_noise: Array, noise: Float[Array, "t n"], a: ActiveFaults,
    record: bool, tap: bool,
):  # fmt: skip
    """The control ticks of a cycle. A command acts one tick after it was given; ``bank`` is for telemetry."""
    down = computer_down(a)
    strapdown = executive.flies_a_filter(flight)
    assert active.thruster_seconds is not None
    none = nothing_sensed(redundant_imu.COUNT)

    def tick(inner, noise):
        truth, state, active, motion, last = inner
        valves = active.thruster_seconds
        assert valves is not None
        height = jnp.zeros_like(truth.time)
        if leg.kind == CANOPY:
            height, _ = height_and_up(world.ellipsoid, earth_fixed(frozen, truth.time, motion[0]))
            height = height - world.ground_altitude
        seen = ailing_height(measure(world.navigation, truth, jnp.zeros(3), height, cycle_noise), a)
        assert seen.height_valid is not None
        measured = attitude_now(world, frozen, motion)
        readings = TickReadings(
            seen.time + a.clock, seen.height, seen.height_valid, seen.propellant, leg.tick, last,
            None if strapdown else measured,
        )  # fmt: skip
        awake, ordered = flight_software.tick(flight, state, readings, leg.kind, truth.done | down)
        called = select(down, flight_software.rest(flight, state, last, leg.kind), awake)
        called = select(truth.done, state, called)
        # While the flight computer starts anew nothing is ordered: valves fall shut.
        pending = select(down, called.acting, ordered)
        ends_at = jnp.minimum(truth.ends_at, truth.time + jnp.where(down, jnp.inf, pending.ends_in))
        truth = eqx.tree_at(lambda t: t.ends_at, truth, jnp.where(truth.done, truth.ends_at, ends_at))
        row = None
        if record:
            attitude = executive.report_attitude(flight, called, measured)
            row = body_frame(world, leg, frozen, truth, attitude, active, bank, motion)
        flown, moved, sensed = act_turning(world, leg, frozen, truth, active, motion, noise, a)
        waits = (truth, called, active, motion, select(truth.done, last, none))
        new = (flown, called, pending, moved, sensed)
        passed = (~inner[0].done & ~down, readings, ordered) if tap else None
        return fly_if_due(truth.done, waits, new, flown), (row, passed)

    # The cycle has taken in what the inertial unit gave for the tick before it.
    inner, rows = jax.lax.scan(tick, (truth, state, active, motion, none), noise)
    return (*inner, rows)


__all__ = ["Messages", "cycle_turning", "cycle_with_messages", "noises"]
