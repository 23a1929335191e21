"""Land and sea by the coast lines that are shipped."""

import numpy as np
import pytest

from homeward.earth.land import on_land, shore_distance

PLACES = [
    ("the Sahara", 25.0, 10.0, True),
    ("Mongolia", 46.0, 104.0, True),
    ("the middle of Australia", -25.0, 134.0, True),
    ("Antarctica, about the pole", -85.0, 60.0, True),
    ("Chukotka, beyond 180 deg", 67.0, -175.0, True),
    ("the South Pacific", -40.0, -120.0, False),
    ("the North Atlantic", 35.0, -45.0, False),
    ("the Gulf of Guinea", 0.0, 0.0, False),
    ("the Pacific at 180 deg", 0.0, 180.0, False),
    ("the Arctic", 88.0, 0.0, False),
]


@pytest.mark.parametrize("turn", [-360.0, 0.0, 360.0])
def test_places_that_anybody_knows(turn):
    names, lat, lon, land = zip(*PLACES, strict=True)
    found = on_land(np.array(lat), np.array(lon) + turn)
    assert dict(zip(names, found.tolist(), strict=True)) == dict(zip(names, land, strict=True))


def test_distances_from_the_shore():
    # Point Nemo is 2,690 km from the nearest islets; the outlines, which lack those, have Antarctica nearest.
    nemo, lisbon, heart = shore_distance(np.array([-48.88, 38.7, 46.3]), np.array([-123.4, -9.4, 86.7]))
    assert 2.4e6 < nemo < 3.2e6
    assert lisbon < 50e3
    # The farthest place from any sea, 2,645 km; some inland seas are drawn.
    assert 1.5e6 < heart < 2.8e6


def test_a_step_over_the_shore_is_near_it():
    lon = np.linspace(-20.0, 10.0, 3001)
    land = on_land(np.full(lon.shape, 20.0), lon)
    (edge,) = np.flatnonzero(np.diff(land.astype(int)))
    assert shore_distance(np.array([20.0]), lon[[edge]])[0] < 10e3
