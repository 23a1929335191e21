"""Six-degree-of-freedom returns a second, everything on; and the step rate of a comparable simulation.

From ten minutes before the interface, separation included, to touchdown: control at 10 Hz, the inertial
unit's increments over 0.1 s with coning and sculling in closed form, filter at 1 Hz, all sensors and
dispersions on; the same scenario as the accuracy runs. The peer is the point mass in the same run.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.measure import Skip, need

RUNS = 128
ROUNDS = 3
SCENARIO = "shenzhou-15"
BEFORE = 600.0  # s before the interface


def run() -> None:
    """Print the table for one core and, where there are two, for two."""
    print("\nReturns that turn, ten minutes before the interface to touchdown, one core")
    late, whole, point = (_returns(kind) for kind in ("late", "whole", "point"))
    rows: dict[str, list[float]] = {name: [] for name in ("late", "whole", "point")}
    miss = 0.0
    for turn in range(ROUNDS):
        for name, fly in (("late", late), ("whole", whole), ("point", point)):
            start = time.process_time()
            flights = fly(turn)
            rows[name].append((time.process_time() - start) / RUNS)
            if name == "late":
                miss = flights.percentile("open_miss", 0.99)
    words = {
        "late": "six-dof, from 10 min before", "whole": "six-dof, from undocking",
        "point": "point mass, from undocking",
    }  # fmt: skip
    print(f"  {'':30} {'runs a second':>14} {'ms each':>9}")
    for name, held in rows.items():
        each = statistics.median(held)
        print(f"  {words[name]:30} {1 / each:14.1f} {1e3 * each:9.1f}")
    print(f"  opening miss of the first, 99 %: {miss / 1e3:.2f} km")
    for words in ([], ["flight"]):
        subprocess.run([sys.executable, "-m", "benchmarks.six_dof", *words], check=False)
    _basilisk()


def _returns(kind: str) -> Any:
    """A function of the seed that flies a block; its programs are compiled before it is given back."""
    import homeward as hw
    from homeward.campaigns.execution.return_batch import fly_many
    from homeward.planning.return_plan import plan_return

    s = hw.load(SCENARIO, {"simulation.lanes": str(RUNS)})
    fidelity = "point-mass" if kind == "point" else "six-dof"
    plan = plan_return(s, fidelity=fidelity)
    if kind == "late":
        plan = _late(plan)

    def fly(seed: int) -> Any:
        return fly_many(s, RUNS, seed, plan=plan, cores=1)

    fly(0)
    return fly


def _late(plan: Any) -> Any:
    """The plan from ten minutes before the interface on, with the state that the nominal flight has there."""
    import dataclasses

    import equinox as eqx
    import jax
    import jax.numpy as jnp

    from homeward.missions.return_flight import run_keys, spread_legs
    from homeward.sim.lanes import spread_flight, spread_world
    from homeward.sim.mission import fly_mission

    names = [m.name for m in plan.legs]
    split = names.index("coast to separation")
    first = plan.legs[: split + 1]
    world, flight = spread_world(plan.world, 1), spread_flight(plan.flight, 1)
    truth = jax.tree.map(lambda x: np.asarray(x)[None], plan.truth)
    keys = run_keys(0, np.array([0]))
    whole = fly_mission(world, flight, truth, spread_legs(plan.legs, 1), keys, False)
    interface = float(whole.starts["entry"].time[0])
    cut = eqx.tree_at(lambda p: p.until_time, first[-1].step, jnp.asarray(interface - BEFORE))
    early = [*first[:-1], dataclasses.replace(first[-1], step=cut)]
    there = fly_mission(world, flight, truth, spread_legs(early, 1), keys, False).truth
    there = jax.tree.map(lambda x: jnp.asarray(x[0]), there)
    there = eqx.tree_at(lambda t: (t.done, t.settled), there, (jnp.asarray(False), jnp.asarray(False)))
    return dataclasses.replace(plan, truth=there, legs=plan.legs[split:])


def two_cores() -> None:
    """Wall time with every core this process may use."""
    import homeward as hw
    from homeward.campaigns.execution.return_batch import fly_many
    from homeward.planning.return_plan import plan_return

    cores = os.cpu_count() or 1
    s = hw.load(SCENARIO, {"simulation.lanes": str(RUNS)})
    plan = _late(plan_return(s, fidelity="six-dof"))
    fly_many(s, RUNS, 0, plan=plan)
    start = time.perf_counter()
    fly_many(s, 2 * cores * RUNS, 1, plan=plan)
    print(f"  six-dof on {cores} cores, from 10 min before: "
          f"{2 * cores * RUNS / (time.perf_counter() - start):.1f} runs a second of wall time")  # fmt: skip


def one_flight() -> None:
    """Wall time of ``homeward return`` on an empty cache and again; what each program takes to compile."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"HOMEWARD_CACHE": folder}
        command = [sys.executable, "-m", "homeward", "return", SCENARIO, "--json"]
        for word in ("cold", "warm"):
            start = time.perf_counter()
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            print(f"  one flight, {word}: {time.perf_counter() - start:.0f} s of wall time")
    compile_times()


def compile_times() -> None:
    """Seconds of wall time to trace and to compile the program of each kind of leg, one lane, recorded."""
    import jax
    import jax.numpy as jnp

    import homeward as hw
    from homeward.planning.return_plan import plan_return
    from homeward.sim import lanes
    from homeward.sim.core.legs import AIR, CANOPY, ORBIT, leg

    jax.config.update("jax_enable_compilation_cache", False)
    plan = plan_return(hw.load(SCENARIO), fidelity="six-dof")
    world, flight = lanes.spread_world(plan.world, 1), lanes.spread_flight(plan.flight, 1)
    carry = lanes.first_carry(flight, lanes.spread_leg(plan.truth, 1))
    keys = jax.random.wrap_key_data(jnp.zeros((1, 2), jnp.uint32))
    for kind in (ORBIT, AIR, CANOPY):
        arguments = (world, flight, lanes.spread_leg(leg(kind, 0, 0.1), 1), carry, keys, np.asarray(0))
        start = time.perf_counter()
        lowered = jax.jit(lambda *a: lanes.chunk_program(*a, record=True)).lower(*arguments)
        traced = time.perf_counter()
        lowered.compile()
        print(f"  program of {kind}: traced in {traced - start:.1f} s, "
              f"compiled in {time.perf_counter() - traced:.1f} s")  # fmt: skip


def _basilisk() -> None:
    """Attitude steps a second of Basilisk (one rigid body, a 10 Hz task), for scale."""
    try:
        need("Basilisk")
    except Skip as reason:
        print(f"  Basilisk: skipped, {reason}")
        return
    from Basilisk.simulation import spacecraft  # pyright: ignore[reportMissingImports]
    from Basilisk.utilities import (  # pyright: ignore[reportMissingImports]
        SimulationBaseClass,
        macros,
    )

    sim = SimulationBaseClass.SimBaseClass()
    process = sim.CreateNewProcess("p")
    process.addTask(sim.CreateNewTask("t", macros.sec2nano(0.1)))
    body = spacecraft.Spacecraft()
    body.hub.mHub, body.hub.IHubPntBc_B = 3200.0, [[2000.0, 0, 0], [0, 2100.0, 0], [0, 0, 2000.0]]
    body.hub.omega_BN_BInit = [[0.01], [0.02], [0.03]]
    sim.AddModelToTask("t", body)
    sim.InitializeSimulation()
    sim.ConfigureStopTime(macros.sec2nano(2000.0))
    start = time.process_time()
    sim.ExecuteSimulation()
    each = (time.process_time() - start) / 20000
    print(f"  Basilisk, one free rigid body at 10 Hz: {1 / each:,.0f} steps a second")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    os.environ["XLA_FLAGS"] = ""
    one_flight() if "flight" in sys.argv else two_cores()
