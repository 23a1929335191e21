"""SciPy's DOP853 with a stopping event: the reference, and what most people would write."""

import numpy as np

from benchmarks import entry_problem as problem

LONGEST = 3000.0  # s


def fly(lanes: problem.Lanes, tolerance: float) -> np.ndarray:
    """Position and velocity at the crossing of 10 km, one lane after the other."""
    import math

    from scipy.integrate import solve_ivp

    def stop(_t, x, _p):
        return math.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) - (problem.RADIUS + problem.STOP)

    stop.terminal = True  # type: ignore[attr-defined]
    stop.direction = -1  # type: ignore[attr-defined]
    ends = []
    for state, parameters in zip(lanes.states, lanes.parameters, strict=True):
        p = tuple(map(float, parameters))
        flight = solve_ivp(
            lambda _t, x, p: problem.rates(x.tolist(), p, math.sqrt, math.exp),
            (0.0, LONGEST), state, "DOP853", events=stop, rtol=tolerance, atol=tolerance * 1e3, args=(p,),
        )  # fmt: skip
        ends.append(flight.y_events[0][0])
    return np.array(ends)
