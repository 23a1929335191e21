"""Landing forecasts for maps and the archive: GeoJSON (RFC 7946), KML 2.2, a line of JSON for each."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from homeward.earth.local_plane import moved, split_ring
from homeward.earth.time import Epoch
from homeward.ground.landing_forecast.forecast import SHARES, SIGMAS, Forecast

CORNERS = 72  # of an ellipse
COLORS = ("ff0000ff", "ff00a5ff", "ff00ffff")  # alpha, blue, green, red: 1, 2, 3 sigma


def rim(forecast: Forecast, sigmas: float) -> list[tuple[float, float]]:
    """Longitude and latitude [deg] around an ellipse, counter-clockwise, the first point again at the end."""
    larger, smaller, bearing = forecast.axes()
    here = forecast.latitude_deg, forecast.longitude_deg
    points: list[tuple[float, float]] = []
    for k in range(CORNERS):
        turn = -2.0 * math.pi * k / CORNERS
        along, across = sigmas * larger * math.cos(turn), sigmas * smaller * math.sin(turn)
        north = along * math.cos(bearing) - across * math.sin(bearing)
        east = along * math.sin(bearing) + across * math.cos(bearing)
        latitude, longitude = moved(here, north, east)
        points.append((longitude, latitude))
    return [*points, points[0]]


def geojson(
    forecast: Forecast, epoch: Epoch, teams: dict[str, tuple[float, float]] | None = None
) -> dict[str, Any]:
    """A FeatureCollection: the point, the ellipses, the ballistic alternative, the teams [lat, lon deg]."""
    told = forecast.told() | {
        "made_utc": epoch.plus(forecast.made).to_iso(0),
        "touchdown_utc": epoch.plus(forecast.touchdown).to_iso(0),
    }
    features = [_feature("Point", [forecast.longitude_deg, forecast.latitude_deg], "touchdown", **told)]
    for sigmas, share in zip(SIGMAS, SHARES, strict=True):
        rings = [[[list(p) for p in ring]] for ring in split_ring(rim(forecast, sigmas))]
        kind, corners = ("Polygon", rings[0]) if len(rings) == 1 else ("MultiPolygon", rings)
        features.append(_feature(kind, corners, "ellipse", sigmas=sigmas, probability=share))
    if forecast.ballistic is not None:
        latitude, longitude = forecast.ballistic
        features.append(_feature("Point", [longitude, latitude], "ballistic"))
    for name, (latitude, longitude) in (teams or {}).items():
        away = forecast.teams.get(name)
        features.append(_feature("Point", [longitude, latitude], "team", name=name, distance_m=away))
    return {"type": "FeatureCollection", "features": features}


def _feature(kind: str, coordinates: Any, what: str, **about: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": {"what": what} | about}


def kml(forecasts: Sequence[Forecast], epoch: Epoch, name: str) -> str:
    """Every forecast as a folder with its time: point and ellipses, and the ballistic alternative."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2">',
        "<Document>",
        f"<name>{escape(name)}: landing forecasts</name>",
    ]  # fmt: skip
    for k, color in enumerate(COLORS):
        lines.append(f'<Style id="s{k}"><LineStyle><color>{color}</color><width>2</width></LineStyle>'
                     "<PolyStyle><fill>0</fill></PolyStyle></Style>")  # fmt: skip
    for forecast in forecasts:
        when = epoch.plus(forecast.made).to_iso(0)
        lines += [f"<Folder><name>{when}</name>", f"<TimeStamp><when>{when}</when></TimeStamp>"]
        lines.append(_pin("touchdown", forecast.longitude_deg, forecast.latitude_deg))
        for k, sigmas in enumerate(SIGMAS):
            area = ""
            for piece in split_ring(rim(forecast, sigmas)):
                corners = " ".join(f"{lon:.7f},{lat:.7f},0" for lon, lat in piece)
                ring = f"<LinearRing><coordinates>{corners}</coordinates></LinearRing>"
                area += f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"
            area = f"<MultiGeometry>{area}</MultiGeometry>"
            style = f"<name>{sigmas:g} sigma</name><styleUrl>#s{k}</styleUrl>"
            lines.append(f"<Placemark>{style}{area}</Placemark>")
        if forecast.ballistic is not None:
            lines.append(_pin("ballistic", forecast.ballistic[1], forecast.ballistic[0]))
        lines.append("</Folder>")
    return "\n".join([*lines, "</Document>", "</kml>", ""])


def _pin(name: str, longitude: float, latitude: float) -> str:
    place = f"{longitude:.7f},{latitude:.7f},0"
    return f"<Placemark><name>{name}</name><Point><coordinates>{place}</coordinates></Point></Placemark>"


def write_forecasts(
    folder: Path, forecasts: Sequence[Forecast], epoch: Epoch, name: str,
    teams: dict[str, tuple[float, float]] | None = None,
) -> list[Path]:  # fmt: skip
    """Archive every forecast (jsonl), the last one for maps (geojson), all for Google Earth (kml)."""
    lines = [json.dumps(f.told() | {"made_utc": epoch.plus(f.made).to_iso(0)}) for f in forecasts]
    written = [folder / n for n in ("forecasts.jsonl", "forecast.geojson", "forecast.kml")]
    written[0].write_text("\n".join(lines) + "\n", encoding="utf-8")
    last = json.dumps(geojson(forecasts[-1], epoch, teams), indent=1)
    written[1].write_text(last + "\n", encoding="utf-8")
    written[2].write_text(kml(forecasts, epoch, name), encoding="utf-8")
    return written
