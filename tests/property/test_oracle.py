"""The integrated entry against an adaptive eighth-order solver (diffrax), the flown bank history replayed.

What is compared is the integration alone: the bank is that which was flown, tick by tick, so the
world's equations, the held gravity and the step are on trial and not the guidance.
"""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import fly_plan, plan_of

from homeward.earth.orientation import inertial_to_earth
from homeward.math.triples import join, split
from homeward.sim.core.legs import ENTRY
from homeward.sim.point_mass.tick import forces_inputs
from homeward.world.actuators.bank import bank_actuator
from homeward.world.dynamics.point_mass import aerodynamic, integrate_tick, slow_gravity
from homeward.world.environment.gravity import SphericalHarmonics

TICK = 0.5  # s, the default of simulation.entry_step_s
CYCLE_TICKS = 2
SAME_LIMIT = 1.0  # m: the slow part of the field is held over a tick here, over a cycle in the loop
OPENING_LIMIT = 10.0  # m: what the step may cost at parachute opening
BANK_LIMIT = 1e-9  # rad: the same arithmetic in another loop
SOLVER_TOLERANCE = 1e-10

# Interface of about the default return, so that no orbit has to be flown first.
LEO = {
    "return__initial__interface__epoch_utc": "2023-09-07T23:52:50.166Z",
    "return__initial__interface__latitude_deg": "29.25",
    "return__initial__interface__longitude_deg": "67.4",
    "return__initial__interface__altitude_m": "120000.0",
    "return__initial__interface__speed_m_s": "7878.1",
    "return__initial__interface__flight_path_angle_deg": "-1.6",
    "return__initial__interface__heading_deg": "57.0",
    "return__initial__interface__relative": "false",
    "return__legs__start": "interface",
    "return__legs__end": "opening",
}
CASES = {
    "apollo-10": ("apollo-10", {"return__legs__end": "opening"}),
    "shenzhou-15": ("shenzhou-15", LEO),
}


@pytest.fixture(scope="module", params=CASES)
def flown(request):
    """Plan, flight, and the flown bank angle and its rate at every tick."""
    name, overrides = CASES[request.param]
    plan = plan_of(name, **overrides)
    flight = fly_plan(plan)
    return plan, flight, _bank_by_tick(plan.world.capsule, flight.history)


def _bank_by_tick(capsule, history):
    """The actuator's answer to the recorded commands, each acting one tick late."""
    commands = np.repeat(history["bank_command"], CYCLE_TICKS)
    late = jnp.asarray(np.concatenate([[0.0], commands]))

    def tick(carry, command):
        bank, rate, mean = bank_actuator(capsule, *carry, command, jnp.asarray(TICK))
        return (bank, rate), (carry[0], mean)

    zero = jnp.asarray(0.0)
    return jax.tree.map(np.asarray, jax.lax.scan(tick, (zero, zero), late)[1])


def _start(plan):
    spin = plan.world.orientation.at(plan.truth.time)
    return inertial_to_earth(spin, plan.truth.time, plan.truth.r_BI_I, plan.truth.v_BI_I)


def _inputs(plan, bank, rate):
    still = eqx.tree_at(lambda t: (t.drag_area, t.bank), plan.truth, (jnp.asarray(0.0), bank))
    return eqx.tree_at(lambda i: i.bank_rate, forces_inputs(plan.world, ENTRY, still), rate)


def _stepped(plan, bank, rate, share):
    """The entry in steps of ``TICK / share`` with the world's own integrator: position in E at the last."""
    dt = jnp.asarray(TICK / share)
    harmonics = isinstance(plan.world.gravity, SphericalHarmonics)  # then, as in the loop, in part held

    @jax.jit
    def run(r, v, bank, rate):
        def step(carry, row):
            (r, v), (k, bank, rate) = carry, row
            spin = plan.world.orientation.at(k * dt)
            slow = slow_gravity(plan.world, r) if harmonics else None
            inputs = _inputs(plan, bank, rate)
            return integrate_tick(plan.world, inputs, spin.omega_EI_E, r, v, dt, slow, False), None

        steps = jnp.arange(bank.size, dtype=float)
        return jax.lax.scan(step, (r, v), (steps, bank, rate))[0][0]

    within = np.tile(np.arange(share) / share * TICK, bank.size)
    fine_rate = np.repeat(rate, share)
    fine_bank = np.repeat(bank, share) + fine_rate * within
    return np.asarray(run(*_start(plan), jnp.asarray(fine_bank), jnp.asarray(fine_rate)))


def _solved(plan, bank, rate):
    """The same by diffrax."""
    times = TICK * np.arange(bank.size + 1)
    banks, rates = jnp.asarray(bank), jnp.asarray(rate)

    def field(t, state, _):
        r, v = state
        k = jnp.clip(jnp.floor(t / TICK).astype(int), 0, bank.size - 1)
        since = t - k.astype(float) * TICK
        spin = plan.world.orientation.at(t)
        a, _ = aerodynamic(plan.world, _inputs(plan, banks[k], rates[k]), split(r), split(v), since)
        turning = jnp.cross(spin.omega_EI_E, 2.0 * v + jnp.cross(spin.omega_EI_E, r))
        return v, join(a) + plan.world.gravity.acceleration(r) - turning

    @jax.jit
    def run(y0):
        return diffrax.diffeqsolve(
            diffrax.ODETerm(field), diffrax.Dopri8(), 0.0, times[-1], 0.1, y0, max_steps=200_000,
            stepsize_controller=diffrax.PIDController(
                rtol=SOLVER_TOLERANCE, atol=SOLVER_TOLERANCE, jump_ts=jnp.asarray(times[1:-1])
            ),
        ).ys  # fmt: skip

    return np.asarray(run(_start(plan))[0][-1])


def _ticks(flight):
    return np.rint(flight.history["time"] / TICK).astype(int)


def test_the_recorded_commands_explain_the_flown_bank(flown):
    _, flight, (bank, _) = flown
    off = bank[_ticks(flight)] - flight.history["bank"]
    assert np.max(np.abs(np.angle(np.exp(1j * off)))) < BANK_LIMIT


def test_neither_step_nor_solver_moves_the_opening_point(flown):
    plan, flight, (bank, rate) = flown
    whole = _ticks(flight)[-1]  # the last row stands within a tick of the opening
    bank, rate = bank[:whole], rate[:whole]
    time = jnp.asarray(flight.history["time"][-1])
    r_I, v_I = (jnp.asarray(flight.history[name][-1]) for name in ("r_BI_I", "v_BI_I"))
    there = np.asarray(inertial_to_earth(plan.world.orientation.at(time), time, r_I, v_I)[0])
    assert np.linalg.norm(_stepped(plan, bank, rate, 1) - there) < SAME_LIMIT
    assert np.linalg.norm(_stepped(plan, bank, rate, 2) - there) < OPENING_LIMIT
    assert np.linalg.norm(_solved(plan, bank, rate) - there) < OPENING_LIMIT
