"""The turning ship as it is: everything true of it that is not state."""

import equinox as eqx

from homeward.typing import Mat33, Scalar, Vec3
from homeward.vehicle.parameters import Engine
from homeward.vehicle.thrusters import Thrusters
from homeward.world.aerodynamics.six_dof import BodyAerodynamics
from homeward.world.sensors.aiding import AidSensors
from homeward.world.sensors.redundant_imu import RedundantUnit


class BodyModel(eqx.Module):
    """Aerodynamics, inertia, thrusters and sensors of a ship that turns. Vectors in B."""

    aero: BodyAerodynamics
    capsule_inertia: Mat33  # kg m2 about its centre of mass, after the separation
    capsule_thrusters: Thrusters
    stack_thrusters: Thrusters  # on the service module, from the main tanks
    axial: Engine  # the stack's thrusters that push forward, together: through its centre of mass
    engine_place: Vec3  # m, from the stack's centre of mass
    engine_fall: Scalar  # s, time constant of the thrust after cut-off
    riser_place: Vec3  # m, where the parachute pulls, from the capsule's centre of mass
    inertial: RedundantUnit
    aids: AidSensors
    gradient_mu: Scalar | None = None  # m3/s2, of the gravity gradient in orbit; None leaves it out
