"""Two bodies and the Earth turned about the pole: nothing that one sees of the other may change."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from docking_pair import MASS, bodies_at, flown, orbit, pair_world, still, truth_of, turned

from homeward.astro.lvlh import from_lvlh, lvlh_quaternion, to_lvlh
from homeward.earth.orientation import UniformRotation
from homeward.math.quaternion import from_matrix, multiply
from homeward.sim.rendezvous.proximity import _fly
from homeward.sim.rendezvous.telemetry import ports
from homeward.world.dynamics.two_spacecraft import pulled, tidal_pull
from homeward.world.environment.gravity import J2Gravity
from homeward.world.fault_schedule import active_faults

ROUNDING = 2e-7  # m, m/s: positions of 7e6 m carry 1e-9 m, grown by a revolution
TICK = 0.1  # s
MOTION = still(offset=[0.01, -0.02, 0.0], swing=[0.003, 0.0, 0.005], rate=[0.008, 0.0, 0.006])
ANGLES = [np.pi, -1.1, 2.0, 4.0]


def world_of(port="aft"):
    """Oblate, with air that turns with the Earth: the same all round the pole."""
    return pair_world(J2Gravity(), air=5.0, port=port, motion=MOTION)


def about_the_pole(bodies, angle):
    R = jnp.asarray(turned(2, angle))
    return bodies_at(*(R @ x for x in (bodies.r_BI_I, bodies.v_BI_I, bodies.r_TI_I, bodies.v_TI_I)))


def pair():
    r, v = orbit(388e3, 392e3, anomaly=0.8)
    return bodies_at(*from_lvlh(r, v, jnp.array([-4000.0, 300.0, 900.0]), jnp.array([1.0, 0.1, -0.3])), r, v)


def relative(rows):
    return jax.vmap(to_lvlh)(rows.r_TI_I, rows.v_TI_I, rows.r_BI_I, rows.v_BI_I)


@pytest.mark.parametrize("angle", ANGLES)
def test_free_flight(angle):
    world, bodies = world_of(), pair()
    one = relative(flown(world, bodies, 1.0, 5400, every=60))
    other = relative(flown(world, about_the_pole(bodies, angle), 1.0, 5400, every=60))
    assert np.ptp(np.asarray(one[0])) > 1000.0  # something happens
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=ROUNDING)


def test_about_another_axis_it_does_change():
    """The oblate Earth has one axis only: the test above can fail."""
    world, bodies = world_of(), pair()
    R = jnp.asarray(turned(0, 0.3))
    tipped = bodies_at(*(R @ x for x in (bodies.r_BI_I, bodies.v_BI_I, bodies.r_TI_I, bodies.v_TI_I)))
    one, other = (relative(flown(world, b, 1.0, 5400, every=60))[0] for b in (bodies, tipped))
    assert np.max(np.abs(np.asarray(one - other))) > 1.0


def test_how_far_the_earth_has_turned_does_not_matter():
    world, bodies = world_of(), pair()
    later = eqx.tree_at(lambda w: w.orientation, world, UniformRotation.of(2.7))
    one, other = (relative(flown(w, bodies, 1.0, 5400, every=60))[0] for w in (world, later))
    np.testing.assert_allclose(one, other, atol=ROUNDING)


@eqx.filter_jit
def a_second_by_thrust(world, truth):
    """A second by ticks, with thrusters that push and turn; then the pull of the world."""
    active = jnp.zeros(24).at[jnp.array([0, 5, 10, 16, 17, 20])].set(0.08)

    def tick(truth, _):
        sound = active_faults(world.faults, truth.time, truth.level.shape[0])
        never = jnp.asarray(1e12)
        new, _ = _fly(world, truth, active, jnp.asarray(TICK), jnp.zeros(6), never, sound, jnp.asarray(0))
        return new, None

    truth, _ = jax.lax.scan(tick, truth, None, length=10)
    spin, tidal = world.orientation.at(truth.time), tidal_pull(world, truth.time, truth.bodies.r_TI_I)
    bodies = pulled(world, spin, truth.time, tidal, truth.bodies, truth.mass, jnp.ones(()))
    return eqx.tree_at(lambda t: t.bodies, truth, bodies)


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("port", ["aft", "nadir"])
def test_a_ship_that_turns_and_fires(port, angle):
    world = world_of(port)
    r, v = orbit(388e3, 392e3, anomaly=0.8)
    place = np.asarray(world.hull.C_DT).T @ np.array([14.0 if port == "aft" else 21.0, 0.3, -0.2])
    near = bodies_at(*from_lvlh(r, v, jnp.asarray(place), jnp.array([0.01, 0.02, -0.01])), r, v)
    docked = from_matrix(jnp.asarray(np.diag([-1.0, -1.0, 1.0]) @ np.asarray(world.hull.C_DT)))
    R = jnp.asarray(turned(2, angle))
    found = []
    for bodies in (near, about_the_pole(near, angle)):
        q = multiply(docked, lvlh_quaternion(bodies.r_TI_I, bodies.v_TI_I))
        truth = truth_of(world, bodies, q, jnp.array([0.002, -0.003, 0.001]), time=50.0)
        found.append(a_second_by_thrust(world, truth))
    one, other = found
    for a, b in zip(ports(world.hull, one), ports(world.hull, other), strict=True):
        np.testing.assert_allclose(a, b, atol=ROUNDING)
    for name in ("omega_BI_B", "level", "mass", "propellant", "delta_v", "plume"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-9)
    np.testing.assert_allclose(R @ one.bodies.pull_B, other.bodies.pull_B, atol=1e-12)
    assert float(one.delta_v) > 0.01 and float(one.mass) < MASS and float(one.plume) > 0.0
    assert float(one.contact.count) == float(other.contact.count)
