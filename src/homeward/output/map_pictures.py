"""The ground track: the whole way on a graticule, and the last kilometres around the site.

No coastline is shipped; some cities, at places anyone can check, tell where on Earth one is.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from homeward.output.facts import FlightView
from homeward.output.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SOFT,
    VERMILION,
    headline,
    label,
    line,
    marker,
    missing,
    new_figure,
    panel_title,
    thin,
)

# Latitude and longitude, whole degrees: enough to know a continent by.
CITIES: dict[str, tuple[int, int]] = {
    "Beijing": (40, 116), "Tokyo": (36, 140), "Delhi": (29, 77), "Singapore": (1, 104), "Moscow": (56, 38),
    "Cairo": (30, 31), "Nairobi": (-1, 37), "Cape Town": (-34, 18), "Lagos": (6, 3), "London": (52, 0),
    "Reykjavik": (64, -22), "New York": (41, -74), "Houston": (30, -95), "Anchorage": (61, -150),
    "Los Angeles": (34, -118), "Honolulu": (21, -158), "Lima": (-12, -77), "Brasília": (-16, -48),
    "Buenos Aires": (-35, -58), "Perth": (-32, 116), "Sydney": (-34, 151), "Auckland": (-37, 175),
    "Antananarivo": (-19, 48), "Astana": (51, 71), "Dakar": (15, -17), "Tiksi": (72, 129),
    "Punta Arenas": (-53, -71), "Port Moresby": (-9, 147), "Tahiti": (-18, -149), "Tromsø": (70, 19),
}  # fmt: skip


def unwrapped_longitude(view: FlightView, rows: slice) -> np.ndarray:
    """Longitudes [deg] without a seam, in the turn in which the last one lies within +-180."""
    longitude = np.degrees(np.unwrap(np.asarray(view["longitude"][rows], float)))
    return longitude - 360.0 * np.round((longitude[-1] - np.degrees(view["longitude"][rows][-1])) / 360.0)


def _name(longitude: float) -> str:
    value = (longitude + 180.0) % 360.0 - 180.0
    return "0°" if value == 0 else "180°" if abs(value) == 180 else f"{abs(value):g}°{'E' if value > 0 else 'W'}"


def from_burn(view: FlightView) -> slice:
    """Rows from the deorbit burn on; the whole record where there was none."""
    start = 0 if view.burn_start is None else int(np.searchsorted(view.time, view.burn_start))
    return slice(min(start, max(len(view.time) - 2, 0)), len(view.time))


def draw_track(ax: Axes, view: FlightView) -> None:
    """The track from the burn on over latitude and longitude, seam-free, with its events."""
    rows = from_burn(view)
    if len(view.time[rows]) < 2:
        missing(ax, "The record holds a single point.")
        return
    latitude, longitude = np.degrees(view["latitude"][rows]), unwrapped_longitude(view, rows)
    last_turn = longitude > longitude[-1] - 359.0  # of a longer way the last turn is shown
    last_turn &= longitude < longitude[-1] + 359.0
    middle = 0.5 * (longitude[last_turn].min() + longitude[last_turn].max())
    width = max(np.ptp(longitude[last_turn]) + 30.0, 110.0)
    height = width * 0.46
    low, high = latitude.min(), latitude.max()
    height = max(height, min(high - low + 16.0, 180.0))
    centre = float(np.clip(0.5 * (low + high), -90.0 + 0.5 * height, 90.0 - 0.5 * height)) if height < 180 else 0
    ax.set_xlim(middle - 0.5 * width, middle + 0.5 * width)
    ax.set_ylim(max(centre - 0.5 * height, -90.0), min(centre + 0.5 * height, 90.0))
    step = 30.0 if width > 130.0 else 15.0
    x0, x1 = ax.get_xlim()
    ticks = np.arange(np.ceil(x0 / step), np.floor(x1 / step) + 1) * step
    ax.set_xticks(ticks, [_name(v) for v in ticks])
    y0, y1 = ax.get_ylim()
    ticks = np.arange(np.ceil(y0 / 15.0), np.floor(y1 / 15.0) + 1) * 15.0
    ax.set_yticks(ticks, ["0°" if v == 0 else f"{abs(v):g}°{'N' if v > 0 else 'S'}" for v in ticks])
    if y0 < 0.0 < y1:
        ax.axhline(0.0, color="#b4bcc3", linewidth=0.9)
    for name, (lat, lon) in CITIES.items():
        x = lon + 360.0 * np.round((middle - lon) / 360.0)
        if x0 + 2 < x < x1 - 0.09 * width and y0 + 2 < lat < y1 - 2:
            ax.plot([x], [lat], ".", color="#a8b1b8", markersize=4)
            ax.annotate(name, (x, lat), xytext=(4, 0), textcoords="offset points", fontsize=7.5,
                        color="#8b959d", va="center")  # fmt: skip
    line(ax, longitude, latitude, BLUE, linewidth=1.8, solid_joinstyle="round")
    if view.interface is not None and view.interface >= rows.start:
        k = view.interface - rows.start
        line(ax, longitude[k:], latitude[k:], INK, linewidth=2.6)
    _track_events(ax, view, rows, longitude, latitude)
    panel_title(ax, "Ground track from the deorbit burn on" if view.burn_start is not None else "Ground track")


def _track_events(ax: Axes, view: FlightView, rows: slice, lon: np.ndarray, lat: np.ndarray) -> None:
    events: list[tuple[int, str, str, tuple[int, int]]] = []
    if view.burn_start is not None:
        events.append((0, "burn", "deorbit burn", (0, 10)))
    if view.interface is not None and view.interface >= rows.start:
        events.append((view.interface - rows.start, "interface", "entry interface", (0, -12)))
    for k, kind, text, offset in events:
        marker(ax, float(lon[k]), float(lat[k]), kind)
        label(ax, float(lon[k]), float(lat[k]), text, offset=offset, ha="center", fontsize=8.5)
    site = view.facts.site_longitude_deg
    x = site + 360.0 * np.round((lon[-1] - site) / 360.0)
    marker(ax, x, view.facts.site_latitude_deg, "site")
    below = view.facts.site_latitude_deg > ax.get_ylim()[1] - 6.0
    label(ax, x, view.facts.site_latitude_deg, view.facts.site_name, offset=(0, -12 if below else 11),
          ha="center", fontweight="bold")  # fmt: skip


def draw_site(ax: Axes, view: FlightView) -> None:
    """The last kilometres about the site: rings, aim, opening, touchdown and the way between."""
    near = _near_rows(view)
    if near is None:
        east, north = view.local(slice(len(view.time) - 1, len(view.time)))
        away = float(np.hypot(east[0], north[0]))
        missing(ax, f"The flight ended {away:,.0f} km or more from the site:\nno close view.")
        return
    east, north = view.local(near)
    places: dict[str, tuple[float, float]] = {"site": (0.0, 0.0)}
    for kind, where in (("aim", view.aim), ("touchdown", view.touchdown)):
        at = view.place(*where)
        if at is not None and np.hypot(*at) < 300.0:
            places[kind] = at
    row = view.opened if view.opened is not None else view.crossing
    if row is not None:
        e, n = view.local(slice(row, row + 1))
        if np.hypot(e[0], n[0]) < 300.0:
            places["opening"] = (float(e[0]), float(n[0]))
    reach = max(3.6, 1.22 * max(max(abs(x), abs(y)) for x, y in places.values()))
    if view.opened is None and view.crossing is None:
        reach = max(reach, 1.1 * float(np.min(np.hypot(east, north))))
    ax.set_aspect("equal", adjustable="box")
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    for radius in (1.0, 3.0, 10.0, 30.0, 100.0):
        if radius < reach * 1.3 and radius > reach / 14.0:
            ax.add_patch(Circle((0, 0), radius, fill=False, edgecolor="#9aa5ae", linewidth=0.9))
            a = np.radians(225.0)
            if radius * 0.72 < reach:
                label(ax, radius * np.cos(a), radius * np.sin(a), f"{radius:g} km", SOFT, fontsize=7.5, ha="center")
    split = max(0, (row or 0) - near.start) if row is not None else len(east)
    line(ax, east[: split + 1], north[: split + 1], INK, linewidth=2.0)
    if row is not None:
        line(ax, east[split:], north[split:], ORANGE, linewidth=1.8)
    _place_names(ax, view, places, reach)
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 50, 100, 200) if reach / s <= 6.5)
    ticks = np.arange(-np.floor(reach / step), np.floor(reach / step) + 1) * step
    ax.set_xticks(ticks)
    ax.set_yticks(ticks)
    panel_title(ax, f"About {view.facts.site_name}: km east and north")


def _near_rows(view: FlightView) -> slice | None:
    """Rows of the last pass within 300 km of the site, below the interface, or None."""
    if view.interface is None:
        return None
    east, north = view.local(slice(view.interface, len(view.time)))
    away = np.flatnonzero(np.hypot(east, north) > 300.0)
    first = view.interface + (int(away[-1]) + 1 if away.size else 0)
    return slice(first, len(view.time)) if first < len(view.time) - 1 else None


def _place_names(ax: Axes, view: FlightView, places: dict[str, tuple[float, float]], reach: float) -> None:
    names = {
        "site": ("site", INK), "aim": ("aim", GREEN), "opening": ("parachute opens", "#9a6a00"),
        "touchdown": ("touchdown", VERMILION),
    }  # fmt: skip
    if view.opened is None:
        names["opening"] = ("opening altitude", "#9a6a00")
    taken: list[float] = []
    # From the top down, each name one line of type below the last where they would touch.
    for kind, (x, y) in sorted(places.items(), key=lambda item: -item[1][1]):
        marker(ax, x, y, kind)
        text, color = names[kind]
        right = x <= 0.35 * reach
        want = y
        for other in taken:
            if abs(other - want) < 0.085 * reach:
                want = other - 0.085 * reach
        taken.append(want)
        ax.annotate(
            text,
            (x, y),
            xytext=(x + (0.06 if right else -0.06) * reach, want),
            textcoords="data",
            ha="left" if right else "right",
            va="center",
            fontsize=8.5,
            color=color,
            fontweight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
        )


def miss_words(view: FlightView) -> str:
    """The landing in a few words."""
    miss = view.told("touchdown", "miss_km")
    if miss is not None:
        return f"Touchdown {miss:.2f} km from {view.facts.site_name}"
    if view.interface is None:
        return "The flight ended before the entry interface"
    return f"No touchdown: the record ends at {view['altitude'][-1] / 1e3:.1f} km altitude"


def ground_track_picture(view: FlightView) -> Figure:
    """The whole track from the burn on, and a close view of the site."""
    figure = new_figure(13.0, 5.6)
    grid = figure.add_gridspec(
        1, 2, left=0.045, right=0.985, bottom=0.075, top=0.83, wspace=0.10, width_ratios=[1.75, 1.0]
    )
    draw_track(figure.add_subplot(grid[0]), view)
    draw_site(figure.add_subplot(grid[1]), view)
    opening = view.told("parachute", "open_miss_km")
    title = miss_words(view)
    if opening is not None:
        title += f", parachute opening {opening:.2f} km from the aim"
    headline(figure, view, title)
    return figure


__all__ = ["PURPLE", "draw_site", "draw_track", "ground_track_picture", "miss_words", "thin"]
