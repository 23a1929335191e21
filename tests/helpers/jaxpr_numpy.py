"""Evaluates a jaxpr in NumPy, operation by operation and in index order: what the C is held against.

It compiles nothing and takes the C library's own sines, so that the C has to agree to the last bit. What
NumPy has no word for is left to JAX.
"""

import ctypes
import ctypes.util

import jax
import numpy as np
from jax.extend.core import Literal

ONE = {
    "neg": np.negative, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs, "floor": np.floor,
    "ceil": np.ceil, "is_finite": np.isfinite, "not": np.invert, "square": np.square,
}  # fmt: skip
TWO = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "atan2": np.arctan2, "lt": np.less,
    "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "max": np.maximum, "min": np.minimum, "and": np.bitwise_and, "or": np.bitwise_or, "add_any": np.add,
}  # fmt: skip
# NumPy has faster ones of its own, which differ in the last bit.
LIBRARY = {name: name for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "exp", "log")}
LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
CALLS = ("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call")


def evaluate(jaxpr, constants, arguments):
    """The results of a jaxpr, as arrays."""
    known = dict(zip(jaxpr.constvars, map(np.asarray, constants), strict=True))
    known |= dict(zip(jaxpr.invars, map(np.asarray, arguments), strict=True))

    def read(v):
        return np.asarray(v.val, v.aval.dtype) if isinstance(v, Literal) else known[v]

    with np.errstate(all="ignore"):
        for equation in jaxpr.eqns:
            given = [read(v) for v in equation.invars]
            told = _told(equation.primitive.name, given, equation.params, equation)
            for v, x in zip(equation.outvars, told if isinstance(told, list) else [told], strict=True):
                assert np.shape(x) == v.aval.shape, equation
                known[v] = np.asarray(x).astype(v.aval.dtype)
    return [read(v) for v in jaxpr.outvars]


def _inner(closed, arguments):
    return evaluate(closed.jaxpr, closed.consts, arguments)


def _told(name, a, p, equation):
    shape = getattr(equation.outvars[0].aval, "shape", ())
    if name in LIBRARY and a[0].dtype.kind == "f":
        return _library(LIBRARY[name], a)
    if name in ONE:
        return ONE[name](a[0])
    if name in TWO:
        return TWO[name](*a)
    if name == "div" and a[0].dtype.kind == "f":
        return a[0] / a[1]
    if name == "select_n" and a[0].dtype == bool:
        return np.where(a[0], a[2], a[1])
    if name == "convert_element_type":
        return a[0].astype(p["new_dtype"])
    if name == "broadcast_in_dim":
        old = [1] * len(shape)
        for d, n in zip(p["broadcast_dimensions"], a[0].shape, strict=True):
            old[d] = n
        return np.broadcast_to(a[0].reshape(old), shape)
    if name in ("reshape", "squeeze", "expand_dims"):
        return a[0].reshape(shape)
    if name == "slice":
        steps = p["strides"] or [1] * a[0].ndim
        spans = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
        return a[0][tuple(slice(*s) for s in spans)]
    if name == "concatenate":
        return np.concatenate(a, p["dimension"])
    if name == "stack":
        return np.stack(a, p["axis"])
    if name == "transpose":
        return np.transpose(a[0], p["permutation"])
    if name == "reduce_sum":
        return _summed(a[0], tuple(p["axes"]))
    if name in ("reduce_max", "reduce_min", "reduce_and", "reduce_or"):
        fold = {"max": np.max, "min": np.min, "and": np.all, "or": np.any}[name.partition("_")[2]]
        return fold(a[0], axis=tuple(p["axes"]))
    if name == "integer_pow":
        return _power(a[0], p["y"])
    if name == "dot_general" and not p["dimension_numbers"][1][0]:
        return _product(*a, *p["dimension_numbers"][0])
    if name == "dynamic_slice":
        sizes = p["slice_sizes"]
        most = [n - m for n, m in zip(a[0].shape, sizes, strict=True)]
        starts = [min(max(int(i), 0), m) for i, m in zip(a[1:], most, strict=True)]
        return a[0][tuple(slice(s, s + m) for s, m in zip(starts, sizes, strict=True))]
    if name == "platform_index":
        return np.int32(len(p["platforms"]) - 1)
    if name in CALLS:
        return _inner(p.get("jaxpr") or p["call_jaxpr"], a)
    if name == "cond":
        branches = p["branches"]
        return _inner(branches[min(max(int(a[0]), 0), len(branches) - 1)], a[1:])
    if name == "scan":
        return _scanned(a, p)
    return equation.primitive.bind(*a, **p)


def _library(name, a):
    """A function of the C library, element by element."""
    single = a[0].dtype == np.float32
    kind = ctypes.c_float if single else ctypes.c_double
    function = getattr(LIBM, name + "f" * single)
    function.restype, function.argtypes = kind, [kind] * len(a)
    given = [np.ravel(x) for x in np.broadcast_arrays(*a)]
    told = [function(*(float(v) for v in values)) for values in zip(*given, strict=True)]
    return np.array(told, a[0].dtype).reshape(np.broadcast_shapes(*(np.shape(x) for x in a)))


def _summed(x, axes):
    """Term by term in index order, as the C does: NumPy itself sums pairwise."""
    moved = np.moveaxis(x, axes, range(len(axes))).reshape(-1, *np.delete(x.shape, axes).astype(int))
    total = moved[0] if len(moved) <= 9 else np.zeros_like(moved[0]) + moved[0]
    for term in moved[1:]:
        total = total + term
    return total


def _product(x, y, along_x, along_y):
    """A matrix product without batches, term by term in index order."""
    rows, columns = np.delete(x.shape, along_x).astype(int), np.delete(y.shape, along_y).astype(int)
    x = np.moveaxis(x, along_x, range(len(along_x))).reshape(-1, *rows, *[1] * len(columns))
    y = np.moveaxis(y, along_y, range(len(along_y))).reshape(-1, *[1] * len(rows), *columns)
    return _summed(x * y, (0,))


def _power(x, y):
    """By squaring; a negative power is one over the positive one."""
    result, power, left = np.ones_like(x), x, abs(y)
    while left:
        result = result * power if left & 1 else result
        power, left = power * power if left > 1 else power, left >> 1
    return result if y >= 0 else 1 / result


def _scanned(a, p):
    fixed, count, length = p["num_consts"], p["num_carry"], p["length"]
    carry, rows = a[fixed : fixed + count], [None] * length
    for k in reversed(range(length)) if p["reverse"] else range(length):
        out = _inner(p["jaxpr"], [*a[:fixed], *carry, *(x[k] for x in a[fixed + count :])])
        carry, rows[k] = out[:count], out[count:]
    return [*carry, *(np.stack(x) for x in zip(*rows, strict=True))] if rows[0] else list(carry)


def call(function, trees):
    """``function(*trees)`` evaluated so, as a tree."""
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*trees)
    told = evaluate(closed.jaxpr, closed.consts, jax.tree.leaves(trees))
    return jax.tree.unflatten(jax.tree.structure(shapes), told)
