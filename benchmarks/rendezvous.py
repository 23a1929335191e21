"""Closed-loop rendezvous a second, their ratio to real time, and a step's price against Basilisk's.

Ours: dispersed flights of the default rendezvous from the insertion to the hatch. Until the first hold point
two points step by the second (gravity to degree 8, Sun, Moon, air; burns to the second; all sensors and the
filter every ten), the burns being planned anew a dozen times; from there a rigid body steps by a tenth of one
(thruster by thruster, plume, contact, inertial unit, attitude filter and control; relative navigation and
guidance every second). Price of a step: processor time of whole flights, plans included, over their steps.

Basilisk: two rigid spacecraft about a point's gravity, stepped together by RK4, navigation with noise, a
linear law on the relative state and MRP feedback of the attitude, all at every step
(``peers/basilisk_worker.py``). That is the same kind of work at the same steps and less of it: no sensors
one by one, filter, air, thrusters, contact or plans.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.environment import python_with
from benchmarks.measure import Skip

RUNS = 64
ROUNDS = 3
SCENARIO = "shenzhou-21"
TICK, SECOND = 0.1, 1.0  # s, steps of the last legs and of the far ones
BASILISK = "bsk==2.12.1"
WORKER = Path(__file__).parent / "peers" / "basilisk_worker.py"


def run() -> None:
    """Print the table for one core and, where there are two, for two."""
    fly = _flights()
    first = fly(0)
    steps = float(np.nanmean(_steps(first)))
    worker = _basilisk()
    rows: dict[str, list[float]] = {"ours": [], "tick": [], "second": []}
    for turn in range(1, ROUNDS + 1):
        start = time.process_time()
        fly(turn)
        rows["ours"].append((time.process_time() - start) / RUNS)
        if worker is not None:
            rows["tick"].append(_ask(worker, TICK))
            rows["second"].append(_ask(worker, SECOND))
    if worker is not None:
        worker.communicate()
    each, flown = statistics.median(rows["ours"]), float(np.mean(first["time"]))
    print(f"\nRendezvous, {SCENARIO} dispersed, insertion to hatch, one core")
    print(
        f"  {1 / each:.2f} a second, {flown / each:,.0f} times real time; "
        f"docked {first['captured'].mean():.3f}"
    )
    print(f"  Homeward: {1e6 * each / steps:6.2f} us of {steps:,.0f} steps a flight, plans included")
    for name, step in (("tick", TICK), ("second", SECOND)):
        if rows[name]:
            ratio = statistics.median(b / (a / steps) for a, b in zip(rows["ours"], rows[name], strict=True))
            price = 1e6 * statistics.median(rows[name])
            print(f"  Basilisk: {price:6.2f} us a step of {step:g} s; ours over it {ratio:.2f}")
    subprocess.run([sys.executable, "-m", "benchmarks.rendezvous"], check=False)


def _flights() -> Any:
    """A function of the seed that flies a block of dispersed rendezvous on one core."""
    import homeward as hw
    from homeward.campaigns.execution.rendezvous_batch import fly_pairs
    from homeward.planning.rendezvous_plan import plan_rendezvous

    s = hw.load(SCENARIO)
    made = plan_rendezvous(s)
    hold = float(made.far.arrivals[0]) + float(made.far.homing_time)

    def fly(seed: int) -> Any:
        flights = fly_pairs(s, RUNS, seed=seed, made=made, cores=1)
        flights.numbers["hold"] = np.full(RUNS, hold)
        return flights

    return fly


def _steps(flights: Any) -> np.ndarray:
    """Steps of every flight that kept its plan: seconds up to the first hold, tenths of one after it."""
    steps = flights["hold"] / SECOND + (flights["time"] - flights["hold"]) / TICK
    return np.where(flights["switched"] > 0, np.nan, steps)


def _basilisk() -> "subprocess.Popen[str] | None":
    try:
        python = python_with("basilisk-peer", BASILISK)
    except Skip as reason:
        print(f"  Basilisk: skipped, {reason}")
        return None
    return subprocess.Popen([python, WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _ask(worker: "subprocess.Popen[str]", step: float) -> float:
    """Seconds a step of one flight; the deputy has to come to the chief."""
    assert worker.stdin and worker.stdout
    worker.stdin.write(f"{step}\n")
    worker.stdin.flush()
    answer = worker.stdout.readline().split()
    if len(answer) != 2:
        raise Skip("Basilisk's process ended early; its words stand above")
    if float(answer[1]) > 1.0:
        raise Skip(f"Basilisk's ship ends {float(answer[1]):.0f} m away: not the flight that was meant")
    return float(answer[0])


def two_cores() -> None:
    """Wall time with every core this process may use."""
    import homeward as hw
    from homeward.campaigns.execution.rendezvous_batch import fly_pairs
    from homeward.planning.rendezvous_plan import plan_rendezvous

    cores = os.cpu_count() or 1
    s = hw.load(SCENARIO)
    made = plan_rendezvous(s)
    fly_pairs(s, cores * RUNS, seed=0, made=made)
    wall, work = time.perf_counter(), time.process_time()
    flights = fly_pairs(s, cores * RUNS, seed=1, made=made)
    wall, work = time.perf_counter() - wall, time.process_time() - work
    real = float(flights["time"].sum())
    print(
        f"  on {cores} cores: {cores * RUNS / wall:.2f} a second of wall time, "
        f"{real / wall:,.0f} times real time; "
        f"{cores * cores * RUNS / work:.2f} a second if it had {cores} cores to itself"
    )


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    os.environ["XLA_FLAGS"] = ""
    two_cores()
