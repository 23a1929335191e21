"""The other sensors of a turning capsule as they are: stars, satellites, static pressure, gamma altimeter.

Each is a set of 1-sigma figures and of this flight's draws. Noise comes in as standard normal numbers.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import Aids
from homeward.typing import Array, Flag, Float, Quat, Scalar, Vec3
from homeward.world.star_tracker import StarHeads

# Standard normal numbers a cycle: 3 of a head, 6 slow and 6 white of the satellites, pressure, height, 3 of
# the other head.
NOISES = 20
INITIAL_NOISES = 6


class Situation(eqx.Module):
    """What is true at the instant of a reading."""

    q_BI: Quat
    omega_BI_B: Vec3  # rad/s
    r_BI_I: Vec3  # m
    r_BE_E: Vec3  # m
    v_BE_E: Vec3  # m/s relative to the turning Earth
    altitude: Scalar  # m above the ellipsoid
    height: Scalar  # m above the ground
    density: Scalar  # kg/m3
    speed: Scalar  # m/s relative to the air
    under_parachute: Flag


class SatelliteReceiver(eqx.Module):
    """Position and velocity by satellites: slow and white error, black-out, time to lock again."""

    position_sigma: Scalar  # m, of the Gauss-Markov part
    velocity_sigma: Scalar  # m/s
    correlation_time: Scalar  # s
    position_noise: Scalar  # m, white
    velocity_noise: Scalar  # m/s, white
    blackout_density: tuple[Scalar, Scalar]  # kg/m3: from, to
    blackout_speed: Scalar  # m/s
    reacquisition_time: Scalar  # s

    def hidden(self, density: Scalar, speed: Scalar) -> Flag:
        """Whether ionised air shuts the antennas off: dense enough to be ionised, and still fast."""
        low, high = self.blackout_density
        return (density > low) & (density < high) & (speed > self.blackout_speed)


class PressureAltimeter(eqx.Module):
    """Altitude by static pressure, once the port is open: white noise and this flight's scale error."""

    sigma: Scalar  # m
    scale_factor: Scalar  # drawn for this flight
    highest_altitude: Scalar  # m


class GammaAltimeter(eqx.Module):
    """Height above the ground by back-scattered gamma rays."""

    sigma: Scalar  # m
    highest: Scalar  # m


class AidSensors(eqx.Module):
    """All sensors beside the inertial unit."""

    star: StarHeads
    satellite: SatelliteReceiver
    pressure: PressureAltimeter
    gamma: GammaAltimeter


class AidState(eqx.Module):
    """What the sensors carry on: slow errors [m, m/s, E], and how long satellites have been in view [s].

    ``first`` marks a flight's first reading, which was taken before it began: a flight starts aligned,
    wherever it does.
    """

    position_error: Vec3
    velocity_error: Vec3
    clear_time: Scalar
    first: Flag


def initial_aids(sensors: AidSensors, noise: Float[Array, "6"]) -> AidState:
    """The slow errors in their steady spread; satellites already followed."""
    receiver = sensors.satellite
    return AidState(
        position_error=receiver.position_sigma * noise[0:3],
        velocity_error=receiver.velocity_sigma * noise[3:6],
        clear_time=receiver.reacquisition_time,
        first=jnp.asarray(True),
    )


def sense_aids(
    sensors: AidSensors, state: AidState, truth: Situation, dt: Scalar, noise: Float[Array, "20"]
) -> tuple[AidState, Aids]:
    """One cycle of ``dt`` [s]: the sensors' state carried on, and what they tell.

    A reading that is not valid is told as zero (the attitude as no turn): nothing true slips through it.
    Gauss-Markov parts as in ``world.sensors``: exact for any ``dt``; they live on in the black-out.
    """
    receiver = sensors.satellite
    decay = jnp.exp(-dt / receiver.correlation_time)
    kick = jnp.sqrt(1.0 - decay * decay)
    slow_r = decay * state.position_error + kick * receiver.position_sigma * noise[3:6]
    slow_v = decay * state.velocity_error + kick * receiver.velocity_sigma * noise[6:9]
    hidden = receiver.hidden(truth.density, truth.speed)
    # Held at the time to lock, so that the number stays small however long the mission.
    clear = jnp.where(hidden, 0.0, jnp.minimum(state.clear_time + dt, receiver.reacquisition_time))
    fixed = state.first | (~hidden & (clear >= receiver.reacquisition_time))
    seeing = sensors.star.seeing(truth.q_BI, truth.omega_BI_B, truth.r_BI_I, truth.altitude)
    stars = state.first | (seeing & ~hidden)
    by_stars = sensors.star.readings(truth.q_BI, jnp.concatenate([noise[0:3], noise[17:20]]))
    port = truth.under_parachute & (truth.altitude < sensors.pressure.highest_altitude)
    ground = truth.height < sensors.gamma.highest
    pressure = truth.altitude * (1.0 + sensors.pressure.scale_factor) + sensors.pressure.sigma * noise[15]
    height = truth.height + sensors.gamma.sigma * noise[16]
    no_turn = jnp.asarray([1.0, 0.0, 0.0, 0.0])
    aids = Aids(
        star_valid=stars,
        star_q_BI=jnp.where(stars[:, None], by_stars, no_turn[None, :]),
        satellite_valid=fixed,
        satellite_position=jnp.where(
            fixed, truth.r_BE_E + slow_r + receiver.position_noise * noise[9:12], jnp.zeros(3)
        ),
        satellite_velocity=jnp.where(
            fixed, truth.v_BE_E + slow_v + receiver.velocity_noise * noise[12:15], jnp.zeros(3)
        ),
        pressure_valid=port,
        pressure_altitude=jnp.where(port, pressure, 0.0),
        height_valid=ground,
        height=jnp.where(ground, height, 0.0),
    )
    return AidState(slow_r, slow_v, clear, jnp.zeros_like(state.first)), aids
