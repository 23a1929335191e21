"""The flight computer sees its sensors and nothing else: with the same readings, no truth changes a bit.

The cycles of a return with what the sensors tell held fast, and beside it another truth: another place,
attitude, mass, shape, air; a rendezvous: ``test_no_truth_in_a_rendezvous``. Only ``heard`` lets the true
place into one reading: then it must be noticed.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.computer import idle
from homeward.icd import Aids, Attitude, InertialReadings, Measurements
from homeward.math.quaternion import multiply, normalise
from homeward.scenario import load
from homeward.scenario.returns import plan_return
from homeward.sim import turning_cycle
from homeward.sim.carry import Carry
from homeward.world.instruments import dodecahedron

TURN, GAINED = jnp.asarray([2e-3, -1e-3, 3e-3]), jnp.asarray([-0.9, 0.05, 0.3])  # of a tick: rad, m/s
CYCLES = 3
TURNED = normalise(jnp.asarray([1.0, 0.01, -0.02, 0.015]))
YES, NO, ZERO, ZEROS = jnp.asarray(True), jnp.asarray(False), jnp.zeros(()), jnp.zeros(3)


def _same(one, other):
    return all(
        np.array_equal(a, b, equal_nan=True)
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


def _quick(cycles, *arguments):
    """Compiled without the optimiser, which takes longer than the cycles do."""
    return jax.jit(cycles).lower(*arguments).compile({"xla_backend_optimization_level": 0})


def _other(difference, nominal):
    where, change = difference
    other = eqx.tree_at(lambda both: where(*both), nominal, replace_fn=change)
    assert not _same(nominal, other)
    return other


OTHER_RETURN = {
    "place": (lambda w, t: t.r_BI_I, lambda x: x + 7e3),
    "velocity": (lambda w, t: t.v_BI_I, lambda x: 0.99 * x),
    "mass": (lambda w, t: t.mass, lambda x: 1.2 * x),
    "attitude": (lambda w, t: t.body.q_BI, lambda q: multiply(TURNED, q)),
    "rate": (lambda w, t: t.body.omega_BI_B, lambda x: x + 0.02),
    "inertia": (lambda w, t: t.body.inertia, lambda x: 0.7 * x),
    "bank": (lambda w, t: t.bank, lambda x: x + 0.5),
    "propellant": (lambda w, t: t.body.propellant, lambda x: 0.1 * x),
    "lift": (lambda w, t: w.body.aero.center_of_mass, lambda x: x + 0.05),
    "thrusters": (lambda w, t: w.body.capsule_thrusters.share, lambda x: 0.5 * x),
    "air": (lambda w, t: w.faults.density, lambda x: 1.5 * x),
    "error model": (lambda w, t: w.navigation.misalignment, lambda x: x + 0.1),
}


def _fixed(truth, heard):
    """What the sensors of the return tell; ``heard`` is how much of the true place gets in."""
    seen = jnp.asarray([6.4e6, 1e5, 1e6]) + heard * truth.r_BI_I
    aids = Aids(
        jnp.stack([YES, NO]),
        jnp.stack([TURNED] * 2),
        YES,
        seen,
        jnp.asarray([1e3, 7e3, 1e2]),
        NO,
        ZERO,
        NO,
        ZERO,
    )
    return Measurements(
        time=ZERO, fix_valid=YES, position_fix=ZEROS, velocity_fix=ZEROS, specific_force=ZEROS,
        sensed_delta_v=ZERO, bank=ZERO, height=ZERO, propellant=ZERO,
        attitude=Attitude(TURNED, ZEROS, YES), aids=aids,
    )  # fmt: skip


@pytest.fixture(scope="module")
def entry():
    """Cycles of the entry: what the flight computer ends up with, from a world, a truth and ``heard``."""
    plan = plan_return(load("apollo-10"), fidelity="six-dof")
    flight, leg = plan.flight, plan.legs[0].leg
    axes = jnp.asarray(dodecahedron())
    tick = InertialReadings(axes @ TURN, axes @ GAINED, jnp.asarray(0.1))
    noise = jnp.zeros((CYCLES, turning_cycle.noises(leg.kind)))

    def stay(world, leg, frozen, truth, active, motion, *_):
        return truth, motion, tick

    def cycles(world, truth, heard):
        with pytest.MonkeyPatch.context() as patch:
            # The truth stands still: what is asked is who looks at it.
            patch.setattr(turning_cycle, "sense", lambda world, leg, t, *_: (t, _fixed(t, heard)))
            patch.setattr(turning_cycle, "act_turning", stay)
            start = Carry(truth, flight.init(), idle(flight.steering.thrusters), jnp.asarray(1e9))

            def cycle(carry, n):
                carry, _ = turning_cycle.cycle_turning(world, flight, leg, carry, n, False)
                return carry, carry.command

            carry, commands = jax.lax.scan(cycle, start, noise)
        return carry.flight, commands

    nominal = plan.world, plan.truth
    return nominal, _quick(cycles, *nominal, ZERO)


@pytest.mark.parametrize("what", OTHER_RETURN)
def test_no_truth_reaches_the_command_of_an_entry(entry, what):
    nominal, program = entry
    assert _same(program(*nominal, ZERO), program(*_other(OTHER_RETURN[what], nominal), ZERO))


def test_what_a_sensor_tells_reaches_it(entry):
    """The entry flown above is one that asks for something, and one reading that knows the place shows."""
    (world, truth), program = entry
    flight, commands = program(world, truth, ZERO)
    assert bool(flight.navigation.started)
    assert np.any(np.asarray(commands.thruster_seconds) > 0.0)
    _, other = _other(OTHER_RETURN["place"], (world, truth))
    part = jnp.asarray(1e-3)
    assert not _same(program(world, truth, part)[1].bank, program(world, other, part)[1].bank)
