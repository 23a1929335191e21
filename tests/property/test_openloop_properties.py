"""What must hold of any open-loop flight: lanes, conserved quantities, symmetry, step size, an oracle."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.earth.geodesy import Ellipsoid, from_geodetic, horizontal_distance, north_east_down, to_geodetic
from homeward.sim.open_loop.dynamics import Body, Planet, advance, fly_open_loop, rates
from homeward.world.aerodynamics.trim import ConstantAerodynamics, apollo
from homeward.world.environment.atmosphere import ExponentialAtmosphere, UsStandard1976, sample
from homeward.world.environment.gravity import CentralGravity, J2Gravity
from homeward.world.environment.wind import NoWind, wind_table

STEP, STEPS, WIDTH = 0.5, 2600, 64
STOP = 10e3
ACROSS_WIDTHS = 1e-9  # relative: other widths compile to other orders of rounding
SYMMETRY = 1e-7  # m, m/s, rad per unit of each: rounding of 6.4e6 m turned about, over 1,500 steps
MU = 3.986004415e14
few = settings(max_examples=8, deadline=None)


def scalar(value):
    return jnp.asarray(value, jnp.float64)


def capsule(bank):
    return Body(scalar(3200.0), scalar(5.0), apollo(0.3), scalar(bank), scalar(2.9), jnp.ones(3))


def earth():
    wind = wind_table([0.0, 10e3, 60e3], [0.0, 5.0, 0.0], [2.0, 15.0, 30.0])
    air = sample(UsStandard1976(), 0.0, 250.0, 501)
    return Planet(Ellipsoid.wgs84(), scalar(7.292115e-5), J2Gravity(), air, wind)


def round_world():
    air = ExponentialAtmosphere(1.225, 7200.0)
    return Planet(Ellipsoid.sphere(6371e3), scalar(0.0), CentralGravity(MU), air, NoWind())


@jax.jit
def start(ellipsoid, latitude, longitude, heading, angle=-1.8, speed=7600.0, height=120e3):
    latitude, longitude, heading, angle = (
        jnp.radians(scalar(x)) for x in (latitude, longitude, heading, angle)
    )
    along = speed * jnp.cos(angle)
    v_N = jnp.stack([along * jnp.cos(heading), along * jnp.sin(heading), -speed * jnp.sin(angle)])
    r_E = from_geodetic(ellipsoid, latitude, longitude, scalar(height))
    return jnp.concatenate([r_E, v_N @ north_east_down(latitude, longitude)])


def fly(body, planet, y0, step=STEP, steps=STEPS):
    return fly_open_loop(body, planet, y0, scalar(step), steps, scalar(STOP))


fly_one = eqx.filter_jit(fly)
fly_lanes = eqx.filter_jit(eqx.filter_vmap(fly, in_axes=(None, None, 0)))


def lanes(count, seed):
    random = np.random.default_rng(seed)
    draws = zip(
        random.uniform(-60, 60, count),
        random.uniform(0, 360, count),
        random.uniform(-2.2, -1.6, count),
        strict=True,
    )
    ellipsoid = Ellipsoid.wgs84()
    return jnp.stack([start(ellipsoid, a, 100.0, b, c) for a, b, c in draws])


@pytest.fixture(scope="module")
def batch():
    y0 = lanes(WIDTH, 1)
    return y0, fly_lanes(capsule(1.0), earth(), y0)


def test_one_lane_equals_many(batch):
    y0, (t, y) = batch
    for lane in (0, 17, 63):
        t1, y1 = fly_one(capsule(1.0), earth(), y0[lane])
        assert abs(float(t1 / t[lane]) - 1.0) < ACROSS_WIDTHS
        for part in (slice(0, 3), slice(3, 6)):
            gap = jnp.linalg.norm(y1[part] - y[lane, part]) / jnp.linalg.norm(y1[part])
            assert float(gap) < ACROSS_WIDTHS


def test_a_lane_does_not_see_its_neighbours(batch):
    y0, (t, y) = batch
    others = lanes(WIDTH, 2).at[5].set(y0[17]).at[40].set(y0[3])
    t2, y2 = fly_lanes(capsule(1.0), earth(), others)
    assert float(t2[5]) == float(t[17]) and np.array_equal(y2[5], y[17])
    assert float(t2[40]) == float(t[3]) and np.array_equal(y2[40], y[3])


def test_every_lane_ends_at_the_stop_altitude(batch):
    _, (_, y) = batch
    heights = jax.vmap(lambda r: to_geodetic(Ellipsoid.wgs84(), r)[2])(y[:, :3])
    assert float(jnp.max(jnp.abs(heights - STOP))) < 1e-3


@few
@given(
    speed=st.floats(6500.0, 10500.0), angle=st.floats(-10.0, 30.0), rate=st.floats(-1e-4, 1e-4),
    latitude=st.floats(-85.0, 85.0), heading=st.floats(0.0, 360.0),
)  # fmt: skip
def test_energy_and_angular_momentum_are_kept_where_nothing_acts(speed, angle, rate, latitude, heading):
    nothing = ExponentialAtmosphere(0.0, 7200.0)
    planet = Planet(Ellipsoid.wgs84(), scalar(rate), CentralGravity(MU), nothing, NoWind())
    y0 = start(planet.ellipsoid, latitude, 0.0, heading, angle, speed, 500e3)
    end = _drift(planet, y0)
    omega = np.array([0.0, 0.0, rate])

    def invariants(y, turned):
        y, c, s = np.asarray(y), np.cos(turned), np.sin(turned)
        C_IE = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        r, v = C_IE @ y[:3], C_IE @ (y[3:] + np.cross(omega, y[:3]))
        return v @ v / 2 - MU / np.linalg.norm(r), np.cross(r, v)

    (energy0, momentum0), (energy1, momentum1) = invariants(y0, 0.0), invariants(end, rate * 600.0)
    # Fourth order at 1 s over 600 s: 1e-12 and rounding; the energy is a difference of two large numbers.
    assert abs(energy1 - energy0) < 1e-10 * MU / 6.9e6
    assert np.linalg.norm(momentum1 - momentum0) < 1e-10 * np.linalg.norm(momentum0)


@eqx.filter_jit
def _drift(planet, y0):
    body = capsule(0.0)
    return jax.lax.fori_loop(0, 600, lambda _, y: advance(body, planet, y, scalar(1.0)), y0)


@few
@given(
    latitude=st.floats(-88.0, 88.0), longitude=st.floats(-180.0, 180.0), heading=st.floats(0.0, 360.0),
    bank=st.floats(-1.4, 1.4),
)  # fmt: skip
def test_turning_the_whole_round_world_changes_no_relative_output(latitude, longitude, heading, bank):
    planet, body = round_world(), Body(
        scalar(400.0), scalar(1.0), ConstantAerodynamics(0.3, 1.0), scalar(bank), scalar(1.0), jnp.ones(3)
    )  # fmt: skip
    told = []
    for place in ((0.0, 0.0, 90.0), (latitude, longitude, heading)):
        y0 = start(planet.ellipsoid, *place)
        t, y = fly_one(body, planet, y0)
        up = y[:3] / jnp.linalg.norm(y[:3])
        side = jnp.cross(y0[:3], y0[3:])  # of the plane in which it set out
        told.append(
            [
                float(t),
                float(jnp.linalg.norm(y[3:])),
                float(y[3:] @ up),
                float(horizontal_distance(planet.ellipsoid, y0[:3], y[:3])),
                float(y[:3] @ side / jnp.linalg.norm(side)),
            ]
        )
    first, turned = np.array(told)
    scale = np.array([1.0, 1.0, 1.0, 10.0, 10.0])
    assert np.max(np.abs(first - turned) / scale) < SYMMETRY * 10.0


def test_halving_the_step_moves_the_end_by_centimetres():
    body, planet, y0 = capsule(1.0), earth(), start(Ellipsoid.wgs84(), 35.0, 80.0, 75.0)
    _, coarse = fly_one(body, planet, y0)
    _, fine = fly_one(body, planet, y0, STEP / 2, 2 * STEPS)
    corners = 0.2  # m; those of the tables make 0.04
    assert float(jnp.linalg.norm(coarse[:3] - fine[:3])) < corners


def test_a_tight_adaptive_integrator_agrees():
    body, planet = (
        capsule(1.0),
        eqx.tree_at(lambda p: p.atmosphere, earth(), ExponentialAtmosphere(1.225, 7200.0)),
    )
    y0 = start(Ellipsoid.wgs84(), 35.0, 80.0, 75.0)

    @eqx.filter_jit
    def oracle(y0):
        return diffrax.diffeqsolve(
            diffrax.ODETerm(lambda t, y, args: rates(body, planet, y)), diffrax.Dopri8(), 0.0, 400.0, 1.0, y0,
            stepsize_controller=diffrax.PIDController(rtol=1e-11, atol=1e-8), max_steps=20_000,
        ).ys[0]  # fmt: skip

    @eqx.filter_jit
    def fixed(y0):
        return jax.lax.fori_loop(0, 800, lambda _, y: advance(body, planet, y, scalar(STEP)), y0)

    assert (
        float(jnp.linalg.norm((oracle(y0) - fixed(y0))[:3])) < 0.05
    )  # m: the corners of trim table and wind
