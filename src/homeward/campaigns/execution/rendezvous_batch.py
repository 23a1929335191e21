"""Many rendezvous of one scenario: the same code as a single one, under ``vmap``."""

import dataclasses
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np

from homeward.dispersion.rendezvous import disperse_pair
from homeward.errors import InputError
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import RendezvousPlan, lane_bounds, plan_rendezvous
from homeward.scenario.schema.rendezvous import PLANS
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.rendezvous.contact import inside_box
from homeward.sim.rendezvous.far_range import FarCarry
from homeward.sim.rendezvous.far_range_lanes import FarResult, fly_far
from homeward.sim.rendezvous.proximity import CloseCarry
from homeward.sim.rendezvous.proximity_lanes import fly_close
from homeward.world.dynamics.two_spacecraft import PairWorld

LANES = 64


@dataclasses.dataclass
class PairFlights:
    """Figures of every run, a row each: see ``figures``."""

    scenario: Scenario
    plan: str
    seed: int
    runs: np.ndarray
    numbers: dict[str, np.ndarray]
    wall_s: float

    def __getitem__(self, name: str) -> np.ndarray:
        return self.numbers[name]


def fly_pairs(
    scenario: Scenario, runs: int, *, plan: str | None = None, port: str | None = None, seed: int = 0,
    first: int = 0, cores: int | None = None, made: RendezvousPlan | None = None,
    keep: Callable[[PairWorld, FarResult, CloseCarry, list, np.ndarray], None] | None = None,
) -> PairFlights:  # fmt: skip
    """Fly runs ``first`` to ``first + runs`` of a seed, from the insertion to the docking.

    Blocks of one width, the last filled up, so that any run has the same bits in any campaign. ``keep``, if
    given, is handed each block's world, recorded legs and run numbers. Raises ``InputError`` for a number of
    runs or a seed that is none.
    """
    for name, value, least in (("runs", runs, 1), ("seed", seed, 0), ("first", first, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"fly_pairs: {name}: expected a whole number of at least {least}, not {value!r}")
    made = plan_rendezvous(scenario, plan, port) if made is None else made
    until = float(np.max(np.asarray(made.far.arrivals))) + float(made.far.homing_time)
    fault = made.told.faults.thruster_s if made.told.faults.thruster >= 0 else 1e12
    began = time.perf_counter()

    def block(start: int) -> dict[str, np.ndarray]:
        picks = first + np.minimum(np.arange(start, start + LANES), runs - 1)
        world, carry = disperse_pair(made, seed, picks)
        keys = pair_keys(seed, picks)
        bounds = bounds_of(made, carry)
        far, told = fly_far(world, made.far, carry, keys, keep is not None, until)
        close, frames = fly_close(world, made.close, fault, far, keys, keep is not None, made.steps)
        if keep is not None:
            keep(world, told, close, frames, picks)
        return figures(made, told, close) | {"bound": bounds} | plan_taken(made, far)

    with ThreadPoolExecutor(cores or os.cpu_count() or 1) as pool:
        parts = list(pool.map(block, range(0, runs, LANES)))
    numbers = {key: np.concatenate([p[key] for p in parts])[:runs] for key in parts[0]}
    wall = time.perf_counter() - began
    return PairFlights(scenario, made.name, seed, first + np.arange(runs), numbers, wall)


def bounds_of(made: RendezvousPlan, carry: FarCarry) -> np.ndarray:
    """The bound [m/s] from every lane's true state at the insertion."""
    b = carry.truth.bodies
    return lane_bounds((b.r_BI_I, b.v_BI_I), (b.r_TI_I, b.v_TI_I), made.far.aim)


def plan_taken(made: RendezvousPlan, far: FarCarry) -> dict[str, np.ndarray]:
    """How often every lane changed its plan, and the time of the one it ended with [s from the insertion]."""
    times = np.array([PLANS[name] for name in made.plans])
    choice = np.asarray(far.flight.choice)
    return {"switched": np.asarray(far.flight.switches), "plan_time": times[choice]}


def figures(made: RendezvousPlan, far: FarResult, close: CloseCarry) -> dict[str, np.ndarray]:
    """Figures of every lane: contact, distances, propellant, and how the executive decided."""
    t = close.truth
    c = t.contact
    flown = close.flight
    return {
        "captured": np.asarray(c.captured),
        "inside": np.asarray(jax.vmap(inside_box)(c)) & (np.asarray(c.count) > 0),
        "collided": np.asarray(c.collided),
        "failed": np.asarray(t.failed),
        "failed_time": np.asarray(t.failed_time),
        "contacts": np.asarray(c.count),
        "tries": np.asarray(flown.tries),
        "aborts": np.asarray(flown.aborts),
        "time": np.asarray(c.time),
        "closing": np.asarray(c.closing),
        "lateral_rate": np.asarray(c.lateral_rate),
        "lateral": np.linalg.norm(np.asarray(c.lateral_offset), axis=1),
        "angle": np.asarray(c.angle),
        "roll": np.abs(np.asarray(c.roll)),
        "rate": np.asarray(c.rate),
        "closest": np.asarray(t.closest),
        "delta_v": np.asarray(t.delta_v),
        "delta_v_aim": far.aim_delta_v,
        "propellant": made.told.ship.propellant_kg - np.asarray(t.propellant),
        "plume": np.asarray(t.plume),
    }
