"""How long one guidance cycle of a law takes, in a batch at the interface."""

import time
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import Program
from homeward.campaigns.arena.flown import first_states
from homeward.campaigns.arena.sets import Field, with_guidance
from homeward.missions.return_summary import places
from homeward.sim.lanes import flight_axes

CYCLES = 8  # in one call
TRIES = 3  # the quickest counts


def _steps(flight, states, navigation):
    """``CYCLES`` steps of every lane, each with what it believes at the interface."""

    def lane(f, state, nav):
        def one(carry, _):
            state, moved = carry
            state, command = f.guidance.step(state, nav, f.target)
            return (state, moved + command.bank), None

        return jax.lax.scan(one, (state, jnp.zeros(())), None, length=CYCLES)[0][1]

    return jax.vmap(lane, in_axes=(flight_axes(flight), 0, 0))(flight, states, navigation)


# Compiled as what campaigns fly is, to run fast: it is timed.
_cycles = Program(_steps, hot=lambda *_: True)


def cycle_time(field: Field, laws: Sequence[Any]) -> float:
    """Seconds a cycle and lane, compilation left out. A measurement: it differs from call to call."""
    flight = with_guidance(field, laws)
    navigation = field.before.carry.flight.last
    start = field.before.starts["entry"]
    here = places(field.world, start)
    believed = (np.asarray(start.time), here["r_E"], here["v_E"])
    navigation = eqx.tree_at(lambda n: (n.time, n.r_BE_E, n.v_BE_E), navigation, believed)
    states = first_states(flight)
    jax.block_until_ready(_cycles(flight, states, navigation))
    best = np.inf
    for _ in range(TRIES):
        began = time.perf_counter()
        jax.block_until_ready(_cycles(flight, states, navigation))
        best = min(best, time.perf_counter() - began)
    return best / (CYCLES * len(field.runs))


__all__ = ["cycle_time"]
