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
    close_legs,
    far_legs,
    fly_close_leg,
    fly_far_leg,
    made_plan,
    step_by_step,
)  # fmt: skip

from homeward.math.quaternion import multiply, normalise
from homeward.missions.rendezvous_flight import pair_keys
from homeward.sim.rendezvous import far_range, proximity, proximity_lanes

TURNED = normalise(jnp.asarray([1.0, 0.01, -0.02, 0.015]))
CYCLES = 3
MOVES = ("sense_pair", "_fly", "_second")
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
    """The plan, and by leg its carry and what its sensors told in a flight of the world as it is."""
    plan, world, start = made_plan()
    found = far_legs(plan, world, start) | close_legs(plan, world, start)
    told = {}
    for name, carry in found.items():
        with pytest.MonkeyPatch.context() as patch:
            heard = []
            with step_by_step(patch, [], heard=heard):
                _fly(plan, world, carry)
            told[name] = heard
    return plan, world, start, found, told


def _fly(plan, world, carry, cycles=CYCLES):
    if isinstance(carry, far_range.FarCarry):
        return fly_far_leg(plan, world, carry, cycles)
    return fly_close_leg(plan.close, world, carry, cycles)


@pytest.fixture(scope="module")
def flown(legs):
    """A leg flown with its readings held fast: what the computer returned, from a world and a truth."""
    plan, _, _, found, told = legs

    def fly(name, world, truth, heard=0.0):
        carry = found[name]
        recorded = {what: iter([r for n, _, r in told[name] if n == what]) for what in MOVES}
        cycles = sum(n == "sense_pair" for n, _, _ in told[name])

        def sense(figures, state, there, *_):
            _, aids = next(recorded["sense_pair"])
            seen = aids.satellite_position + heard * there.r_BI_I / 6.7e6
            return state, eqx.tree_at(lambda a: a.satellite_position, aids, seen)

        def tick(world, truth, active, h, *_):
            return _later(truth, h), next(recorded["_fly"])[1]

        def second(world, spin, tidal, truth, command, a):
            return _later(truth, 1.0), next(recorded["_second"])[1]

        with pytest.MonkeyPatch.context() as patch:
            for module in (proximity, far_range):
                patch.setattr(module, "sense_pair", sense)
            patch.setattr(proximity, "_fly", tick)
            patch.setattr(far_range, "_second", second)
            log = []
            with step_by_step(patch, log, world=False):
                _fly(plan, world, eqx.tree_at(lambda c: c.truth, carry, truth), cycles)
        return _commands(log)

    return fly


def _names():
    return ["far guidance", "far guidance, its end", "homing", "homing, its end", *range(7)]


@pytest.mark.parametrize("leg", _names())
def test_no_truth_reaches_the_command_of_any_leg(legs, flown, leg):
    plan, world, _, found, _ = legs
    name = plan.steps[leg] if isinstance(leg, int) else leg
    truth = found[name].truth
    told = flown(name, world, truth)
    assert told == flown(name, *_other(world, truth))
    assert told != flown(name, *_other(world, truth), heard=0.1), "a reading that knows the place is noticed"


@pytest.mark.slow
@pytest.mark.parametrize("what", OTHER)
def test_no_single_truth_reaches_the_command_of_a_hold(legs, flown, what):
    _, world, _, found, _ = legs
    name = "200 m hold"
    truth = found[name].truth
    assert flown(name, world, truth) == flown(name, *_other(world, truth, (what,)))


def test_no_truth_reaches_the_state_that_an_approach_begins_with(legs):
    """From the far legs to the first hold: the attitude is not handed over from the truth."""
    plan, world, start, _, _ = legs
    keys = pair_keys(0, np.arange(1))

    def begun(truth):
        wide = jax.tree.map(lambda x: jnp.asarray(x)[None], eqx.tree_at(lambda c: c.truth, start, truth))
        return proximity_lanes.begin_lanes(plan.close, wide, keys)

    one, other = begun(start.truth), begun(_other(world, start.truth)[1])
    for a, b in zip(jax.tree.leaves(one.flight), jax.tree.leaves(other.flight), strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()
    assert not np.array_equal(one.truth.q_BI, other.truth.q_BI)
