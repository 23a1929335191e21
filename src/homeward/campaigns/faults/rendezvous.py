"""The matrix of a rendezvous, flown as lanes.

Each case flies in a dispersed world of its own, from the insertion; or in the undispersed one, from shortly
before its failure strikes.
"""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import equinox as eqx
import jax
import numpy as np

from homeward.campaigns.execution.rendezvous_batch import figures
from homeward.campaigns.faults.dispersed_rendezvous import fly_dispersed
from homeward.campaigns.faults.matrix import INSTANTS, Matrix, Row, chosen, instants
from homeward.campaigns.faults.rendezvous_classes import ended, judge
from homeward.campaigns.faults.worlds import Case, run_of
from homeward.dispersion.rendezvous import disperse_pair
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import (
    FAR_LEGS,
    RendezvousPlan,
    equipment_counts,
    leg_names,
    plan_rendezvous,
)
from homeward.scenario.faults.catalogue import FAILURES, Failure
from homeward.scenario.faults.schedule import FaultEvent, struck
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.rendezvous.far_range_lanes import FarResult, fly_far
from homeward.sim.rendezvous.proximity import CYCLES, LONGEST, CloseCarry
from homeward.sim.rendezvous.proximity_lanes import begin_lanes, next_chunk
from homeward.world.fault_schedule import Kind

LANES = 64
# What strikes the far legs; the rest needs a ship that turns, or eyes on the port.
FAR_KINDS = (
    Kind.ENGINE_OUT, Kind.ACCELEROMETER_DEAD, Kind.ACCELEROMETER_BIASED, Kind.ACCELEROMETER_DRIFTING,
    Kind.SATELLITE_LOST, Kind.SATELLITE_SPOOFED, Kind.CLOCK, Kind.COMPUTER, Kind.LINK_LOST,
)  # fmt: skip
EYES = (Kind.LIDAR_LOST, Kind.CAMERA_LOST, Kind.CAMERA_WRONG)  # inside 200 m
NEAR_STEPS = 2  # the last steps, which lie inside 200 m

Told = Callable[[str, float], None]


@dataclasses.dataclass
class _Flown:
    """The flight without a failure, all lanes alike; its legs by start and end [s], and where to begin."""

    made: RendezvousPlan
    world: Any
    keys: Any
    start: Any
    far: Any
    far_told: FarResult
    chunks: list[tuple[float, CloseCarry]]
    spans: dict[str, tuple[float, float]]
    numbers: dict[str, np.ndarray]


def rendezvous_faults(
    scenario: Scenario, seed: int = 0, *, pairs: int = 0, progress: Told | None = None,
    cores: int | None = None, only: Callable[[FaultEvent], bool] | None = None, nominal_world: bool = False,
    most: int | None = None,
) -> Matrix:  # fmt: skip
    """Fly the matrix of a scenario's rendezvous; with ``pairs``, so many pairs of failures instead.

    ``nominal_world`` and ``most`` as of ``return_faults``.
    """
    began = time.perf_counter()
    tell = progress or (lambda name, share: None)
    tell("planning", 0.0)
    made = plan_rendezvous(scenario.model_copy(update={"fault": ()}))
    flown = without_failure(made, tell)
    singles = _cases(flown, seed)
    cases = chosen(singles, seed, pairs, only, most)
    durations = {name: end - begin for name, (begin, end) in flown.spans.items()}
    rows: dict[int, Row] = {}
    blocks = _blocks(flown, cases) if nominal_world else [
        list(range(i, min(i + LANES, len(cases)))) for i in range(0, len(cases), LANES)
    ]  # fmt: skip
    done = [0]

    def block(picks: list[int]) -> None:
        mine = [cases[k] for k in picks]
        if nominal_world:
            told = _fly(flown, mine)
        else:
            told = fly_dispersed(made, durations, [Case(c, run_of(c)) for c in mine], seed, LANES)
        rows.update(zip(picks, told, strict=True))
        done[0] += len(picks)
        tell(f"{done[0]} of {len(cases)} cases", 0.1 + 0.9 * done[0] / len(cases))

    with ThreadPoolExecutor(cores or os.cpu_count() or 1) as pool:
        list(pool.map(block, blocks))
    nominal = {key: float(value[0]) for key, value in flown.numbers.items() if np.ndim(value) == 1}
    ordered = [rows[k] for k in range(len(cases))]
    return Matrix("rendezvous", scenario.name, seed, ordered, nominal, time.perf_counter() - began,
                  world_seed=None if nominal_world else seed)  # fmt: skip


def without_failure(made: RendezvousPlan, tell: Told) -> _Flown:
    """The undispersed flight that the legs' durations are taken from."""
    picks = np.zeros(LANES, int)
    world, start = disperse_pair(made, 0, picks, False)
    keys = pair_keys(0, picks)
    far, told = fly_far(
        world, made.far, start, keys, False, _until(made),
        lambda name, share: tell(f"without a failure: {name}", 0.05 * share),
    )  # fmt: skip
    tell("without a failure: last legs", 0.05)
    carry = begin_lanes(made.close, far, keys)
    spans = {"far guidance": (0.0, float(made.far.arrivals[0]))}
    spans["homing"] = (spans["far guidance"][1], float(carry.truth.time[0]))
    chunks, began = [], {0: float(carry.truth.time[0])}
    for _ in range(int(LONGEST / CYCLES) + 2):
        chunks.append((float(carry.truth.time[0]), jax.tree.map(lambda x: np.asarray(x)[:1], carry)))
        carry = next_chunk(world, made.close, np.full(LANES, 1e12), carry, keys)
        began.setdefault(int(carry.flight.step[0]), float(carry.flight.since[0]))
        if bool(np.asarray(carry.truth.done).all()):
            break
    times = [began.get(k, np.nan) for k in range(len(made.steps))] + [float(carry.truth.time[0])]
    for k, name in enumerate(made.steps):
        if np.isfinite(times[k]) and np.isfinite(times[k + 1]):
            spans[name] = (times[k], times[k + 1])
    return _Flown(made, world, keys, start, far, told, chunks, spans, figures(made, told, carry))


def _until(made: RendezvousPlan) -> float:
    return float(np.max(np.asarray(made.far.arrivals))) + float(made.far.homing_time)


def _cases(flown: _Flown, seed: int) -> list[FaultEvent]:
    """Every failure in every leg at five instants at least, and each numbered thing at one at least."""
    fleet, cases = equipment_counts(flown.made), []
    for failure in FAILURES:
        if not failure.rendezvous:
            continue
        count = fleet.count(failure)
        for leg in legs_struck(flown, failure):
            begin, end = flown.spans[leg]
            words = f"{failure.what} {failure.how}"
            times = instants(seed, words, leg, end - begin, max(INSTANTS, count))
            for k, at in enumerate(times):
                cases.append(FaultEvent(failure, k % max(count, 1), leg, float(at)))
    return cases


def legs_struck(flown: _Flown, failure: Failure) -> list[str]:
    """The legs that the matrix strikes with a failure."""
    close = [name for name in flown.made.steps if name in flown.spans]
    if failure.kind == Kind.ENGINE_OUT:
        return list(FAR_LEGS)
    if failure.kind in EYES:
        return close[-NEAR_STEPS:]
    return [*(FAR_LEGS if failure.kind in FAR_KINDS else ()), *close]


def _blocks(flown: _Flown, cases: Sequence[tuple[FaultEvent, ...]]) -> list[list[int]]:
    """Numbers of the cases that are flown side by side: far ones together, close ones in order of time."""
    far = [k for k, c in enumerate(cases) if c[0].leg in FAR_LEGS]
    close = [k for k, c in enumerate(cases) if c[0].leg not in FAR_LEGS]
    close.sort(key=lambda k: _at(flown, cases[k]))
    return [some[i : i + LANES] for some in (far, close) for i in range(0, len(some), LANES)]


def _at(flown: _Flown, case: tuple[FaultEvent, ...]) -> float:
    """When the first failure of a case strikes [s]."""
    return min(flown.spans[s.leg or ""][0] + s.time for s in case)


def _fly(flown: _Flown, cases: Sequence[tuple[FaultEvent, ...]]) -> list[Row]:
    made, names = flown.made, leg_names(flown.made)
    filled = [*cases, *[cases[-1]] * (LANES - len(cases))]
    faults = struck(made.world.faults, filled, names, equipment_counts(made))
    world = eqx.tree_at(lambda w: w.faults, flown.world, faults)
    far_told = flown.far_told
    if cases[0][0].leg in FAR_LEGS:
        far, far_told = fly_far(world, made.far, flown.start, flown.keys, False, _until(made))
        carry = begin_lanes(made.close, far, flown.keys)
        failed = np.asarray(far.truth.failed)
    else:
        carry = _begun(flown, filled, names)
        failed = np.zeros(LANES, bool)
    at = np.full(LANES, 1e12)
    for _ in range(int(LONGEST / CYCLES) + 40):
        if bool(np.asarray(carry.truth.done).all()):
            break
        carry = next_chunk(world, made.close, at, carry, flown.keys)
    numbers = ended(made, world, far_told, carry, failed, len(cases[0]))
    rows = []
    for lane, strikes in enumerate(cases):
        rows.append(Row(tuple(strikes), *judge(made, {key: x[lane] for key, x in numbers.items()})))
    return rows


def _begun(flown: _Flown, cases: Sequence[tuple[FaultEvent, ...]], names: Sequence[str]) -> CloseCarry:
    """What each lane carries at the last chunk of the flight without a failure before its own strikes."""
    times = np.array([t for t, _ in flown.chunks])
    picks = [max(int(np.searchsorted(times, _at(flown, c), side="right")) - 1, 0) for c in cases]
    carry = jax.tree.map(lambda *x: np.concatenate(x), *[flown.chunks[k][1] for k in picks])
    onset = np.array(carry.truth.onset)
    for row, strikes in enumerate(cases):
        for slot, s in enumerate(strikes):
            begin = flown.spans[s.leg or ""][0]
            if begin <= float(carry.truth.time[row]):
                onset[row, slot] = begin + s.time
    return eqx.tree_at(lambda c: c.truth.onset, carry, onset)
