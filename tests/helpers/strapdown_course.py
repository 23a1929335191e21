"""A kinematic return for tests of navigation, sensors and beliefs that go with it, and many runs along it.

Truth is integrated with a field that the flight computer does not know (EGM96 to degree 12), a prescribed
attitude (trim, bank reversals at 15 deg/s, a wobble), air and lift of round numbers, and a canopy at 10.7 km.
"""

from functools import cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.geodesy import Ellipsoid, from_geodetic, height_and_up, north_east_down
from homeward.earth.orientation import UniformRotation, earth_to_inertial, inertial_to_earth
from homeward.flight.navigation.imu_fdi import SetBelief, Voting
from homeward.flight.navigation.inertial_navigation import StrapdownNavigation
from homeward.flight.navigation.mechanization import ZonalEarth
from homeward.flight.navigation.sensor_parameters import AidBelief, InertialBelief
from homeward.icd import Aids, Measurements
from homeward.math.quaternion import conjugate, from_matrix, multiply, rotate
from homeward.math.triples import split
from homeward.world.environment.gravity import egm96
from homeward.world.sensors import aiding as aid_models
from homeward.world.sensors import redundant_imu
from homeward.world.sensors.aiding import (
    AidSensors,
    AidState,
    GammaAltimeter,
    PressureAltimeter,
    SatelliteReceiver,
    Situation,
    initial_aids,
    sense_aids,
)  # fmt: skip
from homeward.world.sensors.gnss_antennas import Antennas
from homeward.world.sensors.gnss_constellation import navigation_satellites
from homeward.world.sensors.gnss_pseudorange import RangeReceiver
from homeward.world.sensors.imu import turn_between
from homeward.world.sensors.redundant_imu import (
    COUNT,
    InstrumentSet,
    RedundantUnit,
    UnitState,
    dodecahedron,
    first_unit,
)
from homeward.world.sensors.star_tracker import StarHeads, StarTracker

ARCSEC = np.pi / 648_000
MICRO_G = 9.80665e-6
TICK, TICKS = 0.1, 10
SECONDS = 880  # the course: 140 km to a hundred metres over the ground
EARTH = Ellipsoid.wgs84()
TURNING = UniformRotation.of(0.4)
BLACKOUT = (3.0e-6, 4.0e-3)  # kg/m3, of some 90 to 40 km in the air below
CANOPY_ALTITUDE = 10_700.0
GROUND = 4_250.0  # m: a high plain, so that the course is short

BIAS = dict(gyro=np.deg2rad(0.0035) / 3600, force=25 * MICRO_G)
WALK = dict(gyro=np.deg2rad(0.002) / 60, force=1e-4)
WANDER = dict(gyro=np.deg2rad(0.001) / 3600, force=5 * MICRO_G)
SCALE = dict(gyro=5e-6, force=100e-6)
PULSE = dict(gyro=0.1 * ARCSEC, force=1e-4)
CROSSED, MOUNTING = 5 * ARCSEC, 20 * ARCSEC
SHAKING, RECTIFIED = 8e-5, 1.3e-8  # s, s2/m: 5 % of the force at 100 Hz, 50 micro-g a square of g
AXES = dodecahedron()
TOGETHER = np.linalg.pinv(AXES)  # least squares over six
UNIT_DRAWS = 10 * COUNT + 3


class Truth(NamedTuple):
    """Rows of a tick: the situation at its start, and what the inertial unit goes through in it."""

    time: jax.Array
    q_BI: jax.Array
    r_BI_I: jax.Array
    v_BI_I: jax.Array
    omega_BI_B: jax.Array
    r_BE_E: jax.Array
    v_BE_E: jax.Array
    altitude: jax.Array
    density: jax.Array
    bank: jax.Array
    turn: jax.Array
    gained: jax.Array


def air(altitude):
    return 1.3 * jnp.exp(-altitude / 7200.0)


def bank_at(t):
    """60 deg to the right; reversals at 15 deg/s; wings level at last."""
    reversals = [(250.0, -120.0), (310.0, 120.0), (370.0, -120.0), (450.0, 60.0)]
    return jnp.deg2rad(60.0 + sum(jnp.clip(15.0 * (t - at), 0.0, abs(size)) * np.sign(size)
                                  for at, size in reversals))  # fmt: skip


def frames_at(t, r_E, v_E):
    """Body axes (rows of C_BE), unit vectors along the velocity and of lift, altitude."""
    altitude, up = height_and_up(EARTH, split(r_E))
    along = v_E / jnp.sqrt(jnp.sum(v_E * v_E))
    right = jnp.cross(along, jnp.stack(up))
    right = right / jnp.sqrt(jnp.sum(right * right))
    bank = bank_at(t)
    lift = jnp.cos(bank) * jnp.cross(right, along) + jnp.sin(bank) * right
    wobble = jnp.deg2rad(1.5) / (1.0 + jnp.exp((altitude - 95e3) / 300.0))  # none where stars are looked for
    trim = jnp.deg2rad(20.0) + wobble * jnp.sin(2.0 * t)
    slip = wobble * jnp.sin(2.0 * t + 1.0)
    x = -jnp.cos(trim) * along + jnp.sin(trim) * lift
    z = jnp.cos(trim) * lift + jnp.sin(trim) * along
    y = jnp.cross(z, x)
    x, y = jnp.cos(slip) * x + jnp.sin(slip) * y, jnp.cos(slip) * y - jnp.sin(slip) * x
    return jnp.stack([x, y, z]), along, lift, altitude


@cache
def course(seconds: int = SECONDS, altitude=140e3, path=-2.4) -> Truth:
    """The true return, a row each tick of 0.1 s: 140 km to the ground under a canopy; or another start.

    ``path`` [deg] is the flight-path angle at the ``altitude`` [m] of the start.
    """
    field = egm96(12)

    def rates(t, state):
        r_I, v_I = state
        spin = TURNING.at(t)
        C = spin.C_EI(t)
        r_E, v_E = inertial_to_earth(spin, t, r_I, v_I)
        _, along, lift, altitude = frames_at(t, r_E, v_E)
        pressure = 0.5 * air(altitude) * jnp.sum(v_E * v_E)
        canopy = 0.05 / (1.0 + jnp.exp((altitude - CANOPY_ALTITUDE) / 100.0))
        drag = pressure * (2.3e-3 + canopy)
        force_E = -drag * along + 0.3 * pressure * 2.3e-3 * lift
        return v_I, C.T @ (field.acceleration(r_E) + force_E), C.T @ force_E

    def tick(state, t):
        half = 0.5 * TICK

        def at(moved, k, h):
            return state[0] + h * k[0], state[1] + h * k[1]

        k1 = rates(t, state)
        k2 = rates(t + half, at(state, k1, half))
        k3 = rates(t + half, at(state, k2, half))
        k4 = rates(t + TICK, at(state, k3, TICK))
        sum_of = [TICK / 6.0 * (a + 2.0 * b + 2.0 * c + d) for a, b, c, d in zip(k1, k2, k3, k4, strict=True)]
        return (state[0] + sum_of[0], state[1] + sum_of[1]), (*state, sum_of[2])

    def start():
        latitude, longitude = jnp.deg2rad(-20.0), jnp.deg2rad(80.0)
        r_E = from_geodetic(EARTH, latitude, longitude, jnp.asarray(altitude))
        C_NE = north_east_down(latitude, longitude)
        down, heading = np.deg2rad(path), np.deg2rad(45.0)
        v_N = 7600.0 * np.array(
            [np.cos(down) * np.cos(heading), np.cos(down) * np.sin(heading), -np.sin(down)]
        )
        return earth_to_inertial(TURNING.at(jnp.asarray(0.0)), jnp.asarray(0.0), r_E, C_NE.T @ v_N)

    def attitude(t, r_I, v_I):
        spin = TURNING.at(t)
        r_E, v_E = inertial_to_earth(spin, t, r_I, v_I)
        C_BE, _, _, altitude = frames_at(t, r_E, v_E)
        return from_matrix(C_BE @ spin.C_EI(t)), r_E, v_E, altitude

    @jax.jit
    def make():
        times = jnp.arange(1.0 + seconds * TICKS) * TICK
        _, (r_I, v_I, gained_I) = jax.lax.scan(tick, start(), times)
        q, r_E, v_E, altitude = jax.vmap(attitude)(times, r_I, v_I)
        turn = jax.vmap(turn_between)(q[:-1], q[1:])
        gained = jax.vmap(rotate)(q[:-1], gained_I[:-1])
        return Truth(
            times[:-1], q[:-1], r_I[:-1], v_I[:-1], turn / TICK, r_E[:-1], v_E[:-1], altitude[:-1],
            air(altitude[:-1]), jax.vmap(bank_at)(times[:-1]), turn, gained,
        )  # fmt: skip

    return jax.block_until_ready(make())


def numbers(**values):
    return {key: jnp.asarray(value, float) for key, value in values.items()}


BORESIGHTS = ((0.0, -0.6, -0.8), (0.0, 0.8, 0.6))


def star_heads() -> StarHeads:
    """Two heads; the Sun stands where it blinds none of them along the course."""
    heads = [
        StarTracker(jnp.asarray(5 * ARCSEC), jnp.asarray(20 * ARCSEC), jnp.asarray(b),
                    jnp.asarray(100e3), jnp.asarray(np.deg2rad(1.0)))
        for b in BORESIGHTS
    ]  # fmt: skip
    first, second = heads
    return StarHeads((first, second), jnp.asarray([0.0, 0.0, 1.0]),
                     **numbers(sun_exclusion=np.deg2rad(35), limb_exclusion=np.deg2rad(20),
                               earth_radius=6378137))  # fmt: skip


def antennas() -> Antennas:
    """Two that look up and down."""
    return Antennas(
        navigation_satellites(), jnp.asarray([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]),
        **numbers(cone=np.cos(np.deg2rad(85)), mask=np.sin(np.deg2rad(5)), earth_radius=6378137,
                  reacquisition_time=5),
    )  # fmt: skip


def range_receiver() -> RangeReceiver:
    """A receiver that tells ranges, on antennas that look up and down."""
    return RangeReceiver(
        antennas(),
        **numbers(slow_sigma=3, slow_time=600, multipath=1.5, multipath_time=100, orbit=2,
                  ionosphere=1, ionosphere_time=3600, ionosphere_length=4e6,
                  range_noise=1, rate_noise=0.03, clock_walk=0.1, drift_walk=0.2, clock_sigma=1e5,
                  drift_sigma=100, blackout_speed=3000),
        blackout_density=(jnp.asarray(BLACKOUT[0]), jnp.asarray(BLACKOUT[1])),
    )  # fmt: skip


def aid_sensors(pressure_scale=0.01) -> AidSensors:
    return AidSensors(
        star_heads(),
        SatelliteReceiver(**numbers(position_sigma=10, velocity_sigma=0.05, correlation_time=300,
                                    position_noise=3, velocity_noise=0.02, blackout_speed=3000),
                          antennas=antennas(),
                          blackout_density=(jnp.asarray(BLACKOUT[0]), jnp.asarray(BLACKOUT[1]))),
        PressureAltimeter(jnp.asarray(25.0), jnp.asarray(pressure_scale), jnp.asarray(8000.0)),
        GammaAltimeter(jnp.asarray(0.05), jnp.asarray(100.0)),
    )  # fmt: skip


def redundant_unit(draw, factor=1.0) -> RedundantUnit:
    """A unit drawn with ``UNIT_DRAWS`` standard normal numbers; all but the pulses times ``factor``."""
    across = np.cross(AXES, np.roll(AXES, 1, axis=0))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    other = np.cross(AXES, across)

    def one(kind, n):
        bias, scale, turned, tilted, square = n.reshape(5, COUNT)
        seen = AXES * (1.0 + factor * SCALE[kind] * scale)[:, None]
        seen = seen + factor * CROSSED * (turned[:, None] * across + tilted[:, None] * other)
        rectified = (RECTIFIED if kind == "force" else 0.0) * factor * square
        return InstrumentSet(
            sensitive=seen.T, bias=factor * BIAS[kind] * bias, rectified=rectified, works=jnp.ones(COUNT),
            off=jnp.zeros(COUNT), wander_sigma=jnp.asarray(factor * WANDER[kind], float),
            walk=jnp.asarray(factor * WALK[kind], float),
            **numbers(wander_time=1000, quantum=PULSE[kind], limit=500),
        )  # fmt: skip

    half = 5 * COUNT
    return RedundantUnit(
        one("gyro", draw[:half]), one("force", draw[half : 2 * half]), factor * MOUNTING * draw[2 * half :],
        jnp.asarray(SHAKING),
    )  # fmt: skip


def voting() -> Voting:
    """The vote with the figures of one instrument."""

    def one(kind):
        return SetBelief(axes=jnp.asarray(AXES.T), **numbers(
            bias=np.hypot(BIAS[kind], WANDER[kind]), walk=WALK[kind], relative=np.hypot(SCALE[kind], CROSSED),
            quantum=PULSE[kind], limit=500,
        ))  # fmt: skip

    return Voting(one("gyro"), one("force"), **numbers(gate=8, memory=30))


def navigation(**changes) -> StrapdownNavigation:
    """The law with the beliefs that fit the sensors above."""
    half = np.sqrt(0.5)  # six instruments: two to each axis

    def relative(kind, scale, crossed):
        return np.sqrt(scale * SCALE[kind] ** 2 + crossed * CROSSED**2)

    unit = InertialBelief(**numbers(
        gyro_bias=half * np.hypot(BIAS["gyro"], WANDER["gyro"]), gyro_walk=half * WALK["gyro"],
        gyro_scale=relative("gyro", 0.4, 0.6),
        accelerometer_bias=half * np.hypot(BIAS["force"], WANDER["force"]),
        accelerometer_walk=half * WALK["force"], force_scale=relative("force", 0.3, 0.2),
        force_cross=relative("force", 0.1, 0.4), mounting=MOUNTING, gravity_walk=2e-3,
    ))  # fmt: skip
    aids = AidBelief(boresights_B=jnp.asarray(BORESIGHTS), **numbers(
        star_cross=5 * ARCSEC, star_roll=20 * ARCSEC, satellite_position=10, satellite_velocity=0.05,
        satellite_time=300, satellite_position_noise=3, satellite_velocity_noise=0.02, pressure_sigma=25,
        pressure_scale=0.01, height_sigma=10, ground_altitude=GROUND, altitude_memory=100, gate=5,
        patience=10,
    ))  # fmt: skip
    earth = ZonalEarth(jnp.asarray(3.986004418e14), jnp.asarray(6378136.3),
                       jnp.asarray([1.08262668e-3, -2.5327e-6, -1.6196e-6]))  # fmt: skip
    law = StrapdownNavigation(TURNING, EARTH, earth, unit, aids, voting())
    for path, value in changes.items():
        law = eqx.tree_at(lambda m, p=path: getattr(m.aids if hasattr(m.aids, p) else m.unit, p), law,
                          jnp.asarray(value, float))  # fmt: skip
    return law


def measurements(time, aids: Aids) -> Measurements:
    """What the filter reads: time and aids; the rest is there and not looked at."""
    zero, zeros = jnp.zeros(()), jnp.zeros(3)
    return Measurements(
        time=time, fix_valid=aids.satellite_valid, position_fix=zeros, velocity_fix=zeros,
        specific_force=zeros, bank=zero, height=zero, propellant=zero, aids=aids,
    )  # fmt: skip


@jax.jit
def step_once(state, time, aids: Aids):
    """A cycle of the law above by itself; one compiled program for all tests."""
    return navigation().step(state, measurements(time, aids))


def situation(row: Truth) -> Situation:
    """The truth at the start of a tick; still air."""
    speed = jnp.sqrt(jnp.sum(row.v_BE_E * row.v_BE_E))
    C_EI = TURNING.at(row.time).C_EI(row.time)
    return Situation(row.q_BI, row.omega_BI_B, row.time, C_EI, row.r_BI_I, row.v_BI_I, row.r_BE_E,
                     row.v_BE_E, row.altitude, row.altitude - GROUND, row.density, speed,
                     row.altitude < CANOPY_ALTITUDE)  # fmt: skip


class Run(NamedTuple):
    """Rows of a cycle: errors (truth less belief), their believed spread, and what the law told."""

    errors: jax.Array  # 24
    variance: jax.Array  # 24
    block: jax.Array  # covariance of position and velocity
    accuracy: object
    navigation: object
    attitude_B: jax.Array  # rad, body axes
    satellites: jax.Array
    stars: jax.Array


def errors_of(
    law, unit: RedundantUnit, now: UnitState, slow: AidState, truth: Truth, state
) -> tuple[jax.Array, jax.Array]:
    """The 24 errors as the filter defines them, and that of the body's attitude in body axes."""
    C_EI = TURNING.at(truth.time).C_EI(truth.time)
    unit_q = multiply(jnp.concatenate([jnp.ones(1), 0.5 * unit.mounting]), truth.q_BI)
    believed, e = state.reckoned, state.errors
    turn = multiply(conjugate(unit_q), believed.q_BI)  # C_IM true times C_MI believed
    body = multiply(jnp.concatenate([jnp.ones(1), -0.5 * e.mounting]), believed.q_BI)
    seen = multiply(body, conjugate(truth.q_BI))
    # Bias as the filter means it: with what is proportional to the force of the moment.
    force = truth.gained / TICK
    set_ = unit.accelerometer
    felt = set_.sensitive.T @ force + set_.bias + now.force_wander + set_.rectified * jnp.sum(force * force)
    bias = TOGETHER @ felt - force
    drift = TOGETHER @ (unit.gyro.bias + now.gyro_wander)
    return jnp.concatenate([
        2.0 * jnp.sign(turn[0]) * turn[1:], truth.r_BI_I - believed.r_BI_I, truth.v_BI_I - believed.v_BI_I,
        drift - e.gyro_bias, bias - e.accelerometer_bias,
        unit.mounting - e.mounting, C_EI.T @ slow.position_error - e.slow_position,
        C_EI.T @ slow.velocity_error - e.slow_velocity,
    ]), 2.0 * jnp.sign(seen[0]) * seen[1:]  # fmt: skip


class Draws(NamedTuple):
    """Standard normal numbers of a run: all that chance does in it."""

    unit: jax.Array
    pressure: jax.Array
    start: jax.Array
    wander: jax.Array  # a row each cycle, as the next two
    aids: jax.Array
    ticks: jax.Array  # and each tick


def draws(key, seconds) -> Draws:
    """The numbers of one run; map it over keys."""
    draw, start, rest = jax.random.split(key, 3)
    one, two, three = jnp.moveaxis(
        jax.vmap(lambda k: jax.random.split(k, 3))(jax.random.split(rest, seconds)), 1, 0
    )

    def each(keys, shape):
        return jax.vmap(lambda k: jax.random.normal(k, shape))(keys)

    return Draws(
        jax.random.normal(draw, (UNIT_DRAWS + redundant_imu.CYCLE_NOISES,)), jax.random.normal(rest, ()),
        jax.random.normal(start, (aid_models.INITIAL_NOISES,)), each(three, (redundant_imu.CYCLE_NOISES,)),
        each(one, (aid_models.NOISES,)), each(two, (TICKS, redundant_imu.NOISES)),
    )  # fmt: skip


def fly(law: StrapdownNavigation, truth: Truth, key, factor=1.0, lost_after=np.inf) -> Run:
    """One run along a course with sensors drawn from a key; map it over keys.

    ``factor`` makes the inertial unit worse than the law believes; satellites are lost for good after a time.
    """
    return fly_drawn(law, truth, draws(key, truth.time.shape[0] // TICKS), factor, lost_after)


def fly_drawn(law: StrapdownNavigation, truth: Truth, drawn: Draws, factor=1.0, lost_after=np.inf) -> Run:
    """As ``fly``, by the numbers drawn: a function that may be differentiated by them."""
    unit = redundant_unit(drawn.unit[:UNIT_DRAWS], factor)
    sensors = aid_sensors(0.01 * drawn.pressure)
    slow = initial_aids(sensors, drawn.start)
    seconds = truth.time.shape[0] // TICKS
    rows = jax.tree.map(lambda x: x.reshape(seconds, TICKS, *x.shape[1:]), truth)
    dt = jnp.asarray(TICK)

    def cycle(carry, inputs):
        state, slow, felt = carry
        ticks, drawn = inputs
        now = jax.tree.map(lambda x: x[0], ticks)
        felt = unit.wandered(felt, jnp.asarray(1.0), drawn[0])
        slow, aids = sense_aids(sensors, slow, situation(now), jnp.asarray(1.0), drawn[1])
        aids = eqx.tree_at(lambda a: a.satellite_valid, aids, aids.satellite_valid & (now.time < lost_after))
        state, told = law.step(state, measurements(now.time, aids))
        errors, attitude = errors_of(law, unit, felt, slow, now, state)
        P = state.covariance
        row = Run(errors, jnp.diagonal(P), P[3:9, 3:9], law.accuracy(state), told, attitude,
                  aids.satellite_valid, aids.star_valid)  # fmt: skip

        def tick(both, inputs):
            moved, n = inputs
            felt, readings = unit.sample(both[1], moved.turn, moved.gained, dt, n)
            return (law.propagate(both[0], readings)[0], felt), None

        (state, felt), _ = jax.lax.scan(tick, (state, felt), (ticks, drawn[2]))
        return (state, slow, felt), row

    start = (law.init(), slow, first_unit(unit, drawn.unit[UNIT_DRAWS:]))
    # Worth its time where a derivative is carried back: only what passes between cycles is kept.
    _, rows_out = jax.lax.scan(jax.checkpoint(cycle), start, (rows, (drawn.wander, drawn.aids, drawn.ticks)))
    return rows_out
