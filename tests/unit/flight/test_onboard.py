"""The flight computer's own coarse world beside the one that is flown through."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.constants import J2_EGM96, MU_EGM96, OMEGA_WGS84, RADIUS_EGM96, WGS84_A, WGS84_F
from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.flight.entry.onboard_model import OnboardModel, fit_air
from homeward.math.triples import join, split
from homeward.world.environment.atmosphere import UsStandard1976
from homeward.world.environment.gravity import J2Gravity

AIR_SHARE = 0.03  # the polynomial of log density where the path is decided
RADIUS_ERROR = 1.0  # m: second order in the flattening, along the geocentric direction
GRAVITY_ERROR = 1e-9  # m/s2, rounding: both are J2


def _model(air):
    return OnboardModel(
        *(jnp.asarray(x) for x in (MU_EGM96, J2_EGM96, WGS84_A, WGS84_F, OMEGA_WGS84)), jnp.asarray(air),
        jnp.asarray([100.0, 1000.0, 5000.0]), jnp.asarray([0.001, 0.003, 0.002]),
        jnp.asarray([0.1, 0.3, 0.25]), jnp.zeros(3),
    )  # fmt: skip


@pytest.fixture(scope="module")
def model():
    heights = np.arange(0.0, 130e3, 1e3)
    air = UsStandard1976()
    density = np.asarray(jax.jit(jax.vmap(lambda h: air.at(h).density))(jnp.asarray(heights)))
    return _model(fit_air(heights, density)), heights, density


def test_the_polynomial_air_follows_the_standard(model):
    onboard, heights, density = model
    ours = np.asarray(jax.jit(jax.vmap(onboard.density))(jnp.asarray(heights)))
    where = (heights >= 15e3) & (heights <= 85e3)
    assert np.max(np.abs(ours[where] / density[where] - 1.0)) < AIR_SHARE
    assert np.all(np.diff(ours) < 0.0)


def test_density_stays_finite_wherever_a_long_step_may_land(model):
    onboard, _, _ = model
    for h in (-50e3, -1e6, 1e6):
        value = float(onboard.density(jnp.asarray(h)))
        assert np.isfinite(value)
        assert 0.0 < value < 2.0


def test_lift_and_drag_are_straight_lines_held_beyond_the_knots(model):
    onboard, _, _ = model
    for speed, drag, ratio in (
        (10.0, 0.001, 0.1),
        (550.0, 0.002, 0.2),
        (3000.0, 0.0025, 0.275),
        (9e3, 0.002, 0.25),
    ):
        told = onboard.aerodynamics(jnp.asarray(speed))
        assert [float(x) for x in told] == pytest.approx([drag, ratio])


@pytest.mark.parametrize("latitude", [0.0, 30.0, -60.0, 90.0])
def test_radius_is_the_ellipsoids(model, latitude):
    onboard, _, _ = model
    u = np.array([np.cos(np.radians(latitude)), 0.0, np.sin(np.radians(latitude))])
    _, _, altitude = to_geodetic(Ellipsoid.wgs84(), jnp.asarray(u * float(onboard.radius(jnp.asarray(u[2])))))
    assert abs(float(altitude)) < RADIUS_ERROR


@pytest.mark.parametrize("latitude", [0.0, 41.6, -75.0])
def test_gravity_is_j2_and_the_centrifugal_term(model, latitude):
    onboard, _, _ = model
    u = np.array([np.cos(np.radians(latitude)), 0.0, np.sin(np.radians(latitude))])
    radius = WGS84_A + 60e3
    ours = np.asarray(join(onboard.gravity(split(jnp.asarray(u)), jnp.asarray(radius))))
    field = J2Gravity(jnp.asarray(MU_EGM96), jnp.asarray(WGS84_A), jnp.asarray(J2_EGM96))
    theirs = np.asarray(field.acceleration(jnp.asarray(radius * u)))
    centrifugal = OMEGA_WGS84**2 * radius * np.array([u[0], u[1], 0.0])
    assert ours == pytest.approx(theirs + centrifugal, abs=GRAVITY_ERROR)
    assert RADIUS_EGM96 == pytest.approx(WGS84_A, abs=1.0)  # noqa: SIM300
