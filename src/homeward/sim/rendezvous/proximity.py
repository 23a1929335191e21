"""The last legs of a rendezvous: the ship turns, its thrusters fire one by one, the ports meet or do not."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.executive import rendezvous_executive as executive
from homeward.flight.rendezvous.proximity_executive import CloseComputer, CloseState
from homeward.icd import InertialReadings
from homeward.icd.rendezvous_messages import PairFrame, PairMeasurements, PairStatus, PairTick
from homeward.math.attitude_triples import apply, join4, rows, split4, symmetric_inverse, turn_rate, unit4
from homeward.math.numerics import norm, rk4_step
from homeward.math.triples import cross, join, split, subtract
from homeward.sim.core.carry import select
from homeward.sim.rendezvous.contact import meet
from homeward.sim.rendezvous.far_range import situation, unread
from homeward.sim.rendezvous.telemetry import frame, ports
from homeward.typing import Array, Count, Float, Scalar
from homeward.world.actuators.thruster_valves import fire, shut
from homeward.world.dynamics.docking_bodies import plume_push
from homeward.world.dynamics.point_mass import as_fast_as_ships, finite
from homeward.world.dynamics.rendezvous_state import PairTruth
from homeward.world.dynamics.two_spacecraft import PairWorld, drifted, kicked, pulled, tidal_pull
from homeward.world.fault_injection import failing, to_redundant_readings
from homeward.world.fault_schedule import ActiveFaults, active_faults, computer_down, onsets, set_off
from homeward.world.rendezvous_fault_injection import ailing_aids, no_aids
from homeward.world.sensors import imu
from homeward.world.sensors.imu import turn_between
from homeward.world.sensors.rendezvous import NOISES, sense_pair

TICKS, CYCLES = 10, 32  # control ticks a cycle of one second, cycles a chunk
GONE = 1200.0  # s after leaving the station that a flight is still followed
FLOW_NOISE = 2e-3  # kg a cycle, 1-sigma of the propellant's flow meter
LONGEST = 9000.0  # s that the last legs may take, waiting for GO left out
MOST_WAIT = 7200.0  # s of waiting for GO at one hold after which a flight ends there: held


class CloseCarry(eqx.Module):
    """What one lane carries from cycle to cycle; ``active`` are the valve times of the coming tick."""

    truth: PairTruth
    flight: CloseState
    active: Float[Array, " n"]
    begun: Scalar  # s: when the last legs began


def close_noises() -> int:
    """Standard normal numbers a cycle."""
    return NOISES + TICKS * imu.NOISES


def close_chunk(
    world: PairWorld, flight: CloseComputer, fault_time: Scalar, carry: CloseCarry, key: Array, record: bool,
    cycles: int = CYCLES,
) -> tuple[CloseCarry, PairFrame | None]:  # fmt: skip
    """Half a minute of one lane, or ``cycles`` seconds; every cycle takes its own random key by its time."""

    def cycle(carry: CloseCarry, _: None):
        number = jnp.round(carry.truth.time).astype(int)
        noise = jax.random.normal(jax.random.fold_in(key, number), (close_noises(),))
        return close_cycle(world, flight, fault_time, carry, noise, record)

    return jax.lax.scan(cycle, carry, None, length=cycles)


def close_cycle(
    world: PairWorld, flight: CloseComputer, fault_time: Scalar, carry: CloseCarry,
    noise: Float[Array, " n"], record: bool,
) -> tuple[CloseCarry, PairFrame | None]:  # fmt: skip
    """One second of one lane with ``close_noises`` standard normal numbers."""
    truth = carry.truth
    onset = onsets(world.faults, truth.onset, executive.status(carry.flight).leg, truth.time)
    truth = eqx.tree_at(lambda t: t.onset, truth, onset)
    a = active_faults(set_off(world.faults, onset), truth.time, truth.level.shape[0])
    down, tank = computer_down(a), truth.propellant
    spin = world.orientation.at(truth.time)
    tidal = tidal_pull(world, truth.time, truth.bodies.r_TI_I)
    one = jnp.ones(())
    h = one / TICKS
    bodies = kicked(truth.bodies, 0.5 * one)
    truth = eqx.tree_at(lambda t: t.bodies, truth, bodies)
    shaking = jnp.reshape(noise[NOISES:], (TICKS, imu.NOISES))

    def tick(inner: tuple[PairTruth, CloseState, Array, Array, InertialReadings], shake: Array):
        truth, state, active, open_for, readings = inner
        state, command = executive.tick(flight, state, PairTick(truth.time + a.clock, ~down, readings))
        truth, sample = _fly(world, truth, active, h, shake, fault_time, a, command.feed_shut)
        return (truth, state, command.seconds, open_for + active, to_redundant_readings(sample, a)), None

    start = (truth, carry.flight, carry.active, jnp.zeros_like(carry.active), unread(a))
    (truth, state, active, open_for, readings), _ = jax.lax.scan(tick, start, shaking)
    bodies = pulled(world, spin, truth.time, tidal, truth.bodies, truth.mass, one)
    truth = eqx.tree_at(lambda t: t.bodies, truth, kicked(bodies, 0.5 * one))
    touched = truth.contact.count > carry.truth.contact.count
    sensors, aids = sense_pair(
        world.sensors, truth.sensors, situation(world, truth), one, touched, truth.contact.captured,
        noise[:NOISES],
    )  # fmt: skip
    truth = eqx.tree_at(lambda t: t.sensors, truth, sensors)
    aids = ailing_aids(aids, a)
    flow = tank - truth.propellant + FLOW_NOISE * shaking[0, 0]
    # A computer that starts anew hears nothing but its sensors of motion.
    aids = select(down, no_aids(aids), aids)
    message = PairMeasurements(truth.time + a.clock, ~down, readings, aids, flow)
    state, report = executive.cycle(flight, state, message)
    row = frame(world.hull, truth, report.navigation, report.status.leg, open_for) if record else None
    truth = _settled(world, truth, report.status, carry.begun)
    new = CloseCarry(truth, state, active, carry.begun)
    return select(carry.truth.done, carry, new), row


def _fly(
    world: PairWorld,
    truth: PairTruth,
    active,
    h: Scalar,
    shake,
    fault_time: Scalar,
    a: ActiveFaults,
    feed: Count,
):
    """One tick: thrusters, attitude, drift, and what happens if the ports meet in it."""
    hull = world.hull
    # One whose share is none fails at its time, and is sound until then; the others are as they were drawn.
    drawn = hull.thrusters.share
    share = jnp.where((drawn > 0.0) | (truth.time >= fault_time), drawn, 1.0)
    thrusters = shut(failing(eqx.tree_at(lambda t: t.share, hull.thrusters, share), a), feed)
    level, force, torque, used = fire(thrusters, truth.level, active, h, truth.propellant)
    inertia, inverse = symmetric_inverse(hull.inertia * (truth.mass / hull.inertia_mass))

    def rates(_: Scalar, x):
        q, omega = x
        gyro = cross(omega, apply(inertia, omega))
        return turn_rate(q, omega), apply(inverse, subtract(torque, gyro))

    q0, omega0 = split4(truth.q_BI), split(truth.omega_BI_B)
    q1, omega1 = rk4_step(rates, jnp.zeros_like(h), (q0, omega0), h)
    q1 = unit4(q1)
    push = join(force) / truth.mass
    # By the attitude half way: of second order, as the drift is.
    middle = unit4(tuple(a + b for a, b in zip(q0, q1, strict=True)))  # pyright: ignore[reportArgumentType]
    C = rows(middle)
    gained = h * join(tuple(sum(C[i][k] * push[i] for i in range(3)) for k in range(3)))  # pyright: ignore[reportArgumentType]
    # Felt in the axes at the tick's start, as the unit gives it.
    C0 = rows(q0)
    felt = join(tuple(jnp.sum(join(row) * gained) for row in C0))  # pyright: ignore[reportArgumentType]
    between_B = join(apply(C, split(truth.bodies.r_BI_I - truth.bodies.r_TI_I)))
    mean = jnp.maximum(0.5 * (level + truth.level), thrusters.leak) * thrusters.thrust * thrusters.share
    blown_B = plume_push(hull, mean, between_B)
    blown = join(tuple(sum(C[i][k] * blown_B[i] for i in range(3)) for k in range(3)))  # pyright: ignore[reportArgumentType]
    bodies = drifted(truth.bodies, h, gained, 0.5 * h * gained, blown * (h / hull.station_mass))
    turn = turn_between(truth.q_BI, join4(q1))
    sample = hull.inertial.sample(turn, felt, h, shake)
    new = eqx.tree_at(
        lambda t: (t.time, t.bodies, t.q_BI, t.omega_BI_B, t.level, t.mass, t.propellant, t.delta_v, t.plume),
        truth,
        (
            truth.time + h, bodies, join4(q1), join(omega1), level, truth.mass - used,
            truth.propellant - used, truth.delta_v + norm(gained), truth.plume + norm(blown_B) * h,
        ),
    )  # fmt: skip
    return meet(world, truth, new, h), sample


def _settled(world: PairWorld, truth: PairTruth, status: PairStatus, begun: Scalar) -> PairTruth:
    """Distances kept, numbers checked, and whether the flight is over."""
    b = truth.bodies
    place, _, _, _ = ports(world.hull, truth)
    side = norm(place[1:])
    inside = (place[0] >= -0.5) & (side <= world.hull.corridor * jnp.maximum(place[0], 0.0) + 1.0)
    distance = norm(b.r_BI_I - b.r_TI_I)
    closest = jnp.where(inside, truth.closest, jnp.minimum(truth.closest, distance))
    ok = finite(b.r_BI_I, b.v_BI_I, truth.q_BI, truth.omega_BI_B) & as_fast_as_ships(b.v_BI_I)
    gone = status.leaving & (truth.time - status.leaving_since > GONE)
    late = truth.time - begun - status.waited > LONGEST
    held = status.waiting >= MOST_WAIT
    done = truth.contact.captured | truth.contact.collided | gone | late | held | ~ok
    return eqx.tree_at(
        lambda t: (t.closest, t.done, t.failed, t.failed_time),
        truth,
        (
            closest, done, truth.failed | ~ok | late,
            jnp.where((ok & ~late) | truth.failed, truth.failed_time, truth.time),
        ),
    )  # fmt: skip
