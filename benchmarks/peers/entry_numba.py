"""Classical RK4 compiled by numba, lane after lane; the last step takes altitude as its variable."""

import math

import numpy as np
from numba import njit  # pyright: ignore[reportMissingImports]

from benchmarks import entry_problem as problem

_rates = njit(fastmath=True, inline="always")(problem.rates)
_END = problem.RADIUS + problem.STOP


@njit(fastmath=True)
def _f(x, p):
    return _rates(x, p, math.sqrt, math.exp)


@njit(fastmath=True)
def _axpy(x, k, h):
    return (
        x[0] + h * k[0], x[1] + h * k[1], x[2] + h * k[2], x[3] + h * k[3], x[4] + h * k[4], x[5] + h * k[5],
    )  # fmt: skip


@njit(fastmath=True)
def _combine(x, a, b, c, d, h):
    s = h / 6.0
    return (
        x[0] + s * (a[0] + 2.0 * (b[0] + c[0]) + d[0]),
        x[1] + s * (a[1] + 2.0 * (b[1] + c[1]) + d[1]),
        x[2] + s * (a[2] + 2.0 * (b[2] + c[2]) + d[2]),
        x[3] + s * (a[3] + 2.0 * (b[3] + c[3]) + d[3]),
        x[4] + s * (a[4] + 2.0 * (b[4] + c[4]) + d[4]),
        x[5] + s * (a[5] + 2.0 * (b[5] + c[5]) + d[5]),
    )


@njit(fastmath=True)
def _radial(x):
    r = math.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    return r, (x[0] * x[3] + x[1] * x[4] + x[2] * x[5]) / r


@njit(fastmath=True)
def _f_radial(x, p):
    k = _f(x, p)
    s = 1.0 / _radial(x)[1]
    return (s * k[0], s * k[1], s * k[2], s * k[3], s * k[4], s * k[5])


@njit(fastmath=True)
def _lane(x, p, scale):
    for _ in range(100000):
        r, climb = _radial(x)
        h = scale * _step(r - problem.RADIUS)
        if r + h * climb < _END:
            break
        a = _f(x, p)
        b = _f(_axpy(x, a, 0.5 * h), p)
        c = _f(_axpy(x, b, 0.5 * h), p)
        d = _f(_axpy(x, c, h), p)
        x = _combine(x, a, b, c, d, h)
    h = _END - _radial(x)[0]
    a = _f_radial(x, p)
    b = _f_radial(_axpy(x, a, 0.5 * h), p)
    c = _f_radial(_axpy(x, b, 0.5 * h), p)
    d = _f_radial(_axpy(x, c, h), p)
    return _combine(x, a, b, c, d, h)


@njit(fastmath=True)
def _step(altitude):
    """Longer where the air is thin."""
    return 1.0 + min(max((altitude - 60e3) * 3e-5, 0.0), 1.0)


@njit(fastmath=True)
def fly(states, parameters, scale):
    """Position and velocity at the crossing of 10 km for each lane, ``scale`` times the step rule."""
    out = np.empty_like(states)
    for i in range(states.shape[0]):
        s, q = states[i], parameters[i]
        end = _lane((s[0], s[1], s[2], s[3], s[4], s[5]), (q[0], q[1], q[2]), scale)
        for j in range(6):
            out[i, j] = end[j]
    return out
