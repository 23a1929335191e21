"""Another landing site and new winds carried out in a return: the executive's orders as data on board.

Each lands between two chunks of the flight. The aim of the entry, the main's table and the law's wind are
numbers that the flight computer reads anyway: nothing is compiled for an order.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.earth.geodesy import from_geodetic, north_east_down, to_geodetic
from homeward.flight.computer import FlightComputer
from homeward.ground.commands import Command, LandingSite, Winds
from homeward.ground.executive import Situation, objection
from homeward.scenario.build import build_parachutes, build_wind, number
from homeward.scenario.build_flight import believed_mass, build_target, forecast_wind, low_air
from homeward.scenario.build_law import OWN
from homeward.scenario.build_main import forecast_rows
from homeward.scenario.initial import initial_state
from homeward.scenario.schema import Scenario
from homeward.sim.carry import Carry

Take = Callable[[float], list[Command]]  # the time of the flight [s]; what is to be carried out
AFTER_BURN = ("coast to separation", "coast to interface")
UNDER_CANOPY = ("descent", "touchdown")
UNBURNT = "before the deorbit burn is over the site stays: the burn is not planned anew in flight"


class ReturnOrders:
    """What ``homeward.fly(between=...)`` asks before each chunk; carries out what ``take`` hands over.

    ``done`` keeps when [s] each was carried out, ``refused`` what made no sense any more when its turn came,
    and why. ``situation`` is what the executive judges by.
    """

    def __init__(self, scenario: Scenario, take: Take) -> None:
        self._scenario, self._take = scenario, take
        self._site: LandingSite | None = None
        self.done: list[tuple[float, Command]] = []
        self.refused: list[tuple[float, Command, str]] = []
        self.situation = self._now("")

    def _now(self, leg: str) -> Situation:
        site, given = self._scenario.site, self._site
        place = (site.latitude_deg, site.longitude_deg)
        reads = self._scenario.flight.believed.wind == "forecast"
        return Situation(
            site_deg=place if given is None else (given.latitude_deg, given.longitude_deg),
            site_fixed="" if leg in (*AFTER_BURN, "entry", *UNDER_CANOPY) else UNBURNT,
            ground_m=site.altitude_m,
            # Once it has burnt, what the lift can still reach is all there is: the interface changes nothing.
            below_interface=leg in (*AFTER_BURN, "entry"), parachute=leg in UNDER_CANOPY,
            executes=(LandingSite, Winds) if reads else (LandingSite,),
        )  # fmt: skip

    def __call__(self, leg: str, flight: FlightComputer, carry: Carry) -> tuple[FlightComputer, Carry]:
        """The flight computer with the orders in; the carry as it was."""
        now = float(np.max(np.asarray(carry.truth.time)))
        self.situation = self._now(leg)
        for command in self._take(now):
            # Judged when it came; but what came before it may have changed the site.
            reason = objection(command, self.situation, now)
            if reason:
                self.refused.append((now, command, reason))
                continue
            if isinstance(command, LandingSite):
                flight, self._site = moved(flight, command), command
            elif isinstance(command, Winds):
                flight = under(self._scenario, flight, command)
            self.done.append((now, command))
            self.situation = self._now(leg)
        return flight, carry


def moved(flight: FlightComputer, site: LandingSite) -> FlightComputer:
    """Every lane bound for another site; each keeps its own drift under its own forecast."""
    place = np.radians([site.latitude_deg, site.longitude_deg])
    return _aimed(flight, place, _offsets(flight))


def under(scenario: Scenario, flight: FlightComputer, winds: Winds) -> FlightComputer:
    """Every lane with a new forecast: its aim, its main's table, and the wind of a law of Homeward's own.

    Below the lowest level the forecast is as there; above the highest the old one stays.
    """
    forecast = _forecast(build_wind(scenario), winds)
    epoch = initial_state(scenario).epoch
    target = build_target(scenario, epoch, forecast)
    s = scenario.site
    home = np.radians([s.latitude_deg, s.longitude_deg])
    offset = _offset(flight, np.asarray(target.aim_E), home)
    lanes = np.asarray(flight.target.aim_E).shape[0]
    lat, lon, _ = to_geodetic(flight.ellipsoid, jnp.asarray(np.asarray(flight.main.site_E)[0]))
    flight = _aimed(flight, np.array([float(lat), float(lon)]), [offset] * lanes)
    mass, density = number(believed_mass(scenario)), low_air(scenario, epoch)
    rows = forecast_rows(scenario, build_parachutes(scenario), mass, density, forecast)
    flight = eqx.tree_at(lambda f: f.main.rows, flight, _each(rows, lanes))
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
