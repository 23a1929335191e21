"""Open-loop entries a second at less than 1 m of error, against SciPy, numba and heyoka, on one core."""

import numpy as np

from benchmarks import entry_problem as problem
from benchmarks.measure import Program, Skip, in_turn, need, table

CHECKED = 64  # lanes compared with the reference
MANY = 4096
# Each program's accuracy: the coarsest setting that keeps every checked lane within 1 m.
SCIPY_TOLERANCE, NUMBA_SCALE, HEYOKA_TOLERANCE, OUR_SCALE = 1e-7, 2.9, 1e-7, 36.0
MODEL_STEP = 42.0


def run() -> None:
    """Print the table."""
    need("scipy")
    from benchmarks.peers import entry_scipy

    few, many = problem.lanes(CHECKED), problem.lanes(MANY)
    reference = entry_scipy.fly(few, 1e-13)[:, :3]

    def program(name, count, fly, note=""):
        error = float(np.linalg.norm(fly(few)[:, :3] - reference, axis=1).max())
        word = note if error < problem.ERROR_LIMIT else "misses the 1 m limit"
        return Program(name, count, lambda: fly(few if count == CHECKED else many), error, word)

    programs = [
        program("Homeward, its models", MANY, _ours("fly_models", step=MODEL_STEP)),
        program("Homeward, bare", MANY, _ours("fly_bare", scale=OUR_SCALE)),
    ]
    for name, make in (("SciPy DOP853", _scipy), ("numba RK4", _numba), ("heyoka batch", _heyoka)):
        try:
            programs.append(program(name, CHECKED if make is _scipy else MANY, make()))
        except Skip as reason:
            print(f"  {name}: skipped, {reason}")
    table("Open-loop entries, 120 km to 10 km, one core", "entries", programs, in_turn(programs), "m")


def _ours(name, **setting):
    from benchmarks import entry_ours

    fly = getattr(entry_ours, name)
    return lambda lanes: np.asarray(fly(lanes.states, lanes.parameters, **setting))


def _scipy():
    from benchmarks.peers import entry_scipy

    return lambda lanes: entry_scipy.fly(lanes, SCIPY_TOLERANCE)


def _numba():
    need("numba")
    from benchmarks.peers import entry_numba

    return lambda lanes: entry_numba.fly(lanes.states, lanes.parameters, NUMBA_SCALE)


def _heyoka():
    need("heyoka")
    from benchmarks.peers import entry_heyoka

    return entry_heyoka.Flyer(HEYOKA_TOLERANCE).fly
