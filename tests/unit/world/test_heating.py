"""Stagnation-point heating: the formulas by hand, limits, monotony."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.world.aerodynamics.heating import convective, heat_rate, radiative


def arrays(*values):
    return [jnp.asarray(float(v)) for v in values]


def test_convection_by_hand():
    # sqrt(1e-4 / 1) 7000^3 1.7415e-4 = 597,334.5 W/m2
    assert float(convective(*arrays(1e-4, 7000.0, 1.0))) == pytest.approx(597334.5)


def test_convection_scales_with_the_cube_of_speed_and_the_root_of_the_radius():
    base = convective(*arrays(1e-4, 7000.0, 1.0))
    assert float(convective(*arrays(1e-4, 14000.0, 1.0)) / base) == pytest.approx(8.0)
    assert float(convective(*arrays(1e-4, 7000.0, 4.0)) / base) == pytest.approx(0.5)


def test_radiation_by_hand():
    # 11 km/s, 3e-4 kg/m3, 1 m: the radius does not count, 4.736e8 (3e-4)^1.22 151 W/m2
    assert float(radiative(*arrays(3e-4, 11000.0, 1.0))) == pytest.approx(4.736e8 * 3e-4**1.22 * 151.0)
    # 1e-4 kg/m3 and 2.5 m: the exponent would be 0.54 and is held at 0.5
    assert float(radiative(*arrays(1e-4, 11000.0, 2.5))) == pytest.approx(
        4.736e8 * 2.5**0.5 * 1e-4**1.22 * 151.0
    )


def test_no_radiation_below_9_km_s_and_no_step_above():
    assert float(radiative(*arrays(1e-3, 8999.0, 1.0))) == 0.0
    speeds = jnp.linspace(8500.0, 16500.0, 801)
    q = jax.vmap(lambda v: radiative(jnp.asarray(1e-4), v, jnp.asarray(1.0)))(speeds)
    assert bool(jnp.all(jnp.diff(q) >= 0.0))


def test_a_vacuum_and_a_standstill_heat_nothing():
    for values in ((0.0, 12000.0, 2.0), (1.2, 0.0, 2.0), (0.0, 0.0, 0.5)):
        assert float(heat_rate(*arrays(*values))) == pytest.approx(0.0, abs=1e-12)


def test_gradients_are_finite():
    gradient = jax.jacfwd(lambda x: heat_rate(x[0], x[1], x[2]))(jnp.asarray([1e-4, 11000.0, 2.0]))
    assert np.all(np.isfinite(gradient))
