"""One call or more of every primitive that the translator knows: functions and the shapes that they take."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

F, S, I, J, U, B = np.float64, np.float32, np.int64, np.int32, np.uint32, np.bool_  # noqa: E741


@dataclasses.dataclass(frozen=True)
class Case:
    """A function, the (shape, type) of its arguments, the last bits that it may differ by."""

    function: Callable[..., Any]
    arguments: tuple[tuple[tuple[int, ...], Any], ...]
    ulps: int = 0
    low: float | None = None  # arguments within these only
    high: float | None = None


def _many(function, count, dtypes=(F,), shapes=((3,), (4, 5)), **more):
    return [Case(function, ((s, d),) * count, **more) for d in dtypes for s in shapes]


def _first(x, *_):
    return x


def _sum(c, x):
    return c + x, c * x


REAL = (F, S)
CASES: dict[str, list[Case]] = {
    "add": _many(lax.add, 2, (F, S, I, J, U)),
    "sub": _many(lax.sub, 2, (F, I)),
    "mul": [*_many(lax.mul, 2, (F, I)), Case(lambda a, b: a * b, (((5, 1), F), ((1, 4), F)))],
    "div": _many(lax.div, 2, (F, S, I)),
    "rem": [*_many(lax.rem, 2, (I,)), *_many(lax.rem, 2, high=1e9, low=-1e9)],
    "neg": _many(lax.neg, 1, (F, I)),
    "abs": _many(lax.abs, 1, (F, I)),
    "sign": _many(lax.sign, 1, (F, I)),
    "max": _many(lax.max, 2, (F, S, I)),
    "min": _many(lax.min, 2, (F, S, I)),
    "clamp": [*_many(lambda a: lax.clamp(-1.0, a, 2.0), 1), *_many(lambda a: lax.clamp(1, a, 4), 1, (I,))],
    "square": _many(lax.square, 1, (F, I)),
    "integer_pow": [
        *_many(lambda a: lax.integer_pow(a, 2), 1),
        *_many(lambda a: lax.integer_pow(a, 5), 1, ulps=4),
        *_many(lambda a: lax.integer_pow(a, -3), 1, shapes=((3,),), ulps=4, low=1e-9, high=1e9),
    ],
    "floor": _many(lax.floor, 1, REAL),
    "ceil": _many(lax.ceil, 1),
    "round": [
        *_many(lambda a: lax.round(a, lax.RoundingMethod.TO_NEAREST_EVEN), 1, REAL),
        *_many(lambda a: lax.round(a, lax.RoundingMethod.AWAY_FROM_ZERO), 1),
    ],
    "sqrt": _many(lax.sqrt, 1, REAL, ulps=1),
    "rsqrt": _many(lax.rsqrt, 1, ulps=2, low=1e-200, high=1e200),
    "cbrt": _many(lax.cbrt, 1, ulps=2),
    "sin": _many(lax.sin, 1, REAL, ulps=4, low=-1e3, high=1e3),
    "cos": _many(lax.cos, 1, REAL, ulps=4, low=-1e3, high=1e3),
    "tan": _many(lax.tan, 1, ulps=8, low=-1e3, high=1e3),
    "asin": _many(lax.asin, 1, ulps=8, low=-1.0, high=1.0),
    "acos": _many(lax.acos, 1, ulps=8, low=-1.0, high=1.0),
    "atan": _many(lax.atan, 1, ulps=8),
    "atan2": _many(lax.atan2, 2, ulps=8, low=-1e9, high=1e9),
    # XLA takes them by exp(x - log 2), whose error is the argument's times its size.
    "sinh": _many(lax.sinh, 1, ulps=64, low=-50.0, high=50.0),
    "cosh": _many(lax.cosh, 1, ulps=64, low=-50.0, high=50.0),
    "tanh": _many(lax.tanh, 1, ulps=16),
    "asinh": _many(lax.asinh, 1, ulps=16, low=-1e9, high=1e9),
    "acosh": _many(lax.acosh, 1, ulps=16, low=1.0, high=1e9),
    # XLA's own is up to 129 units off where |x| is about 0.41, against long double; <math.h> is within one.
    "atanh": _many(lax.atanh, 1, ulps=160, low=-1.0, high=1.0),
    "exp": _many(lax.exp, 1, REAL, ulps=4, low=-80.0, high=80.0),
    "exp2": _many(lax.exp2, 1, ulps=64, low=-80.0, high=80.0),
    "expm1": _many(lax.expm1, 1, ulps=8, low=-80.0, high=80.0),
    "log": _many(lax.log, 1, REAL, ulps=4),
    "log1p": _many(lax.log1p, 1, ulps=4),
    "logistic": _many(lax.logistic, 1, ulps=16, low=-80.0, high=80.0),
    "pow": _many(lax.pow, 2, ulps=32, low=1e-3, high=30.0),
    "erf": _many(lax.erf, 1, ulps=8),
    "erfc": _many(lax.erfc, 1, ulps=64, low=-3.0, high=3.0),
    "nextafter": _many(lax.nextafter, 2, low=1.0, high=9.0),
    "eq": _many(lax.eq, 2, (F, I, B)),
    "ne": _many(lax.ne, 2, (F, I, B)),
    "lt": _many(lax.lt, 2, (F, I)),
    "le": _many(lax.le, 2, (F, I)),
    "gt": _many(lax.gt, 2, (F, I)),
    "ge": _many(lax.ge, 2, (F, I)),
    "lt_to": _many(lambda a, b: lax.lt_to_p.bind(a, b), 2, (F, I)),
    "le_to": _many(lambda a, b: lax.le_to_p.bind(a, b), 2, (F, I)),
    "is_finite": _many(lax.is_finite, 1, REAL),
    "and": _many(lax.bitwise_and, 2, (B, I)),
    "or": _many(lax.bitwise_or, 2, (B, I)),
    "xor": _many(lax.bitwise_xor, 2, (B, I)),
    "not": _many(lax.bitwise_not, 1, (B, I)),
    "shift_left": _many(lax.shift_left, 2, (I, U)),
    "shift_right_logical": _many(lax.shift_right_logical, 2, (I, U)),
    "shift_right_arithmetic": _many(lax.shift_right_arithmetic, 2, (I,)),
    "select_n": [
        Case(lambda w, a, b: lax.select_n(w, a, b), (((3,), B), ((3,), F), ((3,), F))),
        Case(lambda w, a, b: lax.select_n(w, a, b), (((), B), ((4, 5), F), ((4, 5), F))),
        Case(lambda w, a, b, c: lax.select_n(jnp.clip(w, 0, 2), a, b, c), (((3,), J), *(((3,), F),) * 3)),
    ],
    "convert_element_type": [
        Case(lambda x, t=t: x.astype(t), ((s, f),))
        for s in ((3,), (4, 5))
        for f, t in ((F, I), (F, J), (F, U), (F, B), (F, S), (S, F), (I, F), (I, J), (B, F), (B, I), (J, I))
    ],
    "copy": _many(lambda x: jnp.array(x, copy=True), 1),
    "stop_gradient": _many(lax.stop_gradient, 1),
    "reduce_precision": _many(lambda x: lax.reduce_precision(x, 11, 52), 1),
    "optimization_barrier": _many(lambda x: lax.optimization_barrier(x), 1),
    "broadcast_in_dim": [
        Case(lambda x: lax.broadcast_in_dim(x, (4, 3), (1,)) * 2.0, (((3,), F),)),
        Case(lambda x: lax.broadcast_in_dim(x, (4, 3), (0,)) * 2.0, (((4,), F),)),
        Case(lambda x: lax.broadcast_in_dim(x, (4, 3), ()), (((), F),)),
        Case(lambda x: lax.broadcast_in_dim(x, (5, 4, 3), (0, 2)), (((5, 3), F),)),
    ],
    "reshape": [
        Case(lambda x: x.reshape(10, 2), (((4, 5), F),)),
        Case(lambda x: x.T.reshape(2, 10), (((4, 5), F),)),
        Case(lambda x: x.reshape(3, 2), (((2, 3), F),)),
    ],
    "squeeze": [Case(lambda x: lax.squeeze(x, (1,)), (((6, 1, 3), F),))],
    "expand_dims": [Case(lambda x: jnp.expand_dims(x[1:], 1), (((6, 3), F),))],
    "transpose": [
        Case(lambda x: x.T * 1.0, (((4, 5), F),)),
        Case(lambda x: x.T, (((2, 3), F),)),
        Case(lambda x: jnp.transpose(x, (2, 0, 1)), (((2, 3, 4), F),)),
    ],
    "slice": [
        Case(lambda x: x[1:4:2, 1:], (((4, 5), F),)),
        Case(lambda x: x[1:], (((3,), F),)),
    ],
    "split": [Case(lambda x: jnp.split(x, [1, 3]), (((4, 5), F),))],
    "rev": [Case(lambda x: lax.rev(x, (0,)), (((4, 5), F),)), Case(lambda x: lax.rev(x, (0,)), (((3,), F),))],
    "concatenate": [
        Case(lambda x, y: jnp.concatenate([x, y, x], 1), (((4, 5), F), ((4, 2), F))),
        Case(lambda x, y: jnp.concatenate([x, y]), (((3,), F), ((2,), F))),
        Case(lambda x, y: jnp.concatenate([x, y], 1), (((2, 1), F), ((2, 2), F))),
    ],
    "stack": [
        Case(lambda x, y: jnp.stack([x, y, x]), (((), F), ((), F))),
        Case(lambda x, y: jnp.stack([x, y], axis=1), (((6,), F), ((6,), F))),
    ],
    "pad": [
        Case(lambda x: lax.pad(x, 7.0, ((1, 2, 0), (0, 1, 1))), (((3, 4), F),)),
        Case(lambda x: jnp.pad(x, 1), (((2,), F),)),
    ],
    "iota": [Case(lambda x: x * lax.iota(np.float64, 12), (((), F),), low=-9.0, high=9.0),
             Case(lambda x: x + lax.broadcasted_iota(np.int64, (4, 5), 1), (((4, 5), I),))],
    "reduce_sum": [
        Case(lambda x: jnp.sum(x, axis=0), (((3, 2), F),), low=1.0, high=2.0, ulps=8),
        Case(lambda x: jnp.sum(x, axis=1), (((12, 11), F),), low=1.0, high=2.0, ulps=16),
        Case(lambda x: jnp.sum(x), (((4, 5), I),)),
    ],
    "reduce_prod": [Case(lambda x: jnp.prod(x, axis=1), (((4, 5), F),), low=1.0, high=2.0, ulps=8)],
    "reduce_max": [Case(lambda x: jnp.max(x, axis=0), (((4, 5), F),)), Case(jnp.max, (((3,), F),))],
    "reduce_min": [Case(lambda x: jnp.min(x, axis=0), (((4, 5), F),)), Case(jnp.min, (((5,), I),))],
    "reduce_and": [Case(jnp.all, (((3,), B),)), Case(lambda x: jnp.all(x, axis=1), (((4, 5), B),))],
    "reduce_or": [Case(jnp.any, (((3,), B),)), Case(lambda x: jnp.any(x, axis=1), (((4, 5), B),))],
    "reduce_xor": [Case(lambda x: lax.reduce_xor_p.bind(x, axes=(0,)), (((4, 5), B),))],
    "argmax": [Case(jnp.argmax, (((5,), F),)), Case(lambda x: jnp.argmax(x, axis=1), (((4, 5), F),))],
    "argmin": [Case(jnp.argmin, (((12,), F),)), Case(jnp.argmin, (((3,), I),))],
    "cumsum": [
        Case(lambda x: lax.cumsum(x, 0), (((7,), F),), low=1.0, high=2.0, ulps=8),
        Case(lambda x: lax.cumsum(x, 1, reverse=True), (((3, 5), F),), low=1.0, high=2.0, ulps=8),
    ],
    "cumprod": [Case(lambda x: lax.cumprod(x, 0), (((7,), F),), low=1.0, high=2.0, ulps=8)],
    "cummax": [Case(lambda x: lax.cummax(x, 0), (((7,), F),))],
    "cummin": [Case(lambda x: lax.cummin(x, 0, reverse=True), (((3,), F),))],
    "dot_general": [
        Case(lambda a, b: a @ b, (((3, 3), F), ((3,), F)), low=1.0, high=2.0, ulps=8),
        Case(lambda a, b: a @ b, (((4, 12), F), ((12, 5), F)), low=1.0, high=2.0, ulps=32),
        Case(lambda a, b: jnp.einsum("bij,bkj->bik", a, b), (((3, 2, 4), F), ((3, 5, 4), F)),
             low=1.0, high=2.0, ulps=16),
        Case(lambda a, b: a.T @ b, (((24, 3), F), ((24,), F)), low=1.0, high=2.0, ulps=64),
    ],
    "dynamic_slice": [
        Case(lambda x, i: lax.dynamic_slice(x, (i, i), (2, 3)), (((4, 5), F), ((), I))),
        Case(lambda x, i: lax.dynamic_slice(x, (i,), (1,)), (((3,), F), ((), J))),
        Case(lambda x: lax.dynamic_slice(x, (2, 9), (2, 3)), (((4, 5), F),)),
    ],
    "dynamic_update_slice": [
        Case(lambda x, y, i: lax.dynamic_update_slice(x, y, (i, 1)), (((4, 5), F), ((2, 2), F), ((), I))),
        Case(lambda x, y, i: lax.dynamic_update_slice(x, y, (i,)), (((3,), F), ((1,), F), ((), J))),
    ],
    "gather": [
        Case(lambda x, i: x[i], (((6, 3), F), ((4,), I))),
        Case(lambda x, i: x.at[i].get(mode="fill", fill_value=3.0), (((6, 3), F), ((4,), I))),
        Case(lambda x, i: x.at[i, i].get(mode="clip"), (((6, 3), F), ((), I))),
        Case(lambda x, i: x.at[i].get(mode="fill"), (((6, 3), F), ((), I))),
        Case(lambda x, i: x.at[i].get(mode="fill"), (((3,), F), ((), I))),
        Case(lambda x: x[jnp.array([2, 0])], (((3,), F),)),
        Case(lambda x: x[1], (((3, 2), F),)),
        Case(jnp.diagonal, (((6, 6), F),)),
    ],
    "scatter": [
        Case(lambda x, y: x.at[1:3, 1:3].set(y), (((4, 5), F), ((2, 2), F))),
        Case(lambda x, y, i: x.at[i].set(y), (((6, 3), F), ((3,), F), ((), I))),
        Case(lambda x, y: x.at[1].set(y), (((3,), F), ((), F))),
        Case(lambda x, y: x.at[7].set(y), (((3,), F), ((), F))),
        Case(lambda x, y, i: x.at[i].set(y, mode="clip"), (((3,), F), ((), F), ((), I))),
    ],
    "scatter-add": [
        Case(lambda x, y, i: x.at[i].add(y), (((6, 2), F), ((4, 2), F), ((4,), I)), low=-4.0, high=4.0),
        Case(lambda x, y: x.at[1].add(y), (((3,), F), ((), F))),
    ],
    "scatter-mul": [Case(lambda x, y, i: x.at[i].multiply(y), (((6, 2), F), ((2,), F), ((), I)))],
    "scatter-min": [Case(lambda x, y, i: x.at[i].min(y), (((6, 2), F), ((2,), F), ((), I)))],
    "scatter-max": [Case(lambda x, y, i: x.at[i].max(y), (((6, 2), F), ((2,), F), ((), I)))],
    "sort": [
        Case(lambda x: lax.sort(x), (((7,), I),)),
        Case(lambda x: lax.sort(x, dimension=1), (((3, 5), F),), low=-9.0, high=9.0),
        Case(lambda x, y: lax.sort((x, y), num_keys=1, is_stable=True), (((9,), J), ((9,), F))),
    ],
    "jit": [Case(jax.jit(lambda x, y: (jnp.sin(x) * 0.0 + x, y)), (((4, 5), F), ((3,), F)),
                 low=-9.0, high=9.0)],
    "custom_jvp_call": [Case(lambda x: jax.nn.relu(x), (((4, 5), F),))],
    "cond": [
        Case(lambda w, x: lax.cond(w, lambda a: (a * 2.0, a[0]), lambda a: (a, a[1]), x),
             (((), B), ((4, 5), F))),
        Case(lambda i, x: lax.switch(i, [lambda a: a, lambda a: -a, lambda a: a[::-1]], x),
             (((), J), ((3,), F))),
    ],
    "scan": [
        Case(lambda c, x: lax.scan(_sum, c, x), (((3,), F), ((6, 3), F)), low=-2.0, high=2.0, ulps=4),
        Case(lambda c, x: lax.scan(_sum, c, x, reverse=True), (((4, 5), F), ((6, 4, 5), F)),
             low=1.0, high=2.0, ulps=8),
        Case(lambda a, b: lax.scan(lambda c, _: ((c[1], c[0]), c[0]), (a, b), None, length=3),
             (((4, 5), F), ((4, 5), F))),
        Case(lambda a, b: lax.scan(lambda c, _: ((c[1], c[0]), None), (a, b), None, length=3),
             (((3,), F), ((3,), F))),
    ],
    "while": [
        Case(lambda x: lax.fori_loop(0, 5, lambda i, v: v + i * x, x), (((3,), F),),
             low=1.0, high=2.0, ulps=8),
        Case(lambda x: lax.while_loop(lambda s: (s[0] < 9) & (jnp.max(s[1]) < 40.0),
                                      lambda s: (s[0] + 1, 1.5 * s[1]), (0, x)), (((4, 5), F),),
             low=1.0, high=9.0),
    ],
}  # fmt: skip
