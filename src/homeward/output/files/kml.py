"""The flight for Google Earth and for geographic programs: KML 2.2, altitudes above the ellipsoid.

Every leg is a line that any reader shows; one timed track beside them lets Google Earth play the flight.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from homeward.output.files.czml import places
from homeward.output.files.oem import geographic_path, leg_rows
from homeward.output.views.return_view import FlightView, utc_stamps, without_leap_second

# KML writes a colour as alpha, blue, green, red.
LINES = ("ffb27200", "ffe9b456", "ff9944aa", "ff739e00", "ff005ed5", "ff009fe6")
PINS = {"site": "ffffffff", "aim": "ff739e00", "opening": "ff009fe6", "touchdown": "ff005ed5"}


def write_kml(path: Path, view: FlightView) -> None:
    """A folder of legs as lines, a timed track, and the places."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">',
        "<Document>",
        f"<name>{escape(view.facts.name)}</name>",
    ]
    for i, color in enumerate(LINES):
        lines.append(
            f'<Style id="leg{i}"><LineStyle><color>{color}</color><width>3</width></LineStyle></Style>'
        )
    for kind, color in PINS.items():
        lines.append(f'<Style id="{kind}"><IconStyle><color>{color}</color></IconStyle></Style>')
    lines.append("<Folder><name>Legs</name>")
    for i, (name, rows) in enumerate(leg_rows(view.history, view.legs)):
        _, track = geographic_path(view.history, rows)
        if len(track) < 2:
            continue
        coordinates = " ".join(_coordinates(piece) for piece in _unbroken(track))
        lines += [
            f"<Placemark><name>{escape(name)}</name><styleUrl>#leg{i % len(LINES)}</styleUrl><MultiGeometry>",
            coordinates,
            "</MultiGeometry></Placemark>",
        ]
    lines.append("</Folder>")
    lines += _timed(view)
    lines.append("<Folder><name>Places</name>")
    for kind, (name, longitude, latitude, altitude) in places(view).items():
        mode = "absolute" if kind in ("opening", "aim") else "clampToGround"
        lines.append(
            f"<Placemark><name>{escape(name)}</name><styleUrl>#{kind}</styleUrl><Point>"
            f"<altitudeMode>{mode}</altitudeMode>"
            f"<coordinates>{longitude:.7f},{latitude:.7f},{altitude:.1f}</coordinates></Point></Placemark>"
        )
    lines += ["</Folder>", "</Document>", "</kml>", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _unbroken(track: np.ndarray) -> list[np.ndarray]:
    """The path cut where it crosses +-180 deg, each piece drawn up to that meridian: in KML no line may.

    Whether and where a step crosses it is told by the chord between its ends, also close to a pole, over
    which a step may go without meeting that meridian.
    """
    lon, lat = np.radians(track[:, 0]), np.radians(track[:, 1])
    axis, side, up = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
    jumps = np.flatnonzero(np.abs(np.diff(track[:, 0])) > 90.0)
    pieces, start = [], 0
    first: np.ndarray | None = None
    for k in jumps:
        if side[k] * side[k + 1] >= 0.0:
            continue
        share = side[k] / (side[k] - side[k + 1])
        x, z = (v[k] + share * (v[k + 1] - v[k]) for v in (axis, up))
        if x >= 0.0:
            continue  # across the meridian of Greenwich, beyond the pole
        edge = np.copysign(180.0, track[k, 0])
        height = track[k, 2] + share * (track[k + 1, 2] - track[k, 2])
        meet = np.array([[edge, np.degrees(np.arctan2(z, -x)), height]])
        piece = [track[start : k + 1], meet]
        pieces.append(np.concatenate(piece if first is None else [first, *piece]))
        first = meet * np.array([-1.0, 1.0, 1.0])
        start = int(k) + 1
    rest = track[start:]
    pieces.append(rest if first is None else np.concatenate([first, rest]))
    return [p for p in pieces if len(p) > 1]


def _coordinates(track: np.ndarray) -> str:
    text = " ".join(f"{lon:.7f},{lat:.7f},{alt:.1f}" for lon, lat, alt in track.tolist())
    return (
        "<LineString><altitudeMode>absolute</altitudeMode>"
        f"<coordinates>{text}</coordinates></LineString>"
    )  # fmt: skip


def _timed(view: FlightView) -> list[str]:
    time, track = geographic_path(view.history, slice(None))
    stamps = utc_stamps(view.facts.epoch_utc, time)
    return [
        f"<Placemark><name>{escape(view.facts.name)}, timed</name><gx:Track>",
        "<altitudeMode>absolute</altitudeMode>",
        *[f"<when>{without_leap_second(s)}Z</when>" for s in stamps],
        *[f"<gx:coord>{lon:.7f} {lat:.7f} {alt:.1f}</gx:coord>" for lon, lat, alt in track.tolist()],
        "</gx:Track></Placemark>",
    ]
