"""The other sensors of a turning capsule as they are: stars, satellites, static pressure, gamma altimeter.

Each is a set of 1-sigma figures and of this flight's draws. Noise comes in as standard normal numbers.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import Aids, Ranges
from homeward.typing import Array, Flag, Float, Mat33, Quat, Scalar, Vec3
from homeward.world.sensors import gnss_pseudorange as ranges
from homeward.world.sensors import latency as delivery
from homeward.world.sensors import sun_and_horizon
from homeward.world.sensors.gnss_antennas import Antennas
from homeward.world.sensors.gnss_pseudorange import RangeReceiver, RangeState
from homeward.world.sensors.latency import Delivery, LatencyBuffer, nothing_sent
from homeward.world.sensors.star_tracker import StarHeads
from homeward.world.sensors.sun_and_horizon import CoarseSensors

# Standard normal numbers a cycle: 3 of a head, 6 slow and 6 white of the satellites, pressure, height, 3 of
# the other head, and those of the messages' delivery.
FIXED = 20 + delivery.NOISES
RANGED = FIXED + ranges.NOISES  # with those of a receiver that tells ranges
NOISES = RANGED + sun_and_horizon.NOISES
INITIAL_RANGED = 6 + ranges.INITIAL_NOISES
INITIAL_NOISES = INITIAL_RANGED + sun_and_horizon.INITIAL_NOISES


class Situation(eqx.Module):
    """What is true at the instant of a reading."""

    q_BI: Quat
    omega_BI_B: Vec3  # rad/s
    time: Scalar  # s since the epoch
    C_EI: Mat33
    r_BI_I: Vec3  # m
    v_BI_I: Vec3  # m/s
    r_BE_E: Vec3  # m
    v_BE_E: Vec3  # m/s relative to the turning Earth
    altitude: Scalar  # m above the ellipsoid
    height: Scalar  # m above the ground
    density: Scalar  # kg/m3
    speed: Scalar  # m/s relative to the air
    under_parachute: Flag


class SatelliteReceiver(eqx.Module):
    """Position and velocity by satellites: slow and white error, and when enough of them are followed."""

    position_sigma: Scalar  # m, of the Gauss-Markov part
    velocity_sigma: Scalar  # m/s
    correlation_time: Scalar  # s
    position_noise: Scalar  # m, white
    velocity_noise: Scalar  # m/s, white
    blackout_density: tuple[Scalar, Scalar]  # kg/m3: from, to
    blackout_speed: Scalar  # m/s
    antennas: Antennas

    def hidden(self, density: Scalar, speed: Scalar) -> Flag:
        """Whether ionised air shuts the antennas off: dense enough to be ionised, and still fast."""
        low, high = self.blackout_density
        return (density > low) & (density < high) & (speed > self.blackout_speed)


class PressureAltimeter(eqx.Module):
    """Altitude by static pressure, once the port is open: white noise and this flight's scale error."""

    sigma: Scalar  # m
    scale_factor: Scalar  # drawn for this flight
    highest_altitude: Scalar  # m
    bias: Scalar = eqx.field(default_factory=lambda: jnp.zeros(()))  # m, of this flight


class GammaAltimeter(eqx.Module):
    """Height above the ground by back-scattered gamma rays."""

    sigma: Scalar  # m
    highest: Scalar  # m
    bias: Scalar = eqx.field(default_factory=lambda: jnp.zeros(()))  # m, of this flight


class AidSensors(eqx.Module):
    """All sensors beside the inertial unit."""

    star: StarHeads
    satellite: SatelliteReceiver | RangeReceiver
    pressure: PressureAltimeter
    gamma: GammaAltimeter
    delivery: Delivery | None = None  # None: every reading is there at once
    coarse: CoarseSensors | None = None  # None: there are none


class AidState(eqx.Module):
    """What the sensors carry on: slow errors [m, m/s, E], and how long each satellite has been in view [s].

    ``first`` marks a flight's first reading: the receiver's clock and slow errors are as they began.
    """

    position_error: Vec3
    velocity_error: Vec3
    followed: Float[Array, " n"]
    first: Flag
    ranges: RangeState | None = (
        None  # of a receiver that tells ranges, whose fix has no slow error of its own
    )
    post: LatencyBuffer | None = None  # what is on its way
    coarse: Float[Array, "6"] | None = None  # lasting errors of Sun sensors and horizon scanner, 1-sigma


def initial_aids(sensors: AidSensors, noise: Float[Array, " n"]) -> AidState:
    """The slow errors in their steady spread; satellites already followed."""
    receiver = sensors.satellite
    by_range = isinstance(receiver, RangeReceiver)
    post = None if sensors.delivery is None else nothing_sent(ranges.no_ranges() if by_range else None)
    coarse = None if sensors.coarse is None else noise[INITIAL_RANGED:]
    if isinstance(receiver, RangeReceiver):
        zeros = jnp.zeros(3)
        followed = ranges.initial_ranges(receiver, noise[6:INITIAL_RANGED])
        return AidState(zeros, zeros, jnp.zeros(0), jnp.asarray(True), followed, post, coarse)
    return AidState(
        position_error=receiver.position_sigma * noise[0:3],
        velocity_error=receiver.velocity_sigma * noise[3:6],
        followed=receiver.antennas.all_followed(),
        first=jnp.asarray(True),
        post=post,
        coarse=coarse,
    )


def sense_aids(
    sensors: AidSensors, state: AidState, truth: Situation, dt: Scalar, noise: Float[Array, " n"]
) -> tuple[AidState, Aids]:
    """One cycle of ``dt`` [s]: the sensors' state carried on, and what they tell.

    A reading that is not valid is told as zero (the attitude as no turn): nothing true slips through it.
    Those of stars and satellites are told as late as they come (``delivery``).
    Gauss-Markov parts as in ``world.sensors``: exact for any ``dt``; they live on in the black-out.
    """
    hidden = sensors.satellite.hidden(truth.density, truth.speed)
    state, (fixed, place, velocity), told = _satellites(sensors.satellite, state, truth, hidden, dt, noise)
    seeing = sensors.star.seeing(truth.q_BI, truth.omega_BI_B, truth.r_BI_I, truth.altitude)
    stars = seeing & ~hidden
    by_stars = sensors.star.readings(truth.q_BI, jnp.concatenate([noise[0:3], noise[17:20]]))
    port = truth.under_parachute & (truth.altitude < sensors.pressure.highest_altitude)
    ground = truth.height < sensors.gamma.highest
    pressure = truth.altitude * (1.0 + sensors.pressure.scale_factor) + sensors.pressure.sigma * noise[15]
    pressure = pressure + sensors.pressure.bias
    height = truth.height + sensors.gamma.bias + sensors.gamma.sigma * noise[16]
    no_turn = jnp.asarray([1.0, 0.0, 0.0, 0.0])
    coarse = None
    if sensors.coarse is not None and state.coarse is not None:
        coarse = sensors.coarse.sense(state.coarse, truth.q_BI, truth.r_BI_I, truth.altitude, noise[RANGED:])
    aids = Aids(
        star_valid=stars,
        star_q_BI=jnp.where(stars[:, None], by_stars, no_turn[None, :]),
        satellite_valid=fixed,
        satellite_position=jnp.where(fixed, place, jnp.zeros(3)),
        satellite_velocity=jnp.where(fixed, velocity, jnp.zeros(3)),
        pressure_valid=port,
        pressure_altitude=jnp.where(port, pressure, 0.0),
        height_valid=ground,
        height=jnp.where(ground, height, 0.0),
        ranges=told,
        coarse=coarse,
    )
    if sensors.delivery is not None and state.post is not None:
        post, aids = sensors.delivery.carried(state.post, aids, truth.time, noise[20:FIXED])
        state = eqx.tree_at(lambda s: s.post, state, post)
    return eqx.tree_at(lambda s: s.first, state, jnp.zeros_like(state.first)), aids


def _satellites(
    receiver: SatelliteReceiver | RangeReceiver, state: AidState, truth: Situation, hidden: Flag, dt: Scalar,
    noise: Float[Array, " n"],
) -> tuple[AidState, tuple[Flag, Vec3, Vec3], Ranges | None]:  # fmt: skip
    """The receiver's state carried on, its fix [m, m/s, E], and its ranges where it tells them."""
    if isinstance(receiver, RangeReceiver):
        assert state.ranges is not None
        carried, told, (fixed, off, off_rate) = ranges.sense_ranges(
            receiver, state.ranges, truth.time, truth.q_BI, truth.r_BI_I, truth.v_BI_I, hidden, state.first,
            noise[FIXED:RANGED],
        )  # fmt: skip
        place = truth.r_BE_E + jnp.sum(truth.C_EI * off[None, :], axis=1)
        velocity = truth.v_BE_E + jnp.sum(truth.C_EI * off_rate[None, :], axis=1)
        return eqx.tree_at(lambda s: s.ranges, state, carried), (fixed, place, velocity), told
    decay = jnp.exp(-dt / receiver.correlation_time)
    kick = jnp.sqrt(1.0 - decay * decay)
    slow_r = decay * state.position_error + kick * receiver.position_sigma * noise[3:6]
    slow_v = decay * state.velocity_error + kick * receiver.velocity_sigma * noise[6:9]
    followed, fixed = receiver.antennas.heard(
        state.followed, truth.time, dt, truth.q_BI, truth.r_BI_I, ~hidden
    )
    place = truth.r_BE_E + slow_r + receiver.position_noise * noise[9:12]
    velocity = truth.v_BE_E + slow_v + receiver.velocity_noise * noise[12:15]
    carried = AidState(slow_r, slow_v, followed, state.first, post=state.post, coarse=state.coarse)
    return carried, (fixed, place, velocity), None
