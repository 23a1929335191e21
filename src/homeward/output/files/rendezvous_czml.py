"""Ship and station for a globe that moves in time: CZML with inertial positions, which Cesium shows."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np

from homeward.output.views.rendezvous_view import PairView
from homeward.output.views.return_view import reference_stamp, utc_stamps, without_leap_second

MOST_ROWS = 1500
BODIES = (("station", "r_TI_I", [230, 159, 0, 255]), ("ship", "r_BI_I", [86, 180, 233, 255]))


def write_pair_czml(file: pathlib.Path, view: PairView) -> None:
    """A document packet with the clock, and both bodies with the path of their last turn."""
    from czml3 import CZML_VERSION, Document, Packet
    from czml3.enums import InterpolationAlgorithms, ReferenceFrames
    from czml3.properties import (
        Clock,
        Color,
        Label,
        Path,
        Point,
        PolylineMaterial,
        Position,
        SolidColorMaterial,
    )
    from czml3.types import TimeInterval

    rows = np.unique(np.round(np.linspace(0, len(view.time) - 1, MOST_ROWS)).astype(int))
    stamps = utc_stamps(view.facts.epoch_utc, np.array([view.time[0], view.time[-1]]))
    start, end = (f"{without_leap_second(stamp)}Z" for stamp in stamps)
    epoch, after = reference_stamp(view.facts.epoch_utc)
    span = TimeInterval(start=start, end=end)
    clock = Clock(interval=span, currentTime=start, multiplier=60)
    packets = [Packet(id="document", name=view.facts.name, version=CZML_VERSION, clock=clock)]

    def path(color: Color) -> Any:
        ink = PolylineMaterial(solidColor=SolidColorMaterial(color=color))
        return Path(width=2, leadTime=0, trailTime=5600.0, resolution=30, material=ink)

    for name, channel, rgba in BODIES:
        color, place = Color(rgba=rgba), np.asarray(view[channel], float)[rows]
        packets.append(
            Packet(
                id=name, name=name, availability=span, point=Point(pixelSize=8, color=color),
                label=Label(text=name, font="13px sans-serif"), path=path(color),
                position=Position(
                    epoch=epoch, referenceFrame=ReferenceFrames.INERTIAL,
                    cartesian=np.column_stack([view.time[rows] - after, place]).ravel().tolist(),
                    interpolationAlgorithm=InterpolationAlgorithms.LAGRANGE, interpolationDegree=5,
                ),
            )
        )  # fmt: skip
    file.write_text(Document(packets=packets).dumps(), encoding="utf-8")
