"""What the displays need to know of a scenario beside the telemetry: limits, site, stations, corridors."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from homeward.console.places import Network
from homeward.ground.telemetry.limits import Limit, approach_limits, flight_limits
from homeward.ground.tracking.stations import network
from homeward.output.returns.entry_corridor import edges
from homeward.output.views.return_view import FlightFacts, FlightView
from homeward.scenario.build.rendezvous_flight import approach_profile
from homeward.scenario.files.shipped import shipped_names
from homeward.scenario.load import load
from homeward.scenario.return_limits import return_limits

if TYPE_CHECKING:
    from homeward.scenario.schema.rendezvous import Rendezvous
    from homeward.scenario.schema.scenario import Scenario

CONTACT_MOST, LATERAL_MOST = 0.10, 0.10  # m/s, m: closing speed and offset of the contact box, IDSS Rev E
CONTACT_LEAST = 0.05  # m/s


@dataclasses.dataclass(frozen=True)
class Setting:
    """A scenario as the displays know it; ``scenario`` is None where nobody knows which one flew.

    ``source`` says in words where limits and corridors come from.
    """

    scenario: Scenario | None
    source: str

    def limits(self) -> dict[str, Limit]:
        """The monitor's limits: the cabin's, and the vehicle's where a scenario tells them."""
        if self.scenario is None:
            return flight_limits(None)
        told, pair = return_limits(self.scenario), self.scenario.rendezvous
        limits = flight_limits(told.load, told.heat_rate, told.dynamic_pressure)
        return limits if pair is None else limits | approach_limits(pair.station.corridor_deg)

    def network(self) -> Network:
        """The stations that track."""
        if self.scenario is None:
            return Network(network(("ssc", "relay")))
        ground, site = self.scenario.ground, self.scenario.landing_site
        file = None if ground.stations_file is None else Path(ground.stations_file)
        place = None if site is None else (site.latitude_deg, site.longitude_deg, site.altitude_m)
        return Network(network(ground.network, place, file))

    def site(self) -> dict[str, Any] | None:
        """The landing site's name, place [deg] and altitude [m]."""
        if self.scenario is None or self.scenario.landing_site is None:
            return None
        site = self.scenario.landing_site
        return {"name": site.name, "lat": site.latitude_deg, "lon": site.longitude_deg,
                "alt": site.altitude_m}  # fmt: skip

    def corridor(self, columns: dict[str, np.ndarray]) -> list[dict[str, Any]]:
        """The edges of the entry corridor: name and points of speed [km/s] and altitude [km].

        ``columns`` of the telemetry give the air that was met; without enough of it the exponential air
        stands in.
        """
        if self.scenario is None or self.scenario.homecoming is None:
            return []
        view = FlightView(facts_of(self.scenario), history_of(columns), [], {})
        speed = np.linspace(150.0, 8200.0 if _top(columns) < 8200.0 else 11500.0, 160)
        told, _ = edges(view, speed)
        return [
            {"name": e.name, "kind": e.formula, "points": _points(speed / 1e3, e.altitude / 1e3)}
            for e in told
        ]

    def plans(self) -> list[str]:
        """Plans that a rendezvous can be ordered to: the one it flies by and the one it falls back on."""
        told = None if self.scenario is None else self.scenario.rendezvous
        return [] if told is None else list(dict.fromkeys((told.plan, *told.guidance.fallbacks[:1])))

    def docking(self) -> dict[str, Any]:
        """The approach: holds [m], corridor's half angle [deg], keep-out sphere, profile, contact box."""
        box = {"closing": [CONTACT_LEAST, CONTACT_MOST], "lateral": LATERAL_MOST}
        if self.scenario is None or self.scenario.rendezvous is None:
            return {"holds": [], "corridor_deg": None, "keep_out": None, "profile": [], "box": box}
        told = self.scenario.rendezvous
        return {
            "holds": [h.distance_m for h in told.holds], "corridor_deg": told.station.corridor_deg,
            "keep_out": told.station.keep_out_radius_m, "profile": _profile(told), "box": box,
            "port": told.port,
        }  # fmt: skip


def setting_of(name: str, wanted: str | None = None) -> Setting:
    """The setting of a flight by its scenario's name; ``wanted`` names a scenario or file instead."""
    if wanted is not None:
        return Setting(load(wanted), f"limits and corridor of {wanted}")
    if name in shipped_names():
        return Setting(load(name), f"limits and corridor as {name} ships")
    return Setting(None, "no scenario of this name ships: no limits of the vehicle, no corridor")


def facts_of(s: Scenario) -> FlightFacts:
    """The facts that the corridor is drawn from."""
    limits, capsule = return_limits(s), s.truth.capsule
    site = s.site
    return FlightFacts(
        name=s.name, epoch_utc="2000-01-01T00:00:00Z", site_name=site.name,
        site_latitude_deg=site.latitude_deg, site_longitude_deg=site.longitude_deg, aim_latitude_deg=None,
        aim_longitude_deg=None, load_limit_g=limits.load, heat_rate_limit_w_m2=limits.heat_rate,
        dynamic_pressure_limit_pa=limits.dynamic_pressure,
        interface_altitude_m=s.flight.guidance.interface_altitude_m,
        opening_altitude_m=s.return_.legs.opening_altitude_m, mass_kg=capsule.mass_kg,
        area_m2=float(np.pi * capsule.diameter_m**2 / 4), drag_coefficient=capsule.drag_coefficient,
        lift_coefficient=capsule.drag_coefficient * capsule.lift_to_drag, nose_radius_m=capsule.nose_radius_m,
    )  # fmt: skip


def history_of(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The channels that the corridor asks for; no numbers where a column is not there."""
    names = {"altitude": "altitude_m", "density": "density_kg_m3", "speed": "speed_m_s",
             "inertial_speed": "inertial_speed_m_s"}  # fmt: skip
    time = np.asarray(columns.get("time_s", np.zeros(0)), float)
    told = {c: np.asarray(columns.get(n, np.full(len(time), np.nan)), float) for c, n in names.items()}
    return told | {"time": time}


def _top(columns: dict[str, np.ndarray]) -> float:
    speed = np.asarray(columns.get("speed_m_s", np.zeros(0)), float)
    return float(np.nanmax(speed)) if np.isfinite(speed).any() else 0.0


def _points(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    good = np.isfinite(y) & (y > 0.0) & (y < 125.0)
    return np.stack([x[good], y[good]], axis=1).round(4).tolist()


def _profile(told: Rendezvous) -> list[list[float]]:
    """Distance [m] and speed wanted [m/s] along the port's axis, by the profile that the laws follow."""
    profile = approach_profile(told)
    away = np.geomspace(0.05, 400.0, 120)
    speed = np.minimum(float(profile.contact) + float(profile.slope) * away, float(profile.most))
    return np.stack([away, speed], axis=1).round(5).tolist()
