"""Cases of a rendezvous, each flown from the insertion in its own dispersed world, as lanes."""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import numpy as np

from homeward.campaigns.faults.matrix import Row
from homeward.campaigns.faults.rendezvous_classes import ended, judge
from homeward.campaigns.faults.worlds import Case, moved_into
from homeward.dispersion.rendezvous import disperse_pair
from homeward.dispersion.sampling import RANDOM, Plan
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import RendezvousPlan, equipment_counts, leg_names
from homeward.scenario.faults.schedule import struck
from homeward.sim.rendezvous.far_range_lanes import fly_far
from homeward.sim.rendezvous.proximity import CYCLES, LONGEST
from homeward.sim.rendezvous.proximity_lanes import begin_lanes, next_chunk

NEVER = 1e12  # s: no thruster of `rendezvous.faults` fails


def fly_dispersed(
    made: RendezvousPlan, durations: dict[str, float], cases: Sequence[Case], seed: int, lanes: int
) -> list[Row]:
    """Fly cases, at most ``lanes`` of them, and tell how each ended.

    See ``dispersed_returns.fly_dispersed``.
    """
    rows, late = _fly(made, cases, seed, lanes)
    if late:
        again = [moved_into(cases[k], durations, flown) for k, flown in late.items()]
        for k, row in zip(late, _fly(made, again, seed, lanes)[0], strict=True):
            rows[k] = row
    return rows


@dataclasses.dataclass
class FlownPair:
    """What ``judge`` reads of a block of cases, and when each lane began each of the last steps [s]."""

    numbers: dict[str, np.ndarray]
    steps: np.ndarray
    begun: np.ndarray
    end: np.ndarray


def flown_numbers(
    made: RendezvousPlan, cases: Sequence[Case], seed: int, sampling: Plan = RANDOM
) -> FlownPair:  # fmt: skip
    """Fly cases, a lane each, from the insertion in their own dispersed worlds."""
    lanes, runs = len(cases), np.array([c.run for c in cases])
    world, start = disperse_pair(made, seed, runs, sampling=sampling)
    keys = pair_keys(seed, runs)
    faults = struck(made.world.faults, [c.strikes for c in cases], leg_names(made), equipment_counts(made))
    world = eqx.tree_at(lambda w: w.faults, world, faults)
    until = float(np.max(np.asarray(made.far.arrivals))) + float(made.far.homing_time)
    far, far_told = fly_far(world, made.far, start, keys, False, until)
    carry = begin_lanes(made.close, far, keys)
    begun = np.asarray(carry.truth.time)
    steps = np.full((lanes, len(made.steps) + 1), np.nan)
    steps[:, 0] = begun
    for _ in range(int(LONGEST / CYCLES) + 40):
        if bool(np.asarray(carry.truth.done).all()):
            break
        carry = next_chunk(world, made.close, np.full(lanes, NEVER), carry, keys)
        at = np.minimum(np.asarray(carry.flight.step), len(made.steps))
        first = np.isnan(steps[np.arange(lanes), at])
        steps[np.arange(lanes)[first], at[first]] = np.asarray(carry.flight.since)[first]
    counts = np.array([len(c.strikes) for c in cases])
    numbers = ended(made, world, far_told, carry, np.asarray(far.truth.failed), counts)
    return FlownPair(numbers, steps, begun, np.asarray(carry.truth.time))


def _fly(
    made: RendezvousPlan, cases: Sequence[Case], seed: int, lanes: int
) -> tuple[list[Row], dict[int, dict[str, float]]]:
    """How each case ended; and, of those whose failure came too late, how long each leg was [s]."""
    flown = flown_numbers(made, [*cases, *[cases[-1]] * (lanes - len(cases))], seed)
    numbers = flown.numbers
    rows, late = [], {}
    for lane, case in enumerate(cases):
        told = judge(made, {key: x[lane] for key, x in numbers.items()})
        rows.append(Row(case.strikes, *told, case.run))
        leg = (case.strikes[0].leg or "") if case.strikes else ""
        spans = _durations(made, flown.steps[lane], float(flown.begun[lane]), float(flown.end[lane]))
        sound = not (bool(numbers["failed"][lane]) or bool(numbers["collided"][lane]))
        if not bool(numbers["came"][lane]) and sound and leg in spans:
            late[lane] = spans
    return rows, late


def _durations(made: RendezvousPlan, steps: np.ndarray, begun: float, end: float) -> dict[str, float]:
    """How long each leg of one lane was [s], of those that it flew."""
    arrival = float(made.far.arrivals[0])
    spans = {"far guidance": arrival, "homing": begun - arrival}
    for k, name in enumerate(made.steps):
        if np.isfinite(steps[k]):
            later = [t for t in steps[k + 1 :] if np.isfinite(t)]
            spans[name] = (later[0] if later else end) - float(steps[k])
    return spans
