"""Flies the blocks of a store that are not there yet, several at a time, and writes each as it ends."""

import dataclasses
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import numpy as np

from homeward.campaigns.store.columns import columns_of
from homeward.campaigns.store.store import Store

if TYPE_CHECKING:
    from homeward.campaigns.execution.blocks import Blocks

AHEAD = 2  # blocks asked for beyond those in flight, so that no worker waits


@dataclasses.dataclass
class Count:
    """How far a campaign has come: runs there, of how many, failures, and how fast this process flies."""

    done: int
    wanted: int
    failed: int
    runs_per_s: float
    left_s: float | None

    def told(self) -> str:
        """One line for people."""
        text = f"{self.done:,} of {self.wanted:,} runs, {self.failed:,} failed"
        if self.left_s is None:
            return text
        return f"{text}, {self.runs_per_s:.3g} runs/s, {_span(self.left_s)} left"


def _span(seconds: float) -> str:
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"


Tell = Callable[[Count], None]


class Meter:
    """Adds up what the workers report; safe to call from any of them."""

    def __init__(self, wanted: int, done: int, failed: int, tell: Tell | None) -> None:
        self.wanted, self.done, self.failed, self._tell = wanted, done, failed, tell
        self.flown = 0
        self._parts: dict[int, float] = {}
        self._lock = threading.Lock()
        self._began = time.perf_counter()

    def share(self, first: int, runs: float) -> None:
        """So many runs' worth of the block that begins with ``first`` is flown."""
        with self._lock:
            self._parts[first] = runs
            self._say()

    def ended(self, first: int, runs: int, failed: int) -> None:
        """The block is in the store."""
        with self._lock:
            self._parts.pop(first, None)
            self.done, self.failed, self.flown = self.done + runs, self.failed + failed, self.flown + runs
            self._say()

    def _say(self) -> None:
        if self._tell is None:
            return
        spent = time.perf_counter() - self._began
        flown = self.flown + sum(self._parts.values())
        rate = flown / max(spent, 1e-9)
        left = (self.wanted - self.done - sum(self._parts.values())) / rate if flown > 0.5 else None  # runs
        self._tell(Count(self.done, self.wanted, self.failed, rate, left))


def fly_local(
    store: Store, blocks: "Blocks", todo: list[tuple[int, int]], meter: Meter, cores: int | None
) -> None:
    """Fly the blocks ``todo`` in threads of this process, one a core if ``cores`` is left out.

    A block is written by the thread that flew it and then forgotten, so memory is that of the blocks in
    flight. Whatever is raised, no further block begins; those written stay.
    """

    def one(first: int, count: int) -> None:
        block, draws = blocks.fly(first, count, lambda part: meter.share(first, part * count))
        write(store, blocks.kind, first, block, draws)
        meter.ended(first, count, int(np.sum(block["failed"])))

    workers = cores or workers_here()
    rest = iter(todo)
    with ThreadPoolExecutor(workers, thread_name_prefix="blocks") as pool:
        flying: set[Future[None]] = set()
        try:
            while True:
                # A few at a time, or a million runs would be a list of a million things to do.
                for first, count in rest:
                    flying.add(pool.submit(one, first, count))
                    if len(flying) >= workers + AHEAD:
                        break
                if not flying:
                    return
                ended, flying = wait(flying, return_when=FIRST_COMPLETED)
                for future in ended:
                    future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def write(store: Store, kind: str, first: int, block, draws) -> None:
    """Put a flown block into the store."""
    store.append(first, block, columns_of(kind, block, draws))


def workers_here() -> int:
    """Blocks worth flying at once here: one for each core this process may use, one alone on a GPU."""
    import jax

    if jax.default_backend() != "cpu":
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
