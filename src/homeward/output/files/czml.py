"""The flight for a globe that moves in time: CZML, which Cesium shows."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np

from homeward.output.files.oem import geographic_path
from homeward.output.views.return_view import FlightView, reference_stamp, utc_stamps, without_leap_second

COLOURS = {
    "site": [255, 255, 255, 255],
    "aim": [0, 158, 115, 255],
    "opening": [230, 159, 0, 255],
    "touchdown": [213, 94, 0, 255],
    "capsule": [86, 180, 233, 255],
}


def places(view: FlightView) -> dict[str, tuple[str, float, float, float]]:
    """The places of a flight: name, longitude [deg], latitude [deg], altitude [m], those that exist."""
    f = view.facts
    found = {"site": (f.site_name, f.site_longitude_deg, f.site_latitude_deg, 0.0)}
    aim, down = view.aim, view.touchdown
    if aim[0] is not None and aim[1] is not None:
        found["aim"] = ("Aim point at parachute opening", aim[1], aim[0], f.opening_altitude_m)
    row = view.opened if view.opened is not None else view.crossing
    if row is not None:
        name = "Parachute opens" if view.opened is not None else "Opening altitude, no parachute"
        longitude, latitude = np.degrees(view["longitude"][row]), np.degrees(view["latitude"][row])
        found["opening"] = (name, float(longitude), float(latitude), float(view["altitude"][row]))
    if down[0] is not None and down[1] is not None:
        found["touchdown"] = ("Touchdown", down[1], down[0], float(view["altitude"][-1]))
    return found


def write_czml(file: pathlib.Path, view: FlightView) -> None:
    """A document packet with the clock, the moving capsule with its path, and the places."""
    from czml3 import CZML_VERSION, Document, Packet
    from czml3.enums import HeightReferences, HorizontalOrigins, InterpolationAlgorithms
    from czml3.properties import (
        Clock,
        Color,
        HeightReference,
        Label,
        Path,
        Point,
        PolylineMaterial,
        Position,
        SolidColorMaterial,
    )
    from czml3.types import Cartesian2Value, TimeInterval

    time, track = geographic_path(view.history, slice(None))
    start, end = (_zulu(view, t) for t in (float(time[0]), float(time[-1])))
    epoch, after = reference_stamp(view.facts.epoch_utc)
    span = TimeInterval(start=start, end=end)

    def color(kind: str) -> Any:
        return Color(rgba=COLOURS[kind])

    def on_ground(kind: str) -> Any:
        clamped = kind in ("site", "touchdown")
        return HeightReference(
            heightReference=HeightReferences.CLAMP_TO_GROUND if clamped else HeightReferences.NONE
        )

    def words(text: str, height: Any = None) -> Any:
        return Label(
            text=text,
            font="13px sans-serif",
            horizontalOrigin=HorizontalOrigins.LEFT,
            pixelOffset=Cartesian2Value(values=[12.0, 0.0]),
            heightReference=height,
        )

    document = Packet(
        id="document",
        name=view.facts.name,
        version=CZML_VERSION,
        clock=Clock(interval=span, currentTime=start, multiplier=60),
    )
    capsule = Packet(
        id="capsule",
        name=view.facts.name,
        availability=span,
        position=Position(
            epoch=epoch,
            cartographicDegrees=np.column_stack([time - after, track]).ravel().tolist(),
            interpolationAlgorithm=InterpolationAlgorithms.LAGRANGE,
            interpolationDegree=1,
        ),
        point=Point(pixelSize=9, color=color("capsule")),
        label=words(view.facts.name),
        path=Path(
            width=2,
            leadTime=0,
            trailTime=float(time[-1] - time[0]) + 1.0,
            resolution=20,
            material=PolylineMaterial(solidColor=SolidColorMaterial(color=color("capsule"))),
        ),
    )
    fixed = [
        Packet(
            id=kind,
            name=name,
            position=Position(cartographicDegrees=[longitude, latitude, altitude]),
            point=Point(pixelSize=8, color=color(kind), heightReference=on_ground(kind)),
            label=words(name, on_ground(kind)),
        )
        for kind, (name, longitude, latitude, altitude) in places(view).items()
    ]
    file.write_text(Document(packets=[document, capsule, *fixed]).dumps(), encoding="utf-8")


def _zulu(view: FlightView, seconds: float) -> str:
    return f"{without_leap_second(utc_stamps(view.facts.epoch_utc, np.array([seconds]))[0])}Z"
