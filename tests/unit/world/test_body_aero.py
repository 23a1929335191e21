"""Loads on a turning capsule: the fit, symmetry, moments, damping, trim and what moves it."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.errors import InputError
from homeward.vehicle.capsule_shape import APOLLO, CapsuleShape
from homeward.world.aerodynamics.newtonian import newtonian
from homeward.world.aerodynamics.six_dof import offset_for_lift_to_drag, plane, trim
from homeward.world.aerodynamics.six_dof_fit import (
    APOLLO_CENTER_OF_MASS,
    Corrections,
    Damping,
    body_aerodynamics,
    body_for_lift_to_drag,
    evaluate_fit,
    fit_shape,
    newtonian_corrections,
)  # fmt: skip

SHAPES = {
    "apollo": APOLLO,
    "shenzhou": CapsuleShape(2.52, 2.9, 0.05, math.radians(8.0), 2.5, 0.6),
    "soyuz": CapsuleShape(2.2, 2.235, 0.03, math.radians(7.0), 2.14, 0.7),
    "orion": CapsuleShape(5.02, 6.035, 0.251, math.radians(32.5), 3.3, 0.3),
    "cylinder": CapsuleShape(2.4, 3.0, 0.1, 0.0, 2.0),
}
NEAR_TRIM = 5e-3  # of CA, of CN and of Cm, from 140 to 180 deg
ELSEWHERE = 3e-3  # of the largest value at any angle
BISECTED = 1e-9
ZERO = jnp.zeros(())
STILL = (ZERO, ZERO, ZERO)


@pytest.fixture(scope="module")
def apollo():
    return body_aerodynamics(APOLLO, APOLLO_CENTER_OF_MASS)


def direction(alpha, roll=0.0):
    return (
        jnp.asarray(math.cos(alpha)), jnp.asarray(math.sin(alpha) * math.sin(roll)),
        jnp.asarray(math.sin(alpha) * math.cos(roll)),
    )  # fmt: skip


def loads(aero, alpha, roll=0.0, mach=10.0, omega=STILL):
    row = aero.at_mach(jnp.asarray(mach))
    force, moment = aero.loads(row, direction(alpha, roll), jnp.asarray(1000.0), omega)
    return np.array([float(f) for f in force]), np.array([float(m) for m in moment])


@pytest.mark.parametrize("name", ["apollo", "shenzhou", "soyuz", "orion"])
def test_the_fit_keeps_to_the_integral(name):
    shape = SHAPES[name]
    angle = np.radians(np.linspace(0.02, 179.98, 4999))  # between the angles of the fit
    fitted = evaluate_fit(shape, *fit_shape(shape), angle)
    axial, normal, moment = newtonian(shape, angle, 96)
    near = angle > math.radians(140.0)
    for ours, exact in zip(fitted, (axial, normal / np.sin(angle), moment / np.sin(angle)), strict=True):
        assert np.max(np.abs(ours / exact - 1.0)[near]) < NEAR_TRIM
        assert np.max(np.abs(ours - exact)) < ELSEWHERE * np.max(np.abs(exact))


def test_the_compiled_functions_are_the_fit(apollo):
    angle = np.radians(np.linspace(0.0, 180.0, 37))
    ours = jax.vmap(apollo.shape_functions)(jnp.asarray(np.cos(angle)), jnp.asarray(np.sin(angle)))
    for mine, fitted in zip(ours, evaluate_fit(APOLLO, *fit_shape(APOLLO), angle), strict=True):
        assert np.asarray(mine) == pytest.approx(fitted, abs=1e-8)  # the onset's 1e-18 under the root


@pytest.mark.parametrize("name", list(SHAPES))
def test_any_attitude_is_finite_and_brakes(name):
    shape = SHAPES[name]
    aero = body_aerodynamics(shape, (0.3 * shape.diameter, 0.0, 0.03 * shape.diameter))

    def brake(alpha, mach):
        lateral = jnp.sin(alpha)
        v = (jnp.cos(alpha), 0.6 * lateral, 0.8 * lateral)
        force, moment = aero.loads(aero.at_mach(mach), v, jnp.ones(()), STILL)
        return jnp.stack([force[0] * v[0] + force[1] * v[1] + force[2] * v[2], *moment])

    alpha, mach = jnp.radians(jnp.linspace(0.0, 180.0, 181)), jnp.asarray([0.0, 0.2, 0.95, 2.0, 40.0])
    values = jax.jit(jax.vmap(jax.vmap(brake, (0, None)), (None, 0)))(alpha, mach)
    assert bool(jnp.all(jnp.isfinite(values)))
    assert float(jnp.max(values[..., 0])) < 0.0


def test_the_slope_is_finite_on_the_axis(apollo):
    row = apollo.at_mach(jnp.asarray(5.0))

    def total(v):
        force, moment = apollo.loads(row, (v[0], v[1], v[2]), jnp.asarray(1.0), STILL)
        return sum(force) + sum(moment)

    for x in (-1.0, 1.0):
        assert bool(jnp.all(jnp.isfinite(jax.grad(total)(jnp.asarray([x, 0.0, 0.0])))))


@given(st.floats(0.0, math.pi), st.floats(0.0, 2 * math.pi), st.floats(0.2, 30.0))
@settings(max_examples=40, deadline=None)
def test_loads_turn_with_the_body(apollo, alpha, roll, mach):
    c, s = math.cos(roll), math.sin(roll)
    turn = np.array([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]])
    turned = eqx.tree_at(
        lambda a: a.center_of_mass, apollo, jnp.asarray(turn @ np.asarray(APOLLO_CENTER_OF_MASS))
    )
    plain, there = loads(apollo, alpha, 0.0, mach), loads(turned, alpha, roll, mach)
    for a, b in zip(plain, there, strict=True):
        assert turn @ a == pytest.approx(b, abs=1e-7)


def test_force_at_the_trim_of_the_table_points_to_plus_z(apollo):
    alpha, cl, cd = (float(v) for v in trim(apollo, jnp.asarray(10.0)))
    force, moment = loads(apollo, alpha)
    v = np.array([math.cos(alpha), 0.0, math.sin(alpha)])
    up = np.array([math.sin(alpha), 0.0, -math.cos(alpha)])  # across v, on the side of +z
    assert up[2] > 0.0 and 0.5 * math.pi < alpha < math.pi
    scale = 1000.0 * float(apollo.area)
    assert -force @ v == pytest.approx(scale * cd, rel=1e-12)
    assert force @ up == pytest.approx(scale * cl, rel=1e-12)
    assert np.max(np.abs(moment)) < BISECTED * scale * APOLLO.diameter


def test_moment_about_the_centre_of_mass_agrees_with_the_plane(apollo):
    row = apollo.at_mach(jnp.asarray(3.0))
    for tilt in np.radians([5.0, 25.0, 60.0]):
        _, _, cm = plane(apollo, row, jnp.asarray(tilt))
        _, moment = loads(apollo, math.pi - tilt, mach=3.0)
        assert moment[1] == pytest.approx(float(cm * apollo.area * apollo.length) * 1000.0, rel=1e-9)


@pytest.mark.parametrize("mach", [0.3, 0.9, 1.5, 5.0, 25.0])
def test_trim_is_stable(apollo, mach):
    row = apollo.at_mach(jnp.asarray(mach))
    alpha, _, _ = trim(apollo, jnp.asarray(mach))
    slope = jax.grad(lambda a: plane(apollo, row, jnp.pi - a)[2])(alpha)
    assert -0.4 < float(slope) < -0.05  # per radian of the angle of attack


def test_damping_turns_against_the_rate():
    damping = Damping(np.array([1.0, 2.0]), np.array([-0.1, -0.3]), np.array([-0.02, -0.02]))
    aero = body_aerodynamics(APOLLO, APOLLO_CENTER_OF_MASS, damping=damping)
    rate = (jnp.asarray(0.01), jnp.asarray(0.02), jnp.asarray(-0.03))
    _, still = loads(aero, 2.7, mach=1.5)
    _, turning = loads(aero, 2.7, mach=1.5, omega=rate)
    scale = 1000.0 * float(aero.area) * APOLLO.diameter
    assert (turning - still) / scale == pytest.approx([-0.0002, -0.004, 0.006], abs=1e-12)


@given(st.floats(0.02, 0.55))
@settings(max_examples=20, deadline=None)
def test_offset_gives_the_lift_to_drag_asked_for(apollo, wanted):
    body = apollo.with_lift_to_drag(jnp.asarray(wanted))
    _, cl, cd = trim(body, jnp.asarray(10.0))
    assert float(cl / cd) == pytest.approx(wanted, abs=BISECTED)
    assert float(offset_for_lift_to_drag(apollo, jnp.asarray(-wanted))) == pytest.approx(
        -float(body.center_of_mass[2]), abs=BISECTED
    )


def test_on_the_axis_it_flies_without_lift():
    aero = body_aerodynamics(APOLLO, (1.03, 0.0, 0.0))
    alpha, cl, _ = trim(aero, jnp.asarray(10.0))
    assert float(alpha) == pytest.approx(math.pi, abs=BISECTED) and abs(float(cl)) < BISECTED
    assert np.asarray(aero.scaled(1.1, 0.9).center_of_mass) == pytest.approx([1.03, 0.0, 0.0], abs=BISECTED)


def test_there_is_no_trim_where_the_centre_of_mass_is_too_far_aft():
    aero = body_aerodynamics(APOLLO, (2.9, 0.0, 0.2))
    assert math.isnan(float(trim(aero, jnp.asarray(10.0))[0]))
    assert math.isnan(float(offset_for_lift_to_drag(aero, jnp.asarray(5.0))))


@pytest.mark.parametrize(("along", "wanted"), [(1.03, 3.0), (1.03, 0.9), (3.35, 0.3)])
def test_a_lift_to_drag_out_of_reach_is_refused(along, wanted):
    with pytest.raises(InputError, match=r"^truth\.capsule\.lift_to_drag: "):
        body_for_lift_to_drag(APOLLO, along, wanted)
    body = body_for_lift_to_drag(APOLLO, 1.0312, 0.30)
    assert float(body.center_of_mass[2]) == pytest.approx(0.13398, abs=1e-4)


def test_scaling_goes_through_a_compiled_batch(apollo):
    def flown(drag, ratio):
        body = apollo.scaled(drag, ratio)
        alpha, cl, cd = trim(body, jnp.asarray(10.0))
        return jnp.stack([cl / cd, cd, alpha, body.center_of_mass[2]])

    drag, ratio = jnp.asarray([1.0, 1.2, 1.0]), jnp.asarray([1.0, 1.0, 0.9])
    values = np.asarray(jax.jit(jax.vmap(flown))(drag, ratio))
    assert values[:, 0] == pytest.approx(0.335823 * np.asarray(ratio), rel=1e-5)
    assert values[1, 1] == pytest.approx(1.2 * values[0, 1])
    assert values[1, 2] == pytest.approx(values[0, 2])  # more air, the same trim
    assert values[0, 3] == pytest.approx(APOLLO_CENTER_OF_MASS[2]) and values[2, 3] < values[0, 3]


def test_bad_tables_are_refused():
    good = newtonian_corrections()
    with pytest.raises(InputError, match="increase"):
        bad = Corrections(good.mach[::-1].copy(), good.factor, good.normal, good.moment)
        body_aerodynamics(APOLLO, APOLLO_CENTER_OF_MASS, bad)
    with pytest.raises(InputError, match=r"^truth\.capsule\.center_of_mass_m: "):
        body_aerodynamics(APOLLO, (1.0, 0.0, 3.0))
