"""Places near another one in metres north and east, without a seam at +-180 deg or a pole; rings for maps."""

import math
from collections.abc import Sequence

from homeward.earth.constants import WGS84_A, WGS84_F

Place = tuple[float, float]  # geodetic latitude and longitude, deg
Ring = list[tuple[float, float]]  # longitude and latitude, deg, the first point again at the end
_E2 = WGS84_F * (2.0 - WGS84_F)


def radii(latitude: float) -> tuple[float, float]:
    """Radii of curvature [m] along the meridian and across it at a geodetic latitude [rad]."""
    w = 1.0 - _E2 * math.sin(latitude) ** 2
    return WGS84_A * (1.0 - _E2) / w**1.5, WGS84_A / math.sqrt(w)


def moved(origin: Place, north: float, east: float) -> Place:
    """The place that lies so many metres from another, measured along the ground from there.

    North and east are directions at ``origin``, at a pole those of the longitude given. The normals of the
    ellipsoid are turned as on a sphere, with the radii of curvature half way. Valid for some hundred
    kilometres: 1e-4 of the distance at 100 km.
    """
    latitude, longitude = math.radians(origin[0]), math.radians(origin[1])
    up, to_north, to_east = _axes(latitude, longitude)
    half, there = latitude, origin
    for _ in range(2):
        along, across = radii(half)
        n, e = north / along, east / across
        turn = math.hypot(n, e)
        share = math.sin(turn) / turn if turn > 0.0 else 1.0
        x, y, z = (
            math.cos(turn) * u + share * (n * a + e * b)
            for u, a, b in zip(up, to_north, to_east, strict=True)
        )
        there = math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
        half = 0.5 * (latitude + math.radians(there[0]))
    if north == east == 0.0:
        return origin[0], (origin[1] + 180.0) % 360.0 - 180.0
    return there


def offset(origin: Place, place: Place) -> tuple[float, float]:
    """North and east [m] of a place from another: the inverse of ``moved``."""
    up, to_north, to_east = _axes(math.radians(origin[0]), math.radians(origin[1]))
    there, _, _ = _axes(math.radians(place[0]), math.radians(place[1]))
    n, e, u = (sum(a * b for a, b in zip(axis, there, strict=True)) for axis in (to_north, to_east, up))
    turn = math.atan2(math.hypot(n, e), u)
    share = turn / math.sin(turn) if math.hypot(n, e) > 0.0 else 1.0
    along, across = radii(0.5 * math.radians(origin[0] + place[0]))
    return share * n * along, share * e * across


def split_ring(ring: Sequence[tuple[float, float]]) -> list[Ring]:
    """A ring of less than half the Earth as rings within +-180 deg, for maps of longitude against latitude.

    A ring across +-180 deg is cut there (RFC 7946, 3.1.9); one about a pole goes on along that meridian to
    the pole. Rings of GeoJSON and KML mean the smaller area.
    """
    points = [(float(lon), float(lat)) for lon, lat in ring]
    if points and points[0] == points[-1]:
        points.pop()
    unwrapped = [points[0]]
    for lon, lat in points[1:]:
        before = unwrapped[-1][0]
        unwrapped.append((before + (lon - before + 180.0) % 360.0 - 180.0, lat))
    first, last = unwrapped[0][0], unwrapped[-1][0]
    turned = last + (first - last + 180.0) % 360.0 - 180.0 - first
    if abs(turned) > 180.0:  # Once round the axis: closed over the pole.
        pole = math.copysign(90.0, sum(lat for _, lat in points))
        end = first + math.copysign(360.0, turned)
        unwrapped += [(end, unwrapped[0][1]), (end, pole), (first, pole)]
    pieces: list[Ring] = []
    low = math.floor((min(lon for lon, _ in unwrapped) + 180.0) / 360.0)
    high = math.ceil((max(lon for lon, _ in unwrapped) + 180.0) / 360.0)
    for k in range(low, max(high, low + 1)):
        piece = _clipped(_clipped(unwrapped, 360.0 * k - 180.0, 1.0), 360.0 * k + 180.0, -1.0)
        if len(piece) > 2:
            shifted = [(lon - 360.0 * k, lat) for lon, lat in piece]
            pieces.append([*shifted, shifted[0]])
    return pieces


def _clipped(ring: Sequence[tuple[float, float]], edge: float, side: float) -> Ring:
    """What of an open ring lies on one side of a meridian (Sutherland and Hodgman)."""
    kept: Ring = []
    for k, (lon, lat) in enumerate(ring):
        before = ring[k - 1]
        inside, was = side * (lon - edge) >= 0.0, side * (before[0] - edge) >= 0.0
        if inside != was:
            share = (edge - before[0]) / (lon - before[0])
            kept.append((edge, before[1] + share * (lat - before[1])))
        if inside and (not kept or kept[-1] != (lon, lat)):
            kept.append((lon, lat))
    return kept


def _axes(latitude: float, longitude: float) -> tuple[tuple[float, float, float], ...]:
    """Up, north and east at a place [rad], Earth-fixed."""
    sl, cl, so, co = math.sin(latitude), math.cos(latitude), math.sin(longitude), math.cos(longitude)
    return (cl * co, cl * so, sl), (-sl * co, -sl * so, cl), (-so, co, 0.0)
