"""The sensors of a rendezvous as they are: stars, satellites, the link, radar, lidar and camera.

Every sensor has a white error and one that lasts: Gauss-Markov, or drawn once a flight. Noise comes in as
standard normal numbers. Figures: ``rendezvous_specifications``; their sources:
docs/models/relative_navigation.md.
"""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp

from homeward.icd.rendezvous_messages import PairAids
from homeward.math.quaternion import conjugate, from_matrix, multiply, to_matrix
from homeward.typing import Array, Flag, Float, Mat33, Quat, Scalar, Vec3
from homeward.world.sensors.gnss_antennas import Antennas
from homeward.world.sensors.mounting_survey import (
    PairMounting,
    as_drawn,
    camera_view,
    lidar_line,
    turned_axes,
)
from homeward.world.sensors.radar_lidar_camera import Camera, Lidar, Radar
from homeward.world.sensors.star_tracker import StarTracker

# Standard normal numbers a cycle: 3 stars; 6 slow ones common to both fixes, 6 slow and 6 white ones of ship,
# station and relative satellites each; 4 radar, 3 lidar, 6 slow and 6 white camera, 3 station attitude.
NOISES = 67
INITIAL_NOISES = 40
STAR, SATELLITE, STATION, RELATIVE, RADAR, LIDAR, CAMERA = range(7)  # places in ``PairSensors.works``

Six = Float[Array, "6"]


class PairSituation(eqx.Module):
    """What is true at the instant of the readings."""

    time: Scalar  # s
    r_BI_I: Vec3  # m, the ship's centre of mass
    v_BI_I: Vec3  # m/s
    q_BI: Quat
    omega_BI_B: Vec3  # rad/s
    r_TI_I: Vec3  # m, the station's centre of mass
    v_TI_I: Vec3  # m/s
    q_TI: Quat
    port_T: Vec3  # m, origin of the station's port from its centre of mass
    C_DT: Mat33
    dock_B: Vec3  # m, the ship's port from its centre of mass
    omega_TI_T: Vec3 = eqx.field(default_factory=lambda: jnp.zeros(3))  # rad/s

    def earlier(self, by: Scalar) -> "PairSituation":
        """What was true ``by`` [s] before, at constant velocities and rates: for parts of a second.

        Left out are half the acceleration times the square of it: 0.4 mm at 0.02 m/s2 and 0.2 s.
        """
        return replace(
            self, time=self.time - by, r_BI_I=self.r_BI_I - by * self.v_BI_I,
            q_BI=turned_axes(self.q_BI, -by * self.omega_BI_B), r_TI_I=self.r_TI_I - by * self.v_TI_I,
            q_TI=turned_axes(self.q_TI, -by * self.omega_TI_T),
        )  # fmt: skip

    def relative_pose(self) -> tuple[Vec3, Mat33, Quat]:
        """From the ship's port to the station's [m, B], ``C_BD`` and ``q_BD``."""
        C_BI, C_TI = to_matrix(self.q_BI), to_matrix(self.q_TI)
        port_I = jnp.sum(C_TI * self.port_T[:, None], axis=0)
        apart_I = port_I - (self.r_BI_I - self.r_TI_I)
        between_B = jnp.sum(C_BI * apart_I[None, :], axis=1) - self.dock_B
        q_DI = multiply(from_matrix(self.C_DT), self.q_TI)
        return between_B, _times(_times(C_BI, C_TI.T), self.C_DT.T), multiply(self.q_BI, conjugate(q_DI))


class Receiver(eqx.Module):
    """A satellite solution: 1-sigma of its slow (Gauss-Markov) and white parts, an axis."""

    position_slow: Scalar  # m
    position_white: Scalar  # m
    velocity_slow: Scalar  # m/s
    velocity_white: Scalar  # m/s
    time: Scalar  # s, of the slow part

    def carried(self, slow: Six, dt: Scalar, noise: Six) -> Six:
        """The slow error [m, m/s, I] a time ``dt`` [s] on."""
        return carried(
            slow, jnp.exp(-dt / self.time), self._six(self.position_slow, self.velocity_slow) * noise
        )

    def steady(self, noise: Six) -> Six:
        """A slow error in its steady spread."""
        return self._six(self.position_slow, self.velocity_slow) * noise

    def reading(self, r_I: Vec3, v_I: Vec3, slow: Six, noise: Six) -> Six:
        """Position [m] and velocity [m/s] as told."""
        white = self._six(self.position_white, self.velocity_white) * noise
        return jnp.concatenate([r_I, v_I]) + slow + white

    def _six(self, position: Scalar, velocity: Scalar) -> Six:
        return jnp.stack([position, position, position, velocity, velocity, velocity])


class PairSensors(eqx.Module):
    """All sensors; ``works`` holds 1 or 0 of each, in the order of the constants above."""

    star: StarTracker
    satellite: Receiver
    station: Receiver
    common_share: Scalar  # part of the variance of both slow errors that ship and station have in common
    relative: Receiver
    relative_nearest: Scalar  # m
    relative_farthest: Scalar  # m
    radar: Radar
    lidar: Lidar
    camera: Camera
    told_attitude_sigma: Scalar  # rad an axis, slow error of the station's attitude
    told_attitude_time: Scalar  # s
    works: Float[Array, "7"]
    antennas: Antennas  # of the ship's satellite receiver
    mounting: PairMounting = eqx.field(default_factory=as_drawn)


class PairSensorState(eqx.Module):
    """Errors that last, as they stand."""

    common: Six  # m, m/s, I; of unit share, as are the next two
    satellite: Six
    station: Six
    relative: Six
    camera: Six  # of its 1-sigma: place along x, y, z of B, then turn about them
    told_attitude: Vec3  # rad, T
    radar: Float[Array, "4"]  # of their 1-sigma, once a flight: range, rate, two angles
    lidar: Vec3  # likewise: range, two angles
    followed: Float[Array, " n"]  # s that each navigation satellite has been in the ship's view


def initial_pair_sensors(sensors: PairSensors, noise: Float[Array, "40"]) -> PairSensorState:
    """Slow errors in their steady spread, and what is drawn once a flight."""
    return PairSensorState(
        common=sensors.satellite.steady(noise[0:6]),
        satellite=sensors.satellite.steady(noise[6:12]),
        station=sensors.station.steady(noise[12:18]),
        relative=sensors.relative.steady(noise[18:24]),
        camera=noise[24:30],
        told_attitude=sensors.told_attitude_sigma * noise[30:33],
        radar=noise[33:37],
        lidar=noise[37:40],
        followed=sensors.antennas.all_followed(),
    )


def carried(slow: Float[Array, " n"], decay: Scalar, kick: Float[Array, " n"]) -> Float[Array, " n"]:
    """Gauss-Markov errors one step on, exact for any step; ``kick`` has their steady spread."""
    return decay * slow + jnp.sqrt(1.0 - decay * decay) * kick


def sense_pair(
    sensors: PairSensors,
    state: PairSensorState,
    situation: PairSituation,
    dt: Scalar,
    touched: Flag,
    captured: Flag,
    noise: Float[Array, "67"],
) -> tuple[PairSensorState, PairAids]:
    """One cycle of ``dt`` [s]: the sensors' state carried on, and what they tell.

    A reading that is not valid is told as zero (an attitude as no turn): nothing true slips through it.
    """
    truth = situation
    followed, heard = sensors.antennas.heard(
        state.followed, truth.time, dt, truth.q_BI, truth.r_BI_I, jnp.ones_like(touched)
    )
    state = _carried_on(sensors, state, dt, noise, followed)
    works = sensors.works > 0.5
    C_BI = to_matrix(truth.q_BI)
    relative_r, relative_v = truth.r_BI_I - truth.r_TI_I, truth.v_BI_I - truth.v_TI_I
    distance = jnp.sqrt(jnp.sum(relative_r * relative_r))
    q_TI = turned_axes(truth.q_TI, state.told_attitude)

    rate2 = jnp.sum(truth.omega_BI_B * truth.omega_BI_B)
    stars = works[STAR] & (rate2 < sensors.star.highest_rate**2)
    both, own = jnp.sqrt(sensors.common_share), jnp.sqrt(1.0 - sensors.common_share)
    ship_fix = sensors.satellite.reading(
        truth.r_BI_I, truth.v_BI_I, both * state.common + own * state.satellite, noise[27:33]
    )
    station_fix = sensors.station.reading(
        truth.r_TI_I, truth.v_TI_I, both * state.common + own * state.station, noise[33:39]
    )
    related = sensors.relative.reading(relative_r, relative_v, state.relative, noise[39:45])
    in_reach = (distance > sensors.relative_nearest) & (distance < sensors.relative_farthest)

    seen = sensors.radar.sense(C_BI, relative_r, relative_v, state.radar, noise[45:49])
    # What is made of reflector and target by the drawings; both sit on the station as it is.
    between_B, C_BD, _ = truth.relative_pose()
    lit = sensors.lidar.sense(lidar_line(sensors.mounting, between_B, C_BD), state.lidar, noise[49:52])
    # A picture takes its time to be worked out: it shows what was true at its exposure.
    between_B, C_BD, q_BD = truth.earlier(sensors.camera.latency).relative_pose()
    seen_B, seen_q = camera_view(sensors.mounting, between_B, C_BD, q_BD)
    shown = sensors.camera.sense(seen_B, C_BD, seen_q, state.camera, noise[52:58])
    age = sensors.camera.latency + sensors.camera.tag_error

    # Relative satellite navigation compares what both receivers hear.
    fixed, linked = works[SATELLITE] & heard, works[STATION]
    solved = works[RELATIVE] & in_reach & heard
    locked, echoed, framed = works[RADAR] & seen[0], works[LIDAR] & lit[0], works[CAMERA] & shown[0]
    no_turn = jnp.asarray([1.0, 0.0, 0.0, 0.0])
    star_q = sensors.star.reading(turned_axes(truth.q_BI, sensors.mounting.star_turn_B), noise[0:3])
    return state, PairAids(
        star_valid=stars,
        star_q_BI=jnp.where(stars, star_q, no_turn),
        satellite_valid=fixed,
        satellite_position=jnp.where(fixed, ship_fix[0:3], jnp.zeros(3)),
        satellite_velocity=jnp.where(fixed, ship_fix[3:6], jnp.zeros(3)),
        station_valid=linked,
        station_position=jnp.where(linked, station_fix[0:3], jnp.zeros(3)),
        station_velocity=jnp.where(linked, station_fix[3:6], jnp.zeros(3)),
        relative_valid=solved,
        relative_position=jnp.where(solved, related[0:3], jnp.zeros(3)),
        relative_velocity=jnp.where(solved, related[3:6], jnp.zeros(3)),
        radar_valid=locked,
        radar_range=jnp.where(locked, seen[1], 0.0),
        radar_rate=jnp.where(locked, seen[2], 0.0),
        radar_azimuth=jnp.where(locked, seen[3], 0.0),
        radar_elevation=jnp.where(locked, seen[4], 0.0),
        lidar_valid=echoed,
        lidar_range=jnp.where(echoed, lit[1], 0.0),
        lidar_azimuth=jnp.where(echoed, lit[2], 0.0),
        lidar_elevation=jnp.where(echoed, lit[3], 0.0),
        camera_valid=framed,
        camera_position=jnp.where(framed, shown[1], jnp.zeros(3)),
        camera_q_BD=jnp.where(framed, shown[2], no_turn),
        camera_age=jnp.where(framed, age, 0.0),
        station_q_TI=jnp.where(linked, q_TI, no_turn),
        touched=touched,
        captured=captured,
    )


def _carried_on(
    sensors: PairSensors,
    state: PairSensorState,
    dt: Scalar,
    noise: Float[Array, "67"],
    followed: Float[Array, " n"],
) -> PairSensorState:
    camera = jnp.exp(-dt / sensors.camera.time)
    told = jnp.exp(-dt / sensors.told_attitude_time)
    return PairSensorState(
        common=sensors.satellite.carried(state.common, dt, noise[3:9]),
        satellite=sensors.satellite.carried(state.satellite, dt, noise[9:15]),
        station=sensors.station.carried(state.station, dt, noise[15:21]),
        relative=sensors.relative.carried(state.relative, dt, noise[21:27]),
        camera=carried(state.camera, camera, noise[58:64]),
        told_attitude=carried(state.told_attitude, told, sensors.told_attitude_sigma * noise[64:67]),
        radar=state.radar,
        lidar=state.lidar,
        followed=followed,
    )


def _times(A: Mat33, B: Mat33) -> Mat33:
    return jnp.sum(A[:, :, None] * B[None, :, :], axis=1)
