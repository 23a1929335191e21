"""Whether a capsule that lands with speed along the ground tips over: a rigid body on the edge of its base.

Impacts are plastic: the point that touches stays, and the angular momentum about it is kept (Housner 1963,
Bull. Seism. Soc. Am. 53(2), 403-417, for rocking blocks). What turns about the edge afterwards goes over if
its energy lifts the centre of mass above the edge.
"""

from dataclasses import dataclass

import numpy as np

from homeward.earth.constants import G0


@dataclass(frozen=True)
class Base:
    """Base ``radius`` [m], ``height`` [m] of the centre of mass over it, radius of ``gyration`` (n,) [m]."""

    radius: float
    height: float
    gyration: np.ndarray

    @property
    def arm(self) -> float:
        """From the edge to the centre of mass [m]."""
        return float(np.hypot(self.radius, self.height))

    @property
    def inertia(self) -> np.ndarray:
        """About the edge, over the mass [m2]."""
        return self.gyration**2 + self.arm**2

    @property
    def restitution(self) -> np.ndarray:
        """Rate of turn kept when the base slaps down flat and the turning goes on about the other edge."""
        return (self.gyration**2 + self.height**2 - self.radius**2) / self.inertia


def tip_over_index(
    base: Base, along: np.ndarray, normal: np.ndarray, lean: np.ndarray, downhill: np.ndarray
) -> np.ndarray:
    """Rate of turn about the leading edge over the least that tips the capsule over: 1 and more does. (n,)

    ``along`` and ``normal`` [m/s] are the speeds along the ground and into it, ``lean`` [rad] the tilt of the
    axis from the normal, positive forward, ``downhill`` [rad] the slope in the direction of motion. The
    greater of two cases: the base comes down flat and its leading edge is caught by all of the speed along
    the ground; or the edge that hangs lower touches first and stays.
    """
    R, h, arm = base.radius, base.height, base.arm
    back = np.arctan2(R, h)  # how far behind the leading edge's normal the centre of mass stands
    flat = np.asarray(along, float) * h / base.inertia

    def over(rate: np.ndarray, turned: np.ndarray) -> np.ndarray:
        to_go = back - downhill - turned
        lift = np.where(to_go > 0.0, arm * (1.0 - np.cos(np.minimum(to_go, np.pi))), 0.0)
        least = np.sqrt(2.0 * G0 * lift / base.inertia)
        falls = to_go <= 0.0
        return np.where(falls, np.inf, np.maximum(rate, 0.0) / np.where(falls, 1.0, np.maximum(least, 1e-9)))

    forward = np.maximum(lean, 0.0)
    leading = (along * (h * np.cos(forward) + R * np.sin(forward))
               - normal * (R * np.cos(forward) - h * np.sin(forward))) / base.inertia  # fmt: skip
    behind = np.maximum(-lean, 0.0)
    trailing = (along * (h * np.cos(behind) + R * np.sin(behind))
                + normal * (R * np.cos(behind) - h * np.sin(behind))) / base.inertia  # fmt: skip
    # From the trailing edge it falls forward until the base is flat.
    ahead = back + downhill
    drop = arm * (np.cos(ahead - behind) - np.cos(ahead))
    slap = np.sqrt(np.maximum(trailing**2 + 2.0 * G0 * drop / base.inertia, 0.0))
    slap = np.where(trailing > 0.0, slap, 0.0) * np.maximum(base.restitution, 0.0)
    second = np.where(lean > 0.0, over(leading, forward), over(slap, np.zeros_like(behind)))
    return np.maximum(over(flat, np.zeros_like(forward)), second)


__all__ = ["Base", "tip_over_index"]
