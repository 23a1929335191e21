"""``replay``: a run of a campaign once more, checked against the store, with all its telemetry.

The block is flown by the very programs that the campaign flew, which must give the stored bits. The programs
that record order their sums otherwise, and a last bit can turn a bank reversal into another; so they fly the
run by itself, each chunk from where the campaign's programs began it, and the telemetry stays within rounding
of the stored flight. By how much what is told of it is off is told too.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from homeward.campaigns.execution.blocks import Recorded
from homeward.campaigns.execution.campaign import blocks_of, scenario_of
from homeward.campaigns.execution.provenance import instruction_set, version_here
from homeward.campaigns.store.store import Store
from homeward.errors import InputError, one_line
from homeward.scenario.schema.scenario import Scenario

Told = Callable[[str, float], None]
# Columns and where the summary of a recorded flight tells the same.
TOLD = {
    "open_miss_km": ("parachute", "open_miss_km"), "touchdown_miss_km": ("touchdown", "miss_km"),
    "peak_load_g": ("entry", "peak_load_g"), "time_to_dock_s": ("time_to_dock_s",),
    "delta_v_m_s": ("delta_v_m_s",), "propellant_kg": ("propellant_kg",),
}  # fmt: skip


@dataclasses.dataclass
class Replay:
    """A run flown again. ``summary`` is what ``homeward replay --json`` prints; ``flight`` can be saved."""

    summary: dict[str, Any]
    flight: Recorded
    scenario: Scenario


def replay(folder: Any, run: int, progress: Told | None = None, *, trust: bool = False) -> Replay:
    """Fly run ``run`` of the store in ``folder`` again.

    ``trust`` allows the campaign's own guidance law, a program in its folder, to be run. Raises
    ``InputError`` for a run that the store does not hold, a damaged part, a file that has changed since, and
    for such a law without it.
    """
    store = Store.open(folder)
    store.trusted = trust
    first, stored = stored_run(store, run)
    scenario = scenario_of(store)
    count = store.rows(first)

    def talk(part: float) -> None:
        if progress is not None:
            progress("the block again", part)

    block, flight = blocks_of(store, records=True).record(first, count, run, talk)
    again = {name: values[run - first] for name, values in block.items()}
    differing = [name for name in stored if not same_bits(stored[name], again.get(name))]
    there, here = store.manifest["version"], version_here()
    machine = store.manifest.get("instruction_set")
    summary = {
        "scenario": store.manifest["scenario"], "kind": store.manifest["kind"], "run": run,
        "seed": store.manifest["seed"], "same_bits": not differing, "differing": differing,
        "recorded_off": recorded_off(stored, flight.summary), "same_version": there == here,
        "same_machine": machine in (None, instruction_set()), "instruction_set": machine,
        "version": there, "failure": stored.get("failure"), "stored": stored,
        "recorded": flight.summary,
    }  # fmt: skip
    return Replay(summary, flight, scenario)


def stored_run(store: Store, run: int) -> tuple[int, dict[str, Any]]:
    """First run of the block that holds a run, and the run's row."""
    label = one_line(str(store.folder), 200)
    if isinstance(run, bool) or not 0 <= run < store.wanted:
        raise InputError(f"{label}: expected a run from 0 to {store.wanted - 1}, not {run}")
    first = run - run % store.lanes
    store.check(first)
    if run - first >= store.rows(first):
        raise InputError(f"{label}: run {run} has not been flown yet; --resume flies it")
    table: pa.Table = pq.read_table(store.part(first))
    return first, table.slice(run - first, 1).to_pylist()[0]


def recorded_off(stored: dict[str, Any], recorded: dict[str, Any]) -> dict[str, float | None]:
    """What the recorded flight has more than the stored one, in a few results; None where it has none."""
    off: dict[str, float | None] = {}
    for name, path in TOLD.items():
        value: Any = recorded
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if name in stored:
            off[name] = None if value is None or stored[name] is None else value - stored[name]
    return off


def same_bits(a: Any, b: Any) -> bool:
    """Whether two values of a column are one; two that are no numbers are."""
    if isinstance(a, float):
        return np.float64(a).tobytes() == np.float64(b).tobytes() or bool(np.isnan(a) and np.isnan(b))
    return bool(a == b)


__all__ = ["Replay", "replay"]
