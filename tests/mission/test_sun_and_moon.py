"""The coast feels Earth, Sun and Moon: against an adaptive solver of the same forces."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import fly_plan, plan_of
from scipy.integrate import solve_ivp

from homeward.sim.core.legs import COAST, leg
from homeward.sim.mission import MissionLeg

REVOLUTION = 5500.0  # s
STEP_ERROR = 0.05  # m: the fourth-order step of 10 s over one revolution
LEAST_EFFECT = 0.4  # m that Sun and Moon make out in that time


@pytest.fixture(scope="module")
def plan():
    return plan_of("shenzhou-15", return__legs__start="burn")


def _coast(plan, world):
    begin = float(plan.truth.time)
    legs = [MissionLeg("coast", leg(COAST, 0, 10.0, end_time=begin + REVOLUTION))]
    return fly_plan(plan, world=world, legs=legs).end("coast").r_BI_I


def test_a_revolution_under_earth_sun_and_moon(plan):
    no_density = plan.world.thin_air.rows.at[:, 0].set(-700.0)  # the logarithm of nothing much
    world = eqx.tree_at(lambda w: w.thin_air.rows, plan.world, no_density)
    alone = eqx.tree_at(lambda w: w.third_bodies, world, None)
    spin = world.orientation.at(plan.truth.time)

    @jax.jit
    def rates(t, y):
        C = spin.C_EI(t)
        g = C.T @ world.gravity.acceleration(C @ y[:3])
        return jnp.concatenate([y[3:], g + world.third_bodies.acceleration(t, y[:3])])

    begin = float(plan.truth.time)
    start = np.concatenate([plan.truth.r_BI_I, plan.truth.v_BI_I])
    span = (begin, begin + REVOLUTION)
    oracle = solve_ivp(rates, span, start, method="DOP853", rtol=1e-11, atol=1e-6).y[:3, -1]
    ours, without = _coast(plan, world), _coast(plan, alone)
    assert np.linalg.norm(ours - oracle) < STEP_ERROR
    assert np.linalg.norm(without - oracle) > LEAST_EFFECT
