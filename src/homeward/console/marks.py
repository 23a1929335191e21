"""What the clocks count to: burns, entry interface, black-outs, contacts with stations, flown or foreseen.

Of what has been flown the log and the rows tell. What is to come in a live flight is reckoned from the
newest believed state by gravity alone, the planned burn being taken as a sudden change, so that it is good to
some ten seconds before that burn and to a second or two after it; nothing is foreseen within the atmosphere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from homeward.console.places import Network, fixed, geodetic
from homeward.earth.constants import ROTATION_RATE, WGS84_A

if TYPE_CHECKING:
    from homeward.console.flight import Flight

Marks = dict[str, Any]
MU, J2 = 3.986004418e14, 1.08262668e-3  # m3/s2, 1: WGS84, EGM2008
AHEAD, STEP = 5400.0, 15.0  # s that are looked ahead without a burn to come, and a step
LONGEST = 2 * 86400.0  # s: a burn later than that is not waited for
AIR = 125e3  # m: below, gravity alone foresees nothing
INTERFACE = 120e3  # m, where no scenario tells it
LASTS = 900.0  # s after its beginning that a foreseen black-out is waited for
BACK = 20.0  # s between the rows that a velocity is taken from
MOST = 4000  # rows that contacts are looked for in


def marks_of(flight: Flight, before: Marks | None = None) -> Marks:
    """Burns ``[t, text]``, interface ``[t, foreseen]``, black-outs ``[from, to, foreseen]``, contacts
    ``[from, to, station]``; times in s since the epoch, None for an end that is not known.

    A black-out that was foreseen in the marks ``before`` stays so until it is known, or the air is passed.
    """
    burns = [[e["t"], e["text"].removesuffix(" begins")] for e in flight.events
             if e["what"] == "burn" and not e["text"].endswith(" ends")]  # fmt: skip
    entry = next(([e["t"], False] for e in flight.events if e["what"] == "interface"), None)
    dark = [[a, None if b == np.inf else b, False] for a, b, why in flight.silences() if why == "black-out"]
    windows = _flown(flight)
    if flight.live and len(flight.rows) > 2:
        now = flight.now
        if flight.burn is not None and flight.burn[0] > now:
            burns.append([flight.burn[0], f"burn of {flight.burn[1]:.1f} m/s"])
        ahead = _ahead(flight, now)
        entry = entry or ahead["interface"]
        foreseen = [[ahead["dark"], None, True]] if ahead["dark"] is not None else []
        foreseen = foreseen or [d for d in (before or {}).get("dark", []) if d[2] and now < d[0] + LASTS]
        dark = dark or foreseen
        windows = _joined(windows + ahead["windows"])
    return {"burns": burns, "interface": entry, "dark": dark, "windows": windows}


def _path(flight: Flight, rows: np.ndarray) -> np.ndarray:
    columns = [flight.rows.column(n)[rows] for n in ("latitude_deg", "longitude_deg", "altitude_m")]
    return fixed(*columns)


def _flown(flight: Flight) -> list[list[Any]]:
    count = flight.count()
    if "latitude_deg" not in flight.rows.place or not count:
        return []
    rows = np.unique(np.linspace(0, count - 1, min(count, MOST)).round().astype(int))
    path = _path(flight, rows)
    good = np.isfinite(path).all(axis=1)
    return windows(flight.network, flight.rows.time[:count][rows][good], path[good])


def windows(network: Network, time: np.ndarray, r_E: np.ndarray) -> list[list[Any]]:
    """Contacts ``[from, to, name]`` of the stations on the ground with a ship that passes (n, 3)."""
    if not len(time):
        return []
    seen, told = network.sight(r_E), []
    for k, station in enumerate(network.stations):
        if station.relay:
            continue
        edges = np.flatnonzero(np.diff(np.concatenate([[0], seen[:, k].astype(int), [0]])))
        told += [[float(time[a]), float(time[b - 1]), station.name] for a, b in edges.reshape(-1, 2)]
    return sorted(told)


def _joined(told: list[list[Any]]) -> list[list[Any]]:
    """Contacts with those that are one joined: flown so far, and going on as foreseen."""
    joined: list[list[Any]] = []
    for start, end, name in sorted(told):
        same = next((w for w in joined if w[2] == name and start <= w[1] + 2.0 * STEP), None)
        if same is None:
            joined.append([start, end, name])
        else:
            same[1] = max(same[1], end)
    return joined


def _ahead(flight: Flight, now: float) -> dict[str, Any]:
    nothing: dict[str, Any] = {"interface": None, "dark": None, "windows": []}
    count = flight.count()
    if count < 3 or "latitude_deg" not in flight.rows.place:
        return nothing
    time = flight.rows.time[:count]
    first = max(int(np.searchsorted(time, time[-1] - BACK)) - 1, 0)
    rows = np.array([first, (first + count - 1) // 2, count - 1])
    r, t = _path(flight, rows), time[rows]
    if not np.isfinite(r).all() or t[2] - t[0] > 10.0 * BACK or len(set(rows.tolist())) < 3:
        return nothing
    if np.linalg.norm(r[-1]) < WGS84_A + AIR:
        return nothing
    burn = flight.burn if flight.burn is not None and flight.burn[0] > now else None
    until = now + AHEAD if burn is None else min(burn[0] + AHEAD, now + LONGEST)
    times, path = propagate(float(t[2]), r[2], _velocity(flight, rows, r), until, burn)
    height = geodetic(path)[2]
    scenario = flight.setting.scenario
    interface = INTERFACE if scenario is None else scenario.flight.guidance.interface_altitude_m
    told = nothing | {"windows": windows(flight.network, times, path)}
    if flight.kind == "return":
        when = crossing(times, height, interface)
        told["interface"] = None if when is None else [when, True]
        if scenario is not None:
            told["dark"] = crossing(times, height, scenario.truth.navigation.blackout_top_m)
    return told


def _velocity(flight: Flight, rows: np.ndarray, r: np.ndarray) -> np.ndarray:
    """The velocity (3,) relative to the turning Earth [m/s, E] at the last of three rows."""
    names = ("latitude_deg", "longitude_deg", "speed_m_s", "flight_path_angle_deg", "heading_deg")
    if not all(n in flight.rows.place for n in names):
        return velocity(flight.rows.time[rows], r)
    lat, lon, speed, climb, heading = (float(flight.rows.column(n)[rows[-1]]) for n in names)
    lat, lon, climb, heading = np.radians([lat, lon, climb, heading]).tolist()
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    level = np.cos(heading) * np.cross(up, east) + np.sin(heading) * east
    return speed * (np.cos(climb) * level + np.sin(climb) * up)


def crossing(time: np.ndarray, height: np.ndarray, level: float) -> float | None:
    """When a height [m] (n,) first falls below a level; None where it does not."""
    below = np.flatnonzero((height[:-1] >= level) & (height[1:] < level))
    if not len(below):
        return None
    k = int(below[0])
    share = (height[k] - level) / (height[k] - height[k + 1])
    return float(time[k] + share * (time[k + 1] - time[k]))


def velocity(t: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Velocity (3,) at the last of three positions (3, 3) at times (3,): of the parabola through them."""
    a, b = (r[2] - r[1]) / (t[2] - t[1]), (r[1] - r[0]) / (t[1] - t[0])
    return a + (a - b) / (t[2] - t[0]) * (t[2] - t[1])


def propagate(
    start: float, r_E: np.ndarray, v_E: np.ndarray, until: float, burn: list[float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] (n,) and positions [m, E] (n, 3) from a place and a velocity relative to the turning Earth.

    Point mass and J2; a ``burn``, time [s] and m/s, acts at once against the inertial velocity. Ends at
    ``until`` or below the ground.
    """
    spin = np.array([0.0, 0.0, ROTATION_RATE])
    state, time = np.concatenate([r_E, v_E]), start
    times, path = [time], [r_E]
    while time < until and np.linalg.norm(state[:3]) > WGS84_A - 20e3:
        step = STEP
        if burn is not None and time < burn[0] <= time + STEP:
            step = burn[0] - time
        k1 = _rate(state)
        k2 = _rate(state + 0.5 * step * k1)
        k3 = _rate(state + 0.5 * step * k2)
        k4 = _rate(state + step * k3)
        state = state + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        time += step
        if burn is not None and time >= burn[0]:
            inertial = state[3:] + np.cross(spin, state[:3])
            state[3:] -= burn[1] * inertial / np.linalg.norm(inertial)
            burn = None
        times.append(time)
        path.append(state[:3])
    return np.array(times), np.array(path)


def _rate(state: np.ndarray) -> np.ndarray:
    x, y, z, u, v, w = state.tolist()
    square = x * x + y * y + z * z
    pull = -MU / square**1.5
    flat = 1.5 * J2 * WGS84_A**2 / square
    level = pull * (1.0 + flat * (1.0 - 5.0 * z * z / square))
    spin = ROTATION_RATE
    return np.array([
        u, v, w, level * x + spin * spin * x + 2.0 * spin * v, level * y + spin * spin * y - 2.0 * spin * u,
        pull * (1.0 + flat * (3.0 - 5.0 * z * z / square)) * z,
    ])  # fmt: skip
