"""When a step of the flight plan ends: by time, by a falling altitude, by load that lasts."""

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.constants import G0, MU_EGM96, OMEGA_WGS84
from homeward.earth.geodesy import Ellipsoid, from_geodetic
from homeward.flight.executive.flight_plan import ROWS, flight_plan, plan_step
from homeward.flight.executive.leg_sequence import LASTING, descending, loaded_for, step_ends_in, within
from homeward.icd import Navigation

EARTH = Ellipsoid(jnp.asarray(6378137.0), jnp.asarray(1.0 / 298.257223563))
SECOND = jnp.asarray(1.0)


def _falling(altitude=121e3, climb=-220.0, speed=7400.0, time=100.0, force=0.0):
    r = from_geodetic(EARTH, jnp.asarray(0.7), jnp.asarray(1.0), jnp.asarray(altitude))
    up = np.array([np.cos(0.7) * np.cos(1.0), np.cos(0.7) * np.sin(1.0), np.sin(0.7)])
    east = np.array([-np.sin(1.0), np.cos(1.0), 0.0])
    v = jnp.asarray(speed * east + climb * up)
    push = jnp.asarray(force * G0 * east)
    return Navigation(jnp.asarray(time), r, v, push, jnp.asarray(0.0), jnp.asarray(False))


def _ends(step, last, loaded=0.0):
    return float(step_ends_in(step, last, descending(EARTH, last), jnp.asarray(loaded)))


def _flown(last, seconds):
    """Altitude after a free fall, by small steps about a round Earth that turns; near enough over seconds."""
    r, v = np.asarray(last.r_BE_E), np.asarray(last.v_BE_E)
    spin = np.array([0.0, 0.0, OMEGA_WGS84])
    v = v + np.cross(spin, r)
    for _ in range(int(seconds * 1000)):
        v = v - 1e-3 * MU_EGM96 * r / np.linalg.norm(r) ** 3
        r = r + 1e-3 * v
    angle = -OMEGA_WGS84 * seconds
    c, s = np.cos(angle), np.sin(angle)
    r = np.array([c * r[0] - s * r[1], s * r[0] + c * r[1], r[2]])
    moved = Navigation(last.time, jnp.asarray(r), last.v_BE_E, last.specific_force, last.bank, last.blackout)
    return float(descending(EARTH, moved).altitude)


@pytest.mark.parametrize("above", [50.0, 1000.0, 2150.0])
def test_the_fall_through_an_altitude_is_foretold_to_a_metre(above):
    last = _falling(120e3 + above)
    after = _ends(plan_step(until_altitude=120e3), last)
    assert abs(_flown(last, after) - 120e3) < 1.0


def test_a_step_below_its_altitude_ends_at_once_and_one_that_climbs_does_not():
    assert _ends(plan_step(until_altitude=120e3), _falling(119e3)) == 0.0
    assert _ends(plan_step(until_altitude=120e3), _falling(121e3, climb=400.0, speed=9000.0)) == np.inf


def test_time_ends_a_step_by_the_onboard_clock():
    assert _ends(plan_step(until_time=103.5), _falling(time=100.0)) == pytest.approx(3.5)
    assert _ends(plan_step(until_time=90.0), _falling(time=100.0)) == 0.0
    assert _ends(plan_step(latest_time=104.0, until_altitude=0.0), _falling(time=100.0)) == pytest.approx(4.0)
    assert _ends(plan_step(), _falling()) == np.inf


def test_only_a_load_that_lasts_ends_a_step():
    step, loaded = plan_step(until_load=0.05), jnp.asarray(0.0)
    for _ in range(int(LASTING) - 1):
        loaded = loaded_for(step, _falling(force=0.1), loaded, SECOND)
    assert _ends(step, _falling(force=0.1), loaded) == np.inf
    assert float(loaded_for(step, _falling(force=0.01), loaded, SECOND)) == 0.0
    loaded = loaded_for(step, _falling(force=0.1), loaded, SECOND)
    assert _ends(step, _falling(force=0.1), loaded) == 0.0


@pytest.mark.parametrize("period", [1.0, 10.0])
def test_an_end_on_the_border_of_a_cycle_belongs_to_the_next_one(period):
    ends, after = within(jnp.asarray(period), jnp.asarray(period))
    assert not bool(ends) and float(after) == np.inf
    ends, after = within(jnp.asarray(0.999 * period), jnp.asarray(period))
    assert bool(ends) and float(after) == pytest.approx(0.999 * period)


def test_a_plan_has_room_for_its_rows_and_no_more():
    plan = flight_plan([plan_step(until_time=float(k)) for k in range(3)])
    assert float(plan.at(jnp.asarray(2)).until_time) == 2.0
    assert float(plan.at(jnp.asarray(3)).until_time) == np.inf
    with pytest.raises(ValueError, match=str(ROWS)):
        flight_plan([plan_step()] * (ROWS + 1))
