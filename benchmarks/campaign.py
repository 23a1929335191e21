"""Campaigns: dispersed closed-loop flights a second into a store, on one core and on all; where time goes.

Three kinds of flights of the default return, all through ``Blocks`` and ``Store`` as ``homeward campaign``
flies them: entries (interface to opening, what the plain C loop of ``closed_loop_c`` flies too), whole
returns as a point mass, whole returns that turn (``full``). Beside them, each on its own kind of flight and
only for scale, the Monte Carlo classes of RocketPy and of Basilisk.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.closed_loop import FLAGS, _c, guidance_cycle
from benchmarks.environment import python_with
from benchmarks.measure import Skip

SCENARIO = "shenzhou-15"
RUNS = {"entries": 256, "returns": 256, "full": 128}
ROUNDS = 3
WORDS = {
    "entries": "entries, point mass", "returns": "returns, point mass", "full": "returns that turn",
}  # fmt: skip
PEERS = {
    "RocketPy, a sounding rocket": ("rocketpy-peer", ("rocketpy==1.13.0",), "rocketpy_worker.py", 10),
    "Basilisk, one orbit at 1 s": ("basilisk-peer", ("bsk==2.12.1",), "basilisk_campaign.py", 10),
}
CYCLES = 620  # guidance cycles of an entry


def run() -> None:
    """Print the tables for one core and, where there are more, for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        ours = {kind: flights(kind, Path(folder)) for kind in RUNS}
        rows: dict[str, list[float]] = {name: [] for name in (*ours, "C")}
        spent: dict[str, dict[str, float]] = {}
        try:
            c: Callable[[int], Any] | None = _c(Path(folder) / "c", FLAGS["C -O3"])
        except Skip as reason:
            c = None
            print(f"  C: skipped, {reason}")
        for turn in range(1, ROUNDS + 1):
            for kind, fly in ours.items():
                start = time.process_time()
                spent[kind] = fly(turn, 1)
                rows[kind].append((time.process_time() - start) / RUNS[kind])
            if c is not None:
                rows["C"].append(c(turn)[0])
    print("\nCampaigns into a store, one core")
    print(f"  {'':28} {'runs a second':>14} {'ms each':>9}   over plain C's entry")
    for kind, held in rows.items():
        if not held:
            continue
        each = statistics.median(held)
        ratio = [b / a for a, b in zip(held, rows["C"], strict=False)]
        over = f"{statistics.median(ratio):.2f}" if ratio else "-"
        print(f"  {WORDS.get(kind, 'entries, plain C -O3'):28} {1 / each:14.1f} {1e3 * each:9.2f}   {over}")
    where_time_goes(spent["returns"], statistics.median(rows["returns"]))
    subprocess.run([sys.executable, "-m", "benchmarks.campaign"], check=False)
    for name, (place, packages, worker, runs) in PEERS.items():
        peer(name, place, packages, worker, runs)


def flights(kind: str, folder: Path) -> Callable[[int, int], dict[str, float]]:
    """A function of seed and cores that flies a campaign into a new store; its programs are compiled.

    It returns seconds of wall time spent drawing and writing.
    """
    import homeward as hw
    from homeward.campaigns.analysis.entry_batch import plan_entries
    from homeward.campaigns.execution import blocks as flown
    from homeward.campaigns.execution.local import Meter, fly_local
    from homeward.campaigns.execution.provenance import first_manifest
    from homeward.campaigns.store.store import Store
    from homeward.planning.return_plan import plan_return

    runs = RUNS[kind]
    scenario = hw.load(SCENARIO, {"simulation.lanes": str(runs)})
    fidelity = "six-dof" if kind == "full" else "point-mass"
    plan = plan_entries(scenario) if kind == "entries" else plan_return(scenario, fidelity=fidelity)
    spent = {"draw": 0.0, "write": 0.0}

    class Timed(flown.ReturnBlocks):
        """Blocks of a plan that is at hand."""

        def __init__(self, seed: int) -> None:
            self._sampling, self.plan, self.lanes, self.seed = flown.RANDOM, plan, runs, seed
            self._legs = flown.spread_legs(plan.legs, runs)

    def fly(seed: int, cores: int) -> dict[str, float]:
        manifest = first_manifest(scenario, "return", runs * cores, seed, fidelity, None, None)
        store = Store.create(folder / f"{kind}-{seed}-{cores}", manifest)
        append, disperse = store.append, flown.disperse

        def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
            def go(*arguments: Any) -> Any:
                start = time.perf_counter()
                try:
                    return call(*arguments)
                finally:
                    spent[name] += time.perf_counter() - start

            return go

        spent.update(draw=0.0, write=0.0)
        store.append, flown.disperse = timed("write", append), timed("draw", disperse)  # type: ignore[method-assign]
        try:
            with store.writing():
                meter = Meter(runs * cores, 0, 0, None)
                fly_local(store, Timed(seed), store.missing(), meter, cores)
        finally:
            flown.disperse = disperse
        return {name: value / (runs * cores) for name, value in spent.items()}

    fly(0, 1)
    return fly


def where_time_goes(spent: dict[str, float], each: float) -> None:
    """Parts of a point-mass return, in milliseconds."""
    predictor = 1e-6 * guidance_cycle() * CYCLES
    parts = {"drawing": spent["draw"], "predictor and guidance": predictor, "writing": spent["write"]}
    parts["truth, sensors, navigation"] = each - sum(parts.values())
    print("  where a point-mass return's time goes (compiling apart):")
    for name, value in parts.items():
        print(f"    {name:28} {1e3 * value:8.2f} ms  {100 * value / each:5.1f} %")


def peer(name: str, place: str, packages: tuple[str, ...], worker: str, runs: int) -> None:
    """A peer's Monte Carlo, in its own Python; skipped with a word where that cannot be had."""
    try:
        python = python_with(place, *packages)
    except Skip as reason:
        print(f"  {name}: skipped, {reason}")
        return
    told = subprocess.run(
        [python, Path(__file__).parent / "peers" / worker, str(runs)], capture_output=True, text=True
    )
    if told.returncode:
        why = (told.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"  {name}: skipped, it ended early ({why})")
        return
    each = float(told.stdout.split()[-1])
    print(f"  {name}: {1 / each:.2f} runs a second on one core")


def all_cores() -> None:
    """Wall time with every core this process may use; and the cost of more runs."""
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        for kind in RUNS:
            fly = flights(kind, Path(folder))
            start = time.perf_counter()
            fly(1, cores)
            wall = time.perf_counter() - start
            print(f"  {WORDS[kind]} on {cores} cores: {RUNS[kind] * cores / wall:.1f} a second of wall time")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    os.environ["XLA_FLAGS"] = ""
    all_cores()
