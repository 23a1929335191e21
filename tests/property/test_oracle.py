"""The integrated entry against an adaptive eighth-order solver (diffrax), the flown bank history replayed.

What is compared is the integration alone: the bank angle is that which was flown, tick by tick, so the world's
equations, the held gravity and the step are on trial and not the guidance.
"""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import fly_plan, plan_of

from homeward.earth.orientation import inertial_to_earth
from homeward.math.components import join, split
from homeward.math.numerics import wrap_angle
from homeward.sim.legs import ENTRY
from homeward.sim.tick import forces_inputs
from homeward.world.actuators import bank_actuator
from homeward.world.dynamics import aerodynamic, integrate_tick, slow_gravity

TICK = 0.5  # s, the default of simulation.entry_step_s
CYCLE_TICKS = 2
OPENING_LIMIT = 10.0  # m: what the step may cost at parachute opening
BANK_LIMIT = 1e-9  # rad: the same arithmetic, once in a scan and once in a loop
SOLVER_TOLERANCE = 1e-10

# Interface of the default return, so that no orbit has to be flown first.
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
    """Plan, flight, and the flown bank angle at every tick."""
    name, overrides = CASES[request.param]
    plan = plan_of(name, **overrides)
    flight = fly_plan(plan)
    return plan, flight, _bank_by_tick(plan.world.capsule, flight.history)


def _bank_by_tick(capsule, history):
    """The actuator's answer to the recorded commands, each acting one tick late: bank, one a tick."""
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
    """The entry in steps of ``TICK / share`` with the world's own integrator, in E at the last tick."""
    dt = jnp.asarray(TICK / share)

    @jax.jit
    def run(r, v, bank, rate):
        def step(carry, row):
            (r, v), (k, bank, rate) = carry, row
            spin = plan.world.orientation.at(k * dt)
            inputs = _inputs(plan, bank, rate)
            slow = slow_gravity(plan.world, r)
            return integrate_tick(plan.world, inputs, spin.omega_EI_E, r, v, dt, slow, False), None

        steps = jnp.arange(bank.size, dtype=float)
        return jax.lax.scan(step, (r, v), (steps, bank, rate))[0]

    within = np.tile(np.arange(share) / share * TICK, bank.size)
    fine_rate = np.repeat(rate, share)
    fine_bank = np.repeat(bank, share) + fine_rate * within
    return run(*_start(plan), jnp.asarray(fine_bank), jnp.asarray(fine_rate))


def _solved(plan, bank, rate):
    """The same by diffrax, in E at the last tick."""
    times = TICK * np.arange(bank.size + 1)
    banks, rates = jnp.asarray(bank), jnp.asarray(rate)

    def field(t, state, _):
        r, v = state
        k = jnp.clip(jnp.floor(t / TICK).astype(int), 0, bank.size - 1)
        since = t - k * TICK
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

    r, v = run(_start(plan))
    return r[-1], v[-1]


def test_the_recorded_commands_explain_the_flown_bank(flown):
    _, flight, (bank, _) = flown
    rows = flight.history["bank"].size
    off = bank[: CYCLE_TICKS * rows : CYCLE_TICKS] - flight.history["bank"]
    assert np.max(np.abs(np.asarray(wrap_angle(jnp.asarray(off))))) < BANK_LIMIT


def test_neither_step_nor_solver_moves_the_opening_point(flown):
    plan, flight, (bank, rate) = flown
    whole = CYCLE_TICKS * (flight.history["time"].size - 1)  # ticks to the last recorded row
    bank, rate = bank[:whole], rate[:whole]
    spin = plan.world.orientation.at(jnp.asarray(flight.history["time"][-1]))
    r_I, v_I = (jnp.asarray(flight.history[name][-1]) for name in ("r_BI_I", "v_BI_I"))
    flown_r, _ = inertial_to_earth(spin, jnp.asarray(flight.history["time"][-1]), r_I, v_I)
    same, half, oracle = (
        np.asarray(r) for r, _ in (_stepped(plan, bank, rate, 1), _stepped(plan, bank, rate, 2), _solved(plan, bank, rate))
    )  # fmt: skip
    print("same", np.linalg.norm(same - flown_r), "half", np.linalg.norm(half - flown_r), "oracle", np.linalg.norm(oracle - flown_r), np.linalg.norm(oracle - half))
    assert np.linalg.norm(half - flown_r) < OPENING_LIMIT
    assert np.linalg.norm(oracle - flown_r) < OPENING_LIMIT
