"""Closed-loop guided entries a second, against plain C and against one open-loop SciPy entry.

Interface to parachute opening, guidance at 1 Hz, navigation error and dispersions on. The C program
(``closed_loop_c``) flies its own plainer version of the same loop; it is the limit, not a reference for
the misses, which both print.
"""

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import entry_problem
from benchmarks.measure import Skip, need

SOURCE = Path(__file__).parent / "closed_loop_c" / "closed_loop.c"
FLAGS = {"C -O3": ["-O3"], "C -O3 fast": ["-O3", "-ffast-math", "-march=native"]}
RUNS = 256
ROUNDS = 5
CYCLES = 200
SCENARIO = "shenzhou-15"

Row = tuple[float, list[float]]  # seconds of processor a run; misses in km at 50, 99, 99.7 %


def run() -> None:
    """Print the tables for one core and, where there are two, for two."""
    with tempfile.TemporaryDirectory() as folder:
        flights: dict[str, Callable[[int], Row]] = {}
        flights |= _attempt("Homeward", _ours)
        for name, flags in FLAGS.items():
            flights |= _attempt(name, lambda name=name, flags=flags: _c(Path(folder) / name[-4:], flags))
        flights |= _attempt("SciPy, open loop", _scipy)
        if not flights:
            raise Skip("neither Homeward's loop nor a peer is here")
        rows: dict[str, list[Row]] = {name: [] for name in flights}
        for turn in range(ROUNDS):  # in turn, so that a drifting machine drifts for all
            for name, fly in flights.items():
                rows[name].append(fly(turn))
    first = next(iter(rows))
    print("\nClosed-loop guided entries, interface to opening, one core")
    print(f"  {'':18} {'runs a second':>14} {'ms each':>9} {'miss 50/99/99.7 % km':>24}   {first} over it")
    for name, held in rows.items():
        each = statistics.median(r[0] for r in held)
        ratio = statistics.median(b[0] / a[0] for a, b in zip(rows[first], held, strict=True))
        miss = " / ".join(f"{m:.2f}" for m in held[0][1])
        print(f"  {name:18} {1 / each:14.0f} {1e3 * each:9.2f} {miss:>24}   {ratio:.2f}")
    if "Homeward" in flights:
        print(f"  one guidance cycle (one 12-step prediction with its slope): {guidance_cycle():.0f} us")
        subprocess.run([sys.executable, "-m", "benchmarks.closed_loop"], check=False)


def _attempt(name: str, make: Callable[[], Callable[[int], Row]]) -> dict[str, Callable[[int], Row]]:
    try:
        return {name: make()}
    except Skip as reason:
        print(f"  {name}: skipped, {reason}")
        return {}


def _loop() -> Callable[[int], dict[str, Any]]:
    import homeward as hw
    from homeward.campaigns.analysis.entry_batch import fly_entries, plan_entries

    scenario = hw.load(SCENARIO, {"simulation.lanes": str(RUNS)})
    plan = plan_entries(scenario)
    return lambda seed: fly_entries(scenario, RUNS, seed, plan=plan)


def guidance_cycle() -> float:
    """Microseconds of processor that one cycle of the predictive guidance takes, lanes side by side."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    import homeward as hw
    from homeward.campaigns.analysis.entry_batch import plan_entries
    from homeward.earth.orientation import inertial_to_earth
    from homeward.icd import Navigation

    scenario = hw.load(SCENARIO, {"simulation.lanes": str(RUNS)})
    plan = plan_entries(scenario)
    law, target, truth = plan.flight.guidance, plan.flight.target, plan.truth
    spin = plan.world.orientation.at(truth.time)
    r, v = inertial_to_earth(spin, truth.time, truth.r_BI_I, truth.v_BI_I)
    navigation = Navigation(truth.time, r, v, jnp.zeros(3), jnp.asarray(0.0), jnp.asarray(False))
    lanes = scenario.simulation.lanes

    def spread(tree: Any) -> Any:
        return jax.tree.map(lambda x: jnp.asarray(np.broadcast_to(x, (lanes, *np.shape(x)))), tree)

    states, beliefs = spread(law.init(target)), spread(navigation)
    step = jax.jit(jax.vmap(lambda s, n: law.step(s, n, target)))
    states, command = step(states, beliefs)
    command.bank.block_until_ready()
    start = time.process_time()
    for _ in range(CYCLES):
        states, command = step(states, beliefs)
        command.bank.block_until_ready()
    return (time.process_time() - start) / (CYCLES * lanes) * 1e6


def _ours() -> Callable[[int], Row]:
    loop = _loop()
    loop(0)

    def fly(turn: int) -> Row:
        start = time.process_time()
        result = loop(turn)
        each = (time.process_time() - start) / RUNS
        misses = sorted(float(m) for m in result["open_miss_km"])
        return each, [misses[math.ceil(p * len(misses)) - 1] for p in (0.5, 0.99, 0.997)]

    return fly


def _c(program: Path, flags: list[str]) -> Callable[[int], Row]:
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CC", "cc"), "gcc", "clang"))), None)
    if compiler is None:
        raise Skip("no C compiler")
    built = subprocess.run([compiler, *flags, "-o", program, SOURCE, "-lm"], capture_output=True, text=True)
    if built.returncode:
        raise Skip(f"the C compiler failed: {built.stderr.strip().splitlines()[-1:]}")

    def fly(turn: int) -> Row:
        answer = subprocess.run([program, str(RUNS), str(turn)], capture_output=True, text=True, check=True)
        told = json.loads(answer.stdout)
        return told["seconds_each"], [told[k] / 1e3 for k in ("miss_50", "miss_99", "miss_997")]

    return fly


def _scipy() -> Callable[[int], Row]:
    need("scipy")
    from benchmarks.open_loop_entries import SCIPY_TOLERANCE
    from benchmarks.peers import entry_scipy

    lanes = entry_problem.lanes(32)

    def fly(_turn: int) -> Row:
        start = time.process_time()
        entry_scipy.fly(lanes, SCIPY_TOLERANCE)
        return (time.process_time() - start) / 32, []

    return fly


def two_cores() -> None:
    """Wall time with every core this process may use."""
    import homeward as hw
    from homeward.campaigns.analysis.entry_batch import fly_entries, plan_entries

    cores = os.cpu_count() or 1
    scenario = hw.load(SCENARIO, {"simulation.lanes": str(RUNS)})
    # The first block, which compiles, is flown before the others and not counted.
    result = fly_entries(scenario, RUNS * (1 + 2 * cores), plan=plan_entries(scenario), cores=cores)
    each = result["rest_runs"] / result["rest_s"]
    print(f"  Homeward on {cores} cores: {each:.0f} runs a second of wall time")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    os.environ["XLA_FLAGS"] = ""
    two_cores()
