"""What the readings of a cycle say of the relative filter's errors, sensor by sensor.

Angles are read across the believed line of sight: no direction is special. What lasts of a sensor's error is
a state of the filter; of the ship's own fix and attitude alone it is taken for noise, white of the variance
``2 tau / T`` times its own: right for a filter which averages over ``tau`` or longer.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.astro.line_of_sight import across, line_of
from homeward.flight.navigation.mechanization import turn_error
from homeward.flight.relative_navigation.covariance import (
    AXES,
    BORE,
    BUILT,
    FAST,
    LASER,
    LIDAR,
    PLACE,
    RADAR,
    SHIFT,
    SIZE,
    SLOW,
    SPEED,
    TOLD,
    Rows,
)
from homeward.flight.relative_navigation.sensor_parameters import PairBelief, PairGeometry, SatelliteBelief
from homeward.icd.rendezvous_messages import PairAids
from homeward.math.quaternion import conjugate, from_matrix, multiply, to_matrix
from homeward.math.triples import cross, join, split
from homeward.typing import Array, Flag, Float, Mat33, Quat, Scalar, Vec3

NEAR_FIGURE = 20.0  # m: where the camera's figures hold
FLOOR = 0.25  # of them
ATTITUDE_TIME = 100.0  # s: how long an error of the ship's attitude lasts, with stars less
BEHIND = 1.0  # m: the camera's pupil behind the ship's port, its target behind the station's
CLOSEST = 0.5  # m: directions are not worked out nearer than that


class Believed(eqx.Module):
    """What the filter believes at the instant of the readings."""

    r_BT_I: Vec3  # m
    v_BT_I: Vec3  # m/s
    slow: Vec3
    lidar: Vec3
    q_BI: Quat
    q_TI: Quat
    attitude: Scalar  # rad2, variance that the ship's attitude adds to an angle
    dt: Scalar  # s since the readings before
    fast: Vec3
    radar: Float[Array, "4"]
    built: Float[Array, "12"]  # of its tolerance


def lasting(white: Scalar, slow: Scalar, time: Scalar, dt: Scalar) -> Scalar:
    """Variance to take for a reading every ``dt`` [s] with a white and a lasting part, 1 sigma each."""
    return white * white + slow * slow * jnp.maximum(2.0 * time / dt, 1.0)


def attitude_variance(sigma: Vec3, dt: Scalar) -> Scalar:
    """Variance [rad2] to take for an angle read in B, of the attitude's 1-sigma [rad, B]."""
    return jnp.sum(sigma * sigma) / 3.0 * jnp.maximum(2.0 * ATTITUDE_TIME / dt, 1.0)


def satellite_rows(
    belief: PairBelief, figures: SatelliteBelief, now: Believed, place: Vec3, speed: Vec3, valid: Flag
) -> Rows:
    """Position and velocity of ship less station; the slow error of the position is a state."""
    eye = jnp.eye(3)
    H = jnp.zeros((6, SIZE)).at[0:3, PLACE].set(eye).at[0:3, SLOW].set(figures.position_slow * eye)
    H = H.at[3:6, SPEED].set(eye).at[3:6, FAST].set(figures.velocity_slow * eye)
    return Rows(
        H,
        jnp.concatenate(
            [
                place - now.r_BT_I - figures.position_slow * now.slow,
                speed - now.v_BT_I - figures.velocity_slow * now.fast,
            ]
        ),
        jnp.concatenate([figures.position_white**2 * jnp.ones(3), figures.velocity_white**2 * jnp.ones(3)]),
        valid & jnp.ones(6, bool),
    )


def radar_rows(belief: PairBelief, now: Believed, aids: PairAids) -> Rows:
    """Range, rate and the line of sight between the centres of mass."""
    distance, u_I = _line(now.r_BT_I)
    C_BI = to_matrix(now.q_BI)
    rate = jnp.sum(u_I * now.v_BT_I)
    sight_B = -_turn(C_BI, u_I)
    seen_B = line_of(aids.radar_azimuth, aids.radar_elevation)
    one, other = across(sight_B)
    H = jnp.zeros((4, SIZE)).at[0, PLACE].set(u_I)
    H = H.at[1, PLACE].set((now.v_BT_I - rate * u_I) / distance).at[1, SPEED].set(u_I)
    H = H.at[2, PLACE].set(-_back(C_BI, one) / distance).at[3, PLACE].set(-_back(C_BI, other) / distance)
    white, drawn = (
        jnp.stack([belief.radar_range[k], belief.radar_rate[k], belief.radar_angle[k], belief.radar_angle[k]])
        for k in (0, 1)
    )
    H = H.at[:, RADAR].set(jnp.eye(4) * drawn[:, None])
    read = jnp.stack(
        [aids.radar_range - distance, aids.radar_rate - rate, jnp.sum(one * seen_B), jnp.sum(other * seen_B)]
    )
    return Rows(
        H,
        read - drawn * now.radar,
        white * white + now.attitude * jnp.asarray([0.0, 0.0, 1.0, 1.0]),
        aids.radar_valid & jnp.ones(4, bool),
    )


def port_rows(belief: PairBelief, geometry: PairGeometry, now: Believed, aids: PairAids) -> tuple[Rows, Rows]:
    """Lidar (range, two angles) and camera (place, attitude), both from the ship's port to the station's."""
    C_BI, C_TI = to_matrix(now.q_BI), to_matrix(now.q_TI)
    port = geometry.port_T
    between_I = _back(C_TI, port) - now.r_BT_I - _back(C_BI, geometry.dock_B)
    between_B = _turn(C_BI, between_I)
    distance, u_B = _line(between_B)

    def sees(line_B: Vec3) -> tuple[Vec3, Vec3]:
        """What a shift along ``line_B`` has of place and of the told attitude."""
        line_I = _back(C_BI, line_B)
        return -line_I, join(cross(split(port), split(_turn(C_TI, line_I))))

    one, other = across(u_B)
    seen_B = line_of(aids.lidar_azimuth, aids.lidar_elevation)
    range_sigma = jnp.maximum(belief.lidar_floor, belief.lidar_part * distance)
    sigma = jnp.stack([range_sigma, belief.lidar_angle, belief.lidar_angle])
    m = belief.mounting
    turn2 = (m.lidar_place / distance) ** 2
    built2 = jnp.stack([m.lidar_place**2, turn2, turn2])
    drawn = jnp.sqrt(sigma * sigma * belief.lidar_share + built2)
    scale = jnp.stack([jnp.ones_like(distance), 1.0 / distance, 1.0 / distance])
    H = jnp.zeros((3, SIZE)).at[:, LIDAR].set(jnp.eye(3) * drawn[:, None])
    for k, line in enumerate((u_B, one, other)):
        place, told = sees(line)
        H = H.at[k, PLACE].set(place * scale[k]).at[k, TOLD].set(told * scale[k])
    # Turned axes stay turned while the line of sight moves among them.
    for k, line in ((1, one), (2, other)):
        H = H.at[k, LASER].set(-m.lidar_turn * jnp.cross(u_B, line))
    read = jnp.stack([aids.lidar_range - distance, jnp.sum(one * seen_B), jnp.sum(other * seen_B)])
    lidar = Rows(
        H,
        read - drawn * now.lidar - jnp.sum(H[:, BUILT] * now.built[None, :], axis=1),
        sigma * sigma * (1.0 - belief.lidar_share) + now.attitude * jnp.asarray([0.0, 1.0, 1.0]),
        aids.lidar_valid & jnp.ones(3, bool),
    )
    return lidar, _camera_rows(belief, geometry, now, aids, between_B, C_BI, C_TI, sees)


def _camera_rows(
    belief: PairBelief,
    geometry: PairGeometry,
    now: Believed,
    aids: PairAids,
    between_B: Vec3,
    C_BI: Mat33,
    C_TI: Mat33,
    sees,
) -> Rows:
    distance, _ = _line(between_B)
    ratio = distance / NEAR_FIGURE
    side, depth = jnp.maximum(ratio, FLOOR), jnp.maximum(ratio * ratio, FLOOR)
    sigma = belief.camera_place * jnp.stack([depth, side, side])
    m, share = belief.mounting, belief.camera_share
    slow = jnp.sqrt(share) * sigma
    eye, lateral = jnp.eye(3), jnp.asarray([0.0, 1.0, 1.0])
    # Turned about its pupil, a camera sees a port aside. What else is turned shows it aside by a constant: a
    # target about its own centre, the ship about its centre of mass where the star tracker is turned.
    pivot = geometry.dock_B[0] - BEHIND
    aside2 = (BEHIND * m.target_turn) ** 2 + (pivot * m.star_turn) ** 2
    shift = jnp.sqrt(m.camera_place**2 + aside2 * lateral)
    axes = jnp.sqrt(m.target_turn**2 + m.port_turn**2)
    arm = between_B + jnp.asarray([BEHIND, 0.0, 0.0])
    H = jnp.zeros((6, SIZE)).at[0:3, SLOW].set(eye * slow[:, None]).at[0:3, SHIFT].set(eye * shift[:, None])
    H = H.at[0:3, BORE].set(m.camera_turn * jnp.cross(arm[None, :], eye).T)
    H = H.at[3:6, BORE].set(m.camera_turn * eye).at[3:6, AXES].set(axes * eye)
    for k in range(3):
        place, told = sees(eye[k])
        # A turn of the station turns the ship the other way in its eyes.
        H = H.at[k, PLACE].set(place).at[k, TOLD].set(told).at[3 + k, TOLD].set(-_turn(C_TI, C_BI[k]))
    q_BD = multiply(multiply(now.q_BI, conjugate(now.q_TI)), conjugate(from_matrix(geometry.C_DT)))
    turn = belief.camera_turn * side
    # The ship's attitude turns what is seen about its centre of mass.
    tilt = now.attitude * (distance + geometry.dock_B[0]) ** 2 * lateral
    slow_turn = jnp.sqrt(share) * turn
    H = H.at[3:6, FAST].set(slow_turn * eye)
    built = jnp.sum(H[:, BUILT] * now.built[None, :], axis=1)
    of_turn = turn * turn * (1.0 - share) + now.attitude
    return Rows(
        H,
        jnp.concatenate(
            [
                aids.camera_position - between_B - slow * now.slow,
                join(turn_error(q_BD, aids.camera_q_BD)) - slow_turn * now.fast,
            ]
        )
        - built,
        jnp.concatenate([sigma * sigma * (1.0 - share) + tilt, of_turn * jnp.ones(3)]),
        aids.camera_valid & jnp.ones(6, bool),
    )


def _line(between: Vec3) -> tuple[Scalar, Vec3]:
    """Length [m], never below the closest, and direction."""
    length = jnp.sqrt(jnp.sum(between * between))
    safe = jnp.maximum(length, CLOSEST)
    return safe, between / safe


def _turn(C: Mat33, a: Vec3) -> Vec3:
    return jnp.sum(C * a[None, :], axis=1)


def _back(C: Mat33, a: Float[Array, "3"]) -> Vec3:
    return jnp.sum(C * a[:, None], axis=0)
