"""The flight software of a rendezvous' last legs, from the first hold to contact, for a library."""

import dataclasses
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.codegen.library import Software
from homeward.codegen.record import CYCLE, TICK, Shapes
from homeward.flight.executive import rendezvous_executive as executive
from homeward.icd import InertialReadings
from homeward.icd.rendezvous_messages import PairAids, PairMeasurements, PairStart, PairTick

CLOSE = "close"
FUNCTIONS = {
    CYCLE: lambda p, s, m, mode: executive.cycle(p, s, m),
    TICK: lambda p, s, m, mode: executive.tick(p, s, m),
}


class Begin(eqx.Module):
    """What the far legs hand over at the first hold."""

    filter: Any
    time: Any  # s, onboard
    mass: Any  # kg, believed
    voting: Any  # of the inertial unit's instruments
    trust: Any  # in the other sensors


def _parts(far: Any) -> tuple[Any, ...]:
    return far.filter, far.time, far.mass, far.voting, far.trust


def blank(message: type, **given: Any) -> Any:
    """A message of zeros, in the shapes that its fields are annotated with; ``given`` are fields of it."""
    for field in dataclasses.fields(message):
        if field.name not in given:
            kind: Any = field.type
            shape = tuple(int(n) for n in kind.dim_str.split())
            dtype = bool if "bool" in kind.dtypes[0] else float
            given[field.name] = jnp.zeros(shape, dtype)
    return message(**given)


def approach(plan: Any) -> tuple[Software, dict[tuple[str, str], Shapes], Any]:
    """Software, shapes of its calls and parameters of a planned rendezvous (``planning.rendezvous_plan``)."""
    parameters = plan.close
    far = jax.eval_shape(executive.init, plan.far, blank(PairStart))
    rest = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), far)

    def init(p: Any, begin: Begin) -> Any:
        handed = (begin.filter, begin.time, begin.mass, begin.voting, begin.trust)
        return executive.init_approach(p, eqx.tree_at(_parts, rest, handed), p.orders)

    software = Software("a rendezvous from its first hold to contact", FUNCTIONS, init, Begin(*_parts(rest)))
    count = rest.voting.gyro.trusted.shape[0]
    readings = blank(InertialReadings, angles=jnp.zeros(count), velocities=jnp.zeros(count))
    sensors = {
        CYCLE: blank(PairMeasurements, inertial=readings, aids=blank(PairAids)),
        TICK: blank(PairTick, inertial=readings),
    }
    state = jax.eval_shape(init, parameters, software.begin)
    shapes = {}
    for kind, message in sensors.items():
        call = partial(FUNCTIONS[kind], mode=CLOSE)
        _, told = jax.eval_shape(call, parameters, state, message)
        shapes[kind, CLOSE] = Shapes(parameters, state, message, told)
    return software, shapes, parameters
