"""Truth is dispersed about belief: mass properties, air forces by Mach band, thrusters, canopies, biases."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.campaigns.analysis.gradient import NONE
from homeward.campaigns.store.draw_columns import return_draws
from homeward.dispersion.returns import disperse
from homeward.dispersion.vehicle import departed_table
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.scenario.build.initial_attitude import capsule_alone
from homeward.world.aerodynamics.six_dof import trim

RUNS = np.arange(256)  # always all of them: another number compiles the draws anew
SPREAD = 0.15  # of a standard deviation found from 256 runs: three sigma


@pytest.fixture(scope="module")
def plan():
    return plan_return(load("shenzhou-15"), fidelity="six-dof")


@pytest.fixture(scope="module")
def drawn(plan):
    return disperse(plan, 3, RUNS)


def still(plan, **kept):
    """The plan with nothing dispersed but ``kept``."""
    s = plan.scenario
    spreads = s.dispersion.model_copy(update={**NONE, **kept})
    return dataclasses.replace(plan, scenario=s.model_copy(update={"dispersion": spreads}))


def test_each_quantity_departs_by_its_sigma(plan, drawn):
    (world, _, truth), d, n = drawn, plan.scenario.dispersion, plan.world

    def spread(values, sigma):
        assert np.std(values) == pytest.approx(sigma, rel=SPREAD)

    def part(name):
        return np.asarray(getattr(world.parachutes, name)) / float(getattr(n.parachutes, name)) - 1.0

    for name in ("drogue_area", "main_area", "backup_area"):
        spread(part(name), d.parachute_area / 3)
    spread(part("main_fill"), d.parachute_fill / 3)
    spread(part("main_reefed_fraction"), d.reefed_fraction / 3)
    spread(np.asarray(world.retro.thrust) / float(n.retro.thrust) - 1.0, d.retro_thrust / 3)
    off = np.asarray(world.body.aero.center_of_mass) - np.asarray(n.body.aero.center_of_mass)
    spread(off[:, 0], d.center_of_mass_m[0] / 3)
    spread(off[:, 1], d.center_of_mass_m[1] / 3)
    moments = np.asarray(truth.body.inertia) / np.asarray(plan.truth.body.inertia).max()
    spread(moments[:, 1, 1], d.inertia / 3)
    assert abs(np.corrcoef(moments[:, 0, 0], moments[:, 1, 1])[0, 1]) < 0.25  # each by itself
    thrust = (
        np.asarray(world.body.capsule_thrusters.thrust) / np.asarray(n.body.capsule_thrusters.thrust) - 1.0
    )
    spread(thrust[:, 0], d.thruster_thrust / 3)
    assert abs(np.corrcoef(thrust[:, 0], thrust[:, 1])[0, 1]) < 0.25
    turned = np.asarray(world.body.stack_thrusters.direction)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), 1.0, atol=1e-12)
    spread(np.asarray(world.body.aids.gamma.bias), d.altimeter_bias_m / 3)
    spread(np.asarray(world.body.aids.pressure.bias), d.barometer_bias_m / 3)
    late = -np.asarray(truth.retro_time)
    assert late.min() == 0.0 and 0.3 < np.mean(late > 0.0) < 0.7
    # Damping above zero drives the oscillation: so it is in part of the flights, below Mach 2 alone.
    damping, mach = np.asarray(world.body.aero.table)[:, :, 3], np.asarray(n.body.aero.mach)
    assert np.any(damping[:, mach < 2.0] > 0.0) and np.all(damping[:, mach > 5.0] < 0.0)


def test_the_forecast_is_wrong_by_a_constant_too(plan):
    one = disperse(still(plan), 3, RUNS)[0].wind.rows
    two = disperse(still(plan, forecast_bias_m_s=10.0), 3, RUNS)[0].wind.rows
    apart = np.asarray(two) - np.asarray(one)
    assert np.ptp(apart, axis=1).max() < 1e-9  # the same at all heights
    assert np.std(apart[:, 0]) == pytest.approx(10.0 / 3.0, rel=SPREAD)


def test_nothing_dispersed_is_the_nominal_ship(plan):
    world, _, truth = disperse(still(plan), 3, RUNS)
    for where in (
        lambda w: w.parachutes, lambda w: w.retro, lambda w: w.body.aero.table,
        lambda w: w.body.aero.center_of_mass, lambda w: w.body.capsule_thrusters.thrust,
        lambda w: w.body.stack_thrusters.direction, lambda w: w.body.riser_place,
    ):  # fmt: skip
        got, want = (jax.tree.leaves(where(w)) for w in (world, plan.world))
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a[0], b, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(truth.body.inertia[0], plan.truth.body.inertia, rtol=1e-12)


def test_another_dispersion_changes_no_other_draw(plan, drawn):
    """Streams are keyed by name: without the new quantities the rest is drawn as it was."""
    world, _, _ = disperse(still(plan, mass=0.02, drag=0.1), 3, RUNS)
    full, _, _ = drawn
    np.testing.assert_array_equal(world.capsule.mass, np.asarray(full.capsule.mass))
    np.testing.assert_array_equal(world.aerodynamics.drag, np.asarray(full.aerodynamics.drag))


def test_trim_is_turned_by_the_angle_asked_for(plan):
    aero = plan.world.body.aero
    zero = {
        "drag_by_mach": np.zeros((1, 3)), "normal_force_by_mach": np.zeros((1, 3)),
        "trim_by_mach": np.radians([[0.5, 0.5, 0.5]]), "pitch_damping": np.zeros((1, 2)),
    }  # fmt: skip
    table = departed_table(aero, np.asarray(aero.table)[None], zero)[0]
    moved = eqx.tree_at(lambda a: a.table, aero, jnp.asarray(table))
    for mach in np.asarray(aero.mach)[[2, 5, -1]]:
        turned = np.degrees(float(trim(aero, jnp.asarray(mach))[0] - trim(moved, jnp.asarray(mach))[0]))
        assert turned == pytest.approx(0.5, rel=0.1)


def test_the_capsule_has_the_errors_of_inertia_that_the_stack_has(plan, drawn):
    _, _, truth = drawn
    errors = np.asarray(truth.body.inertia)[:, 0, 0] / np.asarray(plan.truth.body.inertia)[0, 0]
    alone = capsule_alone(plan.scenario, truth)
    moments = plan.scenario.truth.capsule.inertia_kg_m2
    share = np.asarray(truth.mass) / plan.scenario.truth.capsule.mass_kg
    np.testing.assert_allclose(
        np.asarray(alone.body.inertia)[:, 0, 0] / share / moments[0], errors, rtol=1e-12
    )


def test_what_was_drawn_stands_in_the_store(plan, drawn):
    world, _, truth = drawn
    values, columns = return_draws(plan, world, truth)
    assert {"draw_main_area", "draw_retro_delay", "draw_altimeter_bias", "draw_inertia_y"} <= set(columns)
    assert all(np.shape(v) == (len(RUNS),) and np.all(np.isfinite(v)) for v in values.values())
