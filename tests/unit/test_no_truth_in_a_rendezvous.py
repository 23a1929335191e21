"""The rendezvous' computer sees its sensors and nothing else: with the same readings, no truth changes a bit.

Every leg is flown over its end, readings held fast, and beside it with another truth: another place,
attitude, mass, shape, air. The simulation's own loop runs, with its leg ends; only what the
sensors tell and how the bodies move is put in its place. ``heard`` lets the true place into one reading: then
it must be noticed.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pair_legs import (
    Apart,
    close_legs,
    far_legs,
    fly_close_leg,
    fly_far_leg,
    made_plan,
    step_by_step,
)  # fmt: skip

from homeward.campaign.rendezvous import pair_keys
from homeward.icd import InertialReadings, InertialSample
from homeward.math.quaternion import multiply, normalise
from homeward.sim import close, close_lanes, far
from homeward.world.instruments import dodecahedron

TURN, GAINED = jnp.asarray([2e-4, -1e-4, 3e-4]), jnp.asarray([-0.02, 0.005, 0.01])  # of a tick: rad, m/s
TURNED = normalise(jnp.asarray([1.0, 0.01, -0.02, 0.015]))
CYCLES = 3
OTHER = {
    "place": (lambda w, t: t.bodies.r_BI_I, lambda x: x + 0.4),
    "velocity": (lambda w, t: t.bodies.v_BI_I, lambda x: x + 1.0),
    "station": (lambda w, t: t.bodies.r_TI_I, lambda x: x - 0.3),
    "mass": (lambda w, t: t.mass, lambda x: 1.2 * x),
    "propellant": (lambda w, t: t.propellant, lambda x: 0.3 * x),
    "attitude": (lambda w, t: t.q_BI, lambda q: multiply(TURNED, q)),
    "rate": (lambda w, t: t.omega_BI_B, lambda x: x + 0.02),
    "thrusters": (lambda w, t: w.hull.thrusters.share, lambda x: 0.5 * x),
    "engines": (lambda w, t: (w.engine.thrust, w.trim.thrust), lambda x: 0.5 * x),
    "inertia": (lambda w, t: w.hull.inertia, lambda x: 0.7 * x),
    "motion": (lambda w, t: w.hull.motion.offset, lambda x: x + 0.1),
    "port": (lambda w, t: (w.hull.port_T, w.hull.dock_B), lambda x: x + 0.05),
    "corridor": (lambda w, t: w.hull.corridor, lambda x: 0.01 * x),
    "air": (lambda w, t: w.density_scale, lambda x: 3.0 * x),
    "plume": (lambda w, t: t.plume, lambda x: x + 9.0),
    "speed sent on": (lambda w, t: t.delta_v, lambda x: x + 9.0),
}  # fmt: skip


def _other(world, truth, names=tuple(OTHER)):
    for name in names:
        where, change = OTHER[name]
        nodes = where(world, truth)
        many = isinstance(nodes, tuple)
        both = eqx.tree_at(
            lambda x, where=where: where(*x), (world, truth),
            tuple(map(change, nodes)) if many else change(nodes),
        )  # fmt: skip
        world, truth = both
    return world, truth


def _commands(log):
    """Everything that the flight computer has returned: its state and its commands."""
    return [np.asarray(x).tobytes() for _, _, told in log for x in jax.tree.leaves(told)]


def _later(truth, h):
    return eqx.tree_at(lambda t: t.time, truth, truth.time + h)


@pytest.fixture(scope="module")
def legs():
    """The plan, and by leg its world, its carry and the readings that are held fast."""
    plan, world, start = made_plan()
    found = far_legs(plan, world, start) | close_legs(plan, world, start)
    sense = Apart(close.sense_pair)
    readings, no = {}, jnp.asarray(False)
    for name, carry in found.items():
        seen = close.situation(world, carry.truth)
        noise = jnp.full((close.NOISES,), 0.3)
        readings[name] = sense(world.sensors, carry.truth.sensors, seen, jnp.ones(()), no, no, noise)[1]
    return plan, world, start, found, readings, set(far_legs(plan, world, start))


@pytest.fixture(scope="module")
def flown(legs):
    """A leg flown with its readings held fast: what the computer returned, from a world and a truth."""
    plan, _, _, found, readings, far_names = legs
    axes = jnp.asarray(dodecahedron())

    def fly(name, world, truth, heard=0.0):
        carry, aids = found[name], readings[name]
        place = carry.truth.bodies.r_BI_I

        def sense(figures, state, there, *_):
            seen = aids.satellite_position + heard * (there.r_BI_I - place)
            return state, eqx.tree_at(lambda a: a.satellite_position, aids, seen)

        def tick(world, truth, active, h, *_):
            return _later(truth, h), InertialSample(TURN, GAINED, jnp.asarray(0.1))

        def second(world, spin, tidal, truth, command, a):
            gained = jnp.asarray([0.02, -0.01, 0.005])
            return _later(truth, 1.0), InertialReadings(jnp.zeros(6), axes @ gained, jnp.ones(()))

        with pytest.MonkeyPatch.context() as patch:
            for module in (close, far):
                patch.setattr(module, "sense_pair", sense)
            patch.setattr(close, "_fly", tick)
            patch.setattr(far, "_second", second)
            log, start = [], eqx.tree_at(lambda c: c.truth, carry, truth)
            with step_by_step(patch, log, world=False):
                if name in far_names:
                    fly_far_leg(plan, world, start, CYCLES)
                else:
                    fly_close_leg(plan.close, world, start, CYCLES)
        return _commands(log)

    return fly


def _names():
    return ["far guidance", "far guidance, its end", "homing", "homing, its end", *range(7)]


@pytest.mark.parametrize("leg", _names())
def test_no_truth_reaches_the_command_of_any_leg(legs, flown, leg):
    plan, world, _, found, _, _ = legs
    name = plan.steps[leg] if isinstance(leg, int) else leg
    truth = found[name].truth
    told = flown(name, world, truth)
    assert told == flown(name, *_other(world, truth))
    assert told != flown(name, *_other(world, truth), heard=0.1), "a reading that knows the place is noticed"


@pytest.mark.slow
@pytest.mark.parametrize("what", OTHER)
def test_no_single_truth_reaches_the_command_of_a_hold(legs, flown, what):
    _, world, _, found, _, _ = legs
    name = "200 m hold"
    truth = found[name].truth
    assert flown(name, world, truth) == flown(name, *_other(world, truth, (what,)))


def test_no_truth_reaches_the_state_that_an_approach_begins_with(legs):
    """From the far legs to the first hold: the attitude is not handed over from the truth."""
    plan, world, start, _, _, _ = legs
    keys = pair_keys(0, np.arange(1))

    def begun(truth):
        wide = jax.tree.map(lambda x: jnp.asarray(x)[None], eqx.tree_at(lambda c: c.truth, start, truth))
        return close_lanes.begin_lanes(plan.close, wide, keys)

    one, other = begun(start.truth), begun(_other(world, start.truth)[1])
    for a, b in zip(jax.tree.leaves(one.flight), jax.tree.leaves(other.flight), strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()
    assert not np.array_equal(one.truth.q_BI, other.truth.q_BI)
