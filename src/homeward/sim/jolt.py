"""A separation as the inertial unit of a turning ship feels it: all at once."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward._programs import program
from homeward.flight.computer import FlightComputer
from homeward.flight.interfaces import AbstractStrapdown
from homeward.icd import InertialSample
from homeward.math.quaternion import rotate
from homeward.sim.carry import Carry
from homeward.sim.lanes import flight_axes
from homeward.typing import Array


def jolt(flight: FlightComputer, carry: Carry, gained_I: Array) -> Carry:
    """Every lane's navigation after a velocity [m/s, I, (lanes, 3)] gained in no time."""
    if not isinstance(flight.navigation, AbstractStrapdown):
        return carry
    assert carry.truth.body is not None
    state = _felt(flight, carry.flight, carry.truth.body.q_BI, gained_I)
    return eqx.tree_at(lambda c: c.flight, carry, state)


@program
def _felt(flight, states, attitudes, gained_I):
    def one(flight, state, q_BI, gained):
        zero = jnp.zeros(())
        return flight.turn(state, InertialSample(jnp.zeros(3), rotate(q_BI, gained), zero))

    axes = (flight_axes(flight), 0, 0, 0)
    return jax.vmap(one, in_axes=axes)(flight, states, attitudes, gained_I)
