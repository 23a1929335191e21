"""Many flights side by side: the same chunk under ``vmap``, the loop over chunks on the host."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.icd import Accuracy, BodyFrame, Consistency, Frame, channels
from homeward.sim.chunk import begin, chunk, end_leg
from homeward.sim.core import flight_software
from homeward.sim.core.carry import Carry, no_sample, nothing_sensed, strong
from homeward.sim.core.legs import CYCLES, TURNING, Leg, leg
from homeward.sim.listeners import tell
from homeward.typing import Array
from homeward.world.environment.interfaces import AbstractAerodynamics
from homeward.world.sensors.redundant_imu import COUNT
from homeward.world.state import BodyState, TruthState, initial_truth
from homeward.world.world import World

Progress = Callable[[str, float], None]
Between = Callable[[FlightComputer, Leg, Carry], tuple[FlightComputer, Leg, Carry]]
Ahead = Callable[..., None]  # world, flight computer, kinds of legs and, if it turns, a body state
Tree = TypeVar("Tree")
MANY = 16  # lanes of a campaign rather than of a look


@dataclasses.dataclass
class LegResult:
    """How one leg went: start and end times of every lane [s], and its telemetry if it was recorded."""

    start: np.ndarray
    end: np.ndarray
    frames: list[Frame]


def world_axes(world: World) -> World:
    """What is the same for every lane stays single; every dispersed number has a lane axis."""
    axes = jax.tree.map(lambda _: 0, world)

    def shared(tree):
        return jax.tree.map(lambda _: None, tree)

    def parts(w: World):
        whole = (w.orientation, w.ellipsoid, w.gravity, w.third_bodies)
        if world.body is None:
            return whole
        b = w.body
        assert b is not None
        # Of a turning ship only what disperses has lanes: its shape and its valves are the same.
        a = b.aero
        fixed = (a.area, a.length, a.cone_sine, a.polynomial, a.cone, a.mach)
        fixed += (b.capsule_inertia, b.engine_place, b.engine_fall)
        for t in (b.capsule_thrusters, b.stack_thrusters):
            fixed += (t.minimum_pulse, t.opening, t.closing, t.exhaust_speed, t.share, t.leak)
        return (*whole, *fixed)

    return eqx.tree_at(parts, axes, tuple(shared(part) for part in parts(world)), is_leaf=lambda x: x is None)


def flight_axes(flight: FlightComputer) -> FlightComputer:
    axes = jax.tree.map(lambda _: 0, flight)
    return eqx.tree_at(
        lambda f: (f.navigation, f.ellipsoid, f.steering, f.health, f.waiting),
        axes,
        tuple(
            jax.tree.map(lambda _: None, x)
            for x in (flight.navigation, flight.ellipsoid, flight.steering, flight.health, flight.waiting)
        ),
        is_leaf=lambda x: x is None,
    )


def _each_lane(tree, axes, change: Callable[[np.ndarray], np.ndarray]):
    """The tree, ``change`` applied to every leaf that ``axes`` gives a lane axis; the others stay."""
    # A part that a world goes without (None) counts as a leaf in both, or the two would not pair up.
    leaves, structure = jax.tree.flatten(tree, is_leaf=lambda x: x is None)
    marks = jax.tree.leaves(axes, is_leaf=lambda x: x is None)
    pairs = zip(leaves, marks, strict=True)
    return jax.tree.unflatten(structure, [x if mark is None else change(np.asarray(x)) for x, mark in pairs])


def spread(tree, axes, lanes: int):
    """A tree with a lane axis on every leaf that ``axes`` gives one."""
    return _each_lane(tree, axes, lambda x: np.broadcast_to(x, (lanes, *np.shape(x))))


def pick_world(world: World, lanes: np.ndarray) -> World:
    """The given lanes of a world that has lanes, in that order; a lane may be taken more than once."""
    return _each_lane(world, world_axes(world), lambda x: x[lanes])


def pick_flight(flight: FlightComputer, lanes: np.ndarray) -> FlightComputer:
    """The given lanes of a flight computer that has lanes."""
    return _each_lane(flight, flight_axes(flight), lambda x: x[lanes])


def spread_world(world: World, lanes: int) -> World:
    """One world for every lane."""
    return spread(world, world_axes(world), lanes)


def spread_flight(flight: FlightComputer, lanes: int) -> FlightComputer:
    """One flight computer for every lane."""
    return spread(flight, flight_axes(flight), lanes)


def spread_leg(tree: Tree, lanes: int) -> Tree:
    """One leg, or one state, for every lane."""
    return jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes, *np.shape(x))), tree)


def chunk_program(world, flight, leg, carry, keys, number, record: bool):
    """One chunk of every lane: what is compiled, once for each kind of leg."""

    def lane(world, flight, leg, carry, key):
        key = jax.random.fold_in(jax.random.fold_in(key, leg.index.astype(int)), number)
        return chunk(world, flight, leg, carry, key, record)

    axes = (world_axes(world), flight_axes(flight), 0, 0, 0)
    return strong(jax.vmap(lane, in_axes=axes)(world, flight, leg, carry, keys))


def _many_points(world: World, flight: FlightComputer, leg: Leg, *_: object) -> bool:
    """Whether a chunk is of many point masses: flown by the thousand, where a fifth counts."""
    return leg.kind not in TURNING and np.size(leg.index) >= MANY


_chunk = program(chunk_program, hot=_many_points)


def end_program(world, flight, leg, carry):
    """The end of a leg, every lane that has come to it."""

    def lane(world, flight, leg, carry):
        return end_leg(world, leg, carry)

    axes = (world_axes(world), flight_axes(flight), 0, 0)
    return strong(jax.vmap(lane, in_axes=axes)(world, flight, leg, carry))


def begin_program(carry, leg):
    """The carry at the start of a leg, every lane."""
    return strong(jax.vmap(begin)(carry, leg))


def first_program(flight, truth):
    """The carry before the first leg, every lane."""

    def one(f: FlightComputer, t: TruthState) -> Carry:
        state = executive.init(f)
        inertial = no_sample() if t.body is None else nothing_sensed(COUNT)
        return Carry(t, state, state.acting, t.time, inertial)

    return strong(jax.vmap(one, in_axes=(flight_axes(flight), 0))(flight, truth))


_end, _begin, _first = program(end_program), program(begin_program), program(first_program)


def first_carry(flight: FlightComputer, truth: TruthState) -> Carry:
    """The carry before the first leg, every lane."""
    return _first(flight, truth)


def preparing(
    lanes: int, record: bool, aero: Callable[[AbstractAerodynamics], AbstractAerodynamics] | None = None,
    ends: bool = True,
) -> Ahead:  # fmt: skip
    """What has the programs of a flight compiled in the background, as soon as its world is known.

    ``aero`` puts the body's aerodynamics in the form that they will have in flight. ``ends`` is False where
    no leg is ended by these lanes.
    """

    def ahead(
        world: World, flight: FlightComputer, kinds: tuple[str, ...], body: BodyState | None = None
    ) -> None:
        if aero is not None:
            world = eqx.tree_at(lambda w: w.aerodynamics, world, aero(world.aerodynamics))
        zeros = jnp.asarray(np.zeros(3), float)
        truth = initial_truth(0.0, zeros, zeros, 1.0)
        if body is not None:
            truth = eqx.tree_at(lambda t: t.body, truth, body, is_leaf=lambda x: x is None)
        world, flight = spread_world(world, lanes), spread_flight(flight, lanes)
        carry = first_carry(flight, spread_leg(truth, lanes))
        keys = jax.random.wrap_key_data(jnp.asarray(np.zeros((lanes, 2)), jnp.uint32))
        for kind in kinds:
            some = spread_leg(leg(kind, 0, 1.0), lanes)
            if not flight_software.another():
                _chunk.prepare(world, flight, some, carry, keys, np.asarray(0), record=record)
            if ends:
                _end.prepare(world, flight, some, carry)

    return ahead


def of_no_kind(many: Leg) -> Leg:
    """The leg without its kind: one program begins legs of every kind."""
    # Unflattened, not constructed: with a lane axis its numbers are not those that the constructor checks.
    return jax.tree.unflatten(jax.tree.structure(leg("", 0, 1.0)), jax.tree.leaves(many))


def fly_leg(
    world: World, flight: FlightComputer, leg: Leg, carry: Carry, keys: Array, record: bool,
    progress: Callable[[float], None] | None = None, only: int | None = None, between: Between | None = None,
) -> tuple[Carry, LegResult]:  # fmt: skip
    """Fly one leg to the end of its last lane. All trees have a lane axis (see ``spread_*``).

    ``progress`` is called with the share of the leg's expected time that is done. ``only`` records that lane
    alone, in a lane axis of one: all lanes fly by the program that records nothing, and that one again by
    itself, chunk by chunk from where the many began theirs. ``between`` is asked before each chunk and may
    change the numbers of the flight computer, of the leg and of the carry; their shapes stay, so that nothing
    is compiled anew.
    """
    carry = _begin(carry, of_no_kind(leg))
    # Once, or every chunk would copy the tables of every lane.
    world, flight, leg, keys = jax.device_put((world, flight, leg, keys))
    start = np.asarray(carry.truth.time)
    frames: list[Frame] = []
    most, number = _chunks(leg), 0
    alone = None if only is None or not record else _alone(world, flight, leg, keys, only)
    if alone is not None and between is not None:
        raise ValueError("a lane that is recorded alone takes no orders")
    fly, fly_alone = _flies(record and alone is None), _flies(True)
    while number < most:
        if between is not None:
            told, changed, carry = between(flight, leg, carry)
            flight = flight if told is flight else jax.device_put(told)
            if changed is not leg:
                leg = jax.device_put(changed)
                most = number + _chunks(leg)
        before = carry
        carry, rows = fly(world, flight, leg, carry, keys, np.asarray(number))
        if alone is not None and only is not None:
            mine = jax.tree.map(lambda x: np.asarray(x)[only : only + 1], before)
            if number == 0 or not mine.truth.settled.all():
                rows = fly_alone(*alone[:3], mine, alone[3], np.asarray(number))[1]
        if rows is not None:
            frames.append(jax.tree.map(np.asarray, rows))
            tell(frames[-1])
        settled = np.asarray(carry.truth.settled)
        if (np.asarray(carry.truth.done) & ~settled).any():
            carry = _end(world, flight, leg, carry)
            settled = np.asarray(carry.truth.settled)
        if progress is not None:
            progress(float(np.mean(settled)))
        if settled.all():
            break
        number += 1
    return carry, LegResult(start, np.asarray(carry.truth.time), frames)


def _flies(record: bool) -> Callable[..., tuple[Carry, Frame | None]]:
    """The program of a chunk, with another flight software in it where one is flown: never a stored one."""
    if flight_software.another():
        return flight_software.compiled(chunk_program, record=record)
    return partial(_chunk, record=record)


def _alone(world: World, flight: FlightComputer, leg: Leg, keys: Array, lane: int):
    """World, flight computer, leg and key of one lane, in a lane axis of one."""
    pick = np.array([lane])
    one = jax.tree.map(lambda x: np.asarray(x)[pick], leg)
    return jax.device_put((pick_world(world, pick), pick_flight(flight, pick), one, keys[pick]))


def _chunks(leg: Leg) -> int:
    """How many chunks the most patient lane may take."""
    longest = float(np.max(np.asarray(leg.patience)))
    per_chunk = CYCLES[leg.kind] * float(np.max(np.asarray(leg.tick)))
    return int(longest / per_chunk) + 2


def whole_history(legs: list[tuple[str, LegResult]], lane: int) -> dict[str, np.ndarray]:
    """One lane's telemetry of all legs, one row an instant: where two legs meet, that of the new leg."""
    parts = [lane_history(x.frames, float(x.start[lane]), float(x.end[lane]), lane) for _, x in legs]
    # A leg without a filter has no accuracy to tell.
    lengths = [len(p["time"]) for p in parts]
    keys = dict.fromkeys(key for p in parts for key in p)
    blanks = {key: np.full(next(p[key] for p in parts if key in p).shape[1:], np.nan) for key in keys}
    joined = {
        key: np.concatenate(
            [
                p.get(key, np.broadcast_to(blanks[key], (n, *blanks[key].shape)))
                for p, n in zip(parts, lengths, strict=True)
            ]
        )
        for key in keys
    }
    keep = np.append(np.diff(joined["time"]) > 1e-9, True)
    return {key: values[keep] for key, values in joined.items()}


def lane_history(frames: list[Frame], start: float, end: float, lane: int) -> dict[str, np.ndarray]:
    """One lane's telemetry of a leg, the rows after its end left out."""
    rows = jax.tree.map(lambda *parts: np.concatenate([p[lane] for p in parts]), *frames)
    keep = (rows.time >= start - 1e-9) & (rows.time <= end + 1e-9)
    # A lane that stands still repeats its last row.
    keep[1:] &= np.diff(rows.time) > 0.0
    told = {c.name: getattr(rows, c.name)[keep] for c in channels(Frame)}
    if rows.accuracy is not None:
        told |= {c.name: getattr(rows.accuracy, c.name)[keep] for c in channels(Accuracy)}
    if rows.consistency is not None:
        told |= {c.name: getattr(rows.consistency, c.name)[keep] for c in channels(Consistency)}
    return told


def body_history(legs: list[tuple[str, LegResult]], lane: int) -> dict[str, np.ndarray]:
    """One lane's fast telemetry of the legs in which it turns, a row a control tick; empty if none."""
    parts: list[dict[str, np.ndarray]] = []
    for _, result in legs:
        if not result.frames or result.frames[0].body is None:
            continue
        begin, end = float(result.start[lane]), float(result.end[lane])
        bodies = [frame.body for frame in result.frames]
        rows = jax.tree.map(lambda *x: np.concatenate([p[lane] for p in x]), *bodies)
        # (cycles, ticks, ...) to one row a tick.
        rows = {c.name: getattr(rows, c.name) for c in channels(BodyFrame)}
        rows = {key: x.reshape(-1, *x.shape[2:]) for key, x in rows.items()}
        keep = (rows["time"] >= begin - 1e-9) & (rows["time"] <= end + 1e-9)
        keep[1:] &= np.diff(rows["time"]) > 0.0
        parts.append({key: x[keep] for key, x in rows.items()})
    if not parts:
        return {}
    joined = {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}
    fresh = np.append(np.diff(joined["time"]) > 1e-9, True)
    return {key: values[fresh] for key, values in joined.items()}
