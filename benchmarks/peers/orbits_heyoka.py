"""heyoka's Taylor integrator in batch mode, propagated for a day."""

import numpy as np

from benchmarks import orbit_problem as problem


class Flyer:
    """One compiled batch integrator, used for group after group of orbits."""

    def __init__(self, tolerance: float, batch: int = 4) -> None:
        import heyoka as hy  # pyright: ignore[reportMissingImports]

        r, v = hy.make_vars("x", "y", "z"), hy.make_vars("u", "v", "w")
        system = [*zip(r, v, strict=True), *zip(v, problem.acceleration(r, hy.sqrt), strict=True)]
        self.batch = batch
        self.integrator = hy.taylor_adaptive_batch(system, state=np.zeros((6, batch)), tol=tolerance)

    def fly(self, states: np.ndarray) -> np.ndarray:
        """States after one day."""
        ta, n = self.integrator, self.batch
        start, out = states.T, np.empty(states.T.shape)
        for i in range(0, len(states), n):
            ta.state[:] = start[:, i : i + n]
            ta.set_time(0.0)
            ta.propagate_until(problem.DAY)
            out[:, i : i + n] = ta.state
        return out.T
