"""The closed loop of a ship that turns: sense, navigate, guide each cycle; sense, steer, act each tick."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import height_and_up
from homeward.flight.computer import FlightComputer, FlightState, idle, with_thrusters
from homeward.icd import Command, Frame
from homeward.math.components import join
from homeward.sim.carry import Carry, fail_if_late, fly_if_due, select
from homeward.sim.frozen import Frozen, earth_fixed, from_frozen, into_frozen, true_bank
from homeward.sim.legs import AIR, CANOPY, ORBIT, TICKS, WHERE, Leg
from homeward.sim.record import frame, once_known
from homeward.sim.tick import keep_worst
from homeward.sim.turning_record import body_frame
from homeward.sim.turning_sense import attitude_now, sense
from homeward.sim.turning_tick import act_turning, nothing_fired
from homeward.typing import Array, Float
from homeward.world import aids, instruments, sensors
from homeward.world.ailing import ailing_height, ailing_readings, ailing_world
from homeward.world.faults import Ails, ails, computer_down
from homeward.world.rigid_body import Motion, around, nose_ahead, told
from homeward.world.sensors import measure
from homeward.world.world import World

# kg/s, 1-sigma of the flow meter: some 3 % of one thruster. It shares its draw with the gamma altimeter.
FLOW_NOISE = 2e-3


def noises(kind: str) -> int:
    """Standard normal numbers a cycle takes: error model, aids, and the inertial unit, also tick by tick."""
    return sensors.NOISES + aids.NOISES + instruments.CYCLE_NOISES + TICKS[kind] * instruments.NOISES


def cycle_turning(
    world: World, flight: FlightComputer, leg: Leg, carry: Carry, noise: Float[Array, " n"], record: bool
) -> tuple[Carry, Frame | None]:
    """One guidance cycle and its control ticks."""
    truth, state = carry.truth, carry.flight
    assert world.body is not None and truth.body is not None and flight.steering is not None
    assert carry.command.thruster_seconds is not None
    a = ails(world.faults, truth.time, 2 * carry.command.thruster_seconds.shape[0])
    leg = eqx.tree_at(lambda g: g.end_time, leg, leg.end_time - a.clock + flight.clock(state))
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
        ahead = jnp.where(leg.guided > 0.0, ahead, truth.body.foremost)
        truth = eqx.tree_at(lambda t: t.body.foremost, truth, ahead)
    cycle = TICKS[leg.kind] * leg.tick
    r_E = join(motion[0])
    v_E = join(motion[1]) - jnp.cross(spin.omega_EI_E, r_E)
    truth, measured = sense(world, leg, truth, felt, spin, r_E, v_E, cycle, noise)
    down = computer_down(a)
    readings = ailing_readings(measured, a)
    assert truth.body is not None
    metered = truth.body.flow + FLOW_NOISE * noise[sensors.NOISES - 1] * cycle
    readings = eqx.tree_at(lambda m: m.flow, readings, metered, is_leaf=lambda x: x is None)
    truth = eqx.tree_at(lambda t: t.body.flow, truth, jnp.zeros_like(zero))
    heard = flight.navigate(state, readings)
    if leg.kind != CANOPY:
        assert measured.attitude is not None
        assert carry.command.axial_seconds is not None
        burning = carry.command.engine_seconds + carry.command.axial_seconds > 0.0
        heard = flight.watch(heard, readings, leg.kind == ORBIT, burning, cycle, measured.attitude)
    if leg.kind == ORBIT:
        heard = flight.aim(heard, leg.burn_delta_v, leg.burn_direction)
    state = select(down, state, heard)

    wanted = carry.command
    if leg.kind == AIR:
        guided, steered = flight.entry(state)
        state = select((leg.guided > 0.0) & ~down, guided, state)
        wanted = eqx.tree_at(
            lambda c: c.bank, wanted, jnp.where(leg.guided > 0.0, steered.bank, jnp.zeros_like(zero))
        )
    row = None
    if record:
        row = frame(world, truth, state, flight.target, leg, spin, r_E, v_E, felt, wanted.bank)
        believed = flight.accuracy(state), flight.consistency(state, truth.r_BI_I, truth.v_BI_I)
        row = eqx.tree_at(
            lambda f: (f.accuracy, f.consistency), row, believed, is_leaf=lambda x: x is None
        )  # fmt: skip
        row = once_known(row)
    first = sensors.NOISES + aids.NOISES + instruments.CYCLE_NOISES
    shaking = jnp.reshape(noise[first:], (TICKS[leg.kind], instruments.NOISES))
    truth, state, command, motion, fast = _ticks(
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
        record,
        a,
    )
    truth = from_frozen(frozen, truth, motion)
    new = fail_if_late(Carry(keep_worst(truth, felt, leg, cycle), state, command, carry.deadline))
    if row is not None:
        row = eqx.tree_at(lambda f: f.body, row, fast, is_leaf=lambda x: x is None)
    return select(carry.truth.done, carry, new), row


def _ticks(
    world: World, flight: FlightComputer, leg: Leg, frozen: Frozen, truth, state: FlightState,
    active: Command, wanted: Command, motion: Motion, cycle_noise: Array,
    noise: Float[Array, "t n"], record: bool, a: Ails,
):  # fmt: skip
    """The control ticks of one cycle. A command acts one tick after it was given."""
    assert flight.steering is not None
    orbiting = leg.kind == ORBIT
    isolated = flight.isolated(state, orbiting)
    steering = flight.steering.without(isolated)
    axes = steering.axes(state.last)
    down = computer_down(a)

    def tick(inner, noise):
        truth, state, active, motion = inner
        attitude = flight.attitude(state, attitude_now(world, frozen, motion))
        valves, pending, tick_s = active.thruster_seconds, wanted, leg.tick
        axial, burnt = jnp.zeros_like(tick_s), jnp.zeros_like(truth.done)
        if leg.kind == ORBIT:
            told = measure(world.navigation, truth, jnp.zeros(3), jnp.zeros_like(tick_s), cycle_noise)
            entering = leg.entering > 0.0
            seconds = steering.point(attitude, axes, valves, leg.burn_direction, entering, tick_s)
            aimed = steering.aimed(attitude, leg.burn_direction)
            burn = (leg.burn_delta_v, leg.burn_direction, tick_s, aimed)
            watching, pending, axial, burnt = flight.thrust(state, told, active, *burn)
            state = select(down, state, watching)
        elif leg.kind == AIR:
            seconds = steering.bank(attitude, axes, valves, wanted.bank, tick_s)
        else:
            height, _ = height_and_up(world.ellipsoid, earth_fixed(frozen, truth.time, motion[0]))
            height = height - world.ground_altitude
            told = ailing_height(measure(world.navigation, truth, jnp.zeros(3), height, cycle_noise), a)
            descended, pending = flight.descend(state, told, tick_s)
            state = select(down, state, descended)
            seconds = steering.damp(attitude, valves, pending.deploy > 1, tick_s)
        pending = with_thrusters(pending, seconds, isolated, axial, burnt)
        # While the flight computer starts anew nothing is ordered: valves fall shut.
        pending = select(down, eqx.tree_at(lambda c: c.bank, idle(seconds.shape[0]), pending.bank), pending)
        row = None
        if record:
            row = body_frame(world, leg, frozen, truth, attitude, active, wanted.bank, motion)
        flown, moved, readings = act_turning(world, leg, frozen, truth, active, motion, noise, a)
        state = flight.turn(state, readings)
        if leg.kind == ORBIT:
            # The burn goes by what the instruments agreed on.
            voted = truth.sensed_delta_v + flight.gained(state, flown.sensed_delta_v - truth.sensed_delta_v)
            flown = eqx.tree_at(lambda t: t.sensed_delta_v, flown, voted)
        if leg.kind != CANOPY:
            state = flight.note(state, orbiting, valves, attitude, tick_s)
        new = (flown, state, pending, moved)
        return fly_if_due(truth.done, (truth, inner[1], active, motion), new, flown), row

    inner, rows = jax.lax.scan(tick, (truth, state, active, motion), noise)
    return (*inner, rows)
