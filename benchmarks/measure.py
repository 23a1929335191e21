"""How time is taken: processor time on one core, two programs in turn, the median of the pairs."""

import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]


class Skip(Exception):  # noqa: N818 - it is news, not an error
    """A benchmark or a peer cannot run here; the message says why."""


def need(*modules: str) -> None:
    """Skip with a clear word when a peer is not installed."""
    missing = [m for m in modules if importlib.util.find_spec(m) is None]
    if missing:
        raise Skip(f"not installed: {', '.join(missing)}")


def one_core() -> None:
    """Keep this process on one core, before XLA counts the cores and makes its threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"


@dataclass(frozen=True)
class Program:
    """Something that does ``count`` pieces of work a call, with its error once checked."""

    name: str
    count: int
    call: Callable[[], object]
    error: float = 0.0
    note: str = ""


def seconds(call: Callable[[], object], clock: Clock) -> float:
    """What one call costs on a clock."""
    start = clock()
    call()
    return clock() - start


def in_turn(
    programs: list[Program], pairs: int = 7, clock: Clock = time.process_time
) -> dict[str, list[float]]:
    """Seconds a piece of work, for each program in turn, round by round.

    Machines drift; programs that take turns drift together, so a ratio within a round holds. Each
    program is called once before, for compilation. Processor time counts all threads, so that a
    figure a core stays one on a busy machine.
    """
    for program in programs:
        program.call()
    costs: dict[str, list[float]] = {p.name: [] for p in programs}
    for _ in range(pairs):
        for p in programs:
            costs[p.name].append(seconds(p.call, clock) / p.count)
    return costs


def table(title: str, what: str, programs: list[Program], costs: dict[str, list[float]], unit: str) -> None:
    """Print each program's rate, and the first one's advantage over it: the median of the rounds."""
    ours = costs[programs[0].name]
    print(f"\n{title}")
    print(f"  {'':24} {what + ' a second':>22} {'microseconds each':>18} {'error':>12}   ours over it")
    for p in programs:
        each = statistics.median(costs[p.name])
        ratio = statistics.median(b / a for a, b in zip(ours, costs[p.name], strict=True))
        error = f"{p.error:.2g} {unit}" if unit else ""
        print(f"  {p.name:24} {1 / each:22,.0f} {1e6 * each:18.2f} {error:>12}   {ratio:.2f}  {p.note}")
