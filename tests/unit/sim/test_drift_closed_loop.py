"""Hours of drifting, the filter in the loop: failures of sensors, starts from what is known, a burn put off.

One lane of the simulation's own program, compiled without the optimiser: half a second a flight.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from quick_compile import QUICK

from homeward.earth.geodesy import from_geodetic, height_and_up
from homeward.earth.orientation import earth_to_inertial
from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.flight_plan import plan_step
from homeward.math.quaternion import conjugate, from_matrix, multiply
from homeward.math.triples import split
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.scenario.build.initial_navigation import navigation_start
from homeward.sim.chunk import begin, end_leg
from homeward.sim.core.carry import Carry, nothing_sensed
from homeward.sim.core.legs import DRIFT, ORBIT, leg
from homeward.sim.mission import MissionLeg, planned
from homeward.sim.six_dof import cycle, drift_cycle
from homeward.world.fault_schedule import Kind
from homeward.world.sensors.redundant_imu import COUNT

LONG, LATER, CYCLES = 14003.0, 6000.0, 16  # s of the drift, s by which it is put off, cycles of a chunk
SEEDS = (1, 2, 3)
pytestmark = pytest.mark.slow
ARCSECOND = np.pi / 180.0 / 3600.0


@dataclasses.dataclass
class Drift:
    """What a drift ended with; errors are those told last, a minute before its end at most."""

    carry: Carry
    place: float  # m
    place_sigma: float
    speed: float  # m/s
    attitude: float  # rad, least of the last cycles: while it turns, belief is a tick behind
    attitude_sigma: float
    squares: np.ndarray  # normalised squares of position and velocity
    lasted: float  # s


class Flights:
    """A plan, its compiled program, and the flights of it."""

    def __init__(self):
        plan = plan_return(load("apollo-10"), fidelity="six-dof")
        truth = _in_orbit(plan)
        self.now = float(truth.time)
        ends = self.now + LONG
        items = [
            MissionLeg("phasing coast", leg(DRIFT, 0, 10.0), None, plan_step(until_time=ends),
                       plan_step(until_time=ends + LATER)),
            MissionLeg("coast to burn", leg(ORBIT, 1, 0.1), None, plan_step(until_time=ends + 300.0)),
            MissionLeg("deorbit burn", leg(ORBIT, 2, 0.1), None, plan_step(delta_v=100.0)),
        ]  # fmt: skip
        self.world, self.truth, self.leg = plan.world, truth, items[0].leg
        self.flight = planned(plan.flight, items)
        self.program = None

    def fly(self, seed, failures=(), attitude=True, place=True):
        """``failures``: kinds with their start and end [s into the drift] and size."""
        rng = np.random.default_rng(seed)
        start = navigation_start(self.truth, True, jnp.asarray(rng.normal(size=9)))
        never = jnp.asarray(np.inf)
        sigmas = (
            start.attitude_sigma if attitude else never,
            start.position_sigma if place else never,
        )
        start = eqx.tree_at(lambda s: (s.attitude_sigma, s.position_sigma), start, sigmas)
        flight = eqx.tree_at(lambda f: f.start, self.flight, start)
        world, state = self._failing(failures), executive.init(flight)
        carry = Carry(self.truth, state, state.acting, self.truth.time, nothing_sensed(COUNT))
        carry = begin(carry, self.leg)
        squares, attitudes = [], []
        for _ in range(int((LONG + LATER) / 60.0 / CYCLES) + 2):
            noise = jnp.asarray(rng.normal(size=(CYCLES, cycle.noises(DRIFT))))
            given = (world, flight, self.leg, carry, noise)
            if self.program is None:
                options = QUICK
                self.program = jax.jit(_chunk).lower(*given).compile(options)
            carry, (row, off) = self.program(*given)
            squares.append(np.asarray(row.consistency.navigation_square))
            attitudes.append(np.asarray(off))
            if bool(carry.truth.done):
                break
        carry = end_leg(world, self.leg, carry)
        a = row.accuracy

        def size(x):
            return float(np.linalg.norm(x[-1]))

        return Drift(
            carry, size(row.navigation_position_error), size(a.position_sigma),
            size(row.navigation_velocity_error), float(np.min(attitudes[-1][-4:])), size(a.attitude_sigma),
            np.concatenate(squares), float(carry.truth.time) - self.now,
        )  # fmt: skip

    def _failing(self, failures):
        f = self.world.faults
        for k, (kind, start, end, amount) in enumerate(failures):
            values = (int(kind), self.now + start, self.now + end, amount)
            old = (f.kind, f.start, f.end, f.size)
            new = tuple(x.at[k].set(v) for x, v in zip(old, values, strict=True))
            f = eqx.tree_at(lambda f: (f.kind, f.start, f.end, f.size), f, new)
        return eqx.tree_at(lambda w: w.faults, self.world, f)


def _in_orbit(plan):
    """The stack 395 km up, nose along its motion."""
    place = (jnp.asarray(0.3), jnp.asarray(1.7), jnp.asarray(395e3))
    r_E = from_geodetic(plan.flight.ellipsoid, *place)
    _, up = height_and_up(plan.flight.ellipsoid, split(r_E))
    up = np.array([float(x) for x in up])
    east = np.cross([0.0, 0.0, 1.0], up)
    v_E = jnp.asarray(7330.0 * (0.76 * east / np.linalg.norm(east) + 0.65 * np.cross(up, east)))
    spin = plan.world.orientation.at(plan.truth.time)
    r, v = (np.asarray(x) for x in earth_to_inertial(spin, plan.truth.time, r_E, v_E))
    v = v * np.sqrt(3.986e14 / np.linalg.norm(r)) / np.linalg.norm(v)
    x, y = v / np.linalg.norm(v), np.cross(r, v) / np.linalg.norm(np.cross(r, v))
    q = from_matrix(jnp.asarray(np.stack([x, y, np.cross(x, y)])))
    return eqx.tree_at(
        lambda t: (t.r_BI_I, t.v_BI_I, t.body.q_BI, t.propellant, t.drag_area), plan.truth,
        (jnp.asarray(r), jnp.asarray(v), q, jnp.asarray(500.0), jnp.asarray(20.0)),
    )  # fmt: skip


def _chunk(world, flight, leg, carry, noise):
    def one(carry, n):
        carry, row, _ = drift_cycle.drift_with_messages(world, flight, leg, carry, n, True, False)
        believed = executive.report_attitude(flight, carry.flight, None).q_BI
        apart = multiply(believed, conjugate(carry.truth.body.q_BI))
        return carry, (row, 2.0 * jnp.sqrt(jnp.sum(apart[1:] ** 2)))

    return jax.lax.scan(one, carry, noise)


@pytest.fixture(scope="module")
def flights():
    return Flights()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sound_drift_ends_when_planned_as_sure_as_any_leg(flights, seed):
    told = flights.fly(seed)
    assert told.lasted == pytest.approx(LONG, abs=1e-6) and not bool(told.carry.flight.put_off)
    assert told.place < 4.0 * told.place_sigma < 120.0 and told.speed < 0.25
    assert told.attitude < 6.0 * told.attitude_sigma < 90.0 * ARCSECOND
    assert 0.4 < np.mean(told.squares) < 1.3
    # What it leaves to the next leg is the part of a tick that no cycle has taken in.
    assert 0.0 < float(told.carry.inertial.duration) < 10.0


LOST, BLIND = Kind.SATELLITE_LOST, Kind.STAR_BLIND


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("since", [0.0, 3000.0])
@pytest.mark.parametrize("kinds", [(LOST,), (BLIND,), (LOST, BLIND)])
def test_who_loses_satellites_or_stars_goes_on_by_what_it_knew(flights, seed, since, kinds):
    told = flights.fly(seed, [(kind, since, np.inf, 1.0) for kind in kinds])
    assert told.lasted == pytest.approx(LONG, abs=1e-6) and not bool(told.carry.flight.put_off)
    assert told.place < (10e3 if LOST in kinds else 60.0)
    assert told.place < 4.0 * told.place_sigma
    # Gyros hold what the stars, or the port, had told: half a degree at most.
    assert told.attitude < 4.0 * told.attitude_sigma
    known = 2.0 * 3600.0 if since == 0.0 else 120.0
    assert told.attitude_sigma < (known if BLIND in kinds else 20.0) * ARCSECOND


@pytest.mark.parametrize(("attitude", "place"), [(False, True), (True, False), (False, False)])
def test_stars_alone_and_satellites_alone_start_it(flights, attitude, place):
    told = flights.fly(4, attitude=attitude, place=place)
    assert told.lasted == pytest.approx(LONG, abs=1e-6)
    assert told.place < 60.0 and told.attitude < 45.0 * ARCSECOND


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [BLIND, LOST])
def test_a_burn_for_which_attitude_or_place_is_not_known_is_put_off_once(flights, seed, kind):
    late = [(kind, 0.0, LONG + 500.0, 1.0)]
    told = flights.fly(seed, late, attitude=kind != BLIND, place=kind != LOST)
    assert bool(told.carry.flight.put_off)
    assert told.lasted == pytest.approx(LONG + LATER, abs=1e-6)
    assert told.place < 60.0 and told.attitude < 60.0 * ARCSECOND
    for_good = [(kind, 0.0, np.inf, 1.0)]
    told = flights.fly(seed, for_good, attitude=kind != BLIND, place=kind != LOST)
    assert told.lasted == pytest.approx(LONG + LATER, abs=1e-6)  # and not a second time


def test_other_failures_of_the_drift_are_borne(flights):
    degree = np.pi / 180.0
    cases = [
        (Kind.GYRO_BIASED, 10.0 * degree / 3600.0), (Kind.ACCELEROMETER_BIASED, 5e-3),
        (Kind.SATELLITE_SPOOFED, 5e-3), (Kind.CLOCK, 1.0), (Kind.GYRO_DEAD, 1.0),
    ]  # fmt: skip
    for kind, amount in cases:
        told = flights.fly(5, [(kind, 3000.0, np.inf, amount)])
        off = 5e3 if kind == Kind.SATELLITE_SPOOFED else 60.0
        assert told.place < off and told.attitude < 60.0 * ARCSECOND, kind
        if kind == Kind.CLOCK:
            assert float(told.carry.flight.health.clock) == pytest.approx(1.0, abs=1e-3)
            assert told.lasted == pytest.approx(LONG, abs=1e-3)
        if kind == Kind.GYRO_BIASED:
            assert float(told.carry.flight.navigation.voting.gyro.trusted[0]) == 0.0
        assert bool(told.carry.flight.navigation.lead.dropped) == (kind == Kind.SATELLITE_SPOOFED)
