"""Navigation satellites as they fly: circular orbits that stand still among the stars.

Shaped like GPS (24 in 6 planes, 26,560 km, 55 deg) and the medium orbits of BeiDou (24 in 3 planes,
27,906 km, 55 deg); interface specifications IS-GPS-200 and BDS-SIS-ICD. What an orbit is off its circle is no
matter here: the receiver is told where the satellites are, with an error of its own
(``gnss_pseudorange``).
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import MU_EGM96
from homeward.typing import Array, Float, Scalar

SYSTEMS = (
    (24, 6, 26_560e3, 0.0),
    (24, 3, 27_906e3, 0.35),
)  # satellites, planes, radius [m], first node [rad]
COUNT = sum(system[0] for system in SYSTEMS)
INCLINATION = np.radians(55.0)


class Constellation(eqx.Module):
    """All satellites: unit vectors at and a quarter turn after the node, radius, rate, angle at the epoch."""

    node_I: Float[Array, "n 3"]
    quarter_I: Float[Array, "n 3"]
    radius: Float[Array, " n"]  # m
    rate: Float[Array, " n"]  # rad/s
    phase: Float[Array, " n"]  # rad

    def at(self, t: Scalar | Float[Array, " n"]) -> tuple[Float[Array, "n 3"], Float[Array, "n 3"]]:
        """Places [m, I] and velocities [m/s, I] at ``t`` [s since the epoch], one or each its own."""
        angle = self.phase + self.rate * t
        c, s = jnp.cos(angle)[:, None], jnp.sin(angle)[:, None]
        place = self.radius[:, None] * (c * self.node_I + s * self.quarter_I)
        speed = (self.radius * self.rate)[:, None] * (c * self.quarter_I - s * self.node_I)
        return place, speed


def navigation_satellites(turn: float = 0.0) -> Constellation:
    """Both systems; ``turn`` [rad] moves all nodes, as another day would."""
    rows = []
    for count, planes, radius, first in SYSTEMS:
        each = count // planes
        for k in range(count):
            plane, place = divmod(k, each)
            node = turn + first + 2.0 * np.pi * plane / planes
            # Walker's pattern with a phasing of one: planes are out of step by a count-th of a turn.
            phase = 2.0 * np.pi * (place / each + plane / count)
            a = np.array([np.cos(node), np.sin(node), 0.0])
            side = np.array([-np.sin(node), np.cos(node), 0.0])
            b = np.cos(INCLINATION) * side + np.array([0.0, 0.0, np.sin(INCLINATION)])
            rows.append((a, b, radius, np.sqrt(MU_EGM96 / radius**3), phase))
    node_I, quarter_I, radii, rates, phases = (
        jnp.asarray(np.array(x), float) for x in zip(*rows, strict=True)
    )
    return Constellation(node_I, quarter_I, radii, rates, phases)
