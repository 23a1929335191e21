"""A mission: the list of legs, what happens between them, and the flight of all lanes through it."""

import dataclasses
from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.executive.flight_plan import ROWS, PlanStep, plan_step
from homeward.sim.core.carry import Carry
from homeward.sim.core.legs import Leg
from homeward.sim.lanes import LegResult, Progress, first_carry, fly_leg
from homeward.sim.navigation_error import Belief, belief
from homeward.sim.separation_impulse import separation_impulse
from homeward.typing import Array
from homeward.world.fault_schedule import Faults, due
from homeward.world.state import TruthState
from homeward.world.world import World

Change = Callable[[TruthState], TruthState]


@dataclasses.dataclass(frozen=True)
class MissionLeg:
    """A leg with its name, and what happens to the ship at the instant before it (a separation, say).

    ``step`` is its step of the flight plan, if the flight software ends it; the last steps of a flight may
    last over several legs, each but the first without one.
    """

    name: str
    leg: Leg
    before: Change | None = None
    step: PlanStep | None = None
    later: PlanStep | None = None  # the same step where the burn is put off to the next opportunity


def planned(flight: FlightComputer, legs: Sequence[MissionLeg]) -> FlightComputer:
    """The flight computer loaded with the steps of the legs; both with a lane axis, or both without."""
    steps = [m.step for m in legs if m.step is not None]
    later = [m.step if m.later is None else m.later for m in legs if m.step is not None]
    lanes = np.ndim(flight.thrust_acceleration)
    if len(steps) >= ROWS:
        raise ValueError(f"a flight plan holds {ROWS - 1} steps, not {len(steps)}")
    blank = [plan_step()] * (ROWS - len(steps))
    spare = np.full(
        (np.shape(flight.thrust_acceleration)[0],) if lanes else (),
        float(any(m.later is not None for m in legs)),
    )

    def stack(*values):
        if not lanes:
            return jnp.asarray(np.stack([np.asarray(v) for v in values]))
        count = np.shape(flight.thrust_acceleration)[0]
        # A row that fills the plan up, or a step of a single flight, is the same for every lane.
        full = (count, *np.shape(values[-1]))
        return jnp.asarray(np.stack([np.broadcast_to(np.asarray(v), full) for v in values], axis=1))

    first, second = (jax.tree.map(stack, *rows, *blank) for rows in (steps, later))
    loaded = (first, second, jnp.asarray(spare))
    return eqx.tree_at(lambda f: (f.plan.steps, f.plan.later, f.plan.spare), flight, loaded)


# Before each chunk of a flight: the leg's name, the flight computer, all legs and the carry; how these three
# go on.
Uplinked = Callable[
    [str, FlightComputer, list[MissionLeg], Carry], tuple[FlightComputer, list[MissionLeg], Carry]
]


@dataclasses.dataclass
class Outcome:
    """All lanes after the mission: the final truth, the truth at each leg's end, and the legs' results."""

    truth: TruthState
    ends: dict[str, TruthState]
    starts: dict[str, TruthState]
    legs: list[tuple[str, LegResult]]
    carry: Carry
    beliefs: dict[str, Belief]  # navigation at each leg's end
    faults: Faults  # when each failure came
    carries: dict[str, Carry]  # what the lanes carried as each leg began
    flight: FlightComputer | None = None  # as it ended, where orders from the ground may have changed it
    ordered: list[MissionLeg] | None = None  # likewise the legs

    def alone(self, lane: int) -> "Outcome":
        """One lane as a mission of its own; its telemetry is what was kept of that lane alone."""

        def pick(tree):
            return jax.tree.map(lambda x: np.asarray(x)[lane : lane + 1], tree)

        def told(belief: Belief) -> Belief:
            sigma = None if belief.sigma is None else belief.sigma[lane : lane + 1]
            return Belief(belief.error[lane : lane + 1], sigma)

        return Outcome(
            pick(self.truth), {k: pick(x) for k, x in self.ends.items()},
            {k: pick(x) for k, x in self.starts.items()},
            [(name, LegResult(pick(leg.start), pick(leg.end), leg.frames)) for name, leg in self.legs],
            jax.tree.map(lambda x: x[lane : lane + 1], self.carry),
            {k: told(x) for k, x in self.beliefs.items()}, pick(self.faults),
            {k: jax.tree.map(lambda x: x[lane : lane + 1], c) for k, c in self.carries.items()},
        )  # fmt: skip


def fly_mission(
    world: World, flight: FlightComputer, truth: TruthState, legs: list[MissionLeg], keys: Array,
    record: bool, progress: Progress | None = None, only: int | None = None, begin: Carry | None = None,
    first: int = 0, between: Uplinked | None = None, upto: int | None = None,
) -> Outcome:  # fmt: skip
    """Fly every lane through every leg; a failed lane stands still from where it failed.

    ``only`` records that lane alone: see ``fly_leg`` and ``Outcome.alone``. ``begin``, if given, is what the
    lanes carry as leg ``first`` begins: those before are not flown; nor is leg ``upto`` and what comes after
    it, though its start is told. ``between`` is asked before each chunk; it may change the numbers of the
    flight computer, and those of the leg in flight and of the legs to come.
    """
    flight = planned(flight, legs)
    carry = first_carry(flight, truth) if begin is None else begin
    ends: dict[str, TruthState] = {}
    starts: dict[str, TruthState] = {}
    beliefs: dict[str, Belief] = {}
    results = []
    carries: dict[str, Carry] = {}
    legs = list(legs)
    for k in range(first, len(legs)):
        item = legs[k]
        carries[item.name] = carry
        if progress is not None:
            progress(item.name, k / len(legs))
        if item.before is not None:
            arrays = jax.tree.map(np.array, carry.truth)
            after = item.before(arrays)
            carry = eqx.tree_at(lambda c: c.truth, carry, after)
            gained = jnp.asarray(after.v_BI_I) - jnp.asarray(arrays.v_BI_I)
            if after.body is not None and bool(jnp.any(gained != 0.0)):
                carry = separation_impulse(world, carry, gained)
        starts[item.name] = jax.tree.map(np.asarray, carry.truth)
        if k == upto:
            break
        faults = due(world.faults, k, np.asarray(carry.truth.time))
        world = eqx.tree_at(lambda w: w.faults, world, faults)

        def share(part: float, name: str = item.name, k: int = k) -> None:
            if progress is not None:
                progress(name, (k + part) / len(legs))

        def asked(f: FlightComputer, flown: Leg, c: Carry, k: int = k) -> tuple[FlightComputer, Leg, Carry]:
            nonlocal flight, legs
            assert between is not None
            told, changed, c = between(legs[k].name, flight, legs, c)
            if changed is not legs:
                flown = flown if changed[k].leg is legs[k].leg else changed[k].leg
                legs = list(changed)
                told = planned(told, legs)
            flight = told
            return told, flown, c

        ask = None if between is None else asked
        carry, result = fly_leg(world, flight, item.leg, carry, keys, record, share, only, ask)
        ends[item.name] = jax.tree.map(np.asarray, carry.truth)
        beliefs[item.name] = belief(flight, carry, item.leg.kind)
        results.append((item.name, result))
    told = (None, None) if between is None else (flight, legs)
    end = jax.tree.map(np.asarray, carry.truth)
    return Outcome(end, ends, starts, results, carry, beliefs, world.faults, carries, *told)


def local_axes(truth: TruthState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors along track, along the orbit normal and upward in I, every lane: each (n, 3)."""
    r, v = truth.r_BI_I, truth.v_BI_I
    up = r / np.linalg.norm(r, axis=1, keepdims=True)
    normal = np.cross(r, v)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return np.cross(normal, up), normal, up


def push(truth: TruthState, delta_v: np.ndarray) -> TruthState:
    """Change the velocity of every lane by ``delta_v`` [m/s, I]."""
    return eqx.tree_at(lambda t: t.v_BI_I, truth, truth.v_BI_I + delta_v)


def replace(truth: TruthState, **values) -> TruthState:
    """The truth with some per-lane numbers set."""
    names = tuple(values)
    lanes = truth.time.shape[0]
    return eqx.tree_at(
        lambda t: tuple(getattr(t, n) for n in names),
        truth,
        tuple(
            np.broadcast_to(np.asarray(values[n], getattr(truth, n).dtype), (lanes,)).copy() for n in names
        ),
    )
