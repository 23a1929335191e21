"""A standard set of thrusters of a ship that docks: pushes and turns in all six axes, any one may fail.

Two rings of eight, ahead of and behind the centre of mass, push sideways along the hull's tangents; four at
the rear push forward and four ahead push backward. The exhaust of those four leaves toward the station
and is canted outward.
"""

import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import G0
from homeward.vehicle.thrusters import Thrusters

AXIAL = 150.0  # N
LATERAL = 25.0
CANT = np.radians(25.0)
FORE, AFT = 0.88, 0.06  # where the rings stand, shares of the length from the rear end
DOCKING = 24  # thrusters


def docking_layout(
    length: float, radius: float, center: float | None = None, *, axial: float = AXIAL,
    lateral: float = LATERAL, cant: float = CANT,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Places [m, from the centre of mass], directions of the force on the ship (B) and thrusts [N] of 24.

    ``length`` and ``radius`` [m] are those of the hull, ``center`` [m] how far its centre of mass lies
    ahead of the rear end (half the length if not told), ``cant`` [rad] the angle between x and the exhaust of
    the thrusters that brake. 0-7: fore ring, 8-15: aft ring, 16-19: forward, 20-23: backward.
    """
    center = 0.5 * length if center is None else center
    around = [np.array(d) for d in ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0))]
    x = np.array([1.0, 0.0, 0.0])
    rows = []
    for share in (FORE, AFT):
        for out in around:
            for way in (1.0, -1.0):
                rows.append(((share * length - center) * x + radius * out, way * np.cross(x, out), lateral))
    for out in around:
        rows.append((-center * x + 0.8 * radius * out, x, axial))
    for out in around:
        push = -np.cos(cant) * x - np.sin(cant) * out
        rows.append(((FORE * length - center) * x + radius * out, push, axial))
    place, direction, thrust = (np.array(part) for part in zip(*rows, strict=True))
    return place, direction, thrust


def docking_thrusters(
    length: float, radius: float, center: float | None = None, *, axial: float = AXIAL,
    lateral: float = LATERAL, cant: float = CANT, minimum_pulse: float = 0.02, opening: float = 0.01,
    closing: float = 0.01, specific_impulse: float = 290.0,
) -> Thrusters:  # fmt: skip
    """The standard set as parameters of valves; ``specific_impulse`` and times in seconds."""
    place, direction, thrust = docking_layout(length, radius, center, axial=axial, lateral=lateral, cant=cant)
    n = len(place)
    return Thrusters(
        place=jnp.asarray(place), direction=jnp.asarray(direction), thrust=jnp.asarray(thrust),
        minimum_pulse=jnp.asarray(minimum_pulse), opening=jnp.asarray(opening),
        closing=jnp.asarray(closing), exhaust_speed=jnp.asarray(specific_impulse * G0),
        share=jnp.ones(n), leak=jnp.zeros(n),
    )  # fmt: skip
