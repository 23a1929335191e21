"""When the main is ordered: the timer, the wind found under the drogue, and the floor."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid, from_geodetic, north_east_down
from homeward.flight.descent.main_deployment import CALM, MainTiming, order_main
from homeward.flight.descent.parachute_drift import led_to
from homeward.icd import Navigation

ELLIPSOID = Ellipsoid(jnp.asarray(6378137.0), jnp.asarray(1.0 / 298.257223563))
LATITUDE, LONGITUDE, GROUND = jnp.asarray(0.7), jnp.asarray(1.7), jnp.asarray(1000.0)
FALL, SINK = 75.0, 9.0  # m/s under drogue and main
EAST = 12.0  # m/s of forecast wind at every altitude
HEIGHTS = np.linspace(1000.0, 10e3, 100)


def _timing(wind=EAST, **changes):
    drift = (HEIGHTS - 1000.0) / SINK
    zero = np.zeros_like(drift)
    rows = np.stack([zero, wind * drift, np.minimum(drift, 250.0), zero, zero + wind, drift], axis=1)
    site = from_geodetic(ELLIPSOID, LATITUDE, LONGITUDE, GROUND)
    numbers = {"nominal": 20.0, "earliest": 12.0, "latest": 1e9, "lowest": 5e3, "too_fast": 120.0} | changes
    values = {k: jnp.asarray(v) for k, v in numbers.items()}
    step = jnp.asarray(HEIGHTS[1] - HEIGHTS[0])
    return MainTiming(site, jnp.asarray(1000.0), step, jnp.asarray(rows), **values)


@jax.jit
def _due(timing, east_of_site, wind_east, altitude, clock, fall, error=None):
    """The order of a capsule that falls with the true wind, so far east of the site."""
    longitude = LONGITUDE + east_of_site / (6.378e6 * jnp.cos(LATITUDE))
    C_NE = north_east_down(LATITUDE, longitude)
    r = from_geodetic(ELLIPSOID, LATITUDE, longitude, altitude)
    v = C_NE[1] * wind_east + C_NE[2] * fall
    force = -C_NE[2] * 9.81
    zero = jnp.asarray(0.0)
    navigation = Navigation(zero, r, v, force, zero, jnp.asarray(False))
    return order_main(timing, ELLIPSOID, navigation, clock, LATITUDE, longitude, altitude, error)


def due(timing, east_of_site, *, wind=EAST, altitude=8e3, clock=20.0, fall=FALL, error=None):
    numbers = (jnp.asarray(float(x)) for x in (east_of_site, wind, altitude, clock, fall))
    return bool(_due(timing, *numbers, error))


REACH = EAST * 7000.0 / SINK  # drift from 8 km


def test_it_waits_where_the_drift_leads_beyond_the_site_and_orders_where_it_does_not():
    assert not due(_timing(), -REACH + 300.0)
    assert due(_timing(), -REACH - 300.0)


@pytest.mark.parametrize("latitude", [0.0, 41.6, -80.0, 89.9, -89.95])
@pytest.mark.parametrize("wind", [(0.0, EAST), (-0.6 * EAST, -EAST)])
def test_the_order_comes_where_the_drift_leads_to_the_site_near_a_pole_too(latitude, wind):
    """The wind turns with the meridians: 9 km of drift east, 5.6 km from the pole, go a quarter round it."""
    here = [jnp.asarray(np.radians(x)) for x in (latitude, 20.0)]
    toward = [x if latitude > 0.0 else -x for x in (wind[0], wind[1])]  # away from the pole
    drift = (HEIGHTS - 1000.0) / SINK
    zero = np.zeros_like(drift)
    rows = np.stack([toward[0] * drift, toward[1] * drift, zero, *(zero + x for x in toward)], axis=1)
    top = jnp.asarray(8e3)
    C_NE = north_east_down(*here)
    v = C_NE[0] * toward[0] + C_NE[1] * toward[1] + C_NE[2] * FALL
    navigation = Navigation(
        jnp.asarray(0.0), from_geodetic(ELLIPSOID, *here, top), v, -C_NE[2] * 9.81, jnp.asarray(0.0),
        jnp.asarray(False),
    )  # fmt: skip
    for share, ordered in ((0.98, False), (1.02, True)):
        way = [jnp.asarray(share * x * 7000.0 / SINK) for x in toward]
        site = led_to(ELLIPSOID, *here, GROUND, *way)
        timing = eqx.tree_at(lambda t: (t.site_E, t.rows), _timing(), (site, jnp.asarray(rows)))
        told = order_main(timing, ELLIPSOID, navigation, jnp.asarray(20.0), *here, top)
        assert bool(told) is ordered, share


def test_more_wind_than_forecast_means_waiting():
    aim = -REACH - 300.0
    assert due(_timing(), aim, wind=EAST)
    assert not due(_timing(), aim, wind=EAST + 5.0)  # 5 m/s for 250 s: 1.25 km farther


def test_an_estimated_error_counts_for_as_long_as_it_lasts():
    aim, total = -REACH - 300.0, 7000.0 / SINK
    none, lasting, fading = (jnp.asarray(x) for x in ([0.0] * 4, [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]))
    assert due(_timing(), aim, wind=EAST + 5.0, error=none)  # what is met now is in the estimate already
    assert not due(_timing(), aim, error=lasting)  # 1 m/s for all of the 778 s to come
    # The table's 250 s are half of those and half of what fades: so little fades in no positive time.
    assert 2.0 * 250.0 - total < 0.0
    assert due(_timing(), aim, error=fading)


def test_no_order_before_its_earliest_time_and_one_at_the_floor_whatever_the_wind():
    assert not due(_timing(), -REACH - 300.0, clock=11.0)
    assert due(_timing(), 50e3, altitude=4990.0)


@pytest.mark.parametrize(("clock", "ordered"), [(19.0, False), (20.0, True)])
def test_in_a_calm_the_timer_decides(clock, ordered):
    wind = 0.5 * CALM / (7000.0 / SINK)
    assert due(_timing(wind), 3e3, wind=wind, clock=clock) is ordered


@pytest.mark.parametrize(("clock", "ordered"), [(19.0, False), (20.0, True)])
def test_the_timer_alone_knows_no_wind(clock, ordered):
    timing = _timing(earliest=20.0, latest=20.0, lowest=-1e9)
    assert due(timing, 50e3, clock=clock) is ordered
    assert due(timing, -50e3, clock=clock) is ordered


def test_a_drogue_that_does_not_brake_ends_the_waiting():
    assert not due(_timing(), 50e3, fall=FALL)
    assert due(_timing(), 50e3, fall=180.0)


def test_lanes_decide_apart():
    timing = _timing()
    east = jnp.asarray([-REACH + 300.0, -REACH - 300.0])
    same = [jnp.asarray(x) for x in (EAST, 8e3, 20.0, FALL)]
    assert jax.vmap(lambda e: _due(timing, e, *same))(east).tolist() == [False, True]
