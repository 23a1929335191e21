"""The torque by which gravity, stronger at a body's near end than at its far one, turns it."""

from homeward.math.attitude_triples import Rows, apply
from homeward.math.triples import Triple, cross, scale
from homeward.typing import Scalar


def gravity_gradient_torque(strength: Scalar, up_B: Triple, inertia: Rows) -> Triple:
    """Torque about the centre of mass [N m, B]: ``3 mu / r^3 (u x I u)``.

    ``strength`` is ``3 mu / r^3`` [1/s2], ``up_B`` the unit vector u away from the Earth's centre in B,
    ``inertia`` the tensor I [kg m2, B]. Source: Wertz, Spacecraft Attitude Determination and Control (1978),
    equation 17-31. Valid for: a body small against r, the central part of the field (J2 adds a thousandth).
    """
    return scale(strength, cross(up_B, apply(inertia, up_B)))
