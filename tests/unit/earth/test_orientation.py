"""The compiled orientation against pyerfa, instant by instant; Sun and Moon likewise."""

import erfa
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.constants import ROTATION_RATE
from homeward.earth.eop import read_eop
from homeward.earth.ephemeris import ASTRONOMICAL_UNIT, build_third_bodies
from homeward.earth.frames import earth_spin
from homeward.earth.orientation import (
    EarthSpin,
    UniformRotation,
    build_orientation,
    coverage_warnings,
    earth_to_inertial,
    inertial_to_earth,
)
from homeward.earth.time import Epoch
from homeward.errors import InputError

RADIUS = 6.4e6
MILLIMETRE = 1e-3  # at the surface: the promise of the tables
DAY = 86400.0

at = jax.jit(lambda orientation, t: orientation.at(t))
carried = jax.jit(lambda spin, t: spin.C_EI(t))


# The second span crosses a leap second, the third lies in the predictions of most releases of the table.
@pytest.mark.parametrize(
    "start", ["2023-09-07T14:28:39.138Z", "2016-12-28T05:00:00Z", "2026-09-18T07:08:44Z"]
)
def test_ten_days_within_a_millimetre(start):
    epoch = Epoch.from_iso(start)
    orientation = build_orientation(epoch, 10 * DAY)
    times = np.linspace(0.0, 10 * DAY, 97)
    C, omega = earth_spin([epoch.plus(float(t)) for t in times])
    for k, t in enumerate(times):
        spin = at(orientation, jnp.asarray(t))
        assert np.linalg.norm(np.asarray(spin.C_EI0) - C[k], 2) * RADIUS < MILLIMETRE
        assert np.linalg.norm(np.asarray(spin.omega_EI_E) - omega[k]) * RADIUS < 1e-6  # m/s


def test_direct_matrix_is_the_one_pyerfa_makes():
    """The whole chain in one call of the library, without dX, dY, which it does not take."""
    epoch = Epoch.from_iso("2020-03-01T06:00:00Z")
    C, _ = earth_spin([epoch], {"ut1_utc": -0.2, "xp": 1e-7, "yp": 2e-6})
    theirs = erfa.c2t06a(*epoch.tt(), *epoch.ut1(-0.2), 1e-7, 2e-6)
    assert np.abs(C[0] - theirs).max() < 1e-12


def test_a_spin_holds_for_ten_minutes():
    orientation = build_orientation(Epoch.from_iso("2023-09-07T14:28:39Z"), DAY)
    spin = at(orientation, jnp.asarray(1000.0))
    ahead = at(orientation, jnp.asarray(1600.0)).C_EI0
    off = np.asarray(carried(spin, jnp.asarray(1600.0)) - ahead)
    assert np.linalg.norm(off, 2) * RADIUS < MILLIMETRE
    C = np.asarray(carried(spin, jnp.asarray(-2.0e4)))
    assert np.abs(C @ C.T - np.eye(3)).max() < 1e-14


def test_states_there_and_back_and_their_rate():
    orientation = build_orientation(Epoch.from_iso("2023-09-07T14:28:39Z"), DAY)
    t, h = jnp.asarray(500.0), 0.5
    spin = at(orientation, t)
    r_I, v_I = jnp.asarray([4.0e6, -5.0e6, 2.0e6]), jnp.asarray([3e3, 5e3, -4e3])
    r_E, v_E = inertial_to_earth(spin, t, r_I, v_I)
    r2, v2 = earth_to_inertial(spin, t, r_E, v_E)
    np.testing.assert_allclose(r2, r_I, rtol=1e-14)
    np.testing.assert_allclose(v2, v_I, rtol=1e-13)
    # The velocity is the derivative of the position, in the turning frame.
    ahead, behind = (carried(spin, t + s) @ (r_I + s * v_I) for s in (h, -h))
    np.testing.assert_allclose((ahead - behind) / (2 * h), v_E, atol=1e-5)  # h^2 omega^2 v


def test_uniform_rotation():
    world = UniformRotation.of(angle0=0.3)
    t = jnp.asarray(1.0e4)
    spin = world.at(jnp.zeros(()))
    np.testing.assert_allclose(spin.C_EI(t), world.at(t).C_EI0, atol=1e-14)
    angle = 0.3 + 1.0e4 * ROTATION_RATE
    np.testing.assert_allclose(spin.C_EI(t)[0], [np.cos(angle), np.sin(angle), 0.0], atol=1e-14)
    still = UniformRotation.of(rate=0.0).at(jnp.zeros(()))
    np.testing.assert_array_equal(still.C_EI(t), np.eye(3))
    assert np.all(np.isfinite(jax.jacfwd(lambda s: still.C_EI(s))(t)))


def test_a_positive_angle_turns_the_earth_eastward():
    spin = EarthSpin(jnp.eye(3), jnp.asarray([0.0, 0.0, 1e-3]), jnp.zeros(()))
    # A fixed star on the x axis moves west, so its Earth-fixed longitude falls.
    star = spin.C_EI(jnp.asarray(100.0)) @ jnp.asarray([1.0, 0.0, 0.0])
    assert np.arctan2(star[1], star[0]) == pytest.approx(-0.1)


def test_outside_the_table_the_last_values_hold_and_it_is_said():
    inside = Epoch.from_iso("2020-01-01T00:00:00Z")
    assert coverage_warnings(inside, 10 * DAY) == []
    for text, word in (("2060-01-01T00:00:00Z", "after"), ("1970-01-01T00:00:00Z", "before")):
        epoch = Epoch.from_iso(text)
        assert word in coverage_warnings(epoch, DAY)[0]
        spin = at(build_orientation(epoch, DAY), jnp.asarray(100.0))
        assert np.abs(np.asarray(spin.C_EI0 @ spin.C_EI0.T) - np.eye(3)).max() < 1e-14


def test_unknown_explicit_value_is_refused():
    with pytest.raises(InputError, match="ut1"):
        build_orientation(Epoch.from_iso("2020-01-01T00:00:00Z"), DAY, {"ut1": 0.1})


def test_table_values_of_a_known_day():
    # IERS 20 C04, 2022-01-17: UT1-UTC, xp, yp; our table is another solution, 0.1 mas and 20 us away.
    table = read_eop(59596.0, 59596.0)
    xp, yp = table.at(np.asarray(59596.0))[:2] * 648000.0 / np.pi
    assert table.ut1_minus_utc(59596.0) == pytest.approx(-0.1099935, abs=2e-5)
    assert (xp, yp) == (pytest.approx(0.041548, abs=1e-4), pytest.approx(0.301415, abs=1e-4))


def test_sun_and_moon_between_the_rows():
    epoch = Epoch.from_iso("2023-09-07T14:28:39Z")
    bodies = build_third_bodies(epoch, 5 * DAY)
    for t in (0.0, 1.1e4, 3.3e5):
        tt1, tt2 = epoch.tt()
        moon = erfa.moon98(tt1, tt2 + t / DAY)["p"] * ASTRONOMICAL_UNIT
        sun = -erfa.epv00(tt1, tt2 + t / DAY)[0]["p"] * ASTRONOMICAL_UNIT
        now = jnp.asarray(t)
        assert np.linalg.norm(np.asarray(bodies.moon_position(now)) - moon) < 200.0  # m of 380,000 km
        assert np.linalg.norm(np.asarray(bodies.sun_position(now)) - sun) < 1e4
    pull = np.asarray(bodies.acceleration(jnp.zeros(()), jnp.asarray([6.8e6, 0.0, 0.0])))
    assert 1e-8 < np.linalg.norm(pull) < 2e-6
    at_centre = np.asarray(bodies.acceleration(jnp.zeros(()), jnp.zeros(3)))
    assert np.linalg.norm(at_centre) < 1e-15
