"""``fly`` and ``fly_many``: one scenario, one flight or many."""

import dataclasses
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from homeward._aot.program import program
from homeward.dispersion.landing import landing_draws
from homeward.dispersion.scaled_aerodynamics import unscaled
from homeward.errors import InputError
from homeward.icd import CONSTRAINTS
from homeward.missions.attitude_metrics import attitude_facts, attitude_goals, settling_time
from homeward.missions.departure_safety import departure_facts
from homeward.missions.heat_shield import heat_shield_response
from homeward.missions.progress import shows_progress
from homeward.missions.return_result import Flight
from homeward.missions.return_summary import metrics, summarise
from homeward.planning.return_plan import ReturnPlan, plan_return, strikes_in
from homeward.scenario.build.entry_guidance import law_name
from homeward.scenario.schema.scenario import FIDELITIES, Scenario
from homeward.scenario.user_models import with_law
from homeward.sim.lanes import (
    Progress,
    body_history,
    pick_world,
    preparing,
    spread,
    spread_flight,
    spread_leg,
    spread_world,
    whole_history,
)
from homeward.sim.listeners import begun
from homeward.sim.mission import MissionLeg, Outcome, Uplinked, fly_mission, planned
from homeward.sim.passive_bodies import Path as Track
from homeward.sim.passive_bodies import Scene
from homeward.world.environment.interfaces import AbstractAerodynamics


def spread_legs(legs: list[MissionLeg], lanes: int) -> list[MissionLeg]:
    """The legs with a lane axis on every number."""
    return [
        MissionLeg(
            m.name,
            spread_leg(m.leg, lanes),
            m.before,
            None if m.step is None else spread_leg(m.step, lanes),
            None if m.later is None else spread_leg(m.later, lanes),
        )
        for m in legs
    ]


def run_keys(seed: int, runs: np.ndarray):
    """The random key of every run: ``fold_in(key(seed), run)``."""
    return _keys(np.asarray(seed), np.asarray(runs))


@program
def _keys(seed, runs):
    return jax.vmap(lambda i: jax.random.fold_in(jax.random.key(seed), i))(runs)


@shows_progress
def fly(
    scenario: Scenario, *, guidance: Any = None, navigation: Any = None, aero: Any = None,
    atmosphere: Any = None, dispersed: bool = False, seed: int | None = None, run: int = 0,
    fidelity: str | None = None, progress: Progress | None = None, between: Uplinked | None = None,
    flight_software: str | Path | None = None,
) -> Flight:  # fmt: skip
    """Fly a return once, with full telemetry.

    Args: a checked scenario; a guidance, navigation, aerodynamics or atmosphere of your own (any final class
    of the documented interface), ``guidance`` also as a word: predictive, reference, ballistic or
    FILE.py:CLASS; ``dispersed`` draws run ``run`` of seed ``seed`` (0 if none is given).
    ``fidelity`` is six-dof or point-mass; left out, it is six-dof unless an ``aero`` of your own gives lift
    and drag only. ``between`` is called before each chunk and carries out commands from the ground: see
    ``homeward.ground.commands.return_commands``. ``flight_software`` is a folder written for this scenario by
    ``homeward export --to c``: its library flies in place of the Python; or ``tcp://HOST:PORT``, where a
    process of its own flies the ship.
    Raises ``Infeasible`` where no return exists, ``InputError`` for bad input.
    """
    if fidelity is None:
        fidelity = default_fidelity(aero)
    if fidelity not in FIDELITIES:
        raise InputError(f'fidelity="{fidelity}": expected {", ".join(FIDELITIES)}')
    if not isinstance(scenario, Scenario):
        raise InputError("scenario: expected what homeward.load gives")
    if isinstance(guidance, str):
        scenario, guidance = with_law(scenario, guidance), None
    seed = seed or 0
    ahead = preparing(1, record=True, aero=unscaled if dispersed else None)
    native = None
    if flight_software is not None:
        if guidance is not None or navigation is not None or between is not None:
            raise InputError("flight_software: expected no guidance, navigation or orders beside it")
        native, ahead = _instead(flight_software, scenario, fidelity), None
    plan = plan_return(scenario, guidance, navigation, aero, atmosphere, ahead, fidelity)
    world, flight = spread_world(plan.world, 1), spread_flight(plan.flight, 1)
    truth = jax.tree.map(lambda x: np.asarray(x)[None], plan.truth)
    if dispersed:
        from homeward.dispersion.returns import disperse

        world, flight, truth = disperse(plan, seed, np.array([run]))
    keys = run_keys(seed, np.array([run]))
    begun(plan.epoch, [leg.name for leg in plan.legs])
    legs = spread_legs(plan.legs, 1)
    with _flown_by(native, scenario, plan, fidelity, (flight, legs), (seed, run)) as software:
        outcome = fly_mission(world, flight, truth, legs, keys, True, progress, between=between)
    check_times(plan, outcome)
    flown = flight if outcome.flight is None else outcome.flight
    plan = _as_ordered(plan, outcome)
    drawn = landing_draws(seed, np.array([run])) if dispersed and scenario.truth.landing.assessed else None
    numbers = metrics(plan, world, flown, outcome, drawn)
    told = flight_of(plan, Scene(world, flown), outcome, seed, fidelity, numbers)
    if software is not None:
        told.summary["flight_software"] = software.facts()
    return told


def _instead(flight_software: str | Path, scenario: Scenario, fidelity: str) -> Any:
    """The compiled library of a folder, or the address of a process."""
    from homeward.codegen.in_loop import library_of
    from homeward.flight_link.connection import address_of, is_address

    if isinstance(flight_software, str) and is_address(flight_software):
        address_of(flight_software)
        return flight_software
    return library_of(Path(flight_software), scenario, fidelity)


def _flown_by(
    native: Any, scenario: Scenario, plan: ReturnPlan, fidelity: str, loaded: tuple[Any, Any],
    seed: tuple[int, int],
) -> AbstractContextManager[Any]:  # fmt: skip
    """A library, or a process, in place of the Python for as long as a flight lasts, if there is one."""
    if native is None:
        return nullcontext()
    if isinstance(native, str):
        from homeward.flight_link.flown import linked

        lanes = planned(*loaded)
        flight = jax.tree.map(
            lambda x, one: np.reshape(np.asarray(x), np.shape(one)), lanes, planned(plan.flight, plan.legs)
        )
        return linked(native, scenario, plan, fidelity, flight, seed)
    from homeward.codegen.in_loop import InLoop, flying

    return flying(InLoop(native))


def flight_of(
    plan: ReturnPlan, scene: Scene, outcome: Outcome, seed: int, fidelity: str,
    numbers: dict[str, np.ndarray] | None = None,
) -> Flight:  # fmt: skip
    """What is told of a flight whose telemetry was recorded; everything has one lane.

    ``numbers`` are its ``metrics``, if they are known.
    """
    world, flight = scene.world, scene.flight
    numbers = metrics(plan, world, flight, outcome) if numbers is None else numbers
    history, body = whole_history(outcome.legs, 0), body_history(outcome.legs, 0)
    station: list[Track] = []
    extra = _orbit_facts(plan) | departure_facts(plan, outcome, 0, scene, station.append)
    goals = None
    if flight.steering is not None:
        flown = pick_world(world, np.asarray(0))
        goals = attitude_goals(flown, plan.legs)
        s = flight.steering.capsule.settings
        settling = settling_time(float(s.roll_rate_limit), float(s.acceleration[0]))
        extra |= attitude_facts(flown, settling, goals, outcome, plan.legs, history, body)
    summary = summarise(
        plan, numbers, outcome, flight, world, lane=0, seed=seed, guidance=law_name(plan.flight.guidance),
        fidelity=fidelity, extra=extra,
    )  # fmt: skip
    summary["entry"]["bound_s"] = bound_seconds(history, summary["legs"])
    summary["heat_shield"], shield = heat_shield_response(plan.scenario, history, summary["legs"])
    left = {"time": station[0].time, "r_BI_I": station[0].r, "v_BI_I": station[0].v} if station else {}
    return Flight(
        plan.scenario, plan.epoch.to_iso(6), history, summary["legs"], summary, body, goals, left, shield
    )


def bound_seconds(history: dict[str, np.ndarray], legs: list[dict[str, Any]]) -> dict[str, float]:
    """How long [s] each of ``icd.CONSTRAINTS`` bound the guidance in the entry, if it did."""
    entry = next(leg for leg in legs if leg["name"] == "entry")
    time = history["time"]
    lasting = np.diff(time, append=entry["end"])
    inside = (time >= entry["start"]) & (time < entry["end"])
    told = {
        name: float(np.sum(lasting[inside & (history["guidance_constraint"] == number)]))
        for number, name in enumerate(CONSTRAINTS)
        if number > 0
    }
    return {name: seconds for name, seconds in told.items() if seconds > 0.0}


def check_times(plan: ReturnPlan, outcome: Outcome) -> None:
    """Raise ``InputError`` for a failure of the scenario's file whose time lies outside its leg or flight:
    such a flight would tell of a failure that never came."""
    spans = {name: (float(leg.start[0]), float(leg.end[0])) for name, leg in outcome.legs}
    whole = (outcome.legs[0][1].start[0], outcome.legs[-1][1].end[0])
    for strike in strikes_in(plan):
        if strike.leg is None:
            if not whole[0] <= strike.time <= whole[1]:
                raise InputError(
                    f"{strike.key}.when: expected a time of this return, which flies from {whole[0]:.0f} to "
                    f"{whole[1]:.0f} s, not {strike.time:g} s"
                )
            continue
        start, end = spans[strike.leg]
        if strike.time > end - start:
            raise InputError(
                f"{strike.key}.when: {strike.leg} lasts {end - start:.0f} s, so that +{strike.time:g} s lies "
                "outside it"
            )


def default_fidelity(aero: Any) -> str:
    """How finely a flight is modelled where nobody says: a trim table cannot tell how a ship turns."""
    return "point-mass" if isinstance(aero, AbstractAerodynamics) else "six-dof"


def _as_ordered(plan: ReturnPlan, outcome: Outcome) -> ReturnPlan:
    """The plan with the burn that the ground ordered, where it ordered one."""
    name = "deorbit burn"
    if outcome.ordered is None or plan.deorbit is None:
        return plan
    mine = next(m.step for m in plan.legs if m.name == name)
    legs = [
        dataclasses.replace(m, leg=_of_first(m.leg), step=None if m.step is None else _of_first(m.step))
        for m in outcome.ordered
    ]
    burn = next(m.step for m in legs if m.name == name)
    assert mine is not None and burn is not None
    same = np.array_equal(np.asarray(mine.direction_I), np.asarray(burn.direction_I))
    if same and float(mine.delta_v) == float(burn.delta_v):
        return plan
    begun = outcome.starts[name]
    up = np.asarray(begun.r_BI_I)[0]
    pitch = np.arcsin(np.asarray(burn.direction_I) @ up / np.linalg.norm(up))
    deorbit = eqx.tree_at(lambda d: d.pitch, plan.deorbit, pitch)
    return dataclasses.replace(plan, legs=legs, deorbit=deorbit, burn_time=float(begun.time[0]))


def _of_first(tree: Any) -> Any:
    """The first lane."""
    return jax.tree.map(lambda x: x[0], tree)


def _orbit_facts(plan: ReturnPlan) -> dict[str, Any]:
    if plan.opportunity is None:
        return {}
    o = plan.opportunity
    return {
        "opportunity": {
            "index": o.index, "revolution": o.revolution, "direction": o.direction,
            "cross_range_km": o.cross_range / 1e3,
            "undock_utc": None if plan.undock_time is None else plan.epoch.plus(plan.undock_time).to_iso(3),
        }
    }  # fmt: skip


__all__ = ["fly", "run_keys", "spread", "spread_legs"]
