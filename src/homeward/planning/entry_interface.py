"""The inertial state of an interface point: place, speed, flight-path angle and heading."""

import jax.numpy as jnp
import numpy as np

from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.earth.orientation import AbstractOrientation
from homeward.planning.deorbit_planner import spin_at
from homeward.scenario.schema.returns import Interface


def interface_state(
    orientation: AbstractOrientation, ellipsoid: Ellipsoid, given: Interface
) -> tuple[np.ndarray, np.ndarray]:
    """Inertial state [m, m/s] of an interface point told as a pilot would, at the epoch."""
    a, f = float(ellipsoid.a), float(ellipsoid.f)
    longitude = np.radians(given.longitude_deg)
    if given.latitude_deg is not None:
        latitude = np.radians(given.latitude_deg)
        normal = np.array(
            [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
        )
        n = a / np.sqrt(1.0 - f * (2.0 - f) * normal[2] ** 2)
        foot = n * normal * np.array([1.0, 1.0, (1.0 - f) ** 2])
        high = 1e5 if given.altitude_m is None else given.altitude_m
        r_E = foot + high * normal
    else:
        assert given.latitude_geocentric_deg is not None
        gc = np.radians(given.latitude_geocentric_deg)
        direction = np.array([np.cos(gc) * np.cos(longitude), np.cos(gc) * np.sin(longitude), np.sin(gc)])
        ground = a / np.sqrt(1.0 + (1.0 / (1.0 - f) ** 2 - 1.0) * direction[2] ** 2)
        r_E = direction * (ground + (given.altitude_m or 0.0))
    if given.radius_m is not None:
        r_E = r_E / np.linalg.norm(r_E) * given.radius_m
    up = r_E / np.linalg.norm(r_E)
    if given.angles == "geodetic":
        latitude, _, _ = to_geodetic(ellipsoid, jnp.asarray(r_E))
        level = np.cos(float(latitude))
        up = np.array([level * np.cos(longitude), level * np.sin(longitude), np.sin(float(latitude))])
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    north = np.cross(up, east)
    gamma, heading = np.radians(given.flight_path_angle_deg), np.radians(given.heading_deg)
    along = north * np.cos(heading) + east * np.sin(heading)
    v_E = given.speed_m_s * (along * np.cos(gamma) + up * np.sin(gamma))
    C_EI, omega = spin_at(orientation, 0.0)
    turning = np.cross(omega, r_E) if given.relative else np.zeros(3)
    return C_EI.T @ r_E, C_EI.T @ (v_E + turning)
