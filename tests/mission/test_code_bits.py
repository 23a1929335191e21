"""The whole flight software of a six-DOF return, and of an approach, as C: every call, to the last bit.

Held against the same jaxpr evaluated in NumPy, with made-up sensors, the state carried on from call to call.
"""

import jax
import jax.numpy as jnp
import jaxpr_numpy
import numpy as np
import pytest

from homeward.codegen.approach import approach
from homeward.codegen.compiler import compile_c, compiler
from homeward.codegen.layout import fields
from homeward.codegen.library import COMMAND, FUNCTIONS, SENSORS, STATE, write_library
from homeward.codegen.native import Native
from homeward.codegen.record import CYCLE, traced
from homeward.flight.executive import rendezvous_executive
from homeward.icd.rendezvous_messages import PairStart
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.sim.mission import planned

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang or CC)"),
]
CALLS = [(k, m) for m in ("drift", "orbit", "air", "canopy") for k in ("cycle", "tick")]
RADIUS = {"drift": 6.78e6, "orbit": 6.78e6, "air": 6.46e6, "canopy": 6.38e6}  # m
LENGTH = 6  # calls on end


def _built(library, folder):
    (folder / "homeward_flight.h").write_text(library.header)
    (folder / "homeward_flight.c").write_text(library.source)
    compile_c(folder / "homeward_flight.c", folder / "homeward_flight.so", ("-O1",))
    return Native(folder)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Shapes of the calls, parameters, and the compiled library."""
    plan = plan_return(load("soyuz-like"), fidelity="six-dof")
    parameters, shapes = planned(plan.flight, plan.legs), traced(plan)
    return shapes, parameters, _built(write_library(shapes, parameters, {}), tmp_path_factory.mktemp("bits"))


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


def _agree(native, some, functions, parameters, kind, mode, mine, sense):
    """Calls on end of the C and of the jaxpr from one state: state and command are the same, bit for bit."""
    record = native.parameters(parameters)
    state = native.packed(STATE, fields(some.state), jax.tree.leaves(mine))
    closed, out = jax.make_jaxpr(lambda p, s, m: functions[kind](p, s, m, mode), return_shape=True)(
        parameters, some.state, some.sensors
    )
    leaves = jax.tree.leaves(mine)
    for n in range(LENGTH):
        sensors = sense(n)
        given = [*jax.tree.leaves(parameters), *leaves, *jax.tree.leaves(sensors)]
        told = jaxpr_numpy.evaluate(closed.jaxpr, closed.consts, given)
        new, command = jax.tree.unflatten(jax.tree.structure(out), told)
        packed = native.packed(SENSORS[kind], fields(sensors), jax.tree.leaves(sensors))
        answer = native.call(kind, mode, record, state, packed)
        for name, tree, record_, wanted in ((STATE, out[0], state, new), (COMMAND, out[1], answer, command)):
            is_ = native.unpacked(record_, fields(tree))
            for field, one, other in zip(fields(tree), is_, jax.tree.leaves(wanted), strict=True):
                np.testing.assert_array_equal(one, other, err_msg=f"{name}.{field.name}, call {n}")
        leaves = jax.tree.leaves(new)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("kind", "mode"), CALLS)
def test_a_call_is_that_of_the_jaxpr_to_the_last_bit(loaded, kind, mode, seed):
    shapes, parameters, native = loaded
    some, rng = shapes[kind, mode], np.random.default_rng(seed)
    first = native.init(native.parameters(parameters))
    mine = jax.tree.unflatten(jax.tree.structure(some.state), native.unpacked(first, fields(some.state)))
    given = parameters
    step = 1.0 if kind == CYCLE else 0.1
    _agree(native, some, FUNCTIONS, given, kind, mode, mine,
           lambda n: _sensed(some.sensors, mode, rng, 1000.0 + n * step))  # fmt: skip


@pytest.fixture(scope="module")
def close(tmp_path_factory):
    """The same of the approach, and the state at the first hold by what the ground uplinks."""
    plan = plan_rendezvous(load("shenzhou-16"))
    software, shapes, parameters = approach(plan)
    native = _built(write_library(shapes, parameters, {}, software), tmp_path_factory.mktemp("close"))
    return software, shapes, parameters, native, plan.far


def _start(rng):
    """Ship and station on a circular orbit, the ship 3 km behind, as tracked."""
    r, v = np.array([6.77e6, 0.0, 0.0]), np.array([0.0, 5726.0, 5087.0])
    apart, drifts = -3000.0 * v / np.linalg.norm(v) + 10.0 * rng.normal(size=3), 0.1 * rng.normal(size=3)
    sigma = jnp.asarray([50.0, 0.05])
    return PairStart(jnp.asarray(1000.0), *(jnp.asarray(x) for x in (r, v, apart, drifts)), sigma, sigma)


def _around(tree, rng, n, step):
    """Sensors of an approach: small motion, some readings invalid, those of places near the start's."""
    leaves = []
    for field in fields(tree):
        name, noise = field.name, rng.normal(size=field.shape)
        if name in ("aids_satellite_position", "aids_station_position"):
            x = np.array([6.77e6, 0.0, 0.0]) + 20.0 * noise
        elif name in ("aids_satellite_velocity", "aids_station_velocity"):
            x = np.array([0.0, 5726.0, 5087.0]) + 0.1 * noise
        elif name.endswith(("relative_position", "radar_range")):
            x = -2000.0 + 20.0 * noise if field.shape else 3000.0 + 20.0 * noise
        elif "q_" in name:
            x = np.broadcast_to([0.5, 0.5, -0.5, 0.5], field.shape)
        elif name == "time":
            x = 1000.0 + n * step
        elif name.endswith("duration"):
            x = 0.1
        elif field.dtype.kind == "b":
            x = name == "running" or rng.random(field.shape) < 0.7
        else:
            x = 1e-3 * noise
        leaves.append(jnp.asarray(np.broadcast_to(x, field.shape).astype(field.dtype)))
    return jax.tree.unflatten(jax.tree.structure(tree), leaves)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", ["cycle", "tick"])
def test_an_approach_is_that_of_the_jaxpr_to_the_last_bit(close, kind, seed):
    software, shapes, parameters, native, far = close
    some, rng = shapes[kind, "close"], np.random.default_rng(seed)
    handed = jaxpr_numpy.call(rendezvous_executive.init, (far, _start(rng)))
    mine = jaxpr_numpy.call(lambda c, f: rendezvous_executive.init_approach(c, f, c.orders),
                            (parameters, jax.tree.map(jnp.asarray, handed)))  # fmt: skip
    step = 1.0 if kind == CYCLE else 0.1
    _agree(native, some, software.functions, parameters, kind, "close", mine,
           lambda n: _around(some.sensors, rng, n, step))  # fmt: skip
