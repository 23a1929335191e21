"""Builds functions as C and calls them with arrays, for the tests of the translator."""

import functools
import hashlib
from pathlib import Path

import jax
import numpy as np
import pytest

from homeward.codegen.compiler import callable_of, compile_c, compiler
from homeward.codegen.functions import plain

needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang or CC)")

# A result so small is a zero to XLA, which does without subnormal numbers.
SMALLEST = {np.dtype(np.float64): 2.3e-308, np.dtype(np.float32): 1.2e-38}


def built(folder: Path, functions, flags=("-O1",)):
    """The functions as C ones: name -> callable. ``functions``: name -> (function, example arguments)."""
    text = plain(functions)
    stem = hashlib.sha256(text.encode()).hexdigest()[:16]
    source, library = folder / f"f{stem}.c", folder / f"f{stem}.so"
    source.write_text(text)
    compile_c(source, library, flags)
    return {
        name: callable_of(library, name, jax.eval_shape(f, *given)) for name, (f, given) in functions.items()
    }


@functools.cache
def jitted(function):
    """The same by JAX."""
    return jax.jit(function)


def assert_same(told, wanted, ulps=0):
    """Equal to the last bit, NaN where NaN, zeros of the same sign; or within units in the last place."""
    for one, other in zip(jax.tree.leaves(told), jax.tree.leaves(wanted), strict=True):
        one, other = np.asarray(one), np.asarray(other)
        assert one.dtype == other.dtype and one.shape == other.shape
        if one.dtype.kind != "f":
            np.testing.assert_array_equal(one, other)
            continue
        one, other = (np.where(np.abs(x) < SMALLEST[x.dtype], np.copysign(0, x), x) for x in (one, other))
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other))
        both = ~np.isnan(one)
        np.testing.assert_array_equal(np.signbit(one)[both], np.signbit(other)[both])
        if ulps:
            scale = np.spacing(np.abs(np.where(np.isfinite(other), other, 0)))
            with np.errstate(invalid="ignore"):
                near = np.abs(one - other) <= ulps * scale
            assert np.all(near[both] | (one == other)[both]), (one, other)
        else:
            np.testing.assert_array_equal(one[both], other[both])
