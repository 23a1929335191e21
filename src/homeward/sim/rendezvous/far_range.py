"""The far legs of a rendezvous: ship and station as points, burns to the second, ten seconds a cycle."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.orientation import EarthSpin
from homeward.flight.executive import rendezvous_executive as executive
from homeward.flight.rendezvous.far_range import FarComputer, FarState
from homeward.icd import InertialReadings, InertialSample
from homeward.icd.rendezvous_messages import EngineCommand, PairFrame, PairMeasurements, PairStart, PairTick
from homeward.math.numerics import norm
from homeward.sim.core.carry import select
from homeward.sim.rendezvous.telemetry import frame
from homeward.typing import Array, Float, Vec3
from homeward.world.dynamics.docking_bodies import station_attitude
from homeward.world.dynamics.point_mass import as_fast_as_ships, finite
from homeward.world.dynamics.rendezvous_state import PairTruth
from homeward.world.dynamics.two_spacecraft import Bodies, PairWorld, drifted, kicked, pulled, tidal_pull
from homeward.world.fault_injection import to_redundant_readings
from homeward.world.fault_schedule import ActiveFaults, active_faults, computer_down, onsets, set_off
from homeward.world.rendezvous_fault_injection import ailing_aids, no_aids
from homeward.world.sensors.rendezvous import NOISES, PairSituation, sense_pair

CYCLE, CYCLES = 10, 6  # seconds a cycle, cycles a chunk


class Seconds(eqx.Module):
    """Both bodies [m, m/s, I] second by second, for what depends on where thrust may be lost."""

    time: Array
    bodies: Bodies
    mass: Array
    delta_v: Array  # m/s delivered so far


class FarCarry(eqx.Module):
    """What one lane carries from cycle to cycle."""

    truth: PairTruth
    flight: FarState


def far_chunk(
    world: PairWorld, flight: FarComputer, carry: FarCarry, key: Array, record: bool
) -> tuple[FarCarry, tuple[PairFrame, Seconds] | None]:
    """A minute of one lane. ``key`` is that of the flight; every cycle takes its own by its time."""

    def cycle(carry: FarCarry, _: None):
        number = jnp.round(carry.truth.time).astype(int)
        noise = jax.random.normal(jax.random.fold_in(key, number), (NOISES,))
        return _cycle(world, flight, carry, noise, record)

    return jax.lax.scan(cycle, carry, None, length=CYCLES)


def started(flight: FarComputer, truth: PairTruth, start: PairStart) -> FarCarry:
    """One lane at the insertion: its flight computer knows what the ground has uplinked."""
    return FarCarry(truth, executive.init(flight, start))


def _cycle(world: PairWorld, flight: FarComputer, carry: FarCarry, noise: Float[Array, " n"], record: bool):
    truth = carry.truth
    onset = onsets(world.faults, truth.onset, executive.status(carry.flight).leg, truth.time)
    truth = eqx.tree_at(lambda t: t.onset, truth, onset)
    a = active_faults(set_off(world.faults, onset), truth.time, truth.level.shape[0])
    down = computer_down(a)
    world = eqx.tree_at(lambda w: w.engine.thrust, world, world.engine.thrust * a.engine)
    spin = world.orientation.at(truth.time)
    tidal = tidal_pull(world, truth.time, truth.bodies.r_TI_I)

    def second(inner: tuple[PairTruth, FarState, InertialReadings], _: None):
        truth, state, readings = inner
        state, command = executive.tick(flight, state, PairTick(truth.time + a.clock, ~down, readings))
        truth, readings = _second(world, spin, tidal, truth, command, a)
        fine = Seconds(truth.time, truth.bodies, truth.mass, truth.delta_v) if record else None
        return (truth, state, readings), fine

    start = truth, carry.flight, unread(a)
    (truth, state, readings), fine = jax.lax.scan(second, start, None, length=CYCLE)
    dt, no = jnp.asarray(float(CYCLE)), jnp.asarray(False)
    sensors, aids = sense_pair(world.sensors, truth.sensors, situation(world, truth), dt, no, no, noise)
    truth = eqx.tree_at(lambda t: t.sensors, truth, sensors)
    aids = ailing_aids(aids, a)
    # A computer that starts anew hears nothing; what its sensors of motion have summed it takes up later.
    aids = select(down, no_aids(aids), aids)
    message = PairMeasurements(truth.time + a.clock, ~down, readings, aids, jnp.zeros(()))
    state, report = executive.cycle(flight, state, message)
    row = None
    if record:
        assert fine is not None
        row = (
            frame(world.hull, truth, report.navigation, report.status.leg, jnp.zeros_like(truth.level)),
            fine,
        )
    b = truth.bodies
    ok = finite(b.r_BI_I, b.v_BI_I, b.r_TI_I, b.v_TI_I) & as_fast_as_ships(b.v_BI_I)
    truth = eqx.tree_at(
        lambda t: (t.failed, t.failed_time, t.done),
        truth,
        (
            truth.failed | ~ok, jnp.where(ok | truth.failed, truth.failed_time, truth.time),
            report.status.arrived | report.status.leaving | ~ok,
        ),
    )  # fmt: skip
    return select(carry.truth.done, carry, FarCarry(truth, state)), row


def unread(a: ActiveFaults) -> InertialReadings:
    """No readings: the cycle before has had them."""
    gyros, accelerometers = jnp.zeros_like(a.gyro_bias), jnp.zeros_like(a.accelerometer_bias)
    return InertialReadings(gyros, accelerometers, jnp.zeros(()))


def _second(
    world: PairWorld, spin: EarthSpin, tidal: Vec3, truth: PairTruth, command: EngineCommand, a: ActiveFaults
) -> tuple[PairTruth, InertialReadings]:
    h = jnp.ones(())
    direction, main = command.direction_I, command.main
    engine = select(main, world.engine, world.trim)
    seconds = jnp.where(truth.propellant > 0.0, command.seconds, 0.0)
    push = engine.thrust / truth.mass
    true = direction + jnp.cross(world.thrust_misalignment, direction)
    gained = push * seconds * true
    moved = push * seconds * (h - 0.5 * seconds) * true
    burnt = engine.thrust * seconds / engine.exhaust_speed
    bodies = kicked(truth.bodies, 0.5 * h)
    bodies = drifted(bodies, h, gained, moved, jnp.zeros(3))
    mass = truth.mass - burnt
    bodies = kicked(pulled(world, spin, truth.time + h, tidal, bodies, mass, h), 0.5 * h)
    felt = gained * (1.0 + world.accelerometer_scale)
    readings = to_redundant_readings(InertialSample(jnp.zeros(3), felt, h), a)
    relative = norm(bodies.r_BI_I - bodies.r_TI_I)
    truth = eqx.tree_at(
        lambda t: (t.time, t.bodies, t.mass, t.propellant, t.delta_v, t.closest),
        truth,
        (
            truth.time + h, bodies, mass, truth.propellant - burnt, truth.delta_v + push * seconds,
            jnp.minimum(truth.closest, relative),
        ),
    )  # fmt: skip
    return truth, readings


def situation(world: PairWorld, truth: PairTruth) -> PairSituation:
    """What the sensors see of the truth."""
    b, hull = truth.bodies, world.hull
    q_TI, omega_TI_T = station_attitude(hull.motion, truth.time, b.r_TI_I, b.v_TI_I)
    return PairSituation(
        truth.time, b.r_BI_I, b.v_BI_I, truth.q_BI, truth.omega_BI_B, b.r_TI_I, b.v_TI_I, q_TI,
        hull.port_T, hull.C_DT, hull.dock_B, omega_TI_T,
    )  # fmt: skip
