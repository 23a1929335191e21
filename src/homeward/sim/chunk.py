"""The closed loop: sense, guide, act, integrate.

``chunk`` is a scan of fixed length and is what ``vmap`` sees. The loop over chunks stands outside, on the
host: a ``while_loop`` inside would get a predicate for each lane and copy every carry through ``select``.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import height_and_up
from homeward.earth.orientation import EarthSpin, HeldOrientation, inertial_to_earth_now
from homeward.flight.executive.return_executive import Parameters
from homeward.icd import Command, Frame, InertialReadings, InertialSample, TickReadings
from homeward.math.normal_samples import normals
from homeward.math.triples import split
from homeward.math.xla_barrier import routine
from homeward.sim.core import flight_software
from homeward.sim.core.carry import Carry, at_rest, fail_if_late, fly_if_due, no_sample, select
from homeward.sim.core.legs import BURN, COAST, CYCLES, DESCENT, DRIFT, ENTRY, TICKS, TURNING, Leg
from homeward.sim.core.telemetry import frame
from homeward.sim.point_mass.leg_end import settle
from homeward.sim.point_mass.tick import act, forces_inputs, in_orbit, keep_worst
from homeward.sim.six_dof.cycle import cycle_turning, noises
from homeward.sim.six_dof.deployment_sensors import sense_vent
from homeward.sim.six_dof.drift_cycle import cycle_drifting, settle_drifting
from homeward.sim.six_dof.leg_end import settle_turning
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world.dynamics.point_mass import aerodynamic, slow_gravity, thin_drag
from homeward.world.environment.gravity import SphericalHarmonics
from homeward.world.position_fix import NOISES, measure, step_navigation_error
from homeward.world.world import World


def begin(carry: Carry, leg: Leg) -> Carry:
    """The carry at the start of a leg."""
    truth = carry.truth
    no = jnp.zeros_like(truth.done)
    truth = eqx.tree_at(
        lambda t: (t.done, t.settled, t.sensed_delta_v, t.ends_at),
        truth,
        (
            no | truth.failed,
            no | truth.failed,
            jnp.zeros_like(truth.time),
            jnp.full_like(truth.time, jnp.inf),
        ),
    )
    return Carry(truth, carry.flight, at_rest(carry.command), truth.time + leg.patience, _from_before(carry))


def _from_before(carry: Carry) -> InertialReadings | InertialSample:
    """The inertial readings up to the leg's begin; a point mass has had its own from the leg before."""
    return no_sample() if isinstance(carry.inertial, InertialSample) else carry.inertial


def cycle(
    world: World, flight: Parameters, leg: Leg, carry: Carry, noise: Float[Array, " n"], record: bool
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
    period = ticks * leg.tick
    readings = measure(world.navigation, truth, force_I, height, noise)
    readings = eqx.tree_at(lambda m: m.period, readings, period, is_leaf=lambda x: x is None)
    if leg.kind == ENTRY:
        # The noise of the transducers has its draws from the error model's velocity: of no matter to either.
        truth, deployment = sense_vent(world, truth, told, period, noise[3:6])
        readings = eqx.tree_at(lambda m: m.deployment, readings, deployment, is_leaf=lambda x: x is None)
    state, wanted = flight_software.cycle(flight, state, readings, leg.kind, carry.truth.done)
    truth = eqx.tree_at(lambda t: t.ends_at, truth, truth.time + wanted.ends_in)
    row = None
    if record:
        row = frame(world, truth, state, flight.target, leg, spin, r_E, v_E, told, wanted.bank)

    slow = None
    if leg.kind in (ENTRY, DESCENT) and isinstance(world.gravity, SphericalHarmonics):
        slow = slow_gravity(world, r_E)
    # A lane that stands at its end waits there as it was; its flight software is not called again.
    state = select(carry.truth.done, carry.flight, state)
    new = _ticks(world, flight, leg, spin, eqx.tree_at(lambda c: (c.truth, c.flight), carry, (truth, state)),
                 wanted, (r_E, v_E), slow, noise)  # fmt: skip
    new = eqx.tree_at(lambda c: c.truth, new, keep_worst(new.truth, told, leg, period))
    new = fail_if_late(new)
    return select(carry.truth.done, carry, new), row


def _ticks(
    world: World, flight: Parameters, leg: Leg, spin: EarthSpin, carry: Carry, wanted: Command,
    motion: tuple[Vec3, Vec3], slow: Vec3 | None, noise: Array,
) -> Carry:  # fmt: skip
    """The control ticks of one cycle. A command acts one tick after it was given."""
    zero = jnp.zeros_like(leg.tick)

    def tick(inner, _):
        truth, state, active, pending, motion, last = inner
        called = state
        if leg.kind in (BURN, DESCENT):
            height = zero
            if leg.kind == DESCENT:
                altitude, _ = height_and_up(world.ellipsoid, split(motion[0]))
                height = altitude - world.ground_altitude
            seen = measure(world.navigation, truth, jnp.zeros(3), height, noise)
            readings = TickReadings(
                seen.time, seen.height, jnp.ones_like(truth.done), seen.propellant, leg.tick, last
            )
            called, pending = flight_software.tick(flight, state, readings, leg.kind, truth.done)
            called = select(truth.done, state, called)
            ends_at = jnp.minimum(truth.ends_at, truth.time + pending.ends_in)
            truth = eqx.tree_at(lambda t: t.ends_at, truth, jnp.where(truth.done, truth.ends_at, ends_at))
        flown, moved = act(world, leg, spin, truth, active, motion, slow)
        # The accelerometer of a point mass is without error: it gives the velocity gained along the thrust.
        gained = jnp.stack([flown.sensed_delta_v - truth.sensed_delta_v, zero, zero])
        new = (flown, called, pending, pending, moved, InertialSample(jnp.zeros(3), gained, leg.tick))
        waits = (truth, called, active, inner[3], motion, select(truth.done, last, no_sample()))
        return fly_if_due(truth.done, waits, new, flown), None

    inner = (carry.truth, carry.flight, carry.command, wanted, motion, carry.inertial)
    if TICKS[leg.kind] == 1:
        inner, _ = tick(inner, None)
    else:
        inner, _ = jax.lax.scan(tick, inner, None, length=TICKS[leg.kind])
    truth, state, active, _, (r_E, v_E), last = inner
    C_IE = spin.C_EI(truth.time).T
    r_I = jnp.sum(C_IE * r_E[None, :], axis=1)
    v_I = jnp.sum(C_IE * (v_E + jnp.cross(spin.omega_EI_E, r_E))[None, :], axis=1)
    truth = eqx.tree_at(lambda t: (t.r_BI_I, t.v_BI_I), truth, (r_I, v_I))
    return Carry(truth, state, active, carry.deadline, last)


def _held(world: World, flight: Parameters, time: Scalar) -> tuple[World, Parameters]:
    """Both with the Earth's orientation carried on from ``time``: such a chunk lasts a minute.

    Interpolating and differentiating it anew each cycle, on either side, cost as much as a step of the truth.
    """
    world = eqx.tree_at(lambda w: w.orientation, world, HeldOrientation(world.orientation.at(time)))
    # A routine, or XLA would prepare them anew in every cycle.
    prepared = routine(lambda a: a.prepared(), world.aerodynamics)
    world = eqx.tree_at(lambda w: w.aerodynamics, world, prepared)
    flight = flight_software.held(flight, time)
    return world, flight


def chunk(
    world: World, flight: Parameters, leg: Leg, carry: Carry, key: Array, record: bool,
    cycles: int | None = None,
) -> tuple[Carry, Frame | None]:  # fmt: skip
    """A fixed number of cycles of one lane; lanes that have reached their end stand still.

    ``cycles`` is another number than that of the leg's kind. ``key`` is this chunk's own random key. Returns
    the new carry and, if ``record``, the stacked frames.
    Lanes that have come to the tick of their end wait there for ``end_leg``.
    """
    cycles = CYCLES[leg.kind] if cycles is None else cycles
    turning = leg.kind in TURNING
    step, count = (cycle_turning, noises(leg.kind)) if turning else (cycle, NOISES)
    if leg.kind == DRIFT:
        step = cycle_drifting
    noise = normals(key, cycles, count)
    # A chunk of a drift lasts ten minutes: there a cycle has the Earth's orientation anew.
    if leg.kind != DRIFT and (turning or leg.kind in (ENTRY, DESCENT)):
        world, flight = _held(world, flight, carry.truth.time)

    def body(carry: Carry, noise: Array) -> tuple[Carry, Frame | None]:
        return step(world, flight, leg, carry, noise, record)

    return jax.lax.scan(body, carry, noise)


def end_leg(world: World, leg: Leg, carry: Carry) -> Carry:
    """A lane whose end lies within its next tick, brought to that end; every other one as it was.

    A program of its own: in a chunk it would cost every chunk what only the last few need.
    """
    if leg.kind == DRIFT:
        return settle_drifting(world, leg, carry)
    if leg.kind in TURNING:
        return settle_turning(world, leg, carry)
    return settle(world, leg, carry)


__all__ = ["BURN", "COAST", "DESCENT", "ENTRY", "Carry", "begin", "chunk", "cycle", "end_leg"]
