"""One control tick of a ship that turns: valves and engines act, the body moves and swings."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.icd import Command, InertialReadings
from homeward.math.attitude_triples import apply, join4, rows
from homeward.math.triples import Triple, add, axpy, cross, dot, join, scale, split, subtract
from homeward.sim.core.legs import CANOPY, ORBIT, SUBSTEPS, WHERE, Leg
from homeward.sim.core.parachute_sequence import canopy_loads, set_off
from homeward.sim.point_mass.tick import felt_under_canopy
from homeward.sim.six_dof.cycle_frame import Frozen
from homeward.typing import Array, Flag, Float, Scalar
from homeward.world.actuators.parachute import canopy_area
from homeward.world.actuators.thruster_valves import fire, lag, shut
from homeward.world.dynamics.point_mass import finite, physical
from homeward.world.dynamics.rigid_body import Motion, Pushes, around, fly_tick
from homeward.world.fault_schedule import ActiveFaults
from homeward.world.sensors.imu import turn_between
from homeward.world.sensors.redundant_imu import UnitState, forward
from homeward.world.six_dof_model import BodyModel
from homeward.world.state import TruthState
from homeward.world.world import World


def act_turning(
    world: World, leg: Leg, frozen: Frozen, truth: TruthState, active: Command, motion: Motion,
    noise: Float[Array, " n"], a: ActiveFaults,
) -> tuple[TruthState, Motion, InertialReadings]:  # fmt: skip
    """Fly one tick under the active command.

    Sets ``done`` where the leg's end lies within the tick (and then the caller keeps the state before it).
    Returns the truth, the motion in F and what the inertial unit makes of the tick.
    """
    body, state = world.body, truth.body
    assert body is not None and state is not None and active.thruster_seconds is not None
    assert active.isolated is not None and active.axial_seconds is not None
    dt, where = leg.tick, WHERE[leg.kind]
    r, v, _, _ = motion
    since = truth.time - frozen.time
    middle = axpy(0.5 * dt, v, r)
    there = around(world, where, frozen.omega, since + 0.5 * dt, middle, frozen.slow)

    in_orbit = leg.kind == ORBIT
    thrusters = body.stack_thrusters if in_orbit else body.capsule_thrusters
    thrusters = shut(thrusters, active.isolated)
    tank = truth.propellant if in_orbit else state.propellant
    level, force, torque, used = fire(thrusters, state.level, active.thruster_seconds, dt, tank)
    mass, area, rate = truth.mass - used, drag_area(world, leg, truth), jnp.zeros_like(dt)
    propellant = truth.propellant - (used if in_orbit else 0.0)
    rcs = state.propellant - (0.0 if in_orbit else used)
    engine_level = state.engine_level
    stage, stage_time, retro_time = truth.stage, truth.stage_time, truth.retro_time

    if in_orbit:
        engine_level, share = lag(engine_level, active.engine_seconds, dt, body.engine_fall, body.engine_fall)
        share = jnp.where(propellant > 0.0, share, 0.0)
        push, turn = _engine(world, share)
        force, torque = add(force, push), add(torque, turn)
        burnt = share * world.engine.thrust * dt / world.engine.exhaust_speed
        axial = jnp.where(propellant > 0.0, active.axial_seconds / dt, 0.0) * body.axial.thrust
        force = add(force, (axial, jnp.zeros_like(dt), jnp.zeros_like(dt)))
        burnt = burnt + axial * dt / body.axial.exhaust_speed
        mass, propellant = mass - burnt, propellant - burnt
    done = None
    if leg.kind == CANOPY:
        done = set_off(world, truth, active, dt)
        stage, stage_time, retro_time = done.stage, done.stage_time, done.retro_time
        after = canopy_area(world.parachutes, world.faults, stage, stage_time)
        rate = jnp.where(done.changed, 0.0, (after - area) / dt)
        mass = mass - done.dropped
        force = add(force, (done.thrust, jnp.zeros_like(dt), jnp.zeros_like(dt)))

    # What leaves takes its part of the inertia along: the shape of what stays is taken as the same.
    inertia = state.inertia * (mass / truth.mass)
    pushes = Pushes(mass, inertia, force, torque, area, rate)
    new = fly_tick(body, where, there, pushes, motion, dt, SUBSTEPS[leg.kind])
    unit, readings = felt(body, state.unit, motion, new, there.gravity_F, dt, noise)
    sensed = truth.sensed_delta_v + (forward(readings) if in_orbit else 0.0)

    changed = scale(1.0 / dt, subtract(new[1], v))
    ok = finite(join(new[0]), join(new[1]), join4(new[2]), join(new[3])) & physical(new[1], changed)
    extremes = truth.extremes
    if done is not None:
        pushed = subtract(changed, there.gravity_F)
        worst = felt_under_canopy(extremes, pushed, done.thrust)
        if worst.canopy is not None:
            flow = subtract(scale(0.5, add(v, new[1])), there.air_F)
            pressure = 0.5 * there.density * dot(flow, flow)
            loads = canopy_loads(worst.canopy, done, area + 0.5 * rate * dt, pressure)
            worst = eqx.tree_at(lambda e: e.canopy, worst, loads)
        extremes = jax.tree.map(lambda now, before: jnp.where(ok, now, before), worst, extremes)
    falling = there.altitude + 0.5 * dt * _climb(r, v)
    # By the flight software's word, or where the leg has a numerical end of its own.
    ends = (falling <= leg.end_altitude) | (truth.time + dt > jnp.minimum(leg.end_time, truth.ends_at))
    truth = eqx.tree_at(
        lambda t: (
            t.time, t.mass, t.propellant, t.sensed_delta_v, t.stage, t.stage_time, t.retro_time, t.done,
            t.settled, t.failed, t.failed_time, t.body.inertia, t.body.level, t.body.engine_level,
            t.body.propellant, t.body.flow, t.body.unit, t.extremes.opening_load, t.extremes.landing_load,
        ),
        truth,
        (
            truth.time + dt, mass, propellant, sensed, stage, stage_time, retro_time,
            truth.done | ends | ~ok, truth.settled | ~ok, truth.failed | ~ok,
            jnp.where(ok | truth.failed, truth.failed_time, truth.time), inertia, level, engine_level, rcs,
            state.flow + used, unit, extremes.opening_load, extremes.landing_load,
        ),
    )  # fmt: skip
    if extremes.canopy is not None:
        truth = eqx.tree_at(lambda t: t.extremes.canopy, truth, extremes.canopy)
    return truth, _kept(ok, motion, new), readings


def felt(
    body: BodyModel, unit: UnitState, old: Motion, new: Motion, gravity_F: Triple, dt: Scalar,
    noise: Float[Array, " n"],
) -> tuple[UnitState, InertialReadings]:  # fmt: skip
    """What the inertial unit makes of a tick: its turn, and the velocity gained but for gravity."""
    gained = apply(rows(old[2]), subtract(subtract(new[1], old[1]), scale(dt, gravity_F)))
    turn = turn_between(join4(old[2]), join4(new[2]))
    return body.inertial.sample(unit, turn, join(gained), dt, noise)


def drag_area(world: World, leg: Leg, truth: TruthState) -> Scalar:
    """CD x area [m2] on top of the capsule's own: the stack's in orbit, the canopy's under one."""
    if leg.kind == CANOPY:
        return canopy_area(world.parachutes, world.faults, truth.stage, truth.stage_time)
    return truth.drag_area


def nothing_fired(world: World, leg: Leg, truth: TruthState) -> Pushes:
    """What acts on the ship at this instant, nothing being lit."""
    assert truth.body is not None
    zero = jnp.zeros_like(truth.time)
    still: Triple = (zero, zero, zero)
    return Pushes(truth.mass, truth.body.inertia, still, still, drag_area(world, leg, truth), zero)


def _engine(world: World, share: Scalar) -> tuple[Triple, Triple]:
    """Force and torque of the main engines: along x but for their misalignment, from where they stand."""
    assert world.body is not None
    zero = jnp.zeros_like(share)
    x: Triple = (share * world.engine.thrust, zero, zero)
    push = add(x, cross(split(world.thrust_misalignment), x))
    return push, cross(split(world.body.engine_place), push)


def _climb(r: Triple, v: Triple) -> Scalar:
    inverse = 1.0 / jnp.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    return inverse * (r[0] * v[0] + r[1] * v[1] + r[2] * v[2])


def _kept(ok: Flag, old: Motion, new: Motion) -> Motion:
    # What is not finite or not physical is caught here, named by leg and time, and does not spread.
    return jax.tree.map(lambda a, b: jnp.where(ok, b, a), old, new)
