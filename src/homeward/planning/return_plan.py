"""The return of a scenario: from its initial state to the list of legs that brings the capsule home."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import G0
from homeward.earth.orientation import inertial_to_earth
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, InputError
from homeward.flight.deorbit.targeting import DeorbitPlan
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.executive.flight_plan import PlanStep, plan_step
from homeward.planning.backup_burn import next_burn, with_later
from homeward.planning.deorbit_planner import MODULE_LEAD, Opportunity, Planner, spin_at
from homeward.planning.entry_interface import interface_state
from homeward.planning.entry_range_table import entry_range
from homeward.planning.landing_opportunities import chances, choose, list_opportunities, planner_of, span_of
from homeward.planning.undocking import PORTS, check_departure, depart, departure_step, state_at
from homeward.scenario.build.deployment_unit import expecting
from homeward.scenario.build.entry_guidance import load_reference
from homeward.scenario.build.flight_computer import believed_orientation, build_flight
from homeward.scenario.build.initial_attitude import capsule_alone, noses, tipped_off, with_body
from homeward.scenario.build.initial_navigation import knowing
from homeward.scenario.build.initial_state import InitialState, initial_state
from homeward.scenario.build.six_dof_body import check_thrusters, first_body
from homeward.scenario.build.world import build_world, number, numbers
from homeward.scenario.faults.schedule import (
    OF_RETURN,
    EquipmentCounts,
    FaultEvent,
    counts_of,
    shifted,
    strikes_of,
    struck,
)
from homeward.scenario.schema.altitude_consistency import check_start
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.user_models import check_object, load_law
from homeward.sim.core.legs import AIR, BURN, CANOPY, COAST, DESCENT, DRIFT, ENTRY, ORBIT, leg
from homeward.sim.lanes import Ahead
from homeward.sim.mission import MissionLeg, local_axes, planned, push, replace
from homeward.sim.passive_bodies import Scene
from homeward.world.state import TruthState, initial_truth
from homeward.world.world import World

CAPSULE_DRAG = 1.25  # CD of the capsule between separation and interface, where there is hardly air
SEATS = ("guidance", "navigation", "aero", "atmosphere")
# Legs under power, in the air and under a canopy: of a point mass, and of a ship that turns.
KINDS = {False: (BURN, ENTRY, DESCENT), True: (ORBIT, AIR, CANOPY)}
DRIFT_STEP = 10.0  # s, the longest tick of a six-DOF vehicle that drifts: a sixth of its guidance cycle
TOUCHDOWN_HEIGHT = 30.0  # m above ground at which the finer steps begin
# g, sensed: back-ups of the separation's and the interface's altitude; the stack feels the first near 100 km
# at a few micro-g of thrust noise, the capsule the second near 85 km.
LOAD_OF_AIR, LOAD_OF_ENTRY = 0.02, 0.05


@dataclasses.dataclass
class ReturnPlan:
    """Everything needed to fly one return, or many dispersed about it."""

    scenario: Scenario
    epoch: Epoch
    world: World
    flight: FlightComputer
    truth: TruthState
    legs: list[MissionLeg]
    deorbit: DeorbitPlan | None
    burn_time: float | None  # s since the epoch
    undock_time: float | None
    opportunity: Opportunity | None
    opportunities: list[Opportunity]
    planner: Planner | None
    station: tuple[float, np.ndarray, np.ndarray] | None  # at undocking: time, position, velocity in I


def plan_return(
    scenario: Scenario, guidance=None, navigation=None, aero=None, atmosphere=None,
    ahead: Ahead | None = None, fidelity: str = "point-mass",
) -> ReturnPlan:  # fmt: skip
    """Plan the return. A user's own models take the seats of ours.

    ``ahead`` is told world, flight computer and the kinds of legs before the long part of planning begins,
    so that their programs can be compiled meanwhile. Raises ``Infeasible`` where there is no opportunity,
    no burn or not enough propellant, ``InputError`` for a model that cannot take its seat.
    """
    law: Any = guidance
    if law is None:
        law = load_law(scenario.flight.guidance.law, scenario.place("flight.guidance.law"))
    for seat, model in zip(SEATS, (law, navigation, aero, atmosphere), strict=True):
        check_object(model, seat)
    start = initial_state(scenario)
    legs = scenario.return_.legs
    if scenario.return_.initial.interface is None:
        check_start(scenario, np.asarray(start.r_I))
    span = 0.0 if legs.start == "interface" else scenario.flight.plan.days
    turning = fidelity == "six-dof"
    world = build_world(scenario, start.epoch, span_of(span), aero, atmosphere, turning)
    if turning:
        check_thrusters(scenario)
    turn = believed_orientation(scenario, start.epoch, span_of(span), world.orientation)
    flight = build_flight(scenario, start.epoch, turn, law, navigation, turning)
    if scenario.fault:
        # Before anything long begins: what is wrong with the words is said at once.
        names = OF_RETURN if legs.start != "interface" else OF_RETURN[-3:]
        strikes_of(scenario, "return", names, counts_of(world, scenario))
    if ahead is not None and not scenario.truth.canopies.loads:
        powered, entry, descent = KINDS[turning]
        orbit = () if legs.start == "interface" else (DRIFT if turning else COAST, powered)
        kinds = (*orbit, entry, *((descent,) if legs.end == "touchdown" else ()))
        still = numbers([1.0, 0.0, 0.0, 0.0])
        body = None if world.body is None else first_body(scenario, world.body, bool(orbit), still)
        ahead(world, flight, kinds, body)
    if legs.start == "interface":
        return _struck(_from_interface(scenario, start, world, flight))
    planner = planner_of(scenario, start, turn, flight.target)
    found = chances(planner, start)
    return _struck(
        _from_orbit(scenario, start, world, flight, planner, found, choose(scenario, planner, start, found))
    )


def equipment_counts(plan: ReturnPlan) -> EquipmentCounts:
    """How many of what the ship has; nothing of a point mass can be told apart."""
    return counts_of(plan.world, plan.scenario)


def strikes_in(plan: ReturnPlan) -> list[FaultEvent]:
    """The failures of the scenario's file that strike its return."""
    return strikes_of(plan.scenario, "return", [m.name for m in plan.legs], equipment_counts(plan))


def _struck(plan: ReturnPlan) -> ReturnPlan:
    """The plan with its steps loaded on board, and the failures of the scenario's file in its world."""
    plan = dataclasses.replace(plan, flight=planned(plan.flight, plan.legs))
    strikes = strikes_in(plan)
    if not strikes:
        return plan
    if plan.world.body is None:
        raise InputError(f'{strikes[0].key}: failures need a ship that turns; fly with fidelity="six-dof"')
    names = [m.name for m in plan.legs]
    faults = struck(shifted(plan.world), [strikes], names, equipment_counts(plan))
    faults = jax.tree.map(lambda x: jnp.asarray(x[0]), faults)
    return dataclasses.replace(plan, world=eqx.tree_at(lambda w: w.faults, plan.world, faults))


def _descent_legs(scenario: Scenario, first: int, turning: bool) -> list[MissionLeg]:
    s, legs = scenario.simulation, scenario.return_.legs
    _, entry, descent = KINDS[turning]
    step = s.control_step_s if turning else s.entry_step_s
    items = [
        MissionLeg(
            "entry",
            leg(entry, first, step, patience=3600.0),
            # From here on the trim table says how the capsule drags.
            lambda truth: replace(truth, drag_area=0.0),
            plan_step(guided=True, deploys=True),
        )
    ]
    if legs.end == "touchdown":
        ground = scenario.site.altitude_m
        high = ground + TOUCHDOWN_HEIGHT
        # One step of the flight plan: the finer steps of the last metres are the simulation's affair.
        fall = leg(descent, first + 1, s.descent_step_s, end_altitude=high, patience=3600.0)
        last = leg(descent, first + 2, s.touchdown_step_s, end_altitude=ground, patience=120.0)
        items += [MissionLeg("descent", fall, None, plan_step()), MissionLeg("touchdown", last)]
    return items


def _from_interface(
    scenario: Scenario, start: InitialState, world: World, flight: FlightComputer
) -> ReturnPlan:
    given = scenario.return_.initial.interface
    r_I, v_I = (
        (start.r_I, start.v_I)
        if given is None
        else interface_state(world.orientation, world.ellipsoid, given)
    )
    told = scenario.truth
    truth = initial_truth(0.0, numbers(r_I), numbers(v_I), told.capsule.mass_kg, told.canopies.loads)
    r_E, v_E = inertial_to_earth(world.orientation.at(truth.time), truth.time, truth.r_BI_I, truth.v_BI_I)
    flight = load_reference(scenario, flight, np.asarray(r_E), np.asarray(v_E))
    flight = expecting(flight, np.asarray(v_E))
    if turning := world.body is not None:
        truth = with_body(scenario, world, flight, truth, with_stack=False)
        flight = knowing(flight, truth, False)
    legs = _descent_legs(scenario, 0, turning)
    return ReturnPlan(
        scenario, start.epoch, world, flight, truth, legs, None, None, None, None, [], None, None,
    )  # fmt: skip


def _from_orbit(
    scenario: Scenario, start: InitialState, world: World, flight: FlightComputer, planner: Planner,
    found: list[Opportunity], chosen: Opportunity,
) -> ReturnPlan:  # fmt: skip
    from_dock = scenario.return_.legs.start == "undock"
    begin = chosen.undock
    r_u, v_u = state_at(scenario, start, Scene(world, flight), begin)
    free = begin, r_u, v_u, None
    time, r, v, along = depart(scenario, planner, chosen, r_u, v_u) if from_dock else free
    r_E, v_E = planner.earth_state(time, r, v)
    plan, clock = planner.deorbit(time, r_E, v_E, chosen.burn)
    burn, departure = clock + float(plan.ignition), 0.0
    if from_dock:
        departure = scenario.onboard_data.separation.departure_delta_v_m_s
        check_departure(scenario, planner, (begin, r_u, v_u), (time, r, v), burn)
    _afford(scenario, float(plan.delta_v), departure)
    # The list was made days ahead; the burn is solved from where the ship is once it has left.
    solved = {"burn": burn, "cross_range": float(plan.cross_range), "delta_v": float(plan.delta_v)}
    chosen = dataclasses.replace(chosen, **solved)
    told = scenario.truth
    truth = initial_truth(begin, numbers(r_u), numbers(v_u), whole_mass(scenario), told.canopies.loads)
    truth = eqx.tree_at(
        lambda t: (t.propellant, t.drag_area),
        truth,
        (number(told.stack.propellant_kg), number(told.stack.drag_area_m2 * told.stack.drag_coefficient)),
    )
    flight = load_reference(scenario, flight, plan.r_interface_E, plan.v_interface_E)
    flight = expecting(flight, np.asarray(plan.v_interface_E))
    if flight.health is not None:
        place, speed = np.asarray(plan.r_interface_E), np.asarray(plan.v_interface_E)
        told = flight.health.comes_down(place, speed)
        told = eqx.tree_at(lambda h: h.entry, told, entry_range(planner, place, speed))
        flight = eqx.tree_at(lambda f: f.health, flight, told)
    C_EI, _ = spin_at(planner.orientation, burn)
    turning = world.body is not None
    if turning:
        truth = with_body(scenario, world, flight, truth, with_stack=True)
        flight = knowing(flight, truth, True)
    items = _orbit_legs(scenario, burn, plan, C_EI.T @ np.asarray(plan.direction_E), begin, along, turning)
    if turning:
        put_off = next_burn(planner, found, chosen, flight, (time, r_E, v_E))
        items, flight = with_later(items, flight, planner, put_off)
    items += _descent_legs(scenario, len(items), turning)
    return ReturnPlan(
        scenario, start.epoch, world, flight, truth, items, plan, burn, begin if from_dock else None,
        chosen, found, planner, (begin, r_u, v_u) if from_dock else None,
    )  # fmt: skip


def whole_mass(scenario: Scenario) -> float:
    """Mass [kg] of the ship as it leaves the station."""
    stack = scenario.truth.stack
    modules = stack.orbital_module_kg + stack.service_module_kg
    return scenario.truth.capsule.mass_kg + modules + stack.propellant_kg


def _orbit_legs(
    scenario: Scenario, burn: float, plan: DeorbitPlan, direction_I: np.ndarray, begin: float,
    along: np.ndarray | None, turning: bool,
) -> list[MissionLeg]:  # fmt: skip
    """The legs down to the interface; ``along`` is the direction of the departure burn, if there is one.

    In the legs up to the orbital module's separation, but for the departure burn, a ship that turns holds the
    attitude that its flight computer commands ideally.
    """
    sep, stack, capsule = scenario.truth.separation, scenario.truth.stack, scenario.truth.capsule
    # When and how much the ship burns is ordered by its own data.
    ordered = scenario.onboard_data.separation
    sim, legs = scenario.simulation, scenario.return_.legs
    items: list[MissionLeg] = []

    def add(
        name: str, kind: str, tick: float, step: PlanStep, before=None, patience: float = 3600.0,
        entry: bool = True,
    ) -> None:  # fmt: skip
        items.append(
            MissionLeg(name, leg(kind, len(items), tick, patience=patience, entry=entry), before, step)
        )

    def undock(truth: TruthState) -> TruthState:
        pairs = zip(PORTS[sep.port][0], local_axes(truth), strict=True)
        return push(truth, sep.undock_speed_m_s * np.sum([k * np.asarray(x) for k, x in pairs], axis=0))

    def leave_orbital_module(truth: TruthState) -> TruthState:
        recoil = (stack.orbital_module_kg / truth.mass * sep.module_speed_m_s)[:, None]
        _, normal, _ = local_axes(truth)
        # The module leaves sideways: the ship has turned its nose that way.
        ahead = noses(truth) if turning else -normal
        left = replace(push(truth, -ahead * recoil), mass=truth.mass - stack.orbital_module_kg)
        return tipped_off(left) if turning else left

    def leave_service_module(truth: TruthState) -> TruthState:
        left = truth.mass - capsule_mass(truth)
        _, normal, _ = local_axes(truth)
        recoil = (left / truth.mass * sep.module_speed_m_s)[:, None]
        area = np.pi * capsule.diameter_m**2 / 4 * CAPSULE_DRAG
        alone = replace(push(truth, -normal * recoil), mass=capsule_mass(truth), drag_area=area)
        return capsule_alone(scenario, alone) if turning else alone

    def capsule_mass(truth: TruthState) -> np.ndarray:
        # What is left when both modules and all remaining propellant are gone: each lane's own capsule.
        return np.asarray(truth.mass - truth.propellant - stack.service_module_kg)

    drift, coasts = (DRIFT, min(sim.coast_step_s, DRIFT_STEP)) if turning else (COAST, sim.coast_step_s)
    if along is not None:
        free = plan_step(until_time=begin + ordered.departure_delay_s)
        add("undock", drift, coasts, free, undock, patience=7200.0)
        if ordered.departure_delta_v_m_s > 0.0:
            kind, tick = (ORBIT, sim.control_step_s) if turning else (BURN, sim.powered_step_s)
            away = departure_step(ordered.departure_delta_v_m_s, along, begin + ordered.departure_delay_s)
            add("departure burn", kind, tick, away, patience=600.0)
    patience = burn - begin + 86400.0
    add("phasing coast", drift, coasts, plan_step(until_time=burn - MODULE_LEAD), patience=patience)
    idle, powered, free, tick = COAST, BURN, COAST, sim.powered_step_s
    if turning:
        idle, powered, free, coasts, tick = ORBIT, ORBIT, AIR, sim.control_step_s, sim.control_step_s
    aim = numbers(direction_I)
    last = plan_step(until_time=burn, direction_I=aim)
    add("coast to burn", idle, coasts, last, leave_orbital_module)
    add("deorbit burn", powered, tick, plan_step(delta_v=float(plan.delta_v), direction_I=aim))
    # Where the altitude is not known any more, the air that is felt tells.
    part = plan_step(until_altitude=legs.separation_altitude_m, until_load=LOAD_OF_AIR, entering=True)
    add("coast to separation", idle, coasts, part, patience=7200.0)
    down = plan_step(until_altitude=scenario.flight.guidance.interface_altitude_m, until_load=LOAD_OF_ENTRY)
    add("coast to interface", free, coasts, down, leave_service_module, entry=False)
    return items


def _afford(scenario: Scenario, delta_v: float, departure: float) -> None:
    """Raise ``Infeasible`` if the tanks or the limit do not allow the burn.

    Planned with the onboard data. What is truly in the tanks is read off their gauges beforehand: less than
    is needed refuses the flight too.
    """
    data, plan = scenario.onboard_data, scenario.flight.plan
    stack, engine = data.stack, data.engine
    if delta_v > plan.delta_v_limit_m_s:
        raise Infeasible(
            f"{scenario.name}: the deorbit burn needs {delta_v:.1f} m/s, more than "
            f"flight.plan.delta_v_limit_m_s = {plan.delta_v_limit_m_s:g}"
        )
    exhaust = engine.specific_impulse_s * G0
    mass = data.capsule.mass_kg + stack.service_module_kg + stack.propellant_kg
    needed = (mass + stack.orbital_module_kg) * (1.0 - np.exp(-departure / exhaust))
    needed += (mass - needed) * (1.0 - np.exp(-delta_v / exhaust))
    for key, held in (("truth", scenario.truth.stack), ("onboard", stack)):
        if needed > held.propellant_kg:
            raise Infeasible(
                f"{scenario.name}: the return needs {needed:.0f} kg of propellant "
                f"({delta_v + departure:.1f} m/s), but {key}.stack.propellant_kg is {held.propellant_kg:g}"
            )


__all__ = ["ReturnPlan", "interface_state", "list_opportunities", "plan_return"]
