"""The navigation of a ship of 2005: inertial from the interface on, without satellites in the entry.

Every figure below is assumed; docs/guidance-arena.md lists them.
"""

from typing import Any

import equinox as eqx
import jax
import numpy as np

from homeward._aot.program import brief_program
from homeward.dispersion.streams import normal
from homeward.scenario.build.world import ARCSECOND
from homeward.typing import Array

#: 1 sigma an axis. Place and velocity at the interface: ground tracking carried on through the burn.
POSITION, VELOCITY = 1000.0, 1.0  # m, m/s; assumed
#: 0.2 cm/s2 of accelerometer, 0.1 deg of platform; assumed.
ACCELEROMETER = 2e-3  # m/s2
MISALIGNMENT = 360.0 * ARCSECOND  # rad


@brief_program
def _standard(keys):
    return jax.vmap(lambda k: normal(k, "navigation_of_2005", (12,)))(keys)


def navigation_of_2005(world: Any, carry: Any, keys: Array) -> tuple[Any, Any]:
    """World and carry with these errors, drawn for every run of ``keys``.

    From the interface to the opening no satellite is seen: errors of place and velocity stand as they are
    there, bias and misalignment of the inertial unit are integrated twice.
    """
    z = np.asarray(_standard(keys))
    lanes = len(z)
    world = eqx.tree_at(
        lambda w: (
            w.navigation.accelerometer_bias, w.navigation.misalignment, w.navigation.blackout_density,
            w.navigation.blackout_speed,
        ),
        world,
        (ACCELEROMETER * z[:, :3], MISALIGNMENT * z[:, 3:6], (np.full(lanes, -1.0), np.full(lanes, np.inf)),
         np.zeros(lanes)),
    )  # fmt: skip
    errors = (POSITION * z[:, 6:9], VELOCITY * z[:, 9:])
    carry = eqx.tree_at(
        lambda c: (c.truth.navigation_error.position, c.truth.navigation_error.velocity), carry, errors
    )
    return world, carry


__all__ = ["ACCELEROMETER", "MISALIGNMENT", "POSITION", "VELOCITY", "navigation_of_2005"]
