"""One control tick of the truth: actuators act, the body moves, the worst so far is kept."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.earth.geodesy import height_and_up
from homeward.earth.orientation import EarthSpin
from homeward.icd import Command
from homeward.math.numerics import norm
from homeward.math.triples import Triple, add, cross, dot, join, scale, split, subtract
from homeward.sim.core.legs import AIR, BURN, COAST, DESCENT, DRIFT, ENTRY, ORBIT, Leg
from homeward.sim.core.parachute_sequence import canopy_loads, set_off
from homeward.typing import Scalar, Vec3
from homeward.world.actuators.bank import bank_actuator
from homeward.world.actuators.parachute import canopy_area
from homeward.world.dynamics.point_mass import (
    Forces,
    Inputs,
    finite,
    integrate_tick,
    oblate_gravity,
    physical,
    third_body_pull,
)
from homeward.world.state import Extremes, TruthState
from homeward.world.world import World

REVERSAL_SINE = 0.25  # of the bank: how far on a side it counts as there
REVERSAL_SPEED = 1500.0  # m/s: sign changes of the bank below it are steering, not reversals


def in_orbit(kind: str) -> bool:
    """Whether a leg of this kind is flown in the thin air of the orbit."""
    return kind in (COAST, BURN, DRIFT, ORBIT)


def forces_inputs(world: World, kind: str, truth: TruthState) -> Inputs:
    """What acts on the ship at this instant, nothing being lit."""
    zero = jnp.zeros_like(truth.time)
    if kind == DESCENT:
        area = canopy_area(world.parachutes, world.faults, truth.stage, truth.stage_time)
        # Under a canopy the capsule hangs heat shield down: it drags, it does not lift.
        lifting = zero
        area = area + world.capsule.area * BLUNT_DRAG
    else:
        area = truth.drag_area
        lifting = zero + (1.0 if kind == ENTRY else 0.0)
    return Inputs(truth.mass, zero, jnp.zeros(3), lifting, area, zero, truth.bank, truth.bank_rate)


BLUNT_DRAG = 0.85  # subsonic CD of a blunt capsule, heat shield first: the published table's low end


def act(
    world: World, leg: Leg, spin: EarthSpin, truth: TruthState, active: Command,
    motion: tuple[Vec3, Vec3], slow: Vec3 | None,
) -> tuple[TruthState, tuple[Vec3, Vec3]]:  # fmt: skip
    """Fly one tick under the active command; ``motion`` is ``(r_E, v_E)``.

    Sets ``done`` where the leg's end lies within the tick (and then the caller keeps the state before it).
    """
    dt = leg.tick
    r_E, v_E = motion
    inputs = forces_inputs(world, leg.kind, truth)
    bank, bank_rate = truth.bank, truth.bank_rate
    mass, propellant, sensed = truth.mass, truth.propellant, truth.sensed_delta_v
    stage, stage_time, retro_time = truth.stage, truth.stage_time, truth.retro_time
    thrust = jnp.zeros_like(dt)
    done = before = area = None

    if leg.kind == ENTRY:
        bank, bank_rate, mean = bank_actuator(world.capsule, bank, bank_rate, active.bank, dt)
        inputs = eqx.tree_at(lambda i: i.bank_rate, inputs, mean)
    if leg.kind == BURN:
        burn = _burn(world, spin, truth, active, dt)
        inputs = eqx.tree_at(lambda i: (i.push_E, i.mass_rate), inputs, burn[:2])
        mass, propellant, sensed = burn[2:]
    if leg.kind == DESCENT:
        done = set_off(world, truth, active, dt)
        stage, stage_time, retro_time = done.stage, done.stage_time, done.retro_time
        before, mass = inputs.area, truth.mass - done.dropped
        after = eqx.tree_at(lambda t: (t.stage, t.stage_time), truth, (stage, stage_time))
        area = forces_inputs(world, DESCENT, after).area
        thrust = done.thrust
        push = done.thrust / mass * (r_E / norm(r_E))
        inputs = eqx.tree_at(
            lambda i: (i.mass, i.area, i.area_rate, i.push_E),
            inputs,
            (mass, before, jnp.where(done.changed, 0.0, (area - before) / dt), push),
        )

    orbit = in_orbit(leg.kind)
    # In the ten minutes of an entry Sun and Moon move a capsule by some 0.2 m: there they are left out.
    pull = third_body_pull(world, spin, truth.time + 0.5 * dt, r_E + 0.5 * dt * v_E) if orbit else None
    r_new, v_new = integrate_tick(world, inputs, spin.omega_EI_E, r_E, v_E, dt, slow, orbit, pull)
    altitude, _ = height_and_up(world.ellipsoid, split(r_new))
    changed = scale(1.0 / dt, subtract(split(v_new), split(v_E)))
    ok, extremes = finite(r_new, v_new) & physical(split(v_new), changed), truth.extremes
    if leg.kind == DESCENT:
        force = _force(world, spin, (r_E, v_E), (r_new, v_new), slow, dt)
        extremes = felt_under_canopy(extremes, force, thrust)
        if extremes.canopy is not None:
            assert done is not None and before is not None and area is not None
            blunt = world.capsule.area * BLUNT_DRAG
            mean = jnp.where(done.changed, before, 0.5 * (before + area))
            # All that acts, but for the landing rockets, is drag of capsule and canopies.
            pressure = mass * jnp.sqrt(dot(force, force)) / jnp.maximum(mean, 1e-6)
            loads = canopy_loads(extremes.canopy, done, mean - blunt, pressure)
            extremes = eqx.tree_at(lambda e: e.canopy, extremes, loads)
    # By the flight software's word, or where the leg has a numerical end of its own.
    ends = (altitude <= leg.end_altitude) | (truth.time + dt > jnp.minimum(leg.end_time, truth.ends_at))
    new = TruthState(
        time=truth.time + dt, r_BI_I=truth.r_BI_I, v_BI_I=truth.v_BI_I, mass=mass, propellant=propellant,
        drag_area=truth.drag_area, bank=bank, bank_rate=bank_rate, sensed_delta_v=sensed, stage=stage,
        stage_time=stage_time, retro_time=retro_time, heat_load=truth.heat_load,
        navigation_error=truth.navigation_error,
        extremes=jax.tree.map(lambda new, old: jnp.where(ok, new, old), extremes, truth.extremes),
        cavity=truth.cavity, ends_at=truth.ends_at,
        done=truth.done | ends | ~ok,
        settled=truth.settled | ~ok,
        failed=truth.failed | ~ok,
        failed_time=jnp.where(ok | truth.failed, truth.failed_time, truth.time),
    )  # fmt: skip
    # What is not finite or not physical is caught here, named by leg and time, and does not spread.
    motion = (jnp.where(ok, r_new, r_E), jnp.where(ok, v_new, v_E))
    return new, motion


def _burn(world: World, spin: EarthSpin, truth: TruthState, active: Command, dt: Scalar):
    """Thrust over the tick: ``(push_E, mass rate, mass, propellant, sensed velocity)`` after it."""
    share = active.engine_seconds / dt
    flow = world.engine.thrust / world.engine.exhaust_speed
    possible = truth.propellant / jnp.maximum(flow * dt, 1e-12)
    share = jnp.clip(jnp.minimum(share, possible), 0.0, 1.0)
    used = flow * dt * share
    direction = active.thrust_direction + jnp.cross(world.thrust_misalignment, active.thrust_direction)
    direction_E = jnp.sum(spin.C_EI(truth.time + 0.5 * dt) * direction[None, :], axis=1)
    push = share * world.engine.thrust / truth.mass * direction_E / norm(direction)
    gained = world.engine.exhaust_speed * jnp.log(truth.mass / (truth.mass - used))
    return push, -used / dt, truth.mass - used, truth.propellant - used, truth.sensed_delta_v + gained


def felt_under_canopy(so_far: Extremes, force: Triple, thrust: Scalar) -> Extremes:
    """The worst so far with the mean specific force [m/s2] of one tick under the parachutes.

    ``thrust`` [N] is that of the landing rockets, whose load is kept apart from that of the openings.
    """
    load = jnp.sqrt(dot(force, force)) / G0
    lit = thrust > 0.0
    opening = jnp.maximum(so_far.opening_load, jnp.where(lit, 0.0, load))
    landing = jnp.maximum(so_far.landing_load, jnp.where(lit, load, 0.0))
    return eqx.tree_at(lambda e: (e.opening_load, e.landing_load), so_far, (opening, landing))


def _force(
    world: World, spin: EarthSpin, before: tuple[Vec3, Vec3], after: tuple[Vec3, Vec3], slow: Vec3 | None,
    dt: Scalar,
) -> Triple:  # fmt: skip
    """Mean specific force [m/s2, E] between two motions: what of the change of velocity is not gravity."""
    r = scale(0.5, add(split(before[0]), split(after[0])))
    v = scale(0.5, add(split(before[1]), split(after[1])))
    g = (
        split(world.gravity.acceleration(join(r)))
        if slow is None
        else add(oblate_gravity(world, r), split(slow))
    )
    omega = split(spin.omega_EI_E)
    turning = cross(omega, add(scale(2.0, v), cross(omega, r)))
    gained = scale(1.0 / dt, subtract(split(after[1]), split(before[1])))
    return add(subtract(gained, g), turning)


def keep_worst(truth: TruthState, told: Forces, leg: Leg, cycle: Scalar) -> TruthState:
    """Sum the heating and keep the worst so far, once a guidance cycle [s]."""
    if in_orbit(leg.kind):
        return truth
    so_far = truth.extremes
    sine = jnp.sin(truth.bank)
    side = jnp.where(jnp.abs(sine) > REVERSAL_SINE, jnp.sign(sine), so_far.bank_side)
    turned = (side * so_far.bank_side < 0.0) & (told.speed > REVERSAL_SPEED)
    entering = leg.kind in (ENTRY, AIR)
    worst = Extremes(
        # The entry's load changes slowly; under the canopies every tick counts: see felt_under_canopy.
        load=jnp.maximum(so_far.load, told.load) if entering else so_far.load,
        opening_load=so_far.opening_load,
        landing_load=so_far.landing_load,
        heat_rate=jnp.maximum(so_far.heat_rate, told.heat_rate),
        dynamic_pressure=jnp.maximum(so_far.dynamic_pressure, told.dynamic_pressure),
        bank_reversals=so_far.bank_reversals + (turned.astype(int) if entering else 0),
        bank_side=side if entering else so_far.bank_side,
        canopy=so_far.canopy,
    )
    heat_load = truth.heat_load + told.heat_rate * cycle
    return eqx.tree_at(lambda t: (t.extremes, t.heat_load), truth, (worst, heat_load))
