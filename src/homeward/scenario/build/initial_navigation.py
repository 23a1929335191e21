"""What navigation starts from: as the ship leaves a station or drifts, and where a flight begins further on.

Before undocking the ground sends position and velocity, and the station its attitude over the docked port. A
return that begins at the interface has the state that its own filter stored. Either is as wrong as it says:
drawn about the truth, in a nominal flight by one sigma on every axis, with alternating signs.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.navigation.inertial_navigation import StrapdownNavigation
from homeward.icd import NavigationStart
from homeward.math.quaternion import multiply, normalise
from homeward.scenario.build.sensors import alternating
from homeward.scenario.build.world import ARCSECOND, number, numbers
from homeward.typing import Array, Float
from homeward.world.state import TruthState

DRAWS = 9  # standard normal numbers
# 1 sigma an axis: m, m/s and rad. Assumed: tracking by a ground station, and a docking port as surveyed.
SENT = (30.0, 0.05, float(np.radians(0.5)))
STORED = (20.0, 0.1, 60.0 * ARCSECOND)


def nothing_known() -> NavigationStart:
    """The start of a ship that knows neither where it is nor how it lies."""
    zeros, never = numbers(np.zeros(3)), number(np.inf)
    return NavigationStart(numbers([1.0, 0.0, 0.0, 0.0]), zeros, zeros, never, never, never)


def navigation_start(truth: TruthState, in_orbit: bool, draws: Float[Array, "9"]) -> NavigationStart:
    """The start of one flight that begins in this true state; one without a lane axis."""
    assert truth.body is not None
    place, speed, turn = SENT if in_orbit else STORED
    wrong = jnp.concatenate([jnp.ones(1), 0.5 * turn * draws[6:]])
    return NavigationStart(
        normalise(multiply(wrong, jnp.asarray(truth.body.q_BI))),
        jnp.asarray(truth.r_BI_I) + place * draws[:3], jnp.asarray(truth.v_BI_I) + speed * draws[3:6],
        number(turn), number(place), number(speed),
    )  # fmt: skip


def knowing(flight: FlightComputer, truth: TruthState, in_orbit: bool) -> FlightComputer:
    """The flight computer with what its filter starts from, if it flies one."""
    if not isinstance(flight.navigation, StrapdownNavigation):
        return flight
    start = navigation_start(truth, in_orbit, alternating(DRAWS))
    return eqx.tree_at(lambda f: f.start, flight, start, is_leaf=lambda x: x is None)
