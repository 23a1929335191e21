"""The rendezvous of a scenario: insertion, true world, flight computers, and whether a plan serves it."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.astro.lvlh import from_curvilinear, from_lvlh
from homeward.astro.relative_motion import orbit_shape
from homeward.astro.two_impulse_lower_bound import impulsive_bound
from homeward.earth.constants import G0, MU_EGM96, WGS84_A
from homeward.earth.time import Epoch
from homeward.errors import Infeasible
from homeward.flight.rendezvous.burn_planner import BurnPlan, plan_burns
from homeward.flight.rendezvous.far_range import FarComputer
from homeward.flight.rendezvous.proximity_executive import CloseComputer
from homeward.planning.port_visibility import check_port
from homeward.scenario.build.launch import Insertion, insertion
from homeward.scenario.build.rendezvous_flight import (
    LOWEST,
    aim_of,
    build_close,
    build_far,
    far_times,
    orbit_rate,
)
from homeward.scenario.build.rendezvous_world import build_model, build_pair_world
from homeward.scenario.build.world import number, numbers
from homeward.scenario.faults.schedule import EquipmentCounts, FaultEvent, strikes_of, struck
from homeward.scenario.schema.rendezvous import PLANS, Rendezvous
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.rendezvous.proximity import MOST_WAIT
from homeward.world.dynamics.two_spacecraft import PairWorld

FAR_LEGS = ("far guidance", "homing")
MARGIN = 3600.0  # s of Earth orientation beyond the longest plan
WITHDRAWAL = 20000.0  # s for the way out and two free revolutions after it
PROXIMITY = 45.0  # m/s kept for homing, approach and what goes wrong
BOUND_LANES = 8
DEAREST = 3.0  # times two impulses (`bound_of`): a plan that costs more does not serve


@dataclasses.dataclass
class RendezvousPlan:
    """Everything needed to fly one rendezvous, or many dispersed about it."""

    scenario: Scenario
    told: Rendezvous
    name: str
    inserted: Insertion
    world: PairWorld
    far: FarComputer
    close: CloseComputer
    steps: list[str]
    burns: BurnPlan
    bound: float  # m/s: see docs/models/rendezvous_plan.md

    @property
    def plans(self) -> tuple[str, ...]:
        """Names of the plan and of those that it may be left for in flight, as ``choice`` counts them."""
        return (self.name, *(name for name in self.told.guidance.fallbacks if name != self.name))


@dataclasses.dataclass(frozen=True)
class Offer:
    """What one plan would cost from an insertion; ``why_not`` says why it does not serve."""

    name: str
    cost: float
    bound: float
    why_not: str
    burns: BurnPlan


@program
def _plans(model, ship, station, drags, start, arrivals, aim):
    return jax.vmap(lambda t: plan_burns(model, ship, station, drags, start, t, aim))(arrivals)


@program
def _bounds(ships, stations, aim):
    def lane(ship, station):
        r, v = station
        radius = jnp.sqrt(jnp.sum(r * r))
        place, rate = from_curvilinear(aim[:3], aim[3:], radius, jnp.sum(r * v) / radius)
        r_A, v_A = from_lvlh(r, v, place, rate)
        return impulsive_bound(jnp.asarray(MU_EGM96), ship[0], ship[1], r_A, v_A).total

    return jax.vmap(lane)(ships, stations)


def lane_bounds(ships, stations, aim) -> np.ndarray:
    """Least delta-v [m/s] of two impulses between two-body orbits, lane by lane: ship's to aim's.

    That orbit is the one which a body at the aim point, moving as wanted there, follows; the point is laid
    beside the station as it is at the insertion. Eight lanes at a time: one program for one and for many.
    """
    many = len(ships[0])
    found = np.zeros(many)
    for start in range(0, many, BOUND_LANES):
        pick = np.minimum(np.arange(start, start + BOUND_LANES), many - 1)
        some = jax.tree.map(lambda x, p=pick: np.asarray(x)[p], (ships, stations))
        found[pick] = np.asarray(_bounds(*some, aim))
    return found


def bound_of(ship, station, aim) -> float:
    """``lane_bounds`` of a single lane."""
    ships, stations = jax.tree.map(lambda x: np.asarray(x)[None], (ship, station))
    return float(lane_bounds(ships, stations, aim)[0])


def offers(scenario: Scenario, told: Rendezvous, inserted: Insertion, names: list[str]) -> list[Offer]:
    """What each of the named plans would cost."""
    from homeward.earth.frames import earth_spin

    C_EI = earth_spin([inserted.epoch])[0][0]
    model = build_model(scenario, inserted.epoch, C_EI)
    s, t = told.ship, told.station
    drags = (
        number(s.drag_area_m2 * s.drag_coefficient / s.mass_kg),
        number(t.drag_area_m2 * t.drag_coefficient / t.mass_kg),
    )
    times = [far_times(told, name) for name in names]
    usable = numbers([max(x, 600.0) for x in times])
    aim = numbers(aim_of(told, orbit_rate(inserted)))
    ship = tuple(jnp.asarray(x) for x in inserted.ship)
    station = tuple(jnp.asarray(x) for x in inserted.station)
    bound = bound_of(ship, station, aim)
    plans = _plans(model, ship, station, drags, number(0.0), usable, aim)
    plans = jax.tree.map(np.asarray, plans)
    return [
        _offer(told, name, time, jax.tree.map(lambda x, k=k: x[k], plans), bound)
        for k, (name, time) in enumerate(zip(names, times, strict=True))
    ]


def _offer(told: Rendezvous, name: str, time: float, burns: BurnPlan, bound: float) -> Offer:
    cost = float(burns.cost)
    carried = _carried(told)
    why = ""
    if time < 600.0:
        why = "the approach alone takes longer than that"
    elif not np.isfinite(cost) or float(burns.miss) > 20e3:
        why = "no set of burns arrives there in time"
    elif float(burns.lowest) < WGS84_A + LOWEST:
        why = f"it would dip to {(float(burns.lowest) - WGS84_A) / 1e3:.0f} km"
    elif cost > DEAREST * bound:
        why = f"it would take {cost:.0f} m/s, over {DEAREST:g} times that of two impulses"
    elif cost + PROXIMITY > carried:
        why = f"it takes {cost + PROXIMITY:.0f} m/s with the approach, and the propellant gives {carried:.0f}"
    return Offer(name, cost, bound, why, burns)


def _carried(told: Rendezvous) -> float:
    """Delta-v [m/s] that the propellant gives."""
    ship = told.ship
    return ship.specific_impulse_s * G0 * float(np.log(ship.mass_kg / (ship.mass_kg - ship.propellant_kg)))


def plan_rendezvous(scenario: Scenario, plan: str | None = None, port: str | None = None) -> RendezvousPlan:
    """Plan the rendezvous. ``plan`` and ``port`` go before the scenario's.

    Raises ``Infeasible`` where no plan serves the phase in the time asked, telling the nearest that does.
    """
    told = scenario.required_rendezvous()
    told = told.model_copy(update={k: v for k, v in (("plan", plan), ("port", port)) if v is not None})
    where = scenario.place("rendezvous")
    inserted = insertion(told, Epoch.from_iso(told.launch.time_utc), where)
    _check_station(scenario, inserted)
    chosen = _choose(scenario, told, inserted)
    span = max(PLANS[name] for name in (chosen.name, "6.5h", *told.guidance.fallbacks))
    span += MOST_WAIT * sum(hold.go_s is not None for hold in told.holds)
    if told.ends == "withdrawn":
        span += told.withdrawal.docked_s + WITHDRAWAL
    world = build_pair_world(scenario, told, inserted.epoch, span + 12000.0 + MARGIN)
    far = build_far(
        scenario,
        told,
        inserted,
        world,
        chosen.name,
        told.guidance.budget_factor * max(chosen.cost, chosen.bound),
        _carried(told) - PROXIMITY,
    )
    close, names = build_close(scenario, told, inserted, world, np.asarray(far.model.pole_I))
    made = RendezvousPlan(
        scenario, told, chosen.name, inserted, world, far, close, names, chosen.burns, chosen.bound
    )
    first, second, *_ = told.holds
    there = float(far.arrivals[0]) + told.guidance.homing_s + first.seconds + told.guidance.hop_s
    check_port(scenario, world.hull.motion, np.asarray(world.hull.C_DT)[0], there, second.seconds)
    strikes = strikes_on(made)
    if not strikes:
        return made
    faults = struck(world.faults, [strikes], leg_names(made), equipment_counts(made))
    faults = jax.tree.map(lambda x: jnp.asarray(x[0]), faults)
    return dataclasses.replace(made, world=eqx.tree_at(lambda w: w.faults, world, faults))


def equipment_counts(made: RendezvousPlan) -> EquipmentCounts:
    """How many of what the ship has."""
    count = int(np.count_nonzero(np.asarray(made.world.hull.thrusters.thrust)))
    return EquipmentCounts(0, 0, count, made.scenario.truth.engine.count)


def leg_names(made: RendezvousPlan) -> list[str]:
    """The legs in the order in which the failures count them."""
    return [*FAR_LEGS, *made.steps]


def strikes_on(made: RendezvousPlan) -> list[FaultEvent]:
    """The failures of the scenario's file that strike its rendezvous."""
    return strikes_of(made.scenario, "rendezvous", leg_names(made), equipment_counts(made))


def _choose(scenario: Scenario, told: Rendezvous, inserted: Insertion) -> Offer:
    if told.plan != "auto":
        own = offers(scenario, told, inserted, [told.plan])[0]
        if not own.why_not:
            return own
    found = offers(scenario, told, inserted, list(PLANS))
    serving = [o for o in found if not o.why_not]
    phase = f"{np.degrees(inserted.phase):.1f} deg"
    if told.plan == "auto":
        if not serving:
            raise Infeasible(
                f"{scenario.name}: no plan serves a phase angle of {phase} at the insertion: "
                + "; ".join(f"{o.name}: {o.why_not}" for o in found)
            )
        # The shortest of those that cost hardly more than the cheapest.
        least = min(o.cost for o in serving)
        return next(o for o in serving if o.cost <= 1.15 * least)
    own = next(o for o in found if o.name == told.plan)
    if own.why_not:
        near = min(serving, key=lambda o: abs(PLANS[o.name] - PLANS[own.name]), default=None)
        hint = (
            "no other plan does"
            if near is None
            else f"the nearest that does is {near.name} ({near.cost:.0f} m/s)"
        )
        raise Infeasible(
            f"{scenario.name}: plan {own.name} does not serve a phase angle of {phase} at the insertion: "
            f"{own.why_not}; {hint}"
        )
    return own


def _check_station(scenario: Scenario, inserted: Insertion) -> None:
    """Refuse a station that is none: no orbit, or one that comes down."""
    r, v = inserted.station
    orbit = orbit_shape(number(MU_EGM96), numbers(r), numbers(v))
    e = float(orbit.e)
    perigee = (float(orbit.p) / (1.0 + e) - WGS84_A) / 1e3
    if e >= 1.0 or perigee < LOWEST / 1e3:
        told = "escapes" if e >= 1.0 else f"re-enters: its perigee lies at {perigee:.0f} km"
        raise Infeasible(f"{scenario.place('rendezvous.station.orbit')}: the target's orbit {told}")
