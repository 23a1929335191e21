"""One-day orbits under J2 a second at less than 1 m of error, against numba and heyoka, on one core."""

import math

import numpy as np

from benchmarks import orbit_problem as problem
from benchmarks.entry_problem import ERROR_LIMIT
from benchmarks.measure import Program, Skip, in_turn, need, table

CHECKED, MANY = 32, 512
# The coarsest setting of each program that keeps every checked orbit within 1 m after a day.
OUR_STEPS, OUR_ORDER, NUMBA_STEPS, HEYOKA_TOLERANCE = 1080, 10, 280, 1e-9


def run() -> None:
    """Print the table."""
    need("scipy")
    few, many = problem.lanes(CHECKED), problem.lanes(MANY)
    reference = _reference(few)

    def program(name, fly):
        error = float(np.linalg.norm(fly(few)[:, :3] - reference, axis=1).max())
        note = "" if error < ERROR_LIMIT else "misses the 1 m limit"
        return Program(name, MANY, lambda: fly(many), error, note)

    programs = [program("Homeward (JAX, Stormer)", _ours())]
    for name, make in (("numba RK8", _numba), ("heyoka batch", _heyoka)):
        try:
            programs.append(program(name, make()))
        except Skip as reason:
            print(f"  {name}: skipped, {reason}")
    table("One-day orbits under J2, one core", "orbits", programs, in_turn(programs), "m")


def _reference(states):
    from scipy.integrate import solve_ivp

    def rates(_t, x):
        return [*x[3:], *problem.acceleration(x[:3].tolist(), math.sqrt)]

    flights = (solve_ivp(rates, (0.0, problem.DAY), s, "DOP853", rtol=1e-13, atol=1e-6) for s in states)
    return np.array([flight.y[:3, -1] for flight in flights])


def _ours():
    import jax
    import jax.numpy as jnp

    from homeward.math.stormer import coast

    @jax.jit
    def fly(states):
        r, v = coast(
            lambda r: problem.acceleration(r, jnp.sqrt),
            tuple(states[:, :3].T), tuple(states[:, 3:].T), problem.DAY / OUR_STEPS, OUR_STEPS, OUR_ORDER,
        )  # fmt: skip
        return jnp.stack([*r, *v], 1)

    return lambda states: np.asarray(fly(states))


def _numba():
    need("numba")
    from benchmarks.peers import orbits_numba

    return lambda states: orbits_numba.fly(states, NUMBA_STEPS)


def _heyoka():
    need("heyoka")
    from benchmarks.peers import orbits_heyoka

    return orbits_heyoka.Flyer(HEYOKA_TOLERANCE).fly
