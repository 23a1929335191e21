"""Microseconds a cycle and a tick of the flight software: as C, under JAX one lane, and a lane of 256.

    python benchmarks/flight_software.py FOLDER SCENARIO [FIDELITY [CALLS]]

FOLDER is what ``homeward export SCENARIO`` wrote, golden vectors with it: each call is one of the flight,
from its state on, with its sensors. The C is timed call by call by the clock, JAX by processor time
over many calls. Shares of navigation, guidance, control and monitors are instructions, counted by valgrind
where there is one, of the C at ``-O2``; a piece of mathematics belongs to what it stands in.
"""

import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from rich.progress import Progress

from homeward.codegen.compiler import compiler
from homeward.codegen.layout import fields
from homeward.codegen.library import FUNCTIONS, SENSORS, STATE
from homeward.codegen.native import Native
from homeward.codegen.record import CYCLE, TICK, traced
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.sim.mission import planned

LANES = 256
WHERE = (
    ("monitors", r"guidance_monitor|imu_fdi|thruster_fdi|deployment_logic|fault|trust|watch|editing"),
    ("navigation", r"flight/(navigation|relative_navigation)/|FlightComputer\.(navigate|turn|attitude|note)"),
    ("guidance", r"flight/(entry|deorbit|rendezvous|descent)/|lift_and_wind"),
    ("control", r"flight/control/"),
)


def c_times(folder: Path, calls: int) -> dict[tuple[str, str], list[float]]:
    """Median, 99 %, 99.99 % and worst [us] of each call as C, -O2."""
    program, here = folder / "flight_timer", Path(__file__).parent / "flight_timer.c"
    subprocess.run([str(compiler()), "-std=c99", "-O2", f"-I{folder}", "-o", str(program), str(here),
                    str(folder / "homeward_flight.c"), "-lm"], check=True)  # fmt: skip
    told = subprocess.run([str(program), str(folder / "golden.txt"), str(calls)], check=True,
                          capture_output=True, text=True)  # fmt: skip
    rows = (line.split() for line in told.stdout.splitlines())
    return {(kind, mode): [float(x) / 1e3 for x in numbers] for kind, mode, *numbers in rows}


def shares(folder: Path) -> dict[str, float]:
    """Parts of the instructions of the golden vectors' calls; empty without valgrind."""
    if shutil.which("valgrind") is None:
        return {}
    program, told = folder / "flight_counted", folder / "callgrind.out"
    subprocess.run([str(compiler()), "-std=c99", "-O2", "-g", "-o", str(program), str(folder / "main.c"),
                    str(folder / "homeward_flight.c"), "-lm"], check=True)  # fmt: skip
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={told}", "--compress-pos=no",
                    "--compress-strings=no", str(program), str(folder / "golden.txt")],
                   check=False, capture_output=True)  # fmt: skip
    lines = (folder / "homeward_flight.c").read_text().splitlines()
    names, name = [], "the rest"
    for line in lines:
        found = re.search(r"/\* homeward/(.*?) \*/", line)
        if line.startswith(("static", "int ", "void ", "const")):
            name = "the rest"
        if found is not None and not found[1].startswith(("math/", "earth/")):
            name = next((n for n, pattern in WHERE if re.search(pattern, found[1])), "executive and the rest")
        names.append(name)
    counted: Counter[str] = Counter()
    inside = calling = False
    callee: bool | None = None  # whether the function called is the library's; None: of the same file
    for line in told.read_text().splitlines():
        if line.startswith(("fl=", "fi=", "fe=")):
            inside = line.endswith("homeward_flight.c")
        elif line.startswith(("cfi=", "cfl=")):
            callee = line.endswith("homeward_flight.c")
        elif line.startswith("calls="):
            calling = True
        elif line[:1].isdigit():
            at, cost = (int(x) for x in line.split()[:2])
            own = inside if callee is None else callee
            # A call of the library's own function is counted there, one of <math.h> here.
            if inside and not (calling and own) and 0 < at <= len(names):
                counted[names[at - 1]] += cost
            if calling:
                calling, callee = False, None
    whole = sum(counted.values())
    return {k: v / whole for k, v in counted.most_common()}


def golden_calls(folder: Path):
    """Of each kind and mode the first call, on the state that its window begins with: as C's records."""
    native = Native(folder)
    lines = iter((folder / "golden.txt").read_text().splitlines()[1:])
    found = {}
    for head in lines:
        mode, calls, _ = head.split()
        state = _record(next(lines), native.records[STATE])
        for _ in range(int(calls)):
            kind = TICK if int(next(lines)) else CYCLE
            sensors = _record(next(lines), native.records[SENSORS[kind]])
            next(lines)
            found.setdefault((kind, mode), (state, sensors))
        next(lines)
    return native, found


def _record(line: str, kind: np.dtype) -> np.ndarray:
    words, record = iter(line.split()), np.zeros((), kind)
    for name in kind.names or ():
        real = record[name].dtype.kind == "f"
        values = [
            float.fromhex(w) if real else int(w) for w in (next(words) for _ in range(record[name].size))
        ]
        record[name] = np.reshape(values, np.shape(record[name]))
    return record


def jax_times(folder: Path, scenario: str, fidelity: str, tell) -> dict[tuple[str, str], tuple[float, float]]:
    """Processor time [us] of each call of one lane, and of a lane of LANES, under JAX."""
    plan = plan_return(load(scenario), fidelity=fidelity)
    shapes, parameters = traced(plan), planned(plan.flight, plan.legs)
    native, found = golden_calls(folder)
    told = {}
    for (kind, mode), (state, sensors) in found.items():
        some = shapes[kind, mode]
        trees = [
            jax.tree.unflatten(jax.tree.structure(tree), native.unpacked(row, fields(tree)))
            for tree, row in ((some.state, state), (some.sensors, sensors))
        ]

        def one(p, s, m, kind=kind, mode=mode):
            return FUNCTIONS[kind](p, s, m, mode)

        many = jax.tree.map(lambda x: jnp.broadcast_to(x, (LANES, *x.shape)), trees)
        alone = _timed(jax.jit(one), parameters, *trees)
        tell(f"JAX {kind} {mode}")
        wide = _timed(jax.jit(jax.vmap(one, in_axes=(None, 0, 0))), parameters, *many) / LANES
        tell(f"JAX {kind} {mode}, {LANES} lanes")
        told[kind, mode] = alone, wide
    return told


def _timed(function, *arguments) -> float:
    """Processor time of a call [us]: the least of five rounds."""
    jax.block_until_ready(function(*arguments))
    rounds = []
    for _ in range(5):
        start, count = time.process_time(), 0
        while time.process_time() - start < 0.2:
            jax.block_until_ready(function(*arguments))
            count += 1
        rounds.append((time.process_time() - start) / count * 1e6)
    return min(rounds)


def main(words: list[str]) -> None:
    """Print the tables."""
    folder, scenario, fidelity, calls = (
        Path(words[0]),
        *(*words[1:], *("six-dof", "1000000")[len(words) - 2 :]),
    )
    with Progress(disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("C", total=None)
        c = c_times(folder, int(calls))
        bar.update(task, description="instructions")
        parts = shares(folder)
        theirs = jax_times(folder, scenario, fidelity, lambda text: bar.update(task, description=text))
    print(f"{scenario}, {fidelity}: microseconds a call; C -O2, {calls} calls each")
    print("| call | C median | 99 % | 99.99 % | worst | JAX, one lane | JAX, a lane of 256 |")
    print("|---|---|---|---|---|---|---|")
    for (kind, mode), (middle, high, higher, worst) in c.items():
        alone, wide = theirs.get((kind, mode), (np.nan, np.nan))
        print(
            f"| {kind} `{mode}` | {middle:.2f} | {high:.2f} | {higher:.1f} | {worst:.0f} "
            f"| {alone:.0f} | {wide:.1f} |"
        )
    print("shares of the instructions: " + ", ".join(f"{k} {v:.0%}" for k, v in parts.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
