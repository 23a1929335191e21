"""The return of a scenario: from its initial state to the list of legs that brings the capsule home."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import G0
from homeward.earth.orientation import AbstractOrientation
from homeward.earth.time import Epoch
from homeward.errors import Infeasible
from homeward.flight.computer import FlightComputer
from homeward.flight.deorbit import DeorbitPlan
from homeward.scenario.build import build_world, number
from homeward.scenario.build_flight import build_flight, build_onboard
from homeward.scenario.initial import InitialState, initial_state
from homeward.scenario.orbit import Opportunity, Planner, build_planner, spin_at
from homeward.scenario.schema import Scenario
from homeward.scenario.schema_return import Interface
from homeward.sim.legs import BURN, COAST, DESCENT, ENTRY, leg
from homeward.sim.mission import MissionLeg, local_axes, push, replace
from homeward.world.state import TruthState, initial_truth
from homeward.world.world import World

MODULE_LEAD = 300.0  # s before ignition at which the orbital module is left
CAPSULE_DRAG = 1.25  # CD of the capsule between separation and interface, where there is hardly air
TOUCHDOWN_HEIGHT = 30.0  # m above ground at which the finer steps begin


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


def plan_return(scenario: Scenario, guidance=None, navigation=None, aero=None, atmosphere=None) -> ReturnPlan:
    """Plan the return. A user's own models take the seats of ours.

    Raises ``Infeasible`` where there is no opportunity, no burn or not enough propellant.
    """
    start = initial_state(scenario)
    legs = scenario.return_.legs
    span = 7200.0 if legs.start == "interface" else (scenario.flight.plan.days + 1.0) * 86400.0
    world = build_world(scenario, start.epoch, span, aero=aero, atmosphere=atmosphere)
    flight = build_flight(scenario, start.epoch, world.orientation, guidance, navigation)
    if legs.start == "interface":
        return _from_interface(scenario, start, world, flight)
    onboard = build_onboard(scenario, start.epoch, world.wind)
    planner = build_planner(scenario, world.orientation, onboard, flight.target, 0.0)
    chances = _opportunities(planner, start)
    chosen = choose(scenario, planner, start, chances)
    return _from_orbit(scenario, start, world, flight, planner, chances, chosen)


def list_opportunities(scenario: Scenario, days: float | None = None) -> tuple[Epoch, list[Opportunity]]:
    """All landing opportunities of the next days, feasible or not, and the epoch their times count from."""
    start = initial_state(scenario)
    if start.kind == "interface":
        raise Infeasible(
            f"{scenario.name}: a flight that starts at the interface has no opportunities to choose"
        )
    span = ((scenario.flight.plan.days if days is None else days) + 1.0) * 86400.0
    world = build_world(scenario, start.epoch, span)
    flight = build_flight(scenario, start.epoch, world.orientation)
    onboard = build_onboard(scenario, start.epoch, world.wind)
    planner = build_planner(scenario, world.orientation, onboard, flight.target, 0.0)
    return start.epoch, _opportunities(planner, start, days)


def _opportunities(planner: Planner, start: InitialState, days: float | None = None) -> list[Opportunity]:
    r_E, v_E = planner.earth_state(0.0, start.r_I, start.v_I)
    return planner.opportunities(0.0, r_E, v_E, planner.scenario.flight.plan.days if days is None else days)


def choose(
    scenario: Scenario, planner: Planner, start: InitialState, chances: list[Opportunity]
) -> Opportunity:
    """The opportunity the scenario asks for. Raises ``Infeasible`` with the nearest one if there is none."""
    wanted = scenario.flight.plan.opportunity
    site, days = scenario.site.name, scenario.flight.plan.days
    if isinstance(wanted, int):
        if wanted >= len(chances):
            raise Infeasible(
                f"{scenario.name}: flight.plan.opportunity: there is no opportunity {wanted}; "
                f"the next {days:g} days have {len(chances)} (0 to {len(chances) - 1})"
            )
        if not chances[wanted].feasible:
            raise Infeasible(f"{scenario.name}: opportunity {wanted}: {chances[wanted].why_not}")
        return chances[wanted]
    good = [c for c in chances if c.feasible]
    if good:
        return good[0] if wanted == "first" else min(good, key=lambda c: abs(c.cross_range))
    if chances:
        near = min(chances, key=lambda c: (not np.isfinite(c.cross_range), abs(c.cross_range)))
        raise Infeasible(
            f"{scenario.name}: no landing opportunity at {site} in {days:g} days; the nearest is on "
            f"{start.epoch.plus(near.time).to_iso(0)}: {near.why_not}"
        )
    r_E, v_E = planner.earth_state(0.0, start.r_I, start.v_I)
    best = planner.nearest_approach(r_E, v_E, max(days, 1.0))
    told = "the orbit never passes it" if best is None else (
        f"the nearest ground track is {best.cross_range / 1e3:.0f} km away, on "
        f"{start.epoch.plus(best.time).to_iso(0)}"
    )  # fmt: skip
    raise Infeasible(f"{scenario.name}: {site} is out of reach within {days:g} days: {told}")


def _descent_legs(scenario: Scenario, first: int) -> list[MissionLeg]:
    s, legs = scenario.simulation, scenario.return_.legs
    items = [
        MissionLeg(
            "entry",
            leg(ENTRY, first, s.entry_step_s, end_altitude=legs.opening_altitude_m, patience=3600.0),
            # From here on the trim table says how the capsule drags.
            lambda truth: replace(truth, drag_area=0.0),
        )
    ]
    if legs.end == "touchdown":
        ground = scenario.site.altitude_m
        items += [
            MissionLeg("descent", leg(DESCENT, first + 1, s.descent_step_s, end_altitude=ground + TOUCHDOWN_HEIGHT, patience=3600.0)),
            MissionLeg("touchdown", leg(DESCENT, first + 2, s.touchdown_step_s, end_altitude=ground, patience=120.0)),
        ]  # fmt: skip
    return items


def interface_state(
    orientation: AbstractOrientation, world: World, given: Interface
) -> tuple[np.ndarray, np.ndarray]:
    """Inertial state [m, m/s] of an interface point told as a pilot would, at the epoch."""
    a, f = float(world.ellipsoid.a), float(world.ellipsoid.f)
    longitude = np.radians(given.longitude_deg)
    if given.latitude_deg is not None:
        latitude = np.radians(given.latitude_deg)
        normal = np.array(
            [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
        )
        n = a / np.sqrt(1.0 - f * (2.0 - f) * normal[2] ** 2)
        foot = n * normal * np.array([1.0, 1.0, (1.0 - f) ** 2])
        high = 1e5 if given.altitude_m is None else given.altitude_m
        r_E = foot + high * normal
    else:
        assert given.latitude_geocentric_deg is not None
        gc = np.radians(given.latitude_geocentric_deg)
        direction = np.array([np.cos(gc) * np.cos(longitude), np.cos(gc) * np.sin(longitude), np.sin(gc)])
        ground = a / np.sqrt(1.0 + (1.0 / (1.0 - f) ** 2 - 1.0) * direction[2] ** 2)
        r_E = direction * (ground + (given.altitude_m or 0.0))
    if given.radius_m is not None:
        r_E = r_E / np.linalg.norm(r_E) * given.radius_m
    # Angles of the velocity are measured from the geocentric horizontal, as in orbital mechanics.
    up = r_E / np.linalg.norm(r_E)
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    north = np.cross(up, east)
    gamma, heading = np.radians(given.flight_path_angle_deg), np.radians(given.heading_deg)
    along = north * np.cos(heading) + east * np.sin(heading)
    v_E = given.speed_m_s * (along * np.cos(gamma) + up * np.sin(gamma))
    C_EI, omega = spin_at(orientation, 0.0)
    turning = np.cross(omega, r_E) if given.relative else np.zeros(3)
    return C_EI.T @ r_E, C_EI.T @ (v_E + turning)


def _from_interface(
    scenario: Scenario, start: InitialState, world: World, flight: FlightComputer
) -> ReturnPlan:
    given = scenario.return_.initial.interface
    r_I, v_I = (start.r_I, start.v_I) if given is None else interface_state(world.orientation, world, given)
    truth = initial_truth(0.0, jnp.asarray(r_I), jnp.asarray(v_I), scenario.truth.capsule.mass_kg)
    return ReturnPlan(
        scenario, start.epoch, world, flight, truth, _descent_legs(scenario, 0), None, None, None, None, [],
        None, None,
    )  # fmt: skip


def station_at(start: InitialState, t: float) -> tuple[np.ndarray, np.ndarray] | None:
    """The station in I at ``t`` [s since the epoch], if its source says."""
    return None if start.ephemeris is None else start.ephemeris(t)


#: Docking axis in (along track, orbit normal, up), and the sign of the departure burn along track.
PORTS = {
    "forward": ((1.0, 0.0, 0.0), 1.0),
    "aft": ((-1.0, 0.0, 0.0), -1.0),
    "nadir": ((0.0, 0.0, -1.0), -1.0),
}


def _local(r: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Rows: along track, orbit normal, up."""
    up = r / np.linalg.norm(r)
    normal = np.cross(r, v)
    normal /= np.linalg.norm(normal)
    return np.stack([np.cross(normal, up), normal, up])


def _from_orbit(
    scenario: Scenario, start: InitialState, world: World, flight: FlightComputer, planner: Planner,
    chances: list[Opportunity], chosen: Opportunity,
) -> ReturnPlan:  # fmt: skip
    sep, stack = scenario.truth.separation, scenario.truth.stack
    capsule, sim, legs = scenario.truth.capsule, scenario.simulation, scenario.return_.legs
    from_dock = legs.start == "undock"
    t_undock = chosen.undock if from_dock else chosen.burn - 600.0
    exact = station_at(start, t_undock)
    docked = exact is None
    if exact is None:
        exact = _coast(planner, 0.0, start.r_I, start.v_I, t_undock)
    r_u, v_u = exact
    axis, sign = PORTS[sep.port]
    axes = _local(r_u, v_u)
    spring = (np.array(axis) @ axes) * sep.undock_speed_m_s if from_dock else np.zeros(3)
    departure = sep.departure_delta_v_m_s if from_dock else 0.0
    t_departure = t_undock + sep.departure_delay_s
    r, v = _coast(planner, t_undock, r_u, v_u + spring, t_departure) if from_dock else (r_u, v_u)
    along = sign * _local(r, v)[0]
    t_plan = t_departure if from_dock else t_undock
    r_E, v_E = planner.earth_state(t_plan, r, v + departure * along)
    plan, clock = planner.deorbit(t_plan, r_E, v_E, chosen.burn)
    t_burn = clock + float(plan.ignition)
    _afford(scenario, float(plan.delta_v), departure)

    C_EI, _ = spin_at(world.orientation, t_burn)
    direction_I = C_EI.T @ np.asarray(plan.direction_E)
    whole = capsule.mass_kg + stack.service_module_kg + stack.propellant_kg + stack.orbital_module_kg
    drag = stack.drag_area_m2 * stack.drag_coefficient
    at = 0.0 if docked else t_undock
    r0, v0 = (start.r_I, start.v_I) if docked else (r_u, v_u)
    truth = initial_truth(at, jnp.asarray(r0), jnp.asarray(v0), whole)
    truth = eqx.tree_at(
        lambda t: (t.propellant, t.drag_area), truth, (number(stack.propellant_kg), number(drag))
    )

    items: list[MissionLeg] = []

    def add(name: str, kind: str, step: float, before=None, **ends) -> None:
        items.append(MissionLeg(name, leg(kind, len(items), step, **ends), before))

    day = 86400.0 * (scenario.flight.plan.days + 1.0)
    if docked:
        add("docked coast", COAST, sim.coast_step_s, end_time=t_undock, patience=day)

    def undock(truth: TruthState) -> TruthState:
        return push(truth, _along_axes(truth, axis) * sep.undock_speed_m_s)

    def leave_orbital_module(truth: TruthState) -> TruthState:
        recoil = stack.orbital_module_kg / whole * sep.module_speed_m_s
        _, normal, _ = local_axes(truth)
        return replace(push(truth, normal * recoil), mass=truth.mass - stack.orbital_module_kg)

    def leave_service_module(truth: TruthState) -> TruthState:
        left = truth.mass - world_mass(truth)
        _, normal, _ = local_axes(truth)
        recoil = (left / truth.mass * sep.module_speed_m_s)[:, None]
        area = np.pi * capsule.diameter_m**2 / 4 * CAPSULE_DRAG
        return replace(push(truth, -normal * recoil), mass=world_mass(truth), drag_area=area)

    def world_mass(truth: TruthState) -> np.ndarray:
        # What is left when both modules and all remaining propellant are gone: each lane's own capsule.
        return truth.mass - truth.propellant - stack.service_module_kg

    if from_dock:
        add("undock", COAST, sim.coast_step_s, undock, end_time=t_departure, patience=7200.0)
        add(
            "departure burn",
            BURN,
            sim.powered_step_s,
            burn_delta_v=departure,
            burn_direction=along,
            patience=600.0,
        )
    add("phasing coast", COAST, sim.coast_step_s, end_time=t_burn - MODULE_LEAD, patience=day)
    add("coast to burn", COAST, sim.coast_step_s, leave_orbital_module, end_time=t_burn, patience=3600.0)
    add(
        "deorbit burn",
        BURN,
        sim.powered_step_s,
        burn_delta_v=float(plan.delta_v),
        burn_direction=direction_I,
        patience=3600.0,
    )
    add(
        "coast to separation",
        COAST,
        sim.coast_step_s,
        end_altitude=legs.separation_altitude_m,
        patience=7200.0,
    )
    add("coast to interface", COAST, sim.coast_step_s, leave_service_module,
        end_altitude=scenario.flight.guidance.interface_altitude_m, patience=3600.0)  # fmt: skip
    items += _descent_legs(scenario, len(items))
    return ReturnPlan(
        scenario, start.epoch, world, flight, truth, items, plan, t_burn, t_undock if from_dock else None,
        chosen, chances, planner, (t_undock, r_u, v_u) if from_dock else None,
    )  # fmt: skip


def _along_axes(truth: TruthState, axis: tuple[float, float, float]) -> np.ndarray:
    along, normal, up = local_axes(truth)
    return axis[0] * along + axis[1] * normal + axis[2] * up


def _coast(
    planner: Planner, t0: float, r_I: np.ndarray, v_I: np.ndarray, t1: float
) -> tuple[np.ndarray, np.ndarray]:
    """Carry an inertial state on with the flight's own orbit model."""
    r_E, v_E = planner.earth_state(t0, r_I, v_I)
    r_E, v_E = planner.carry(r_E, v_E, t1 - t0)
    C, omega = spin_at(planner.orientation, t1)
    return C.T @ r_E, C.T @ (v_E + np.cross(omega, r_E))


def _afford(scenario: Scenario, delta_v: float, departure: float) -> None:
    """Raise ``Infeasible`` if the tanks or the limit do not allow the burn."""
    stack, engine, plan = scenario.truth.stack, scenario.truth.engine, scenario.flight.plan
    if delta_v > plan.delta_v_limit_m_s:
        raise Infeasible(
            f"{scenario.name}: the deorbit burn needs {delta_v:.1f} m/s, more than flight.plan.delta_v_limit_m_s "
            f"= {plan.delta_v_limit_m_s:g}"
        )
    exhaust = engine.specific_impulse_s * G0
    mass = scenario.truth.capsule.mass_kg + stack.service_module_kg + stack.propellant_kg
    needed = (mass + stack.orbital_module_kg) * (1.0 - np.exp(-departure / exhaust))
    needed += (mass - needed) * (1.0 - np.exp(-delta_v / exhaust))
    if needed > stack.propellant_kg:
        raise Infeasible(
            f"{scenario.name}: the return needs {needed:.0f} kg of propellant ({delta_v + departure:.1f} m/s), "
            f"but truth.stack.propellant_kg is {stack.propellant_kg:g}"
        )
