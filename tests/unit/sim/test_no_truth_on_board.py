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
from quick_compile import QUICK

from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.flight_plan import plan_step
from homeward.icd import Aids, Attitude, DeploymentReadings, InertialReadings, Measurements
from homeward.math.quaternion import multiply, normalise
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.scenario.build.initial_navigation import nothing_known
from homeward.sim.core.carry import Carry
from homeward.sim.core.legs import AIR, CANOPY, ORBIT, leg
from homeward.sim.mission import MissionLeg, planned
from homeward.sim.six_dof import cycle as turning_cycle
from homeward.world.sensors.redundant_imu import dodecahedron

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
    return jax.jit(cycles).lower(*arguments).compile(QUICK)


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
        time=truth.time, fix_valid=YES, position_fix=ZEROS, velocity_fix=ZEROS, specific_force=ZEROS,
        bank=ZERO, height=ZERO, propellant=ZERO,
        attitude=Attitude(TURNED, ZEROS, YES), aids=aids,
        # In the third cycle they are those of the lower air: the step ends by them.
        deployment=DeploymentReadings(
            jnp.where(truth.time > 1.5, 9e4, 1e3) * jnp.ones(3),
            jnp.where(truth.time < 0.5, 2e3, 1.0) * jnp.ones(3),
        ),
    )  # fmt: skip


# They end by time, by the velocity sensed, by the believed altitude, by the pressure, by nothing.
STEPS = {
    "coast": (ORBIT, plan_step(until_time=2.25)),
    "burn": (ORBIT, plan_step(delta_v=3.0)),
    "separation": (ORBIT, plan_step(until_altitude=1e7, entering=True)),
    "entry": (AIR, plan_step(guided=True, deploys=True)),
    "descent": (CANOPY, plan_step()),
}


@pytest.fixture(scope="module")
def steps():
    """By step: its cycles, from a world, a truth and ``heard``: flight software, commands, the leg's end."""
    plan = plan_return(load("apollo-10"), fidelity="six-dof")
    axes = jnp.asarray(dodecahedron())
    tick = InertialReadings(axes @ TURN, axes @ GAINED, jnp.asarray(0.1))

    def stay(world, leg, frozen, truth, active, motion, *_):
        # The truth stands still: what is asked is who looks at it. Time goes on, and the leg ends as told.
        ends = truth.time + leg.tick > truth.ends_at
        moved = eqx.tree_at(lambda t: (t.time, t.done), truth, (truth.time + leg.tick, truth.done | ends))
        return moved, motion, tick

    def of(kind):
        flown = leg(kind, 0, 0.1)
        noise = jnp.zeros((CYCLES, turning_cycle.noises(kind)))

        def cycles(flight, world, truth, heard):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(turning_cycle, "sense", lambda world, leg, t, *_: (t, _fixed(t, heard)))
                patch.setattr(turning_cycle, "measure", lambda model, t, *_: _fixed(t, heard))
                patch.setattr(turning_cycle, "act_turning", stay)
                state = executive.init(flight)
                start = Carry(truth, state, state.acting, jnp.asarray(1e9), tick)

                def cycle(carry, n):
                    carry, _ = turning_cycle.cycle_turning(world, flight, flown, carry, n, False)
                    return carry, (carry.command, carry.truth.time, carry.truth.ends_at, carry.truth.done)

                carry, told = jax.lax.scan(cycle, start, noise)
            return carry.flight, told

        return cycles

    truth = eqx.tree_at(lambda t: t.time, plan.truth, jnp.zeros_like(plan.truth.time))
    nominal, programs, found = (plan.world, truth), {}, {}
    for name, (kind, step) in STEPS.items():
        flight = planned(plan.flight, [MissionLeg(name, leg(kind, 0, 0.1), None, step)])
        # It starts from what it is told here: a state sent for another place would refuse that.
        flight = eqx.tree_at(lambda f: f.start, flight, nothing_known())
        if kind not in programs:
            programs[kind] = _quick(of(kind), flight, *nominal, ZERO)
        found[name] = lambda *given, p=programs[kind], f=flight: p(f, *given)
    return nominal, found


@pytest.fixture(scope="module")
def entry(steps):
    nominal, found = steps
    return nominal, found["entry"]


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("what", OTHER_RETURN)
def test_no_truth_reaches_a_command_or_the_end_of_a_leg(steps, name, what):
    nominal, programs = steps
    program = programs[name]
    assert _same(program(*nominal, ZERO), program(*_other(OTHER_RETURN[what], nominal), ZERO))


@pytest.mark.parametrize("name", STEPS)
def test_the_steps_end_within_these_cycles(steps, name):
    """But for the descent, which the ground ends, and the burn, since what is sensed here never stops."""
    nominal, programs = steps
    _, (_, _, ends_at, done) = programs[name](*nominal, ZERO)
    ends = name not in ("burn", "descent")
    assert bool(done[-1]) == ends
    assert np.isfinite(float(ends_at[-1])) == ends


def test_what_a_sensor_tells_reaches_it(entry):
    """The entry flown above is one that asks for something, and one reading that knows the place shows."""
    (world, truth), program = entry
    flight, (commands, *_) = program(world, truth, ZERO)
    assert bool(flight.navigation.started)
    assert np.any(np.asarray(commands.thruster_seconds) > 0.0)
    _, other = _other(OTHER_RETURN["place"], (world, truth))
    part = jnp.asarray(1e-3)
    assert not _same(program(world, truth, part)[1][0].bank, program(world, other, part)[1][0].bank)
