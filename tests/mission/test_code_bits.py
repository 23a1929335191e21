"""The whole flight software of a six-DOF return as C: every call of every mode, to the last bit.

Held against the same jaxpr evaluated in NumPy, with made-up sensors, the state carried on from call to call.
"""

import jax
import jax.numpy as jnp
import jaxpr_numpy
import numpy as np
import pytest

from homeward.codegen.compiler import compile_c, compiler
from homeward.codegen.layout import fields
from homeward.codegen.library import COMMAND, FUNCTIONS, SENSORS, STATE, write_library
from homeward.codegen.native import Native
from homeward.codegen.record import CYCLE, traced
from homeward.scenario import load
from homeward.scenario.returns import plan_return
from homeward.sim.bare import bare_flight
from homeward.sim.mission import planned

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang or CC)"),
]
CALLS = [
    (k, m)
    for m in ("coast", "orbit", "air", "canopy")
    for k in ("cycle", "tick")
    if (k, m) != ("tick", "coast")
]
RADIUS = {"coast": 6.78e6, "orbit": 6.78e6, "air": 6.46e6, "canopy": 6.38e6}  # m
LENGTH = 6  # calls on end


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Shapes of the calls, parameters, and the compiled library."""
    plan = plan_return(load("soyuz-like"), fidelity="six-dof")
    parameters, shapes = planned(plan.flight, plan.legs), traced(plan)
    library, folder = write_library(shapes, parameters, {}), tmp_path_factory.mktemp("bits")
    (folder / "homeward_flight.h").write_text(library.header)
    (folder / "homeward_flight.c").write_text(library.source)
    compile_c(folder / "homeward_flight.c", folder / "homeward_flight.so", ("-O1",))
    return shapes, parameters, Native(folder)


def _sensed(tree, mode, rng, time):
    """Sensors that could be: about a place, at a speed, each reading valid in nine cases of ten."""
    place, speed = np.array([0.8, 0.59, 0.1]) * RADIUS[mode], np.array([-4500.0, 6000.0, 40.0])
    leaves = []
    for field in fields(tree):
        name, noise = field.name, rng.normal(size=field.shape)
        if name.endswith(("position_fix", "satellite_position")):
            x = place + 10.0 * noise
        elif name.endswith(("velocity_fix", "satellite_velocity")):
            x = speed + 0.1 * noise
        elif name == "time" or name.endswith("satellite_time"):
            x = time
        elif name.endswith("q_BI"):
            x = np.broadcast_to([0.5, 0.5, -0.5, 0.5], field.shape)
        elif name == "period" or name.endswith("duration"):
            x = 1.0 if name == "period" and "aids_height" in {f.name for f in fields(tree)} else 0.1
        elif "altitude" in name or name.endswith("height"):
            x = 6e3 + 10.0 * noise
        elif name == "propellant":
            x = 300.0
        elif name.endswith("pressure"):
            x = 4e4 + 100.0 * noise
        elif field.dtype.kind == "b":
            x = rng.random(field.shape) < 0.9
        else:
            x = 1e-3 * noise
        leaves.append(jnp.asarray(np.broadcast_to(x, field.shape).astype(field.dtype)))
    return jax.tree.unflatten(jax.tree.structure(tree), leaves)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("kind", "mode"), CALLS)
def test_a_call_is_that_of_the_jaxpr_to_the_last_bit(loaded, kind, mode, seed):
    shapes, parameters, native = loaded
    some, rng = shapes[kind, mode], np.random.default_rng(seed)
    record, state = native.parameters(parameters), native.init(native.parameters(parameters))
    given = bare_flight(parameters) if mode == "coast" else parameters
    mine = jax.tree.unflatten(jax.tree.structure(some.state), native.unpacked(state, fields(some.state)))
    closed, out = jax.make_jaxpr(lambda p, s, m: FUNCTIONS[kind](p, s, m, mode), return_shape=True)(
        given, jax.tree.map(jnp.asarray, mine), some.sensors
    )
    leaves = jax.tree.leaves(mine)
    for n in range(LENGTH):
        sensors = _sensed(some.sensors, mode, rng, 1000.0 + n * (1.0 if kind == CYCLE else 0.1))
        told = jaxpr_numpy.evaluate(
            closed.jaxpr, closed.consts, [*jax.tree.leaves(given), *leaves, *jax.tree.leaves(sensors)]
        )
        new, command = jax.tree.unflatten(jax.tree.structure(out), told)
        packed = native.packed(SENSORS[kind], fields(sensors), jax.tree.leaves(sensors))
        answer = native.call(kind, mode, record, state, packed)
        for name, tree, is_ in ((STATE, out[0], state), (COMMAND, out[1], answer)):
            wanted = jax.tree.leaves(new if name == STATE else command)
            for field, one, other in zip(
                fields(tree), native.unpacked(is_, fields(tree)), wanted, strict=True
            ):
                np.testing.assert_array_equal(one, other, err_msg=f"{name}.{field.name}, call {n}")
        leaves = jax.tree.leaves(new)
