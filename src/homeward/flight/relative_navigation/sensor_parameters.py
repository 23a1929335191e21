"""What the rendezvous navigation was told before the flight: sensors, forces, ports."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.flight.navigation.mechanization import ZonalEarth
from homeward.typing import Mat33, Scalar, Vec3

ARCSECOND = float(np.pi) / 648_000.0
DEGREE = 3600.0 * ARCSECOND


class PairGeometry(eqx.Module):
    """Believed places of both ports."""

    port_T: Vec3  # m, origin of the station's port from its centre of mass
    C_DT: Mat33
    dock_B: Vec3  # m, the ship's port from its centre of mass


class SatelliteBelief(eqx.Module):
    """1-sigma an axis of a satellite solution: slow and white parts."""

    position_slow: Scalar  # m
    position_white: Scalar  # m
    velocity_slow: Scalar  # m/s
    velocity_white: Scalar  # m/s


class MountingBelief(eqx.Module):
    """1-sigma an axis of how far what looks at the port, and what it looks at, is from its drawing.

    A turn of camera or lidar is one against the star tracker, by which the ship's attitude is known.
    """

    camera_place: Scalar  # m, camera and target together
    camera_turn: Scalar  # rad
    target_turn: Scalar  # rad
    port_turn: Scalar  # rad, axes of the station's port in the station
    star_turn: Scalar  # rad, of the star tracker's axes alone
    lidar_place: Scalar  # m, lidar and reflector together
    lidar_turn: Scalar  # rad


def as_drawn() -> MountingBelief:
    """Everything is taken to be where it is drawn."""
    return MountingBelief(*[jnp.zeros(())] * 7)


class PairBelief(eqx.Module):
    """1-sigma figures of the sensors beside the inertial unit, and how the filter guards itself."""

    satellite: SatelliteBelief  # of the ship's fix, and of the station's
    difference: SatelliteBelief  # of the difference of both
    relative: SatelliteBelief  # of relative satellite navigation
    satellite_time: Scalar  # s, correlation time of the slow parts
    radar_range: tuple[Scalar, Scalar]  # m: white, once a flight
    radar_rate: tuple[Scalar, Scalar]  # m/s
    radar_angle: tuple[Scalar, Scalar]  # rad
    lidar_floor: Scalar  # m
    lidar_part: Scalar  # of the range
    lidar_angle: Scalar  # rad
    lidar_share: Scalar  # of the variance, once a flight
    camera_place: Scalar  # m at 20 m
    camera_turn: Scalar  # rad at 20 m
    camera_share: Scalar  # of the variance, slow
    camera_time: Scalar  # s
    told_attitude: Scalar  # rad an axis
    told_attitude_time: Scalar  # s
    gate: Scalar  # sigmas: an innovation beyond is not believed
    patience: Scalar  # readings in a row refused, after which the filter widens
    mounting: MountingBelief = eqx.field(default_factory=as_drawn)


class ForceBelief(eqx.Module):
    """How well the forces are known, and the air that drags on both."""

    gravity_walk: Scalar  # m/s/sqrt(s): what the zonal field leaves out, of either body
    relative_walk: Scalar  # m/s/sqrt(s): what moves ship against station side by side, drag left out
    walk_growth: Scalar  # m/s/sqrt(s) for each metre between them, in the orbit's plane
    walk_across: Scalar  # of that across the plane
    gravity_most: Scalar  # of ``gravity_walk``: what it grows to where they are far apart
    walk_lost: Scalar  # /(m s^1.5): the same for each metre that the pair is elsewhere
    drag_part: Scalar  # of the difference of both drags: air and areas are not known better
    drag_memory: Scalar  # s for which that error lasts
    thrust_part: Scalar  # of a velocity gained: scale and direction of the sensed one
    thrust_memory: Scalar  # s within which gains share one error
    ship_ballistic: Scalar  # m2/kg, drag coefficient times area over mass
    station_ballistic: Scalar  # m2/kg
    density: Scalar  # kg/m3 at the altitude below
    altitude: Scalar  # m
    scale_height: Scalar  # m
    earth_rate: Scalar  # rad/s, the air turns with the Earth


def default_earth() -> ZonalEarth:
    """EGM96: mu, reference radius, J2 to J4."""
    return ZonalEarth(
        jnp.asarray(3.986004415e14),
        jnp.asarray(6378136.3),
        jnp.asarray([1.08262668e-3, -2.5327e-6, -1.6196e-6]),
    )


def pair_belief() -> PairBelief:
    """Figures of docs/models/relative_navigation.md, as known before the flight."""
    n = jnp.asarray
    return PairBelief(
        satellite=_satellite(10.0, 0.05, 0.9, 0.9),
        difference=_difference(10.0, 0.05, 0.9, 0.3),
        relative=_satellite(10.0, 0.03, 0.6, 0.25),
        satellite_time=n(300.0),
        radar_range=(n(9.5), n(3.0)),
        radar_rate=(n(0.0147), n(0.003)),
        radar_angle=(n(14.0 * 60.0 * ARCSECOND), n(5.0 * 60.0 * ARCSECOND)),
        lidar_floor=n(0.1),
        lidar_part=n(5e-4),
        lidar_angle=n(0.05 * DEGREE),
        lidar_share=n(0.36),
        camera_place=n(0.01),
        camera_turn=n(0.1 * DEGREE),
        camera_share=n(0.36),
        camera_time=n(60.0),
        told_attitude=n(0.05 * DEGREE),
        told_attitude_time=n(1000.0),
        gate=n(5.0),
        patience=n(10.0),
    )


def force_belief() -> ForceBelief:
    """Air of 400 km with a mean Sun; a ship of 8 t and a station of 90 t (assumed)."""
    n = jnp.asarray
    return ForceBelief(
        gravity_walk=n(2e-3),
        relative_walk=n(4e-6),
        # Tesseral gravity, of degree 8, along an orbit of 42 deg: docs/models/relative_navigation.md.
        walk_growth=n(9e-10),
        walk_across=n(0.45),
        gravity_most=n(1.2),
        # Gravity's gradient changes by 5.7e-13 /s2 a metre; an error that lasts for 1,000 s.
        walk_lost=n(1.5e-11),
        drag_part=n(0.5),
        drag_memory=n(1000.0),
        thrust_part=n(1.5e-4),
        thrust_memory=n(300.0),
        ship_ballistic=n(2.2 * 7.0 / 8000.0),
        station_ballistic=n(2.2 * 150.0 / 90_000.0),
        density=n(4e-12),
        altitude=n(400e3),
        scale_height=n(60e3),
        earth_rate=n(7.292115e-5),
    )


def _difference(position: float, velocity: float, slow: float, common: float) -> SatelliteBelief:
    """Of two such solutions, a share of whose slow variance is common to both and vanishes."""
    lasting, white = 2.0 * slow * (1.0 - common), 2.0 * (1.0 - slow)
    both = lasting + white
    return _satellite(position * both**0.5, velocity * both**0.5, lasting / both, lasting / both)


def _satellite(position: float, velocity: float, slow: float, slow_velocity: float) -> SatelliteBelief:
    """Totals split by the part of the variance that is slow."""
    n = jnp.asarray
    return SatelliteBelief(
        n(position * slow**0.5),
        n(position * (1.0 - slow) ** 0.5),
        n(velocity * slow_velocity**0.5),
        n(velocity * (1.0 - slow_velocity) ** 0.5),
    )
