"""Blocks of runs as a store holds them: results and draws of a fixed number of lanes flown side by side.

A block is the unit of everything: lanes of one width, at multiples of that width, the last filled up with its
last run. A run therefore has the same bits in any campaign, on any number of cores, before and after a break.
"""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from homeward.campaigns.execution.rendezvous_batch import LANES, bounds_of, figures, plan_taken
from homeward.campaigns.store.columns import Column, results_of
from homeward.campaigns.store.draw_columns import Draws, pair_draws, return_draws
from homeward.dispersion.landing import landing_draws
from homeward.dispersion.rendezvous import disperse_pair
from homeward.dispersion.returns import disperse
from homeward.dispersion.sampling import RANDOM, Plan
from homeward.dispersion.scaled_aerodynamics import unscaled
from homeward.icd.rendezvous_messages import PairFrame
from homeward.missions.failure_text import pair_failures, return_failures
from homeward.missions.implausible_values import pair_implausible
from homeward.missions.rendezvous_flight import judge_flight, pair_keys
from homeward.missions.rendezvous_history import history_of
from homeward.missions.rendezvous_outcome import pair_succeeded
from homeward.missions.rendezvous_result import RendezvousFlight
from homeward.missions.rendezvous_summary import summarise
from homeward.missions.return_flight import flight_of, run_keys, spread_legs
from homeward.missions.return_result import Flight
from homeward.missions.return_summary import metrics
from homeward.planning.rendezvous_plan import RendezvousPlan, plan_rendezvous
from homeward.planning.return_plan import plan_return
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import pick_flight, pick_world, preparing
from homeward.sim.mission import Outcome, fly_mission
from homeward.sim.passive_bodies import Scene
from homeward.sim.rendezvous.far_range import FarCarry
from homeward.sim.rendezvous.far_range_lanes import FarResult, fly_far
from homeward.sim.rendezvous.proximity import CloseCarry
from homeward.sim.rendezvous.proximity_lanes import fly_close
from homeward.world.dynamics.point_mass import FASTEST
from homeward.world.dynamics.two_spacecraft import PairWorld
from homeward.world.state import TruthState

Share = Callable[[float], None]
PairFlown = tuple[FarCarry, FarResult, CloseCarry, list[PairFrame]]
NO_FAULT = 1e12  # s: a thruster that fails then never fails


@runtime_checkable
class Blocks(Protocol):
    """What flies blocks: ``kind`` of the flights, ``lanes`` of a block, and the columns' ``draws``."""

    kind: str
    lanes: int

    def fly(self, first: int, count: int, share: Share) -> tuple[dict[str, Any], dict[str, Column]]:
        """Runs ``first`` to ``first + count`` (at most ``lanes``): columns, and what its draws are."""
        ...

    def record(self, first: int, count: int, run: int, share: Share) -> "tuple[dict[str, Any], Recorded]":
        """The columns of a block once more, and the flight of one of its runs with its telemetry."""
        ...


@runtime_checkable
class Recorded(Protocol):
    """A flight with its telemetry: the ``Flight`` of a return, the ``RendezvousFlight`` of a rendezvous."""

    summary: dict[str, Any]

    def save(self, folder: str | Path, progress: Any = None) -> list[Path]:
        """Write summary, telemetry, tracks and pictures into a folder; returns the files."""
        ...


def picked(first: int, count: int, lanes: int) -> np.ndarray:
    """The runs of a block, filled up with its last one."""
    return first + np.minimum(np.arange(lanes), count - 1)


def as_rows(
    kind: str,
    first: int,
    count: int,
    numbers: dict[str, np.ndarray],
    failures: list[str | None],
    draws: Draws,
) -> tuple[dict[str, Any], dict[str, Column]]:
    """The block's columns, without what filled it up."""
    values, columns = draws
    block: dict[str, Any] = {
        "run": np.arange(first, first + count), "failed": numbers["failed"], "success": numbers["success"],
    }  # fmt: skip
    made = block | {"failure": failures} | results_of(kind, numbers) | values
    return {name: x[:count] for name, x in made.items()}, columns


def flown_by_copy(folder: Path | None, fidelity: str) -> Callable[[], AbstractContextManager[None]]:
    """What has the flight software in a campaign's folder fly, compiled anew; none: the package's own."""
    if folder is None:
        return nullcontext
    from homeward.codegen.in_loop import InLoop, flying, library_of

    # Never what lies compiled beside the copy: its hash is in no manifest.
    build = tempfile.mkdtemp(prefix="homeward-")
    atexit.register(shutil.rmtree, build, ignore_errors=True)
    software = InLoop(library_of(folder, None, fidelity, Path(build)))
    return lambda: flying(software)


class ReturnBlocks:
    """Dispersed returns of one scenario."""

    kind = "return"

    def __init__(
        self, scenario: Scenario, seed: int, fidelity: str, lanes: int | None = None,
        sampling: Plan = RANDOM, records: bool = False, flight_software: Path | None = None,
    ) -> None:  # fmt: skip
        self._sampling = sampling
        self.lanes = lanes or scenario.simulation.lanes
        self._flown_by = flown_by_copy(flight_software, fidelity)
        many, one = preparing(self.lanes, False, unscaled), preparing(1, True, unscaled, ends=False)

        def ahead(*parts: Any) -> None:
            many(*parts)
            if records:
                one(*parts)

        # Programs with the Python in them are of no use to a library.
        self.plan = plan_return(scenario, fidelity=fidelity, ahead=ahead if flight_software is None else None)
        self.seed = seed
        self._legs = spread_legs(self.plan.legs, self.lanes)

    def fly(self, first: int, count: int, share: Share) -> tuple[dict[str, Any], dict[str, Column]]:
        """See ``Blocks``."""
        return self._rows(first, count, *self._fly(first, count, share, None))

    def record(self, first: int, count: int, run: int, share: Share) -> tuple[dict[str, Any], Flight]:
        """See ``Blocks``."""
        lane = run - first
        scene, truth, outcome, numbers = self._fly(first, count, share, lane)
        values, _ = self._rows(first, count, scene, truth, outcome, numbers)
        alone = np.array([lane])
        fidelity = "point-mass" if scene.world.body is None else "six-dof"
        one = Scene(pick_world(scene.world, alone), pick_flight(scene.flight, alone))
        mine = {name: np.asarray(x)[alone] for name, x in numbers.items()}
        return values, flight_of(self.plan, one, outcome.alone(lane), self.seed, fidelity, mine)

    def _fly(
        self, first: int, count: int, share: Share, only: int | None
    ) -> tuple[Scene, TruthState, Outcome, dict[str, np.ndarray]]:
        pick = picked(first, count, self.lanes)
        world, flight, truth = disperse(self.plan, self.seed, pick, self._sampling)
        keys = run_keys(self.seed, pick)
        with self._flown_by():
            outcome = fly_mission(
                world, flight, truth, self._legs, keys, only is not None, lambda _, x: share(x), only
            )
        drawn = landing_draws(self.seed, pick) if self.plan.scenario.truth.landing.assessed else None
        return Scene(world, flight), truth, outcome, metrics(self.plan, world, flight, outcome, drawn)

    def _rows(
        self, first: int, count: int, scene: Scene, truth: TruthState, outcome: Outcome,
        numbers: dict[str, np.ndarray],
    ) -> tuple[dict[str, Any], dict[str, Column]]:  # fmt: skip
        draws = return_draws(self.plan, scene.world, truth)
        failures = return_failures(self.plan, outcome, numbers)
        if "touchdown" not in outcome.ends:
            numbers = {
                name: x for name, x in numbers.items() if not name.startswith(("touchdown", "parachute"))
            }
        return as_rows(self.kind, first, count, numbers, failures, draws)


class PairBlocks:
    """Dispersed rendezvous of one scenario."""

    kind = "rendezvous"

    def __init__(
        self, scenario: Scenario, seed: int, plan: str | None, port: str | None, lanes: int | None = None,
        sampling: Plan = RANDOM,
    ) -> None:  # fmt: skip
        self._sampling = sampling
        self.plan = plan_rendezvous(scenario, plan, port)
        self.lanes = lanes or LANES
        self.seed = seed
        faults, far = self.plan.told.faults, self.plan.far
        self._until = float(np.max(np.asarray(far.arrivals))) + float(far.homing_time)
        self._fault = faults.thruster_s if faults.thruster >= 0 else NO_FAULT

    def fly(self, first: int, count: int, share: Share) -> tuple[dict[str, Any], dict[str, Column]]:
        """See ``Blocks``."""
        pick = picked(first, count, self.lanes)
        world, carry = disperse_pair(self.plan, self.seed, pick, sampling=self._sampling)
        return self._rows(first, count, world, carry, self._fly(world, carry, pick, None, share))

    def record(
        self, first: int, count: int, run: int, share: Share
    ) -> tuple[dict[str, Any], RendezvousFlight]:
        """See ``Blocks``."""
        made, pick, lane = self.plan, picked(first, count, self.lanes), run - first
        world, carry = disperse_pair(made, self.seed, pick, sampling=self._sampling)
        far, told, close, frames = flown = self._fly(world, carry, pick, lane, share)
        values, _ = self._rows(first, count, world, carry, flown)
        history = history_of(made, told, frames, lane, alone=True)
        safety = judge_flight(made, world, history, lane)
        summary = summarise(made, far, float(told.aim_delta_v[lane]), close, history, safety, lane)
        return values, RendezvousFlight(made, history, summary | {"dispersed": True, "seed": self.seed})

    def _rows(self, first: int, count: int, world: PairWorld, carry: FarCarry, flown: PairFlown):
        far, told, close, _ = flown
        draws, bound = pair_draws(self.plan, world, carry), bounds_of(self.plan, carry)
        n = figures(self.plan, told, close) | {"bound": bound} | plan_taken(self.plan, far)
        n, beyond = pair_implausible(n)
        failures = pair_failures(
            n["failed"], n["failed_time"], _sound(close), ~np.asarray(far.truth.failed), beyond
        )
        n |= _last_contact(self.plan, n, close)
        return as_rows(self.kind, first, count, n, failures, draws)

    def _fly(
        self, world: PairWorld, carry: FarCarry, pick: np.ndarray, only: int | None, share: Share
    ) -> PairFlown:
        made, keys, record = self.plan, pair_keys(self.seed, pick), only is not None
        # The far legs' longest plan is seldom flown: their share of the work is a guess.
        far, told = fly_far(
            world, made.far, carry, keys, record, self._until, lambda _, x: share(0.4 * x), only=only
        )
        close, frames = fly_close(
            world, made.close, self._fault, far, keys, record, made.steps,
            lambda _, x: share(0.4 + 0.6 * x), only=only,
        )  # fmt: skip
        return far, told, close, frames


def _sound(close: Any) -> np.ndarray:
    """The lanes whose motion is still a ship's."""
    b = close.truth.bodies
    speed = np.linalg.norm(np.asarray(b.v_BI_I), axis=1)
    return np.isfinite(np.asarray(b.r_BI_I)).all(axis=1) & (speed < FASTEST)


def _last_contact(made: RendezvousPlan, n: dict[str, np.ndarray], close: Any) -> dict[str, np.ndarray]:
    """What the columns tell besides ``figures``; of a contact that never was there is no number."""
    c = close.truth.contact
    met = n["contacts"] > 0
    rates = np.maximum(np.abs(n["rate"]), np.abs(np.asarray(c.roll_rate)))
    told = {name: n[name] for name in ("closing", "lateral_rate", "lateral", "angle", "roll")}
    return {
        "success": pair_succeeded(made.told, n),
        "time_to_dock": np.where(n["captured"], n["time"], np.nan),
        "ratio": n["delta_v_aim"] / n["bound"],
        "approaches": n["tries"] + 1,
        **{name: np.where(met, values, np.nan) for name, values in (told | {"greatest_rate": rates}).items()},
    }
