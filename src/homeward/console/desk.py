"""What a browser is told of a flight: all that stands, once; and what moves, ten times a second."""

import datetime
import math
from typing import Any

import numpy as np

from homeward.console import silence
from homeward.console.flight import LEVELS, Flight, Leg
from homeward.console.places import rim
from homeward.math.thinning import thin_rows
from homeward.output.views.return_view import parse_utc

NEAR = 180.0  # s between a silence's beginning and that of a black-out that was foreseen
MOST_ROWS = 2400  # that a browser draws of what is saved
DRAWN = {
    "return": ("altitude_m", "speed_m_s", "load_factor_g", "bank_command_deg", "bank_deg", "latitude_deg",
               "longitude_deg"),
    "rendezvous": ("port_range_m", "closing_speed_m_s", "relative_position_along_m",
                   "relative_position_below_m", "latitude_deg", "longitude_deg", "altitude_m"),
}  # fmt: skip
TOLD_LEGS = {"entry", "descent", "touchdown"}  # that the charts of a return look at


def standing(flight: Flight) -> dict[str, Any]:
    """All that a browser needs to draw a flight, as plain numbers and words."""
    count = flight.count()
    epoch = parse_utc(flight.epoch.to_iso(6))
    return {
        "name": flight.name, "kind": flight.kind, "source": flight.source, "note": flight.note,
        "setting": flight.setting.source, "live": flight.live, "orders": orders(flight),
        "feeds": flight.feed is not None and flight.feed.commands,
        "paced": flight.feed is not None and flight.feed.pace > 0.0, "plans": flight.setting.plans(),
        "epoch_ms": epoch.replace(tzinfo=datetime.UTC).timestamp() * 1e3,
        "t0": flight.start, "t1": flight.now, "rows": count, "focus": focus(flight),
        "columns": list(flight.rows.names), "shown": [line(s) for s in flight.shown],
        "limits": [{"column": k} | vars(v) for k, v in flight.limits.items()],
        "legs": legs(flight), "blackouts": blackouts(flight), "events": flight.seen(),
        "data": drawn(flight, to_draw(flight, count)),
        "stations": flight.network.told(), "site": flight.setting.site(),
        "corridor": flight.setting.corridor(columns(flight)) if flight.kind == "return" else [],
        "docking": flight.setting.docking(), "landing": [ellipses(f) for f in flight.landing],
        "truth": flight.truth, "marks": flight.marks(), "changes": flight.changes,
    }  # fmt: skip


def orders(flight: Flight) -> str:
    """Which panel of commands is shown: a rendezvous always has one, a return only where it is flown now."""
    return flight.kind if flight.kind == "rendezvous" or flight.feed is not None else ""


def line(shown: Any) -> dict[str, Any]:
    """A line of the telemetry table."""
    return vars(shown) | {"words": list(shown.words)}


def columns(flight: Flight) -> dict[str, np.ndarray]:
    """All columns by name, times among them."""
    return {n: flight.rows.column(n) for n in flight.rows.names} | {"time_s": flight.rows.time}


def to_draw(flight: Flight, count: int) -> np.ndarray:
    """The rows of the first ``count`` that a browser draws: lines keep their peaks, and paths their bends."""
    names = [n for n in DRAWN[flight.kind] if n in flight.rows.place]
    columns = [flight.rows.column(n)[:count] for n in names] or [flight.rows.time[:count]]
    even = np.linspace(0, max(count - 1, 0), min(count, MOST_ROWS // 2)).round().astype(int)
    return np.union1d(thin_rows(columns, MOST_ROWS), even)


def drawn(flight: Flight, rows: np.ndarray) -> dict[str, Any]:
    """Times and the columns that are drawn, of these rows."""
    told = {n: plain(flight.rows.column(n)[rows]) for n in DRAWN[flight.kind] if n in flight.rows.place}
    return {"t": np.round(flight.rows.time[rows], 3).tolist(), "c": told}


def plain(values: np.ndarray) -> list[float | None]:
    """Numbers to seven digits; None for what is not finite, as JSON has no such number."""
    return [float(f"{x:.7g}") if math.isfinite(x) else None for x in values.tolist()]


def legs(flight: Flight) -> list[dict[str, Any]]:
    """The legs in order, as far as there is something to see of them."""
    now = flight.now
    return [vars(leg) | {"end": min(leg.end, now)} for leg in list(flight.legs) if leg.start <= now]


def series(flight: Flight, name: str) -> dict[str, Any]:
    """One column over time, to plot: as much of it as there is to see."""
    count = flight.count()
    rows = thin_rows([flight.rows.column(name)[:count]], MOST_ROWS)
    return {
        "t": np.round(flight.rows.time[rows], 3).tolist(),
        "v": plain(flight.rows.column(name)[rows]),
    }


def blackouts(flight: Flight) -> list[list[float]]:
    """Stretches of time in which nothing comes through [s]."""
    if "blackout" not in flight.rows.place:
        return []
    count = flight.count()
    dark, time = flight.rows.column("blackout")[:count] > 0.5, flight.rows.time[:count]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], dark.astype(int), [0]])))
    return [[float(time[a]), float(time[min(b, len(time) - 1)])] for a, b in edges.reshape(-1, 2)]


def focus(flight: Flight) -> list[float] | None:
    """From the entry to the ground [s]: what the charts of a return look at once the ship is in it."""
    told: list[Leg] = [leg for leg in flight.legs if leg.name in TOLD_LEGS]
    return [told[0].start - 60.0, told[-1].end] if told else None


def ellipses(forecast: dict[str, Any]) -> dict[str, Any]:
    """A landing forecast for the maps: when it was made, place, semi-axes [m], rims at 1, 2 and 3 sigma."""
    larger, smaller = (float(a) for a in forecast["semi_axes_1_sigma_m"])
    here = float(forecast["latitude_deg"]), float(forecast["longitude_deg"])
    bearing = math.radians(float(forecast["bearing_deg"]))
    return {
        "made_s": float(forecast["made_s"]), "lat": here[0], "lon": here[1], "axes": [larger, smaller],
        "rims": [rim(*here, k * larger, k * smaller, bearing) for k in (1.0, 2.0, 3.0)],
    }  # fmt: skip


def moving(flight: Flight, time: float) -> dict[str, Any]:
    """What the displays show at a time: values, levels, leg, stations that see the ship, landing forecast.

    Where no telemetry comes, these are the last that came, and ``contact`` says since when and why.
    """
    quiet = contact(flight, time)
    values = flight.rows.at(time if quiet is None else quiet["since"])
    place = flight.rows.place
    here = [float(values[place[n]]) if n in place else math.nan
            for n in ("latitude_deg", "longitude_deg", "altitude_m")]  # fmt: skip
    told = flight.forecast_at(time)
    row = flight.rows.index(time if quiet is None else quiet["since"])
    return {
        "t": round(time, 3), "v": plain(values), "l": flight.levels_at(row),
        "leg": flight.leg_at(time), "seen": [] if quiet else flight.network.seeing(*here),
        "fc": None if told is None else flight.landing.index(told), "site": flight.site_at(time),
        "burn": flight.burn, "contact": quiet,
    }  # fmt: skip


def contact(flight: Flight, time: float) -> dict[str, Any] | None:
    """Where no telemetry comes at a time [s]: when the last came, and why; None where it comes."""
    here = silence.at(flight.silences(), time)
    if here is not None:
        return {"since": here[0], "why": here[2]}
    if not flight.live or not len(flight.rows):
        return None
    last = float(flight.rows.time[max(flight.count() - 1, 0)])
    if flight.fault:
        return {"since": min(last, time), "why": flight.fault}
    if flight.quiet() and time >= last:
        dark = any(foreseen and abs(start - last) < NEAR for start, _, foreseen in flight.marks()["dark"])
        return {"since": last, "why": "black-out" if dark else "no telemetry comes"}
    return None


__all__ = ["LEVELS", "moving", "series", "standing"]
