"""Another landing site, another burn and new winds carried out in a return: orders as data on board.

Each lands between two chunks of the flight. The aim of the entry, the main's table, the law's wind and the
legs' times and thrust are numbers that the flight reads anyway: nothing is compiled for an order.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.geodesy import from_geodetic, north_east_down, to_geodetic
from homeward.errors import Infeasible
from homeward.flight.entry.reference_guidance import ReferenceEntryGuidance
from homeward.flight.entry.reference_table import ReferenceTable
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.executive.flight_plan import PlanStep
from homeward.ground.commands.commands import Burn, Command, LandingSite, Winds
from homeward.ground.commands.onboard_executive import Situation, objection
from homeward.ground.commands.return_replanning import Burning, Insane, ReturnPlanning
from homeward.planning.deorbit_planner import MODULE_LEAD
from homeward.scenario.build.entry_guidance import OWN, reference_for
from homeward.scenario.build.flight_computer import (
    believed_mass,
    believed_parachutes,
    build_target,
    forecast_of,
    forecast_wind,
    low_air,
)
from homeward.scenario.build.initial_state import initial_state
from homeward.scenario.build.main_deployment import forecast_rows
from homeward.scenario.build.wind_estimation import wind_rows
from homeward.scenario.build.world import number
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.core.carry import Carry
from homeward.sim.core.legs import CYCLES, TICKS
from homeward.sim.mission import MissionLeg

Take = Callable[[float], list[Command]]  # the time of the flight [s]; what is to be carried out
PHASING = "phasing coast"
BEFORE_BURN = ("undock", "departure burn", PHASING)
ENTRY = "entry"
BURN, LAST_COAST = "deorbit burn", "coast to burn"
STANDS = {
    LAST_COAST: "less than 300 s before the burn; after it the lift may still reach another site",
    BURN: "the burn is under way; after it the lift may still reach another site",
}
STORED = "the law flies by the flight that was stored for it, and in the air none is stored for another site"
UNDER_CANOPY = ("descent", "touchdown")
LATE = 1200.0  # s that a leg may still take beyond an end that was moved


class ReturnOrders:
    """What ``homeward.fly(between=...)`` asks before each chunk; carries out what ``take`` hands over.

    ``done`` keeps when [s] each was carried out, ``refused`` what made no sense any more when its turn came,
    and why. ``situation`` is what the executive judges by.
    """

    def __init__(self, scenario: Scenario, take: Take) -> None:
        self._scenario, self._take = scenario, take
        self._planning = ReturnPlanning(scenario)
        self._site: LandingSite | None = None
        self.done: list[tuple[float, Command]] = []
        self.refused: list[tuple[float, Command, str]] = []
        self.burn: tuple[float, float] | None = None  # s and m/s: the burn to come, once it is known
        self.situation = Situation(
            site_deg=(scenario.site.latitude_deg, scenario.site.longitude_deg),
            ground_m=scenario.site.altitude_m,
            reckons=lambda _: "the flight has not begun", executes=self._kinds(),
        )  # fmt: skip

    def _kinds(self) -> tuple[type, ...]:
        reads = self._scenario.flight.believed.wind == "forecast"
        burns = self._scenario.return_.legs.start != "interface"
        return (LandingSite, *((Winds,) if reads else ()), *((Burn,) if burns else ()))

    def _now(
        self, name: str, flight: FlightComputer, legs: list[MissionLeg], carry: Carry, now: float
    ) -> Situation:
        site, given = self._scenario.site, self._site
        place = (site.latitude_deg, site.longitude_deg)
        before = name in BEFORE_BURN
        item = next(m for m in legs if m.name == name)
        flown, ends = item.leg, np.inf if item.step is None else _first(item.step.until_time)
        if before:
            self.burn = _first(_step(legs, LAST_COAST).until_time), _first(_step(legs, BURN).delta_v)
        chunk = CYCLES[flown.kind] * TICKS[flown.kind] * _first(flown.tick)

        def reckons(command: Command) -> str:
            try:
                self._reckoned(name, flight, legs, carry, command)
            except Insane as error:
                return str(error)
            return ""

        return Situation(
            site_deg=place if given is None else (given.latitude_deg, given.longitude_deg),
            ground_m=site.altitude_m, parachute=name in UNDER_CANOPY,
            burn_start=_first(_step(legs, LAST_COAST).until_time) if before or name == LAST_COAST else None,
            acts=min(now + chunk, ends), executes=self._kinds(), reckons=reckons,
        )  # fmt: skip

    def _reckoned(
        self, name: str, flight: FlightComputer, legs: list[MissionLeg], carry: Carry, command: Command
    ) -> tuple[Burning | None, ReferenceTable | None]:
        """What a command leads to by the planning on board: the new burn, if it takes one, and what a law of
        the first generation has stored for it. Raises Insane."""
        if isinstance(command, Winds):
            return None, None
        if name in STANDS:
            raise Insane(STANDS[name])
        stores = isinstance(flight.guidance, ReferenceEntryGuidance)
        if stores and name == ENTRY:
            raise Insane(STORED)
        there = moved(flight, command) if isinstance(command, LandingSite) else flight
        burning = self._burning(name, flight, legs, carry, command)
        if not stores:
            return burning, None
        if burning is None:
            after, r_E, v_E = self._planning.interface(flight, carry)
            if after <= 0.0:
                raise Insane(STORED)
        else:
            r_E, v_E = burning.r_interface_E, burning.v_interface_E
        return burning, self._stored(there, r_E, v_E)

    def _stored(self, flight: FlightComputer, r_E: np.ndarray, v_E: np.ndarray) -> ReferenceTable:
        """The nominal flight of the first lane from another interface or to another site."""
        law, target = jax.tree.map(lambda x: jnp.asarray(x)[0], (flight.guidance, flight.target))
        try:
            return reference_for(self._scenario, law, target, r_E, v_E)
        except Infeasible as error:
            raise Insane(f"no flight can be stored for it: {error}") from None

    def _burning(
        self, name: str, flight: FlightComputer, legs: list[MissionLeg], carry: Carry, command: Command
    ) -> Burning | None:
        before = name in BEFORE_BURN
        if isinstance(command, Burn):
            return self._planning.named(_lane(flight.target), command, carry)
        assert isinstance(command, LandingSite)
        target = _lane(moved(flight, command).target)
        if before:
            burn = _first(_step(legs, LAST_COAST).until_time)
            place = (command.latitude_deg, command.longitude_deg)
            return self._planning.to_site(target, place, carry, burn)
        why = self._planning.reach(flight, carry).objection(np.asarray(target.aim_E))
        if why:
            raise Insane(why)
        return None

    def __call__(
        self, name: str, flight: FlightComputer, legs: list[MissionLeg], carry: Carry
    ) -> tuple[FlightComputer, list[MissionLeg], Carry]:
        """Flight computer, legs and carry with the orders in, as leg ``name`` is flown."""
        now = float(np.max(np.asarray(carry.truth.time)))
        self.situation = self._now(name, flight, legs, carry, now)
        for command in self._take(now):
            # Judged when it came; but what came before it may have changed the flight.
            here = dataclasses.replace(self.situation, acts=now, reckons=None)
            reason, burning, table = objection(command, here, now), None, None
            if not reason:
                try:
                    burning, table = self._reckoned(name, flight, legs, carry, command)
                except Insane as error:
                    reason = str(error)
            if reason:
                self.refused.append((now, command, reason))
                continue
            if isinstance(command, LandingSite):
                flight, self._site = moved(flight, command), command
            elif isinstance(command, Winds):
                flight = under(self._scenario, flight, command)
            if burning is not None:
                flight, legs, carry = burnt_so(flight, legs, carry, burning, name)
            if table is not None:
                flight = with_reference(flight, table)
            self.done.append((now, command))
            self.situation = self._now(name, flight, legs, carry, now)
        return flight, legs, carry


def burnt_so(
    flight: FlightComputer, legs: list[MissionLeg], carry: Carry, burning: Burning, name: str
) -> tuple[FlightComputer, list[MissionLeg], Carry]:
    """All lanes with another burn to come: times and thrust of the legs up to it, and where it leads.

    ``name`` is the leg in flight, whose patience counts from where it began.
    """
    ends = {PHASING: burning.start - MODULE_LEAD, LAST_COAST: burning.start}

    def changed(item: MissionLeg) -> MissionLeg:
        leg, step = item.leg, item.step
        if step is None:
            return item
        if item.name in ends:
            end = np.full(np.shape(step.until_time), ends[item.name])
            later = max(float(np.max(end - np.asarray(step.until_time))), 0.0)
            step = eqx.tree_at(lambda x: x.until_time, step, jnp.asarray(end))
            leg = eqx.tree_at(lambda x: x.patience, leg, jnp.asarray(np.asarray(leg.patience) + later))
        if item.name in (LAST_COAST, BURN):
            along = np.broadcast_to(burning.direction_I, np.shape(step.direction_I))
            step = eqx.tree_at(lambda x: x.direction_I, step, jnp.asarray(along, float))
        if item.name == BURN:
            size = np.full(np.shape(step.delta_v), burning.delta_v)
            step = eqx.tree_at(lambda x: x.delta_v, step, jnp.asarray(size))
        return item if step is item.step else dataclasses.replace(item, leg=leg, step=step)

    if name == PHASING:
        deadline = np.maximum(np.asarray(carry.deadline), ends[name] + LATE)
        carry = eqx.tree_at(lambda c: c.deadline, carry, jnp.asarray(deadline))
    if flight.health is not None:
        told = flight.health.comes_down(burning.r_interface_E, burning.v_interface_E)
        flight = eqx.tree_at(lambda f: f.health, flight, told)
    return flight, [changed(item) for item in legs], carry


def with_reference(flight: FlightComputer, table: ReferenceTable) -> FlightComputer:
    """Every lane with another stored flight."""

    def like(old: Any, new: Any) -> Any:
        return jnp.asarray(np.broadcast_to(np.asarray(new), np.shape(old)), jnp.asarray(old).dtype)

    law = flight.guidance
    assert isinstance(law, ReferenceEntryGuidance)
    return eqx.tree_at(lambda f: f.guidance.table, flight, jax.tree.map(like, law.table, table))


def _step(legs: list[MissionLeg], name: str) -> PlanStep:
    step = next(m for m in legs if m.name == name).step
    assert step is not None
    return step


def _first(x: Any) -> float:
    return float(np.asarray(x).ravel()[0])


def _lane(tree: Any) -> Any:
    """The first lane."""
    return jax.tree.map(lambda x: np.asarray(x)[0], tree)


def moved(flight: FlightComputer, site: LandingSite) -> FlightComputer:
    """Every lane bound for another site; each keeps its own drift under its own forecast."""
    place = np.radians([site.latitude_deg, site.longitude_deg])
    return _aimed(flight, place, _offsets(flight))


def under(scenario: Scenario, flight: FlightComputer, winds: Winds) -> FlightComputer:
    """Every lane with a new forecast: its aim, its main's table, and the wind of a law of Homeward's own.

    Below the lowest level the forecast is as there; above the highest the old one stays.
    """
    forecast = _forecast(forecast_of(scenario), winds)
    epoch = initial_state(scenario).epoch
    target = build_target(scenario, epoch, forecast)
    s = scenario.site
    home = np.radians([s.latitude_deg, s.longitude_deg])
    offset = _offset(flight, np.asarray(target.aim_E), home)
    lanes = np.asarray(flight.target.aim_E).shape[0]
    lat, lon, _ = to_geodetic(flight.ellipsoid, jnp.asarray(np.asarray(flight.main.site_E)[0]))
    flight = _aimed(flight, np.array([float(lat), float(lon)]), [offset] * lanes)
    mass, density = number(believed_mass(scenario)), low_air(scenario, epoch)
    rows = forecast_rows(scenario, believed_parachutes(scenario), mass, density, forecast)
    flight = eqx.tree_at(lambda f: f.main.rows, flight, _each(rows, lanes))
    if flight.winds is not None:
        flight = eqx.tree_at(lambda f: f.winds.rows, flight, _each(wind_rows(forecast), lanes))
    if not isinstance(flight.guidance, OWN):
        return flight
    steering = forecast_wind(scenario, forecast)
    return eqx.tree_at(lambda f: f.guidance.model.wind, flight, _each(steering, lanes))


def _forecast(old: Any, winds: Winds) -> Any:
    """The table of winds with the levels sent."""
    heights, rows = np.asarray(old.altitudes()), np.asarray(old.rows)
    levels = np.array(winds.levels)
    new = np.stack([np.interp(heights, levels[:, 0], levels[:, k]) for k in (1, 2)], axis=1)
    new = np.where((heights <= levels[-1, 0])[:, None], new, rows)
    return eqx.tree_at(lambda table: table.rows, old, jnp.asarray(new, float))


def _each(value, lanes: int):
    return jnp.asarray(np.broadcast_to(np.asarray(value), (lanes, *np.shape(value))), float)


def _point(flight: FlightComputer, place: np.ndarray, altitude: float) -> np.ndarray:
    return np.asarray(from_geodetic(flight.ellipsoid, number(place[0]), number(place[1]), number(altitude)))


def _axes(place: np.ndarray) -> np.ndarray:
    return np.array([np.asarray(a) for a in north_east_down(number(place[0]), number(place[1]))])


def _offset(flight: FlightComputer, aim_E: np.ndarray, place: np.ndarray) -> np.ndarray:
    """From above a place to an aim [m], north, east and down there."""
    opening = float(np.asarray(flight.target.altitude)[0])
    return _axes(place) @ (aim_E - _point(flight, place, opening))


def _offsets(flight: FlightComputer) -> list[np.ndarray]:
    found = []
    for aim, site in zip(np.asarray(flight.target.aim_E), np.asarray(flight.main.site_E), strict=True):
        lat, lon, _ = to_geodetic(flight.ellipsoid, jnp.asarray(site))
        found.append(_offset(flight, aim, np.array([float(lat), float(lon)])))
    return found


def _aimed(flight: FlightComputer, place: np.ndarray, offsets: list[np.ndarray]) -> FlightComputer:
    opening = float(np.asarray(flight.target.altitude)[0])
    ground = float(np.asarray(flight.main.bottom)[0])
    above, axes = _point(flight, place, opening), _axes(place)
    aims = np.stack([above + axes.T @ offset for offset in offsets])
    sites = _each(_point(flight, place, ground), len(offsets))
    return eqx.tree_at(lambda f: (f.target.aim_E, f.main.site_E), flight, (jnp.asarray(aims, float), sites))
