"""What is told of a turning ship at every control tick."""

import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.icd import Attitude, BodyFrame, Command
from homeward.math.attitude_triples import apply, rows
from homeward.math.quaternion import conjugate, multiply
from homeward.math.triples import dot, join, subtract
from homeward.sim.core.legs import WHERE, Leg
from homeward.sim.six_dof.cycle_frame import Frozen, attitude_of, true_bank
from homeward.sim.six_dof.tick import nothing_fired
from homeward.typing import Scalar
from homeward.world.dynamics.rigid_body import Motion, around, loads, row_of, wind_angles
from homeward.world.state import TruthState
from homeward.world.world import World


def body_frame(
    world: World, leg: Leg, frozen: Frozen, truth: TruthState, attitude: Attitude, active: Command,
    bank_command: Scalar, motion: Motion,
) -> BodyFrame:  # fmt: skip
    """The fast row of this instant: valves and engine as they will act in the tick that begins."""
    body, state = world.body, truth.body
    assert body is not None and state is not None and active.thruster_seconds is not None
    where, zero = WHERE[leg.kind], jnp.zeros_like(truth.time)
    there = around(world, where, frozen.omega, truth.time - frozen.time, motion[0], frozen.slow)
    pushes = nothing_fired(world, leg, truth)
    C = rows(motion[2])
    force, _ = loads(body, where, there, row_of(body, where, there, motion[1]), pushes, zero, motion, C)
    attack, aside, _ = wind_angles(join(apply(C, subtract(motion[1], there.air_F))))
    q_BI = attitude_of(frozen, motion)
    wrong = multiply(attitude.q_BI, conjugate(q_BI))
    return BodyFrame(
        time=truth.time, q_BI=q_BI, omega_BI_B=join(motion[3]), angle_of_attack=attack, sideslip=aside,
        bank=true_bank(world, frozen, truth.time, motion), bank_command=bank_command,
        load_factor=jnp.sqrt(dot(force, force)) / (truth.mass * G0),
        attitude_error=-2.0 * jnp.sign(wrong[0]) * wrong[1:],
        valve_share=active.thruster_seconds / leg.tick, engine_share=active.engine_seconds / leg.tick,
        thruster_propellant=state.propellant,
    )  # fmt: skip
