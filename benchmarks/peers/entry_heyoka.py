"""heyoka's Taylor integrator in batch mode, with an event at 10 km."""

from typing import Any

import numpy as np

from benchmarks import entry_problem as problem

LONGEST = 3000.0  # s


class Flyer:
    """One compiled batch integrator, used for group after group of lanes.

    A stopped lane would stop its whole group, and starting it again is dear; so a lane's state is
    noted as it crosses and the lane falls on, until the last one of the group has crossed.
    """

    def __init__(self, tolerance: float, batch: int = 4) -> None:
        import heyoka as hy  # pyright: ignore[reportMissingImports]

        x = hy.make_vars("x", "y", "z", "u", "v", "w")
        rates = problem.rates(x, [hy.par[0], hy.par[1], hy.par[2]], hy.sqrt, hy.exp)
        end = problem.RADIUS + problem.STOP
        crossing = hy.t_event_batch(
            x[0] ** 2 + x[1] ** 2 + x[2] ** 2 - end**2,
            direction=hy.event_direction.negative,
            callback=_Note(),
        )
        self.batch = batch
        self.integrator = hy.taylor_adaptive_batch(
            list(zip(x, rates, strict=True)),
            state=np.zeros((6, batch)), pars=np.zeros((3, batch)), t_events=[crossing], tol=tolerance,
        )  # fmt: skip
        self.note: _Note = self.integrator.t_events[0].callback

    def fly(self, lanes: problem.Lanes) -> np.ndarray:
        """Position and velocity at the crossing of 10 km."""
        ta, n = self.integrator, self.batch
        states, parameters = lanes.states.T, lanes.parameters.T
        out = np.empty((6, states.shape[1]))
        goal = np.full(n, LONGEST)
        for i in range(0, states.shape[1], n):
            ta.state[:] = states[:, i : i + n]
            ta.pars[:] = parameters[:, i : i + n]
            ta.set_time(0.0)
            ta.reset_cooldowns()
            self.note.open(out[:, i : i + n])
            ta.propagate_until(goal)
            if self.note.left:
                raise RuntimeError("a lane did not reach 10 km")
        return out.T


class _Note:
    """Called at a crossing; says whether to go on."""

    def __init__(self) -> None:
        self.left = 0
        self.out = np.empty((6, 0))

    def open(self, out: np.ndarray) -> None:
        self.out, self.left = out, out.shape[1]

    def __call__(self, ta: Any, _sign: int, lane: int) -> bool:
        self.out[:, lane] = ta.state[:, lane]
        self.left -= 1
        return self.left > 0

    def __deepcopy__(self, _memo: object) -> "_Note":
        return self
