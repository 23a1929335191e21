"""Every primitive as C against JAX, with made-up numbers: NaN, infinities, zeros of both signs among them."""

import codegen_cases
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from c_functions import assert_same, built, jitted, needs_compiler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from homeward.codegen import translate
from homeward.codegen.functions import plain
from homeward.codegen.refusal import UntranslatableError
from homeward.codegen.registry import TRANSLATIONS

# Names of the same under other versions of JAX, and what no call of ours leads to.
ALIASES = {"pjit", "closed_call", "core_call", "custom_vjp_call", "remat2", "checkpoint",
           "custom_lin", "custom_vjp_call_jaxpr", "copy_p", "add_any", "platform_index",
           "bitcast_convert_type"}  # fmt: skip
EDGES = [0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 0.5, 2.5, -2.5, 1e300, 1e-300, 3e9, -3e9]


def test_every_translation_has_a_case():
    assert translate.TABLES
    assert set(TRANSLATIONS) - ALIASES == set(codegen_cases.CASES)


def _numbers(case, shape, dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        element = st.booleans()
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        element = st.one_of(st.integers(-3 if info.min else 0, 9), st.integers(int(info.min), int(info.max)))
    elif case.low is not None:
        element = st.floats(case.low, case.high, width=8 * dtype.itemsize, allow_subnormal=False)
    else:
        edges = [float(np.float32(x)) if dtype.itemsize == 4 else x for x in EDGES]
        ordinary = st.floats(width=8 * dtype.itemsize, allow_subnormal=False)
        element = st.one_of(st.sampled_from(edges), ordinary)
    return arrays(dtype, shape, elements=element)


def _names(every):
    """The cases, or the first one of each primitive."""
    cases = codegen_cases.CASES.items()
    return [f"{name}/{k}" for name, some in cases for k in range(len(some) if every else 1)]


def _case(name):
    primitive, _, k = name.partition("/")
    return codegen_cases.CASES[primitive][int(k)]


def _library(folder, names):
    """Cases in one C file: name -> callable."""
    functions = {}
    for name in names:
        case = _case(name)
        examples = tuple(jnp.zeros(s, d) for s, d in case.arguments)
        functions["c_" + "".join(c if c.isalnum() else "_" for c in name)] = (case.function, examples)
    return dict(zip(names, built(folder, functions).values(), strict=True))


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    """The first case of each primitive."""
    return _library(tmp_path_factory.mktemp("some"), _names(False))


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """All cases."""
    return _library(tmp_path_factory.mktemp("every"), _names(True))


def _compare(function, name, data):
    case = _case(name)
    given_ = [data.draw(_numbers(case, s, d)) for s, d in case.arguments]
    with np.errstate(all="ignore"):
        assert_same(function(*given_), jitted(case.function)(*given_), case.ulps)


def _tried(examples):
    return settings(max_examples=examples, deadline=None, derandomize=True,
                    suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip


@needs_compiler
@pytest.mark.parametrize("name", _names(False))
@_tried(6)
@given(data=st.data())
def test_a_primitive_is_that_of_jax(some, name, data):
    _compare(some[name], name, data)


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("name", _names(True))
@_tried(60)
@given(data=st.data())
def test_every_type_and_shape_of_a_primitive_is_that_of_jax(every, name, data):
    _compare(every[name], name, data)


def _spiral(x):
    return jax.lax.while_loop(lambda x: x < 9.0, lambda x: x * 2.0, x)


def test_a_loop_without_a_bound_is_refused_with_its_line():
    with pytest.raises(UntranslatableError, match=r"primitives\.py:\d+ \(_spiral\): while.*bound"):
        plain({"f": (_spiral, (1.0,))})


def _eigenvalues(x):
    return jnp.linalg.eigh(x)[0]


def test_a_primitive_without_a_translation_is_refused_by_name_with_its_line():
    with pytest.raises(UntranslatableError, match=r"test_codegen_primitives\.py:\d+ \(_eigenvalues\): eigh "):
        plain({"f": (_eigenvalues, (jnp.eye(3),))})
