"""The world of one flight: everything true that is not state. One leading axis makes it a campaign."""

import equinox as eqx

from homeward.earth.ephemeris import ThirdBodies
from homeward.earth.geodesy import Ellipsoid
from homeward.earth.orientation import AbstractOrientation
from homeward.typing import Scalar, Vec3
from homeward.vehicle.parameters import Capsule, Engine, Parachutes, Retro, Stack
from homeward.world.environment.interfaces import (
    AbstractAerodynamics,
    AbstractAtmosphere,
    AbstractGravity,
    AbstractWind,
)
from homeward.world.fault_schedule import Faults
from homeward.world.sensors.deployment_sensors import DeploymentSensors
from homeward.world.six_dof_model import BodyModel


class NavigationErrorModel(eqx.Module):
    """How wrong the onboard state is: 1-sigma figures, and this flight's draws of what stays constant."""

    position_sigma: Scalar  # m
    velocity_sigma: Scalar  # m/s
    correlation_time: Scalar  # s
    accelerometer_bias: Vec3  # m/s2, drawn for this flight
    misalignment: Vec3  # rad, drawn for this flight
    blackout_density: tuple[Scalar, Scalar]  # kg/m3: from, to
    blackout_speed: Scalar  # m/s
    altimeter_sigma: Scalar  # m


class World(eqx.Module):
    """Earth, air and ship as they are."""

    orientation: AbstractOrientation
    ellipsoid: Ellipsoid
    gravity: AbstractGravity
    third_bodies: ThirdBodies | None
    atmosphere: AbstractAtmosphere  # of entry and descent
    thin_air: AbstractAtmosphere  # of the orbit
    wind: AbstractWind
    aerodynamics: AbstractAerodynamics
    capsule: Capsule
    stack: Stack
    engine: Engine
    thrust_misalignment: Vec3  # rad, small turn of the thrust about three inertial axes
    parachutes: Parachutes
    retro: Retro
    navigation: NavigationErrorModel
    deployment: DeploymentSensors
    faults: Faults
    ground_altitude: Scalar  # m above the ellipsoid, of the landing area
    body: BodyModel | None = None  # None where the ship is a point mass
