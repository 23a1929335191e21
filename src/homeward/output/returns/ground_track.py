"""The ground track: the whole way over land and sea, and the last kilometres around the site.

Some cities, at places anyone can check, tell where on Earth one is.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from homeward.output.figure_style.coast_lines import draw_land
from homeward.output.figure_style.labels import Name, dense, inside, overlap, place_names
from homeward.output.figure_style.style import (
    BLUE,
    INK,
    ORANGE,
    SOFT,
    VERMILION,
    headline,
    label,
    line,
    marker,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.views.return_view import FlightView

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


def _meridian(longitude: float) -> str:
    value = (longitude + 180.0) % 360.0 - 180.0
    if value in (0.0, -180.0):
        return f"{abs(value):g}°"
    return f"{abs(value):g}°{'E' if value > 0 else 'W'}"


def from_burn(view: FlightView) -> slice:
    """Rows from the deorbit burn on; the whole record where there was none."""
    start = 0 if view.burn_start is None else int(np.searchsorted(view.time, view.burn_start))
    return slice(min(start, max(len(view.time) - 2, 0)), len(view.time))


def draw_track(ax: Axes, view: FlightView) -> None:
    """The track from the burn on over latitude and longitude, seam-free, with its events."""
    rows = from_burn(view)
    if len(view.time[rows]) < 2:
        missing(ax, "The record holds a single point.", "Ground track")
        return
    latitude, longitude = np.degrees(view["latitude"][rows]), unwrapped_longitude(view, rows)
    last_turn = longitude > longitude[-1] - 359.0  # of a longer way the last turn is shown
    last_turn &= longitude < longitude[-1] + 359.0
    site = view.facts.site_longitude_deg
    site += 360.0 * np.round((longitude[-1] - site) / 360.0)
    seen = np.append(longitude[last_turn], site)
    middle = 0.5 * (seen.min() + seen.max())
    width = max(np.ptp(seen) * 1.08 + 32.0, 70.0)
    height = width * 0.46
    low = min(latitude.min(), view.facts.site_latitude_deg)
    high = max(latitude.max(), view.facts.site_latitude_deg)
    height = max(height, min(high - low + 16.0, 180.0))
    slack = max(90.0 - 0.5 * height, 0.0)
    centre = float(np.clip(0.5 * (low + high), -slack, slack))
    ax.set_xlim(middle - 0.5 * width, middle + 0.5 * width)
    ax.set_ylim(max(centre - 0.5 * height, -90.0), min(centre + 0.5 * height, 90.0))
    step = 30.0 if width > 130.0 else 15.0
    x0, x1 = ax.get_xlim()
    ticks = np.arange(np.ceil(x0 / step), np.floor(x1 / step) + 1) * step
    ax.set_xticks(ticks, [_meridian(v) for v in ticks])
    y0, y1 = ax.get_ylim()
    ticks = np.arange(np.ceil(y0 / 15.0), np.floor(y1 / 15.0) + 1) * 15.0
    ax.set_yticks(ticks, ["0°" if v == 0 else f"{abs(v):g}°{'N' if v > 0 else 'S'}" for v in ticks])
    draw_land(ax)
    if y0 < 0.0 < y1:
        ax.axhline(0.0, color="#b4bcc3", linewidth=0.9)
    line(ax, longitude, latitude, BLUE, linewidth=1.8, solid_joinstyle="round")
    if view.interface is not None and view.interface >= rows.start:
        k = view.interface - rows.start
        line(ax, longitude[k:], latitude[k:], INK, linewidth=2.6)
    taken = _track_events(ax, view, rows, longitude, latitude)
    _name_cities(ax, middle, taken, (longitude, latitude))
    panel_title(ax, "Ground track" + (" from the deorbit burn on" if view.burn_start is not None else ""))


def _track_events(
    ax: Axes, view: FlightView, rows: slice, lon: np.ndarray, lat: np.ndarray
) -> list[np.ndarray]:
    names: list[Name] = []
    site = view.facts.site_longitude_deg
    x = site + 360.0 * float(np.round((lon[-1] - site) / 360.0))
    marker(ax, x, view.facts.site_latitude_deg, "site")
    names.append(Name(view.facts.site_name, x, view.facts.site_latitude_deg, size=9.0, weight="bold"))
    events: list[tuple[int, str, str]] = []
    if view.burn_start is not None:
        events.append((0, "burn", "deorbit burn"))
    if view.interface is not None and view.interface >= rows.start:
        events.append((view.interface - rows.start, "interface", "entry interface"))
    for k, kind, text in events:
        marker(ax, float(lon[k]), float(lat[k]), kind)
        names.append(Name(text, float(lon[k]), float(lat[k])))
    if not view.landed:
        ax.plot([lon[-1]], [lat[-1]], "x", color=VERMILION, markersize=7, markeredgewidth=2)
        names.append(Name("record ends", float(lon[-1]), float(lat[-1]), VERMILION))
    return place_names(ax, names, [(lon, lat)])


def _name_cities(
    ax: Axes, middle: float, taken: list[np.ndarray], track: tuple[np.ndarray, np.ndarray]
) -> None:
    """Cities as faint dots, right or left of which the name hides nothing; where both do, none."""
    frame = ax.get_window_extent()
    path = dense(ax.transData.transform(np.column_stack(track)))
    pixel = ax.get_figure(root=True).dpi / 72.0  # pyright: ignore[reportOptionalMemberAccess]
    taken = list(taken)
    for name, (lat, lon) in CITIES.items():
        x = lon + 360.0 * float(np.round((middle - lon) / 360.0))
        px, py = ax.transData.transform((x, lat))
        width, half = (4.6 * len(name) + 8.0) * pixel, 5.5 * pixel
        for side in (1, -1):
            ends = px - side * 3.0 * pixel, px + side * width
            box = np.array([min(ends), py - half, max(ends), py + half])
            if box[0] < frame.x0 or box[2] > frame.x1 or box[1] < frame.y0 or box[3] > frame.y1:
                continue
            if any(overlap(box, other) for other in taken) or inside(path, box):
                continue
            taken.append(box)
            ax.plot([x], [lat], ".", color="#a8b1b8", markersize=4, zorder=1)
            ha = "left" if side > 0 else "right"
            ax.annotate(name, (x, lat), xytext=(4 * side, 0), textcoords="offset points", fontsize=7.5,
                        color="#8b959d", ha=ha, va="center", zorder=1)  # fmt: skip
            break


def draw_site(ax: Axes, view: FlightView) -> None:
    """The last kilometres about the site: rings, aim, opening, touchdown and the way between."""
    near = _near_rows(view)
    if near is None:
        away = float(view["range_to_go"][-1]) / 1e3
        words = f"The record ends {away:,.0f} km from the aim:\nno close view."
        missing(ax, words if np.isfinite(away) else "No close view of the site.", "About the site")
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
    rings = [r for r in (1.0, 3.0, 10.0, 30.0, 100.0) if reach / 14.0 < r < reach * 1.3]
    for radius in rings:
        ax.add_patch(Circle((0, 0), radius, fill=False, edgecolor="#9aa5ae", linewidth=0.9))
    split = max(0, (row or 0) - near.start) if row is not None else len(east)
    line(ax, east[: split + 1], north[: split + 1], INK, linewidth=2.0)
    if row is not None:
        line(ax, east[split:], north[split:], ORANGE, linewidth=1.8)
    taken = _name_places(ax, view, places, (east, north))
    _name_rings(ax, rings, reach, np.column_stack([east, north]), list(places.values()), taken)
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


def _name_places(
    ax: Axes, view: FlightView, places: dict[str, tuple[float, float]], path: tuple[np.ndarray, np.ndarray]
) -> list[np.ndarray]:
    opening = "parachute opens" if view.opened is not None else "opening altitude"
    words = {
        "site": ("site", INK), "aim": ("aim", "#007355"), "opening": (opening, "#9a6a00"),
        "touchdown": ("touchdown", VERMILION),
    }  # fmt: skip
    names = []
    for kind in ("touchdown", "opening", "site", "aim"):
        if kind in places:
            marker(ax, *places[kind], kind)
            names.append(Name(words[kind][0], *places[kind], words[kind][1], weight="bold", gap=9.0))
    return place_names(ax, names, [path])


def _name_rings(
    ax: Axes,
    rings: list[float],
    reach: float,
    path: np.ndarray,
    places: list[tuple[float, float]],
    taken: list[np.ndarray],
) -> None:
    """Each ring's radius where the ring runs furthest from the path, the places and their names."""
    things = np.concatenate([path, np.array(places)])
    for radius in rings:
        angles = np.radians(np.arange(45.0, 405.0, 15.0))
        spots = radius * np.column_stack([np.cos(angles), np.sin(angles)])
        spots = spots[(np.abs(spots) < 0.92 * reach).all(axis=1)]
        if not len(spots):
            continue
        clear = np.min(np.hypot(*(spots[:, None, :] - things[None, :, :]).transpose(2, 0, 1)), axis=1)
        clear = np.minimum(clear, 0.3 * reach)
        pixels = ax.transData.transform(spots)
        for box in taken:
            near = [inside(p[None, :], box + np.array([-30.0, -14.0, 30.0, 14.0])) for p in pixels]
            clear -= reach * np.array(near)
        x, y = spots[int(np.argmax(clear))]
        label(ax, float(x), float(y), f"{radius:g} km", SOFT, fontsize=7.5, ha="center")


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
