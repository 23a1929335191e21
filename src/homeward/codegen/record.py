"""The messages of a flight: their shapes, by tracing the loop, and the calls themselves, as flown."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward.flight.executive import return_executive as executive
from homeward.planning.return_plan import ReturnPlan
from homeward.sim.core.flight_software import flown_by
from homeward.sim.lanes import chunk_program, first_carry, spread_flight, spread_leg, spread_world
from homeward.sim.mission import fly_mission, planned

CYCLE, TICK = "cycle", "tick"
MOST_WAITING = 1500  # calls that wait for those which came late
WINDOW = 4  # cycles at the begin of a stretch of calls, and as many at its end, that are kept


@dataclasses.dataclass(frozen=True)
class Shapes:
    """What a call takes and gives, as trees of shapes."""

    parameters: Any
    state: Any
    sensors: Any
    command: Any


@dataclasses.dataclass
class Call:
    """One call as it was flown: leaves of the trees, as arrays."""

    kind: str
    mode: str
    before: list[np.ndarray]
    sensors: list[np.ndarray]
    after: list[np.ndarray]
    command: list[np.ndarray]


class Recorder:
    """Flies the package's flight software and notes what passes; a ``sim.core.flight_software.Software``."""

    def __init__(self, keep: bool):
        self.keep = keep
        self.shapes: dict[tuple[str, str], Shapes] = {}
        self.windows = Windows()

    def cycle(self, parameters, state, sensors, mode, idle):
        """A guidance cycle."""
        return self._called(CYCLE, executive.cycle, parameters, state, sensors, mode)

    def tick(self, parameters, state, sensors, mode, idle):
        """A control tick."""
        return self._called(TICK, executive.tick, parameters, state, sensors, mode)

    def rest(self, parameters, state, sample, mode):
        """While the computer starts anew; not noted."""
        return executive.rest(parameters, state, sample, mode)

    def _called(self, kind, function, parameters, state, sensors, mode):
        new, command = function(parameters, state, sensors, mode)
        shapes = jax.tree.map(_shape, (parameters, state, sensors, command))
        self.shapes[kind, mode] = Shapes(*shapes)
        if self.keep:
            leaves = [jax.tree.leaves(x) for x in (state, sensors, new, command)]
            jax.debug.callback(partial(self._note, kind, mode), *leaves)
        return new, command

    def _note(self, kind, mode, *leaves):
        self.windows.add(Call(kind, mode, *([np.asarray(x) for x in some] for some in leaves)))


def _shape(x: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(np.shape(x), x.dtype)


def traced(plan: ReturnPlan) -> dict[tuple[str, str], Shapes]:
    """The calls that a return makes, (kind, mode), with their shapes; nothing is compiled or flown."""
    recorder = Recorder(keep=False)
    world, flight = spread_world(plan.world, 1), spread_flight(planned(plan.flight, plan.legs), 1)
    carry = first_carry(flight, jax.tree.map(lambda x: np.asarray(x)[None], plan.truth))
    keys = jax.random.wrap_key_data(jnp.zeros((1, 2), jnp.uint32))
    with flown_by(recorder):
        for leg in {item.leg.kind: item.leg for item in plan.legs}.values():
            parts = (world, flight, spread_leg(leg, 1), carry, keys, np.asarray(0))
            jax.eval_shape(partial(chunk_program, record=False), *parts)
    return recorder.shapes


def flown(plan: ReturnPlan, keys: Any, progress: Any = None) -> list[list[Call]]:
    """Windows of the calls of the nominal flight, in their order."""
    recorder = Recorder(keep=True)
    world, flight = spread_world(plan.world, 1), spread_flight(plan.flight, 1)
    truth = jax.tree.map(lambda x: np.asarray(x)[None], plan.truth)
    legs = [dataclasses.replace(item, leg=spread_leg(item.leg, 1)) for item in plan.legs]
    with flown_by(recorder):
        fly_mission(world, flight, truth, legs, keys, False, progress)
        jax.effects_barrier()
    return recorder.windows.close()


class Windows:
    """The first and the last cycles of each stretch of calls, kept as the calls come in.

    A stretch is one of calls that each take up the state of the one before. Of a lane that stands at its end
    the calls are single ones: nothing comes of them, and they are left out.
    """

    def __init__(self) -> None:
        self.kept: list[list[Call]] = []
        self._waiting: list[Call] = []
        self._groups: list[list[Call]] = []  # a cycle with its ticks each, of the present stretch
        self._dropped = False  # whether some in the middle are gone
        self._last: Call | None = None

    def add(self, call: Call) -> None:
        """Take in a call. They may come a little out of order: those of the last minute wait."""
        self._waiting.append(call)
        if len(self._waiting) > MOST_WAITING:
            self._take(len(self._waiting) // 2)

    def close(self) -> list[list[Call]]:
        """All windows, after the last call."""
        self._take(len(self._waiting))
        self._end()
        return self.kept

    def _take(self, count: int) -> None:
        # A cycle comes before the tick of the same instant.
        self._waiting.sort(key=lambda call: (float(call.sensors[0]), call.kind))
        for call in self._waiting[:count]:
            self._follow(call)
        del self._waiting[:count]

    def _follow(self, call: Call) -> None:
        last, self._last = self._last, call
        if last is None or last.mode != call.mode or not _same(last.after, call.before):
            self._end()
        if call.kind == CYCLE:
            self._groups.append([])
        elif not self._groups:
            return  # a tick of a cycle that belongs to another stretch
        self._groups[-1].append(call)
        if len(self._groups) > 2 * WINDOW + 1:
            del self._groups[WINDOW]
            self._dropped = True

    def _end(self) -> None:
        groups, self._groups = self._groups, []
        dropped, self._dropped = self._dropped, False
        if sum(map(len, groups)) <= 1:
            return
        if dropped or len(groups) > 2 * WINDOW:
            self.kept += [_joined(groups[:WINDOW]), _joined(groups[-WINDOW:])]
        else:
            self.kept.append(_joined(groups))


def _joined(groups: list[list[Call]]) -> list[Call]:
    return [call for group in groups for call in group]


def _same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(one, other, strict=True)
    )
