"""How far off navigation is at an instant, and how far off it thinks it may be."""

import dataclasses

import jax
import numpy as np

from homeward._aot.program import program
from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.executive.modes import AIR, DRIFT
from homeward.flight.interfaces import AbstractStrapdown
from homeward.sim.core.carry import Carry
from homeward.sim.lanes import flight_axes
from homeward.world.state import TruthState


@dataclasses.dataclass(frozen=True)
class Belief:
    """Believed less true position [m, I] and its 1-sigma [m, N] if a filter flies; (lanes, 3) each."""

    error: np.ndarray
    sigma: np.ndarray | None


def belief(flight: FlightComputer, carry: Carry, kind: str) -> Belief:
    """The belief at this very instant: a filter's is carried on to it, a fix has the error of its model.

    ``kind`` is that of the leg that has just ended.
    """
    if isinstance(flight.navigation, AbstractStrapdown):
        parts = flight, carry.flight, carry.inertial, carry.truth.r_BI_I
        error, sigma = _reckoned(*parts, mode=DRIFT if kind == DRIFT else AIR)
        return Belief(np.asarray(error), np.asarray(sigma))
    return Belief(fix_error(carry.truth), None)


def fix_error(truth: TruthState) -> np.ndarray:
    """Error of a fix [m, I] of every lane: the slow random part and the drift of a black-out."""
    e = truth.navigation_error
    return np.asarray(e.position) + np.asarray(e.drift_position)


@program
def _reckoned(flight, states, inertial, r_I, mode: str):
    def one(flight, state, inertial, r):
        # What the unit has sensed up to the instant itself is taken in by the next cycle: here it is, too.
        now = executive.rest(flight, state, inertial, mode)
        accuracy = executive.report_accuracy(flight, now)
        assert accuracy is not None
        return flight.navigation.position(now.navigation) - r, accuracy.position_sigma

    return jax.vmap(one, in_axes=(flight_axes(flight), 0, 0, 0))(flight, states, inertial, r_I)
