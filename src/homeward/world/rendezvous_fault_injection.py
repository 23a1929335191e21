"""What failures do to the messages of a rendezvous' sensors."""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd.rendezvous_messages import PairAids
from homeward.typing import Array, Flag, Scalar
from homeward.world.fault_injection import LEAD
from homeward.world.fault_schedule import ActiveFaults

ASIDE = (0.0, 0.6, 0.8)  # which way a wrong pose is off, in B


def ailing_aids(aids: PairAids, a: ActiveFaults) -> PairAids:
    """The message of a cycle with failed sensors; what is lost is told as zero.

    A receiver that is led away, or lost, is the ship's own: relative satellite navigation needs it too. With
    the link it is what the station tells that is missing.
    """
    lead = jnp.asarray(LEAD)
    away, faster = a.spoof
    own, link = a.satellite < 0.5, a.link < 0.5
    aids = eqx.tree_at(
        lambda x: (
            x.satellite_position, x.satellite_velocity, x.relative_position, x.relative_velocity,
            x.camera_position,
        ),
        aids,
        (
            aids.satellite_position + away * lead, aids.satellite_velocity + faster * lead,
            aids.relative_position + away * lead, aids.relative_velocity + faster * lead,
            aids.camera_position + a.pose * jnp.asarray(ASIDE),
        ),
    )  # fmt: skip
    return _kept(
        aids, star=a.star < 0.5, satellite=own, station=link, relative=own & link, lidar=a.lidar < 0.5,
        camera=a.camera < 0.5, radar=jnp.ones_like(own),
    )  # fmt: skip


def no_aids(aids: PairAids) -> PairAids:
    """A message in which nothing is valid: nobody listens."""
    no = jnp.zeros_like(aids.star_valid)
    silent = _kept(aids, star=no, satellite=no, station=no, relative=no, lidar=no, camera=no, radar=no)
    return eqx.tree_at(lambda x: (x.touched, x.captured), silent, (aids.touched, aids.captured))


def _kept(
    aids: PairAids, *, star: Flag, satellite: Flag, station: Flag, relative: Flag, lidar: Flag, camera: Flag,
    radar: Flag,
) -> PairAids:  # fmt: skip
    """The message with only the readings of some sensors left as they are."""
    no_turn = jnp.asarray([1.0, 0.0, 0.0, 0.0])

    def number(works: Flag, x: Array | Scalar) -> Array:
        return jnp.where(works, x, jnp.zeros_like(x))

    a = aids
    star, satellite, station = star & a.star_valid, satellite & a.satellite_valid, station & a.station_valid
    relative, lidar, camera = relative & a.relative_valid, lidar & a.lidar_valid, camera & a.camera_valid
    radar = radar & a.radar_valid
    return PairAids(
        star_valid=star, star_q_BI=jnp.where(star, a.star_q_BI, no_turn),
        satellite_valid=satellite, satellite_position=number(satellite, a.satellite_position),
        satellite_velocity=number(satellite, a.satellite_velocity),
        station_valid=station, station_position=number(station, a.station_position),
        station_velocity=number(station, a.station_velocity),
        relative_valid=relative, relative_position=number(relative, a.relative_position),
        relative_velocity=number(relative, a.relative_velocity),
        radar_valid=radar, radar_range=number(radar, a.radar_range), radar_rate=number(radar, a.radar_rate),
        radar_azimuth=number(radar, a.radar_azimuth), radar_elevation=number(radar, a.radar_elevation),
        lidar_valid=lidar, lidar_range=number(lidar, a.lidar_range),
        lidar_azimuth=number(lidar, a.lidar_azimuth), lidar_elevation=number(lidar, a.lidar_elevation),
        camera_valid=camera, camera_position=number(camera, a.camera_position),
        camera_q_BD=jnp.where(camera, a.camera_q_BD, no_turn), camera_age=number(camera, a.camera_age),
        station_q_TI=jnp.where(station, a.station_q_TI, no_turn),
        touched=a.touched, captured=a.captured,
    )  # fmt: skip
