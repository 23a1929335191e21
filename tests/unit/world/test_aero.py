"""Trim aerodynamics: interpolation, scaling, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.errors import InputError
from homeward.world.aerodynamics.trim import ConstantAerodynamics, apollo, trim_table


def test_constant_coefficients_scale():
    cl, cd = ConstantAerodynamics(0.36, 1.2).scaled(1.1, 0.9).coefficients(jnp.asarray(5.0))
    assert float(cd) == pytest.approx(1.32)
    assert float(cl / cd) == pytest.approx(0.3 * 0.9)


def test_a_table_is_linear_between_rows_and_held_beyond():
    table = trim_table([1.0, 3.0, 9.0], [0.2, 0.4, 0.1], [1.0, 1.2, 1.5])
    cl, cd = jax.vmap(table.coefficients)(jnp.asarray([0.0, 2.0, 6.0, 40.0]))
    assert np.asarray(cl) == pytest.approx([0.2, 0.3, 0.25, 0.1])
    assert np.asarray(cd) == pytest.approx([1.0, 1.1, 1.35, 1.5])


def test_lift_to_drag_is_set_at_mach_ten_and_drag_is_left_alone():
    plain, scaled = apollo(), apollo(0.25)
    for mach in (0.3, 5.0, 10.0, 25.0):
        (cl0, cd0), (cl1, cd1) = (t.coefficients(jnp.asarray(mach)) for t in (plain, scaled))
        assert float(cd1) == pytest.approx(float(cd0))
        assert float(cl1 / cl0) == pytest.approx(0.25 / 0.335823, rel=1e-5)


def test_scaling_goes_through_a_compiled_batch():
    def ratio(factor):
        cl, cd = apollo(0.3).scaled(factor, 1.0 / factor).coefficients(jnp.asarray(10.0))
        return jnp.stack([cl / cd, cd])

    values = jax.jit(jax.vmap(ratio))(jnp.asarray([0.9, 1.1]))
    assert np.asarray(values[:, 0]) == pytest.approx([0.3 / 0.9, 0.3 / 1.1])


@pytest.mark.parametrize(
    "columns",
    [([1.0, 1.0], [0.1, 0.1], [1.0, 1.0]), ([1.0, 2.0], [0.1, 0.1], [1.0, 0.0]), ([1.0], [0.1], [1.0])],
)
def test_bad_tables_are_refused(columns):
    with pytest.raises(InputError):
        trim_table(*columns)
