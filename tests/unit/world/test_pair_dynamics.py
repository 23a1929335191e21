"""Ship and station in kicks and drifts against an integration by other means, and what follows from it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from docking_pair import MASS, NOTHING, bodies_at, flown, orbit, pair_world
from scipy.integrate import solve_ivp

from homeward.astro.lvlh import to_lvlh
from homeward.earth.constants import J2_EGM96, MU_EGM96, RADIUS_EGM96, ROTATION_RATE
from homeward.world.dynamics.two_spacecraft import drifted, kicked, pull
from homeward.world.environment.gravity import J2Gravity, egm96

THREE_REVOLUTIONS = 16740  # s
# What a kick a second leaves out: found to be 0.19 m of each orbit, nearly all of it common to both.
ABSOLUTE, RELATIVE, RELATIVE_RATE = 0.3, 0.010, 1e-5  # m, m, m/s
ORDER = 0.02  # by which the order of convergence may differ from a whole number
ENERGY = 1e-9  # relative, over three revolutions

SHIP = orbit(389e3, 391e3, anomaly=1.0)
STATION = orbit(390e3, 392e3, anomaly=1.002)


def adaptive(acceleration, state, duration):
    """An adaptive integration of eighth order to some micrometres."""
    return solve_ivp(
        lambda t, x: np.concatenate([x[3:], acceleration(t, x)]), (0.0, duration),
        np.concatenate([np.asarray(x) for x in state]), method="DOP853", rtol=1e-12, atol=1e-7,
    ).y[:, -1]  # fmt: skip


def same_forces(world, drag):
    """The world's own forces, without what a kick adds for its step."""
    zero = jnp.zeros(())
    own = jax.jit(
        lambda t, x: pull(world, world.orientation.at(t), t, NOTHING, x[:3], x[3:], jnp.asarray(drag), zero)
    )
    return lambda t, x: np.asarray(own(jnp.asarray(t), jnp.asarray(x)))


def oblate(drag):
    """The same forces in another's words: oblateness, a sphere's air that turns, all in inertial axes."""

    def acceleration(_, x):
        r, v = x[:3], x[3:]
        d = np.linalg.norm(r)
        z2 = (r[2] / d) ** 2
        flat = 1.5 * J2_EGM96 * MU_EGM96 * RADIUS_EGM96**2 / d**5
        gravity = -MU_EGM96 / d**3 * r - flat * r * (np.array([1.0, 1.0, 3.0]) - 5.0 * z2)
        # Altitude above the ellipsoid by Bowring's formula.
        a, b = 6378137.0, 6378137.0 * (1.0 - 1.0 / 298.257223563)
        e2, across = 1.0 - (b / a) ** 2, np.hypot(r[0], r[1])
        u = np.arctan2(r[2] * a, across * b)
        north = np.arctan2(r[2] + (a * a - b * b) / b * np.sin(u) ** 3, across - e2 * a * np.cos(u) ** 3)
        height = across * np.cos(north) + r[2] * np.sin(north) - a * np.sqrt(1.0 - e2 * np.sin(north) ** 2)
        wind = v - np.cross([0.0, 0.0, ROTATION_RATE], r)
        density = 2e-9 * np.exp(-height / 60e3)
        return gravity - 0.5 * density * drag * np.linalg.norm(wind) * wind

    return acceleration


def relative_of(rows, k=-1):
    return to_lvlh(rows.r_TI_I[k], rows.v_TI_I[k], rows.r_BI_I[k], rows.v_BI_I[k])


CASES = {
    "a point's gravity": (None, 0.0, "own"),
    "oblate, with air, written anew": (J2Gravity(), 1.0, "other"),
    "8 by 8, with air": (egm96(8), 1.0, "own"),
}


@pytest.mark.parametrize("case", CASES)
def test_two_bodies_against_an_adaptive_integration(case):
    gravity, air, whose = CASES[case]
    world = pair_world(gravity, air=air)
    drags = (float(world.ship_drag) / MASS, float(world.station_drag))
    forces = [same_forces(world, d) if whose == "own" else oblate(d) for d in drags]
    ship, station = (adaptive(f, x, THREE_REVOLUTIONS) for f, x in zip(forces, (SHIP, STATION), strict=True))
    rows = flown(world, bodies_at(*SHIP, *STATION), 1.0, THREE_REVOLUTIONS, every=THREE_REVOLUTIONS)
    assert np.linalg.norm(rows.r_BI_I[-1] - ship[:3]) < ABSOLUTE
    assert np.linalg.norm(rows.r_TI_I[-1] - station[:3]) < ABSOLUTE
    true = to_lvlh(*(jnp.asarray(x) for x in (station[:3], station[3:], ship[:3], ship[3:])))
    place, rate = relative_of(rows)
    assert np.linalg.norm(place - true[0]) < RELATIVE
    assert np.linalg.norm(rate - true[1]) < RELATIVE_RATE
    assert np.linalg.norm(true[0]) > 10e3  # far apart by then: the figures above are of something


def test_fourth_order_over_whole_revolutions_of_a_circle():
    r, v = orbit(390e3)
    period = 2.0 * np.pi * np.sqrt(np.linalg.norm(r) ** 3 / MU_EGM96)
    errors = []
    for n in (200, 400):
        rows = flown(pair_world(), bodies_at(r, v, r, v), 3.0 * period / (3 * n), 3 * n, every=3 * n)
        errors.append(np.linalg.norm(rows.r_BI_I[-1] - r))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=ORDER)


def test_energy_and_angular_momentum_stay():
    rows = flown(pair_world(), bodies_at(*SHIP, *STATION), 1.0, THREE_REVOLUTIONS, every=60)
    for r, v, (r0, v0) in ((rows.r_BI_I, rows.v_BI_I, SHIP), (rows.r_TI_I, rows.v_TI_I, STATION)):
        energy = 0.5 * np.sum(v * v, axis=1) - MU_EGM96 / np.linalg.norm(r, axis=1)
        start = 0.5 * np.sum(v0 * v0) - MU_EGM96 / np.linalg.norm(r0)
        assert np.max(np.abs(energy / start - 1.0)) < ENERGY
        # Nothing grows: the last revolution is as good as the first.
        assert np.ptp(energy[-93:]) < 1.1 * np.ptp(energy[:93])
        h = np.cross(r, v) / np.linalg.norm(np.cross(r0, v0))
        assert np.max(np.abs(h - h[0])) < 1e-12


def test_bodies_of_unlike_drag_part():
    """The ship loses height faster and runs ahead: 3/2 of the extra acceleration times the time squared."""
    r, v = orbit(390e3, tilt=0.0)
    world = pair_world(air=1.0, rate=0.0, ship_drag=0.012 * MASS, station_drag=0.006)
    revolution = 5554
    rows = flown(world, bodies_at(r, v, r, v), 1.0, revolution, every=revolution)
    place, _ = relative_of(rows)
    slowed = 0.5 * 2e-9 * np.exp(-390e3 / 60e3) * 0.006 * float(v @ v)
    assert float(place[0]) == pytest.approx(1.5 * slowed * revolution**2, rel=0.02)
    assert float(place[2]) > 0.0
    # A twin, and the same pair without air, stay together.
    twin = pair_world(air=1.0, ship_drag=0.006 * MASS)
    for quiet in (twin, pair_world()):
        rows = flown(quiet, bodies_at(r, v, r, v), 1.0, revolution, every=revolution)
        assert np.linalg.norm(relative_of(rows)[0]) < 1e-6


def test_a_heavier_ship_is_slowed_less():
    r, v = orbit(390e3)
    world = pair_world(air=1.0, ship_drag=100.0)
    lost = []
    for mass in (MASS, 2.0 * MASS):
        rows = flown(world, bodies_at(r, v, r, v), 10.0, 560, mass=mass, every=560)
        free = flown(pair_world(), bodies_at(r, v, r, v), 10.0, 560, mass=mass, every=560)
        lost.append(np.linalg.norm(rows.r_BI_I[-1] - free.r_BI_I[-1]))
    assert lost[0] / lost[1] == pytest.approx(2.0, rel=1e-3)


def test_thrust_and_what_hits_the_station_act_on_their_own_body():
    b = bodies_at(*SHIP, *STATION)
    push, hit = jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 0.2, 0.0])
    moved = drifted(b, jnp.asarray(2.0), push, 0.5 * 2.0 * push, hit)
    np.testing.assert_allclose(moved.v_BI_I - b.v_BI_I, push, atol=1e-9)
    np.testing.assert_allclose(moved.r_BI_I - b.r_BI_I - 2.0 * b.v_BI_I, push, atol=1e-8)
    np.testing.assert_allclose(moved.v_TI_I - b.v_TI_I, hit, atol=1e-9)
    # Spread evenly over the drift, it moves the station by half of what it would do at the start.
    np.testing.assert_allclose(moved.r_TI_I - b.r_TI_I - 2.0 * b.v_TI_I, hit, atol=1e-8)
    np.testing.assert_array_equal(kicked(b, jnp.asarray(3.0)).v_BI_I, b.v_BI_I)  # no pull found yet
