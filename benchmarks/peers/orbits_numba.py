"""The same eighth-order Runge-Kutta method compiled by numba, orbit after orbit, fully unrolled."""

import math

import numpy as np
from numba import njit  # pyright: ignore[reportMissingImports]

from benchmarks import orbit_problem as problem
from homeward.math.runge_kutta8 import STAGES, WEIGHTS

_acceleration = njit(fastmath=True, inline="always")(problem.acceleration)


def _source() -> str:
    """One step written out, component by component, without the zeros of the tableau."""
    lines = ["def step(s, h, f, sqrt):", "    y0, y1, y2, y3, y4, y5 = s"]
    for i, row in enumerate(STAGES):
        for c in range(6):
            terms = " + ".join(f"{w!r} * k{j}_{c}" for j, w in row.items())
            lines.append(f"    x{c} = y{c}" + (f" + h * ({terms})" if row else ""))
        lines.append(f"    k{i}_0, k{i}_1, k{i}_2 = x3, x4, x5")
        lines.append(f"    k{i}_3, k{i}_4, k{i}_5 = f((x0, x1, x2), sqrt)")
    sums = (" + ".join(f"{w!r} * k{j}_{c}" for j, w in WEIGHTS.items()) for c in range(6))
    lines.append("    return " + ", ".join(f"y{c} + h * ({s})" for c, s in enumerate(sums)))
    return "\n".join(lines)


_space: dict = {}
exec(_source(), _space)
_step = njit(fastmath=True)(_space["step"])


@njit(fastmath=True)
def fly(states, steps):
    """States after one day."""
    out = np.empty_like(states)
    h = problem.DAY / steps
    for i in range(states.shape[0]):
        a = states[i]
        s = (a[0], a[1], a[2], a[3], a[4], a[5])
        for _ in range(steps):
            s = _step(s, h, _acceleration, math.sqrt)
        for c in range(6):
            out[i, c] = s[c]
    return out
