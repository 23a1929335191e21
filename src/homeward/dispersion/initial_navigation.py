"""What navigation starts from in many dispersed flights: each about its own truth."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.dispersion.streams import normal
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.scenario.build.initial_navigation import DRAWS, navigation_start
from homeward.world.state import TruthState


def disperse_start(flight: FlightComputer, seed: int, runs: np.ndarray, truth: TruthState, in_orbit: bool):
    """The flight computer of all lanes with the start of each, drawn about its ``truth``."""
    if flight.start is None:
        return flight

    def one(run, truth):
        draws = normal(jax.random.fold_in(jax.random.key(seed), run), "navigation_start", (DRAWS,))
        return navigation_start(truth, in_orbit, draws)

    start = jax.vmap(one)(jnp.asarray(runs), jax.tree.map(jnp.asarray, truth))
    return eqx.tree_at(lambda f: f.start, flight, jax.tree.map(np.asarray, start))
