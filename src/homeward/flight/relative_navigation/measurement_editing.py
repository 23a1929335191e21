"""How the relative filter guards itself: readings made safe, refusals counted, belief widened.

Sensors have a rank: camera, lidar, satellites, radar. A sensor that is refused while a better one is taken is
left aside; one that is refused again and again while no better one is taken makes the filter less sure of
itself, reading by reading, until it is taken: no error locks the filter out for good. One that falls silent
meanwhile changes nothing more: there is nothing to be taken.
"""

import jax.numpy as jnp

from homeward.flight.navigation.measurement_editing import finite
from homeward.icd.rendezvous_messages import PairAids
from homeward.typing import Array, Bool, Flag, Float, Int, Quat, Scalar

# Rows of a cycle, in this order: camera's place, its attitude, lidar, satellites, radar; the own fix apart.
CAMERA_PLACE, CAMERA_TURN, LIDAR, SATELLITES, RADAR = (
    slice(0, 3),
    slice(3, 6),
    slice(6, 9),
    slice(9, 15),
    slice(15, 19),
)
GROUPS = (CAMERA_PLACE, CAMERA_TURN, LIDAR, SATELLITES, RADAR)
TURN, OWN = 1, 5  # places of the camera's attitude and of the own fix among the counts


def clean_pair(aids: PairAids) -> PairAids:
    """Readings with harmless numbers where they are not valid; what is not finite is not valid.

    An attitude that is far from unit length counts as not valid.
    """

    def number(valid: Flag, x: Array) -> Array:
        return jnp.where(valid, x, jnp.zeros_like(x))

    def turn(valid: Flag, q: Quat) -> Quat:
        return jnp.where(valid, q, jnp.asarray([1.0, 0.0, 0.0, 0.0]))

    a = aids
    stars = a.star_valid & _unit(a.star_q_BI)
    satellite = a.satellite_valid & finite(a.satellite_position, a.satellite_velocity)
    station = a.station_valid & finite(a.station_position, a.station_velocity) & _unit(a.station_q_TI)
    relative = a.relative_valid & finite(a.relative_position, a.relative_velocity)
    radar = a.radar_valid & finite(a.radar_range, a.radar_rate, a.radar_azimuth, a.radar_elevation)
    lidar = a.lidar_valid & finite(a.lidar_range, a.lidar_azimuth, a.lidar_elevation)
    camera = a.camera_valid & finite(a.camera_position, a.camera_age) & _unit(a.camera_q_BD)
    return PairAids(
        star_valid=stars,
        star_q_BI=turn(stars, a.star_q_BI),
        satellite_valid=satellite,
        satellite_position=number(satellite, a.satellite_position),
        satellite_velocity=number(satellite, a.satellite_velocity),
        station_valid=station,
        station_position=number(station, a.station_position),
        station_velocity=number(station, a.station_velocity),
        relative_valid=relative,
        relative_position=number(relative, a.relative_position),
        relative_velocity=number(relative, a.relative_velocity),
        radar_valid=radar,
        radar_range=number(radar, a.radar_range),
        radar_rate=number(radar, a.radar_rate),
        radar_azimuth=number(radar, a.radar_azimuth),
        radar_elevation=number(radar, a.radar_elevation),
        lidar_valid=lidar,
        lidar_range=number(lidar, a.lidar_range),
        lidar_azimuth=number(lidar, a.lidar_azimuth),
        lidar_elevation=number(lidar, a.lidar_elevation),
        camera_valid=camera,
        camera_position=number(camera, a.camera_position),
        camera_q_BD=turn(camera, a.camera_q_BD),
        camera_age=number(camera, a.camera_age),
        station_q_TI=turn(station, a.station_q_TI),
        touched=a.touched,
        captured=a.captured,
    )


def innovations(taken: Bool[Array, "19"], squares: Float[Array, "19"]) -> Float[Array, "5"]:
    """Mean square of the innovations of each group of readings, of those that were taken; 0 of none."""
    means = []
    for rows in GROUPS:
        count = jnp.sum(taken[rows]).astype(float)
        means.append(jnp.sum(squares[rows]) / jnp.maximum(count, 1.0))
    return jnp.stack(means)


def count_refusals(
    before: Int[Array, "6"],
    offered: Bool[Array, "19"],
    taken: Bool[Array, "19"],
    own_offered: Flag,
    own_taken: Flag,
) -> Int[Array, "6"]:
    """Refusals in a row of each group of readings, where no better one was taken in the same cycle."""
    counts = []
    better = jnp.asarray(False)
    for k, rows in enumerate(GROUPS):
        valid, whole = jnp.any(offered[rows]), jnp.all(taken[rows])
        left_aside = better if k != TURN else jnp.asarray(False)
        counts.append(_counted(before[k], valid, whole | left_aside))
        if k != TURN:
            better = better | (valid & whole)
    counts.append(_counted(before[OWN], own_offered, own_taken))
    return jnp.stack(counts)


def refused_again(
    refused: Int[Array, "6"], patience: Scalar, offered: Bool[Array, "19"], own_offered: Flag
) -> Bool[Array, "6"]:
    """Which groups of readings have been refused for long enough, and are there to be refused again."""
    there = jnp.stack([*(jnp.any(offered[rows]) for rows in GROUPS), own_offered])
    return there & (refused >= patience.astype(int))


def _counted(before: Int[Array, ""], valid: Flag, good: Flag) -> Int[Array, ""]:
    return jnp.where(valid, jnp.where(good, 0, before + 1), before)


def _unit(q: Quat) -> Flag:
    length2 = jnp.sum(q * q)
    return finite(length2) & (jnp.abs(length2 - 1.0) < 1e-3)
