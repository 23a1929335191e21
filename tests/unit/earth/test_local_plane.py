"""Places near another one, and rings, at the seam of the map and at the poles."""

import itertools
import json

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid, from_geodetic
from homeward.earth.local_plane import moved, offset, split_ring
from homeward.output.files.kml import _unbroken
from homeward.output.views.return_view import local_km

PLACES = [(41.6, 100.1), (0.0, 180.0), (-33.0, -179.999), (89.99, 10.0), (90.0, 0.0), (-90.0, 77.0)]


@pytest.mark.parametrize("origin", PLACES)
@pytest.mark.parametrize("step", [(0.0, 0.0), (8e3, -5e3), (-40e3, 70e3), (0.0, 100e3), (1e-3, 0.0)])
def test_there_and_back_and_as_far_as_asked(origin, step):
    there = moved(origin, *step)
    assert -90.0 <= there[0] <= 90.0 and -180.0 <= there[1] <= 180.0
    assert offset(origin, there) == pytest.approx(step, abs=max(np.hypot(*step) * 2e-7, 1e-6))
    a, b = (
        np.asarray(from_geodetic(Ellipsoid.wgs84(), *(jnp.asarray(x) for x in (*np.radians(p), 0.0))))
        for p in (origin, there)
    )
    assert np.linalg.norm(a - b) == pytest.approx(np.hypot(*step), rel=2e-4, abs=1e-6)
    east, north = local_km(*(np.radians([x]) for x in there), *(float(np.radians(x)) for x in origin))
    assert (float(north[0]) * 1e3, float(east[0]) * 1e3) == pytest.approx(
        step, abs=max(np.hypot(*step) * 4e-4, 1e-6)
    )


def ring_about(origin, radius=20e3):
    turn = np.linspace(0.0, 2.0 * np.pi, 73)
    places = [moved(origin, radius * np.cos(t), -radius * np.sin(t)) for t in turn]
    return [(lon, lat) for lat, lon in places]


def area(ring):
    """Of a ring on the sphere [m2], signed: the integral of the sine of latitude over longitude."""
    lon, lat = np.radians(np.array(ring)).T
    return 6371e3**2 * np.sum(0.5 * (np.sin(lat[1:]) + np.sin(lat[:-1])) * -np.diff(lon))


@pytest.mark.parametrize("origin", PLACES)
def test_rings_keep_their_area_within_the_map(origin):
    pieces = split_ring(ring_about(origin))
    for piece in pieces:
        assert piece[0] == piece[-1]
        assert all(-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0 for lon, lat in piece)
    total = abs(sum(area(p) for p in pieces))
    assert total == pytest.approx(np.pi * 20e3**2, rel=0.02)
    assert len(pieces) == (2 if abs(abs(origin[1]) - 180.0) < 0.1 and abs(origin[0]) < 89 else len(pieces))


def test_a_ring_away_from_the_seam_is_left_as_it_is():
    ring = ring_about((41.6, 100.1))
    (piece,) = split_ring(ring)
    np.testing.assert_allclose(piece[:-1], ring[:-1], atol=1e-12)


@pytest.mark.parametrize(("track", "pieces"), [
    ([(170.0, 10.0), (179.0, 11.0), (-179.0, 12.0), (-170.0, 13.0)], 2),
    ([(10.0, 89.5), (-169.5, 89.5)], 1),  # over the pole, and not across +-180 deg
    ([(100.0, 89.0), (-100.0, 89.0)], 2),
    ([(60.0, 89.0), (-60.0, 89.0)], 1),
    ([(179.0, 0.0), (-179.0, 0.0), (179.0, 1.0)], 3),
])  # fmt: skip
def test_tracks_are_cut_where_they_cross_the_seam(track, pieces):
    path = np.array([(*p, 1e5) for p in track])
    found = _unbroken(path)
    assert len(found) == pieces
    assert sum(len(p) for p in found) == len(path) + 2 * (pieces - 1)
    for before, after in itertools.pairwise(found):
        assert abs(before[-1, 0]) == 180.0 and after[0, 0] == -before[-1, 0]
        np.testing.assert_array_equal(before[-1, 1:], after[0, 1:])


def test_a_cut_near_the_pole_lies_on_the_way():
    """From 100 deg west to 100 deg east at 89 deg: the meridian is met near the pole, and not at 89 deg."""
    before, after = _unbroken(np.array([(100.0, 89.0, 0.0), (-100.0, 89.0, 0.0)]))
    expected = 90.0 - 1.0 * np.cos(np.radians(80.0))
    assert before[-1, 1] == pytest.approx(expected, abs=0.01) and after[0, 1] == before[-1, 1]


def test_forecasts_cut_their_rings():
    from homeward.earth.time import Epoch
    from homeward.ground.landing_forecast.files import geojson, kml
    from homeward.ground.landing_forecast.forecast import Forecast

    spread = np.array([[60e6, 12e6], [12e6, 20e6]])
    made = Forecast(0.0, -10.0, 179.99, 900.0, spread, None, None, True, {}, 0.1)
    epoch = Epoch.from_iso("2023-09-07T00:00:00Z")
    features = json.loads(json.dumps(geojson(made, epoch)))["features"]
    shapes = [f["geometry"] for f in features if f["properties"]["what"] == "ellipse"]
    assert {s["type"] for s in shapes} == {"MultiPolygon"}
    for shape in shapes:
        for (ring,) in shape["coordinates"]:
            assert np.ptp([lon for lon, _ in ring]) < 1.0
    assert kml([made], epoch, "x").count("<Polygon>") == 2 * len(shapes)
