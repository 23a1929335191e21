"""How near the ship's hull comes to the station's outline."""

from typing import Any

import jax
import numpy as np

from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.sim.rendezvous.telemetry import seen_from_station


def clearance_of(made: RendezvousPlan, told: Any) -> np.ndarray:
    """Distance [m] of the ship's hull, a cylinder with round ends, from the station's box.

    ``told`` has telemetry with lanes and rows; what comes back has those two axes.
    """
    ship = made.told.ship
    half = np.array(made.told.station.half_size_m)
    dock = ship.length_m - ship.center_of_mass_m
    places = jax.vmap(jax.vmap(lambda *a: seen_from_station(made.world.hull, *a)))
    ends = places(told.time, told.r_TI_I, told.v_TI_I, told.r_BI_I, told.q_BI)
    centre, nose = (np.asarray(v) for v in ends)
    least = np.full(told.time.shape, np.inf)
    radius = min(ship.radius_m, 0.5 * ship.length_m)
    for along in np.linspace(radius - ship.center_of_mass_m, dock - radius, 9):
        off = np.maximum(np.abs(centre + along * nose) - half, 0.0)
        least = np.minimum(least, np.linalg.norm(off, axis=-1) - radius)
    return least
