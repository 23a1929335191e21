"""Eighth-order steps, Stormer's method, and open-loop lanes against the plain way."""

import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.geodesy import Ellipsoid, from_geodetic
from homeward.math.runge_kutta8 import rk8_step
from homeward.math.stormer import coast, weights
from homeward.math.xla_barrier import routine
from homeward.sim.open_loop.dynamics import Body, Planet, fly_open_loop
from homeward.sim.open_loop.lanes import fly_lanes
from homeward.world.aerodynamics.trim import ConstantAerodynamics
from homeward.world.environment.atmosphere import ExponentialAtmosphere
from homeward.world.environment.gravity import J2Gravity
from homeward.world.environment.wind import NoWind

MU = 3.986004418e14


def circle(x):
    r3 = (x[0] * x[0] + x[1] * x[1]) ** 1.5
    return x[2], x[3], -x[0] / r3, -x[1] / r3


def error_after_a_radian(steps):
    x = tuple(jnp.asarray(a) for a in (1.0, 0.0, 0.0, 1.0))
    fly = jax.jit(
        lambda x: jax.lax.fori_loop(0, steps, lambda _, x: rk8_step(circle, x, jnp.asarray(1.0 / steps)), x)
    )
    x = fly(x)
    return float(jnp.hypot(x[0] - jnp.cos(1.0), x[1] - jnp.sin(1.0)))


def test_rk8_is_of_eighth_order():
    ratio = error_after_a_radian(2) / error_after_a_radian(4)
    assert 2**7.5 < ratio < 2**9.5  # 2**8, give or take the next term at such long steps


def test_a_routine_is_the_function_it_was_made_of():
    x = jnp.linspace(0.0, 1.0, 5)
    assert np.array_equal(jax.vmap(lambda a: routine(lambda b: b * 2.0, a))(x), 2.0 * x)


def test_stormer_weights_of_order_four():
    # Hairer, Norsett, Wanner (III.10.11): 14/12, -5/12, 4/12, -1/12.
    assert np.allclose(np.array(weights(4)[0]) * 12, [14, -5, 4, -1], rtol=1e-14)


def test_a_coast_of_a_revolution_comes_back():
    radius = 6.8e6
    period = 2 * np.pi * np.sqrt(radius**3 / MU)

    def pull(r):
        k = -MU / (r[0] * r[0] + r[1] * r[1] + r[2] * r[2]) ** 1.5
        return tuple(k * c for c in r)

    start = tuple(jnp.asarray(c) for c in (radius, 0.0, 0.0))
    speed = tuple(jnp.asarray(c) for c in (0.0, float(np.sqrt(MU / radius)), 0.0))
    r, v = jax.jit(lambda r, v: coast(pull, r, v, period / 90, 90, order=10))(start, speed)
    millimetres = 5e-2  # ten centimetres of a revolution of 43,000 km would be a wrong weight
    assert np.linalg.norm(np.array(r) - np.array(start)) < millimetres
    assert np.linalg.norm(np.array(v) - np.array(speed)) < 1e-3 * millimetres * 10


def test_lanes_land_where_one_by_one_flights_do():
    planet = Planet(
        Ellipsoid(jnp.asarray(6378137.0), jnp.asarray(1 / 298.257223563)), jnp.asarray(7.292115e-5),
        J2Gravity(), ExponentialAtmosphere(1.3, 7100.0), NoWind(),
    )  # fmt: skip

    def body(bank):
        aero = ConstantAerodynamics(0.39, 1.3)
        return Body(jnp.asarray(3200.0), jnp.asarray(4.99), aero, bank, jnp.asarray(1.0), jnp.ones(3))

    banks = jnp.radians(jnp.asarray([-70.0, 50.0, 60.0]))
    r = from_geodetic(planet.ellipsoid, jnp.asarray(0.7), jnp.asarray(1.0), jnp.asarray(120e3))
    up = r / jnp.linalg.norm(r)
    east = jnp.asarray([-jnp.sin(1.0), jnp.cos(1.0), 0.0])
    state = jnp.concatenate([r, 7450.0 * (jnp.cos(0.028) * east - jnp.sin(0.028) * up)])
    states = jnp.tile(state, (3, 1))
    bodies = jax.vmap(body)(banks)
    stop = jnp.asarray(10e3)
    times, ends, down = jax.jit(fly_lanes)(bodies, planet, states, stop)

    one = jax.vmap(lambda b: fly_open_loop(body(b), planet, state, jnp.asarray(0.5), 2000, stop))
    times_one, ends_one = jax.jit(one)(banks)
    metres = 0.5  # what the long steps of the lanes may leave; the short ones of the other leave millimetres
    assert bool(jnp.all(down))
    assert float(jnp.max(jnp.linalg.norm(ends[:, :3] - ends_one[:, :3], axis=1))) < metres
    assert float(jnp.max(jnp.abs(times - times_one))) < 1e-2
