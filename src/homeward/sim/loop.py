"""The closed loop: sense, guide, act, integrate.

``chunk`` is a scan of fixed length and is what ``vmap`` sees. The loop over chunks stands outside, on the
host: a ``while_loop`` inside would get a predicate for each lane and copy every carry through ``select``.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import height_and_up
from homeward.earth.orientation import EarthSpin, HeldOrientation, inertial_to_earth_now
from homeward.flight.computer import FlightComputer, FlightState, idle
from homeward.flight.navigation import FixNavigation
from homeward.flight.strapdown_navigation import StrapdownNavigation
from homeward.icd import Command, Frame
from homeward.math.components import split
from homeward.math.normals import normals
from homeward.math.routine import routine
from homeward.sim.carry import Carry, fail_if_late, fly_if_due, select
from homeward.sim.ends import settle
from homeward.sim.legs import BURN, COAST, CYCLES, DESCENT, ENTRY, TICKS, TURNING, Leg
from homeward.sim.record import frame
from homeward.sim.tick import act, forces_inputs, in_orbit, keep_worst
from homeward.sim.turning_cycle import cycle_turning, noises
from homeward.sim.turning_ends import settle_turning
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world.dynamics import aerodynamic, slow_gravity, thin_drag
from homeward.world.gravity import SphericalHarmonics
from homeward.world.sensors import NOISES, measure, step_navigation_error
from homeward.world.state import TruthState
from homeward.world.world import World


def begin(carry: Carry, leg: Leg) -> Carry:
    """The carry at the start of a leg."""
    truth = carry.truth
    no = jnp.zeros_like(truth.done)
    truth = eqx.tree_at(
        lambda t: (t.done, t.settled, t.sensed_delta_v),
        truth,
        (no | truth.failed, no | truth.failed, jnp.zeros_like(truth.time)),
    )
    valves = carry.command.thruster_seconds
    command = eqx.tree_at(
        lambda c: c.bank, idle(None if valves is None else valves.shape[0]), carry.command.bank
    )
    return Carry(truth, carry.flight, command, truth.time + leg.patience)


def cycle(
    world: World, flight: FlightComputer, leg: Leg, carry: Carry, noise: Float[Array, " n"], record: bool
) -> tuple[Carry, Frame | None]:
    """One guidance cycle: measure, navigate, guide; then the control ticks."""
    truth, state = carry.truth, carry.flight
    spin = world.orientation.at(truth.time)
    r_E, v_E = inertial_to_earth_now(spin, truth.r_BI_I, truth.v_BI_I)
    inputs = forces_inputs(world, leg.kind, truth)
    forces = thin_drag if in_orbit(leg.kind) else aerodynamic
    _, told = forces(world, inputs, split(r_E), split(v_E), jnp.zeros_like(truth.time))
    force_I = jnp.sum(spin.C_EI0 * told.acceleration_E[:, None], axis=0)
    ticks = TICKS[leg.kind]

    error = step_navigation_error(
        world.navigation, truth.navigation_error, told.density, told.speed, force_I, noise, ticks * leg.tick
    )
    truth = eqx.tree_at(lambda t: t.navigation_error, truth, error)
    height = told.altitude - world.ground_altitude
    state = flight.navigate(state, measure(world.navigation, truth, force_I, height, noise))
    wanted = carry.command
    if leg.kind == ENTRY:
        state, wanted = flight.entry(state)
    row = None
    if record:
        row = frame(world, truth, state, flight.target, leg, spin, r_E, v_E, told, wanted.bank)

    slow = None
    if leg.kind in (ENTRY, DESCENT) and isinstance(world.gravity, SphericalHarmonics):
        slow = slow_gravity(world, r_E)
    moved = _ticks(world, flight, leg, spin, truth, state, carry.command, wanted, (r_E, v_E), slow, noise)
    new = Carry(*moved, carry.deadline)
    new = eqx.tree_at(lambda c: c.truth, new, keep_worst(new.truth, told, leg, ticks * leg.tick))
    new = fail_if_late(new)
    return select(carry.truth.done, carry, new), row


def _ticks(
    world: World, flight: FlightComputer, leg: Leg, spin: EarthSpin, truth: TruthState, state: FlightState,
    active: Command, wanted: Command, motion: tuple[Vec3, Vec3], slow: Vec3 | None, noise: Array,
) -> tuple[TruthState, FlightState, Command]:  # fmt: skip
    """The control ticks of one cycle. A command acts one tick after it was given."""

    def tick(inner, _):
        truth, state, active, pending, motion = inner
        frozen = truth.done
        old = inner
        if leg.kind in (BURN, DESCENT):
            height, _ = height_and_up(world.ellipsoid, split(motion[0]))
            measurements = measure(
                world.navigation, truth, jnp.zeros(3), height - world.ground_altitude, noise
            )
            if leg.kind == BURN:
                pending = flight.burn(measurements, active, leg.burn_delta_v, leg.burn_direction, leg.tick)
            else:
                state, pending = flight.descend(state, measurements, leg.tick)
        truth, motion = act(world, leg, spin, truth, active, motion, slow)
        new = (truth, state, pending, pending, motion)
        return fly_if_due(frozen, old, new, truth), None

    inner = (truth, state, active, wanted, motion)
    if TICKS[leg.kind] == 1:
        inner, _ = tick(inner, None)
    else:
        inner, _ = jax.lax.scan(tick, inner, None, length=TICKS[leg.kind])
    truth, state, active, _, (r_E, v_E) = inner
    C_IE = spin.C_EI(truth.time).T
    r_I = jnp.sum(C_IE * r_E[None, :], axis=1)
    v_I = jnp.sum(C_IE * (v_E + jnp.cross(spin.omega_EI_E, r_E))[None, :], axis=1)
    truth = eqx.tree_at(lambda t: (t.r_BI_I, t.v_BI_I), truth, (r_I, v_I))
    return truth, state, active


def _held(world: World, flight: FlightComputer, time: Scalar) -> tuple[World, FlightComputer]:
    """Both with the Earth's orientation carried on from ``time``: such a chunk lasts a minute.

    Interpolating and differentiating it anew each cycle, on either side, cost as much as a step of the truth.
    """
    world = eqx.tree_at(lambda w: w.orientation, world, HeldOrientation(world.orientation.at(time)))
    # A routine, or XLA would prepare them anew in every cycle.
    prepared = routine(lambda a: a.prepared(), world.aerodynamics)
    world = eqx.tree_at(lambda w: w.aerodynamics, world, prepared)
    if isinstance(flight.navigation, FixNavigation):
        held = FixNavigation(HeldOrientation(flight.navigation.orientation.at(time)))
        flight = eqx.tree_at(lambda f: f.navigation, flight, held)
    if flight.steering is not None:
        held = HeldOrientation(flight.steering.orientation.at(time))
        flight = eqx.tree_at(lambda f: f.steering.orientation, flight, held)
        if isinstance(flight.navigation, StrapdownNavigation):
            flight = eqx.tree_at(lambda f: f.navigation.orientation, flight, held)
    return world, flight


def chunk(
    world: World, flight: FlightComputer, leg: Leg, carry: Carry, key: Array, record: bool
) -> tuple[Carry, Frame | None]:
    """A fixed number of cycles of one lane; lanes that have reached their end stand still.

    ``key`` is this chunk's own random key. Returns the new carry and, if ``record``, the stacked frames.
    Lanes that have come to the tick of their end wait there for ``end_leg``.
    """
    cycles = CYCLES[leg.kind]
    turning = leg.kind in TURNING
    step, count = (cycle_turning, noises(leg.kind)) if turning else (cycle, NOISES)
    noise = normals(key, cycles, count)
    if turning or leg.kind in (ENTRY, DESCENT):
        world, flight = _held(world, flight, carry.truth.time)

    def body(carry: Carry, noise: Array) -> tuple[Carry, Frame | None]:
        return step(world, flight, leg, carry, noise, record)

    return jax.lax.scan(body, carry, noise)


def end_leg(world: World, flight: FlightComputer, leg: Leg, carry: Carry) -> Carry:
    """A lane whose end lies within its next tick, brought to that end; every other one as it was.

    A program of its own: in a chunk it would cost every chunk what only the last few need.
    """
    if leg.kind in TURNING:
        return settle_turning(world, flight, leg, carry)
    return settle(world, leg, carry)


__all__ = ["BURN", "COAST", "DESCENT", "ENTRY", "Carry", "begin", "chunk", "cycle", "end_leg"]
