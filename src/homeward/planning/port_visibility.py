"""Whether the port of a station that tumbles is on the side from which the ship comes, when it comes."""

import jax
import jax.numpy as jnp
import numpy as np

from homeward.errors import Infeasible
from homeward.scenario.schema.scenario import Scenario
from homeward.world.dynamics.docking_bodies import StationMotion

MOST = 70.0  # deg between the port's axis and the approach along the orbit's axes: see docs/models/docking.md
LONGEST = 21600.0  # s that a hold is looked at for
SETTLES = 220.0  # s that the ship takes at least to come to rest at the second hold point
FIRST, LAST = 150.0, 1350.0  # s from leaving it: the port's axis is flown, and contact


def check_port(
    scenario: Scenario, motion: StationMotion, axis: np.ndarray, second_hold: float, stays: float
) -> None:
    """Raise ``Infeasible`` where the port points elsewhere while its axis is flown.

    ``axis`` is the port's in T, ``second_hold`` [s] when the ship comes to the second hold point, where it is
    to stay for ``stays`` [s]. Told with it: how long it would have to stay instead.
    """
    if not np.any(np.asarray(motion.drift)):
        return
    waits = np.arange(0.0, LONGEST, 20.0)
    least = max(stays, SETTLES)
    times = second_hold + least + waits[:, None] + np.linspace(FIRST, LAST, 7)
    angles = np.max(_off(motion, axis, times), axis=1)
    if angles[0] <= MOST:
        return
    where = scenario.place("rendezvous.station.tumble_deg_s")
    serving = np.flatnonzero(angles <= MOST)
    hint = (
        f"it does not come round within {LONGEST / 3600.0:.0f} hours"
        if not len(serving)
        else f"a second hold of {least + waits[serving[0]]:.0f} s instead of {stays:.0f} s serves"
    )
    raise Infeasible(
        f"{where}: the port turns away: {angles[0]:.0f} deg off the approach when the ship is there, "
        f"{second_hold + least + FIRST:.0f} s after the insertion, and {MOST:.0f} deg can be followed; {hint}"
    )


def _off(motion: StationMotion, axis: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Angle [deg] at ``times`` [s] between the port's axis and where it points with the orbit's axes."""
    p = np.asarray(jax.vmap(motion.angles)(jnp.asarray(times.ravel()))).reshape(*times.shape, 3)
    size = np.linalg.norm(p, axis=-1)
    along = p @ axis / np.maximum(size, 1e-12)
    cosine = np.cos(size) + (1.0 - np.cos(size)) * along * along
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
