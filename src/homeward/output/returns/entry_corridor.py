"""The entry corridor: the edges that load, heat, pressure and gliding draw in altitude over speed.

Each limit names the air density at which a speed reaches it; the flight's own record of density over
altitude turns that density into an altitude, so the edges stand in the air that was flown through.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from homeward.earth.constants import G0, MU_WGS84, SUTTON_GRAVES_EARTH, WGS84_A
from homeward.output.views.return_view import FlightView

STEEPEST_GLIDE_BANK = np.radians(60.0)
SEA_LEVEL_DENSITY, SCALE_HEIGHT = 1.225, 7200.0


@dataclasses.dataclass(frozen=True)
class Edge:
    """One edge of the corridor: altitudes [m] over the speeds, and the formula behind it."""

    name: str
    altitude: np.ndarray
    formula: str


def density_profile(view: FlightView) -> tuple[np.ndarray, np.ndarray]:
    """Altitudes [m] and the logarithm of the density that the flight met there, in rising order.

    Beyond the record, and where it has too little, the exponential air of 1.225 kg/m3 and 7.2 km.
    """
    altitude = np.arange(0.0, 160e3, 500.0)
    plain = np.log(SEA_LEVEL_DENSITY) - altitude / SCALE_HEIGHT
    if view.interface is None:
        return altitude, plain
    h = np.asarray(view["altitude"][view.interface :], float)
    rho = np.asarray(view["density"][view.interface :], float)
    good = np.isfinite(h) & np.isfinite(rho) & (rho > 0.0) & (h < 160e3)
    if good.sum() < 20:
        return altitude, plain
    bins = np.round(h[good] / 500.0).astype(int).clip(0)
    count = np.bincount(bins)
    seen = np.flatnonzero(count)
    mean = np.bincount(bins, np.log(rho[good]))[seen] / count[seen]
    met = np.interp(altitude, seen * 500.0, mean)
    low, high = altitude < seen[0] * 500.0, altitude > seen[-1] * 500.0
    met[low] = mean[0] + (seen[0] * 500.0 - altitude[low]) / SCALE_HEIGHT
    met[high] = mean[-1] - (altitude[high] - seen[-1] * 500.0) / SCALE_HEIGHT
    return altitude, np.minimum.accumulate(met)


def edges(view: FlightView, speed: np.ndarray) -> tuple[list[Edge], list[str]]:
    """The corridor's edges over speeds relative to the air [m/s], and the names of those left out.

    With S the area, m the mass, V the speed relative to the air, rho the density:
    load          rho = 2 n g0 m / (S sqrt(CL^2 + CD^2) V^2)
    heat rate     rho = RN (q / (1.7415e-4 V^3))^2
    pressure      rho = 2 q / V^2
    glide         rho = 2 m (g - VI^2 / r) / (S CL cos(bank) V^2), VI = V + the turning air's share at
                  the interface; at bank 0 the highest steady glide, at 60 deg the lowest held for long.
    """
    f = view.facts
    altitude, log_density = density_profile(view)

    def height(rho: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = np.log(rho)
        found = np.interp(-wanted, -log_density, altitude)
        outside = (wanted > log_density[0]) | (wanted < log_density[-1]) | ~np.isfinite(wanted)
        return np.where(outside, np.nan, found)

    m, s, cl, cd, rn = f.mass_kg, f.area_m2, f.lift_coefficient, f.drag_coefficient, f.nose_radius_m
    found: list[Edge] = []
    left_out: list[str] = []
    if f.load_limit_g and m and s and cd:
        rho = 2.0 * f.load_limit_g * G0 * m / (s * np.hypot(cl or 0.0, cd) * speed**2)
        found.append(Edge(f"load {f.load_limit_g:g} g", height(rho), "load"))
    else:
        left_out.append("load")
    if f.heat_rate_limit_w_m2 and rn:
        rho = rn * (f.heat_rate_limit_w_m2 / (SUTTON_GRAVES_EARTH * speed**3)) ** 2
        found.append(Edge(f"heat rate {f.heat_rate_limit_w_m2 / 1e6:.3g} MW/m²", height(rho), "heat"))
    else:
        left_out.append("heat rate")
    if f.dynamic_pressure_limit_pa:
        rho = 2.0 * f.dynamic_pressure_limit_pa / speed**2
        name = f"dynamic pressure {f.dynamic_pressure_limit_pa / 1e3:.3g} kPa"
        found.append(Edge(name, height(rho), "pressure"))
    else:
        left_out.append("dynamic pressure")
    if m and s and cl:
        share = 0.0
        if view.interface is not None:
            share = float(view["inertial_speed"][view.interface] - view["speed"][view.interface])
        r = WGS84_A + 60e3
        needed = np.maximum(MU_WGS84 / r**2 - (speed + share) ** 2 / r, 0.0)
        for bank, name in (
            (0.0, "glide, full lift up"),
            (STEEPEST_GLIDE_BANK, "glide, bank 60°"),
        ):
            rho = 2.0 * m * needed / (s * cl * np.cos(bank) * speed**2)
            found.append(Edge(name, height(rho), "glide"))
    else:
        left_out.append("glide")
    return found, left_out
