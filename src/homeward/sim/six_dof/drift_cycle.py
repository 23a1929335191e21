"""The closed loop of a six-DOF vehicle that drifts in orbit: sensors and flight software, minute by minute.

Its attitude follows the rate that the flight computer commands, ideally: thrusters and rigid body are left
out. All else is as in ``sim.six_dof.cycle``: the flight software has the messages of its sensors alone.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.orientation import EarthSpin, earth_to_inertial, inertial_to_earth_now
from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.return_executive import Parameters
from homeward.icd import Command, Frame, InertialReadings, TickReadings
from homeward.math.quaternion import from_turn, multiply, normalise, rotate
from homeward.math.triples import split
from homeward.sim.core import flight_software
from homeward.sim.core.carry import Carry, added, fail_if_late, fly_if_due, nothing_sensed, select
from homeward.sim.core.legs import DRIFT, TICKS, Leg
from homeward.sim.core.messages import Messages
from homeward.sim.core.normalised_error import consistency
from homeward.sim.core.telemetry import frame, once_known
from homeward.sim.point_mass.leg_end import settle
from homeward.sim.point_mass.tick import act, forces_inputs
from homeward.sim.six_dof.sensing import sense, sensed_attitude
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world import position_fix
from homeward.world.dynamics.point_mass import thin_drag
from homeward.world.fault_injection import ailing_readings, ailing_world
from homeward.world.fault_schedule import ActiveFaults, active_faults, computer_down
from homeward.world.sensors import aiding, redundant_imu
from homeward.world.state import TruthState
from homeward.world.world import World


def cycle_drifting(
    world: World, flight: Parameters, leg: Leg, carry: Carry, noise: Float[Array, " n"], record: bool
) -> tuple[Carry, Frame | None]:
    """One guidance cycle and its control ticks."""
    return drift_with_messages(world, flight, leg, carry, noise, record, False)[:2]


def drift_with_messages(
    world: World, flight: Parameters, leg: Leg, carry: Carry, noise: Float[Array, " n"], record: bool,
    tap: bool,
) -> tuple[Carry, Frame | None, Messages | None]:  # fmt: skip
    """``cycle_drifting``, and, with ``tap``, the messages that passed, in the order of their calls."""
    truth, state = carry.truth, carry.flight
    assert truth.body is not None and world.body is not None
    a = active_faults(world.faults, truth.time, 2 * truth.body.level.shape[0])
    spin = world.orientation.at(truth.time)
    r_E, v_E = inertial_to_earth_now(spin, truth.r_BI_I, truth.v_BI_I)
    inputs = forces_inputs(world, leg.kind, truth)
    _, felt = thin_drag(world, inputs, split(r_E), split(v_E), jnp.zeros_like(truth.time))
    world = ailing_world(world, a, felt.altitude)
    period = TICKS[leg.kind] * leg.tick
    truth, measured = sense(world, leg, truth, felt, spin, r_E, v_E, period, noise)
    down = computer_down(a)
    metered = 0.0 * period  # no valve opens in a drift
    readings = eqx.tree_at(
        lambda m: (m.flow, m.inertial, m.period), ailing_readings(measured, a),
        (metered, carry.inertial, period), is_leaf=lambda x: x is None,
    )  # fmt: skip
    awake, ordered = flight_software.cycle(flight, state, readings, leg.kind, carry.truth.done | down)
    assert not isinstance(carry.inertial, tuple)
    state = select(down, flight_software.rest(flight, state, carry.inertial, leg.kind), awake)
    ends_at = jnp.where(down, truth.ends_at, truth.time + ordered.ends_in)
    truth = eqx.tree_at(lambda t: t.ends_at, truth, ends_at)
    row = None
    if record:
        row = frame(world, truth, state, flight.target, leg, spin, r_E, v_E, felt, ordered.bank)
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
    force_I = jnp.sum(spin.C_EI0 * felt.acceleration_E[:, None], axis=0)
    truth, state, command, (r_E, v_E), inertial, passed = _ticks(
        world, flight, leg, spin, eqx.tree_at(lambda c: (c.truth, c.flight), carry, (truth, state)),
        (r_E, v_E), force_I, shaking, a, tap,
    )  # fmt: skip
    r_I, v_I = earth_to_inertial(spin, truth.time, r_E, v_E)
    truth = eqx.tree_at(lambda t: (t.r_BI_I, t.v_BI_I), truth, (r_I, v_I))
    new = fail_if_late(Carry(truth, state, command, carry.deadline, inertial))
    messages = None if passed is None else Messages(~carry.truth.done & ~down, readings, ordered, *passed)
    return select(carry.truth.done, carry, new), row, messages


def _ticks(
    world: World, flight: Parameters, leg: Leg, spin: EarthSpin, carry: Carry, motion: tuple[Vec3, Vec3],
    force_I: Vec3, noise: Float[Array, "t n"], a: ActiveFaults, tap: bool,
):  # fmt: skip
    """The control ticks of a cycle. A command acts one tick after it was given."""
    down, strapdown = computer_down(a), executive.flies_a_filter(flight)
    none = nothing_sensed(redundant_imu.COUNT)

    def tick(inner, noise):
        truth, state, active, motion, last = inner
        body, zero = truth.body, jnp.zeros_like(truth.time)
        readings = TickReadings(
            truth.time + a.clock, zero, jnp.zeros_like(truth.done), truth.propellant, leg.tick, last,
            None if strapdown else sensed_attitude(world, body.q_BI, body.omega_BI_B),
        )  # fmt: skip
        awake, ordered = flight_software.tick(flight, state, readings, leg.kind, truth.done | down)
        called = select(down, flight_software.rest(flight, state, last, leg.kind), awake)
        called = select(truth.done, state, called)
        pending = select(down, called.acting, ordered)
        ends_at = jnp.minimum(truth.ends_at, truth.time + jnp.where(down, jnp.inf, pending.ends_in))
        truth = eqx.tree_at(lambda t: t.ends_at, truth, jnp.where(truth.done, truth.ends_at, ends_at))
        flown, moved = act(world, leg, spin, truth, active, motion, None)
        flown = eqx.tree_at(lambda t: t.body, flown, body, is_leaf=lambda x: x is None)
        flown, sensed = turned(world, flown, active, force_I, leg.tick, noise)
        waits = (truth, called, active, motion, select(truth.done, last, none))
        passed = (~inner[0].done & ~down, readings, ordered) if tap else None
        return fly_if_due(truth.done, waits, (flown, called, pending, moved, sensed), flown), passed

    # The cycle has taken in what the inertial unit gave for the tick before it.
    inner = (carry.truth, carry.flight, carry.command, motion, none)
    inner, passed = jax.lax.scan(tick, inner, noise)
    return (*inner, passed)


def turned(
    world: World, truth: TruthState, active: Command, force_I: Vec3, dt: Scalar, noise: Float[Array, " n"]
) -> tuple[TruthState, InertialReadings]:
    """The ship turned for ``dt`` [s] at the rate commanded, and what its inertial unit makes of that.

    ``force_I`` [m/s2] is that of the thin air.
    """
    body = truth.body
    assert body is not None and world.body is not None and active.turn_rate_B is not None
    rate = active.turn_rate_B
    unit, readings = world.body.inertial.sample(
        body.unit, dt * rate, dt * rotate(body.q_BI, force_I), dt, noise
    )
    new = (normalise(multiply(from_turn(dt * rate), body.q_BI)), rate, unit)
    return eqx.tree_at(lambda t: (t.body.q_BI, t.body.omega_BI_B, t.body.unit), truth, new), readings


def settle_drifting(world: World, leg: Leg, carry: Carry) -> Carry:
    """Move a lane whose end lies within its next tick to that end; leave every other lane alone.

    The inertial unit is free of noise in this last part of a tick; the next leg's first cycle takes it in.
    """
    before = carry.truth
    assert before.body is not None and isinstance(carry.inertial, InertialReadings)
    due = before.done & ~before.settled
    a = active_faults(world.faults, before.time, 2 * before.body.level.shape[0])
    failing = ailing_world(world, a, jnp.zeros_like(before.time))
    moved = settle(world, leg, carry)
    dt = moved.truth.time - before.time
    quiet = jnp.zeros(redundant_imu.NOISES)
    swung, readings = turned(failing, moved.truth, carry.command, jnp.zeros(3), dt, quiet)
    return eqx.tree_at(
        lambda c: (c.truth, c.inertial), moved,
        (select(due, swung, moved.truth), select(due, added(carry.inertial, readings), carry.inertial)),
    )  # fmt: skip


__all__ = ["DRIFT", "cycle_drifting", "drift_with_messages", "settle_drifting"]
