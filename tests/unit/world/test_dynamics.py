"""Forces on the ship: drag against the moving air, lift to the right for a right bank, the step."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import plan_of

from homeward.math.triples import join, split
from homeward.world.dynamics.point_mass import (
    Inputs,
    aerodynamic,
    finite,
    integrate_tick,
    oblate_gravity,
    slow_gravity,
    thin_drag,
)
from homeward.world.environment.gravity import CentralGravity, egm96
from homeward.world.environment.wind import wind_table

A, H = 6378137.0, 50e3
# Over the equator at the prime meridian: up is x, east y, north z.
R = np.array([A + H, 0.0, 0.0])
ROUNDING = 1e-9
FIELD_ERROR = 1e-12  # m/s2
PULL = 1e-4  # gravity a little elsewhere on the way, for one step of ten seconds


@pytest.fixture(scope="module")
def world():
    return plan_of(return__legs__end="opening").world


def _inputs(bank=0.0, lifting=1.0, area=0.0, push=(0.0, 0.0, 0.0), mass=5498.22, flow=0.0):
    numbers = [jnp.asarray(float(x)) for x in (lifting, area, 0.0, bank, 0.0)]
    return Inputs(jnp.asarray(float(mass)), jnp.asarray(float(flow)), jnp.asarray(push), *numbers)


_air = eqx.filter_jit(lambda w, i, r, v: aerodynamic(w, i, split(r), split(v), jnp.asarray(0.0)))
_thin = eqx.filter_jit(lambda w, i, r, v: thin_drag(w, i, split(r), split(v), jnp.asarray(0.0)))


def _feel(world, velocity, **inputs):
    a, told = _air(world, _inputs(**inputs), jnp.asarray(R), jnp.asarray(velocity))
    return np.array([float(x) for x in a]), told


def test_drag_opposes_and_lift_is_the_scenarios_ratio(world):
    a, told = _feel(world, [0.0, 7000.0, 0.0])
    assert a[1] < 0.0 < a[0]  # against the motion, and up for wings level
    assert a[0] / -a[1] == pytest.approx(0.3247275, rel=1e-6)
    drag = 0.5 * float(told.density) * 7000.0**2 * 1.2569 * float(world.capsule.area) / 5498.22
    assert -a[1] == pytest.approx(drag, rel=1e-12)
    assert float(told.load) == pytest.approx(np.linalg.norm(a) / 9.80665)
    assert float(told.dynamic_pressure) == pytest.approx(0.5 * float(told.density) * 7000.0**2)


@pytest.mark.parametrize(("bank", "up", "south"), [(90.0, 0.0, 1.0), (-90.0, 0.0, -1.0), (180.0, -1.0, 0.0)])
def test_a_positive_bank_turns_right(world, bank, up, south):
    # Eastward, right is south: minus z.
    a, _ = _feel(world, [0.0, 7000.0, 0.0], bank=np.radians(bank))
    lift = 0.3247275041769433 * -a[1]
    assert a[0] / lift == pytest.approx(up, abs=1e-6)
    assert -a[2] / lift == pytest.approx(south, abs=1e-6)


def test_wind_is_felt_as_motion_of_the_air(world):
    gale = wind_table([0.0, 90e3], [0.0, 0.0], [100.0, 100.0], step=500.0)
    windy = eqx.tree_at(lambda w: w.wind, world, gale)
    a, told = _feel(windy, [0.0, 7100.0, 0.0])
    still, _ = _feel(world, [0.0, 7000.0, 0.0])
    assert a == pytest.approx(still, rel=1e-12)
    assert float(told.speed) == pytest.approx(7000.0)
    assert float(told.wind_east) == 100.0


def test_a_canopy_drags_and_does_not_lift(world):
    a, told = _feel(world, [-100.0, 0.0, 0.0], lifting=0.0, area=24.0)
    assert a[0] == pytest.approx(0.5 * float(told.density) * 100.0**2 * 24.0 / 5498.22)
    assert a[1:] == pytest.approx([0.0, 0.0], abs=1e-12)


def test_in_orbit_there_is_drag_and_nothing_else(world):
    r = np.array([A + 390e3, 0.0, 0.0])
    v = np.array([0.0, 5000.0, 5000.0])
    a, told = _thin(world, _inputs(area=26.4), jnp.asarray(r), jnp.asarray(v))
    drag = 0.5 * float(told.density) * float(v @ v) * 26.4 / 5498.22
    assert np.array([float(x) for x in a]) == pytest.approx(-drag * v / np.linalg.norm(v), rel=1e-12)
    assert float(told.heat_rate) == 0.0


def test_a_straight_fall_has_a_finite_lift_plane(world):
    a, _ = _feel(world, [-150.0, 0.0, 0.0])
    assert np.all(np.isfinite(a))


@pytest.mark.parametrize("field", [egm96(8), CentralGravity(jnp.asarray(3.986e14))], ids=["egm96", "central"])
def test_the_two_parts_of_gravity_make_the_whole(world, field):
    other = eqx.tree_at(lambda w: w.gravity, world, field)
    r = jnp.asarray([4e6, -3e6, 4.2e6])
    parts = join(oblate_gravity(other, split(r))) + slow_gravity(other, r)
    assert np.asarray(parts) == pytest.approx(np.asarray(field.acceleration(r)), abs=FIELD_ERROR)


def _fly(world, dt, steps, push=(0.0, 0.0, 0.0), flow=0.0):
    @eqx.filter_jit
    def run(world, omega, r, v):
        def step(carry, _):
            inputs = _inputs(push=push, flow=flow, lifting=1.0)
            return integrate_tick(world, inputs, omega, *carry, jnp.asarray(dt), None, False), None

        return jax.lax.scan(step, (r, v), None, length=steps)[0]

    omega = jnp.asarray([0.0, 0.0, 7.292115e-5])
    return [np.asarray(x) for x in run(world, omega, jnp.asarray(R), jnp.asarray([-300.0, 6500.0, 1000.0]))]


def test_the_step_is_of_fourth_order(world):
    best, _ = _fly(world, 0.25, 128)
    errors = [np.linalg.norm(_fly(world, 32.0 / n, n)[0] - best) for n in (8, 16)]
    # Rows of the air table are straight lines of log density: the corners cost part of the order.
    assert errors[0] / errors[1] > 6.0


def test_a_push_while_mass_flows_out_gains_what_the_rocket_equation_says(world):
    thin = eqx.tree_at(lambda w: w.atmosphere.rows, world, world.atmosphere.rows.at[:, 0].set(-700.0))
    mass, flow, exhaust, dt = 5498.22, 3.5, 2844.0, 10.0
    push = np.array([0.0, 0.0, flow * exhaust / mass])
    with_push = _fly(thin, dt, 1, tuple(push), -flow)[1]
    without = _fly(thin, dt, 1)[1]
    gained = exhaust * np.log(mass / (mass - flow * dt))
    assert (with_push - without)[2] == pytest.approx(gained, rel=PULL)


def test_finite_sees_any_number_that_is_not():
    good = jnp.asarray([1.0, 2.0, 3.0])
    assert bool(finite(good, good))
    for bad in (jnp.nan, jnp.inf, -jnp.inf):
        assert not bool(finite(good, good.at[1].set(bad)))
