"""What the sensors of a turning ship tell once a cycle, and the attitude that control goes by."""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.orientation import EarthSpin
from homeward.icd import Attitude, Measurements
from homeward.math.quaternion import multiply, rotate
from homeward.math.triples import join
from homeward.sim.core.legs import AIR, CANOPY, Leg
from homeward.sim.six_dof.cycle_frame import Frozen, attitude_of
from homeward.sim.six_dof.deployment_sensors import sense_vent
from homeward.typing import Array, Float, Quat, Scalar, Vec3
from homeward.world import position_fix
from homeward.world.dynamics.point_mass import Forces
from homeward.world.dynamics.rigid_body import Motion
from homeward.world.position_fix import measure, step_navigation_error
from homeward.world.sensors.aiding import NOISES, Situation, sense_aids
from homeward.world.sensors.redundant_imu import CYCLE_NOISES
from homeward.world.state import TruthState
from homeward.world.world import World


def sense(
    world: World, leg: Leg, truth: TruthState, felt: Forces, spin: EarthSpin, r_E: Vec3, v_E: Vec3,
    cycle: Scalar, noise: Float[Array, " n"],
) -> tuple[TruthState, Measurements]:  # fmt: skip
    """The sensors carried on by one cycle [s], and their message: fix with its error model, and all aids."""
    assert world.body is not None and truth.body is not None
    force_I = jnp.sum(spin.C_EI0 * felt.acceleration_E[:, None], axis=0)
    error = step_navigation_error(
        world.navigation, truth.navigation_error, felt.density, felt.speed, force_I, noise, cycle
    )
    height = felt.altitude - world.ground_altitude
    situation = Situation(
        truth.body.q_BI, truth.body.omega_BI_B, truth.time, spin.C_EI0, truth.r_BI_I, truth.v_BI_I, r_E, v_E,
        felt.altitude, height, felt.density, felt.speed, jnp.asarray(leg.kind == CANOPY),
    )  # fmt: skip
    first = position_fix.NOISES + NOISES
    rest = noise[position_fix.NOISES : first]
    unit = world.body.inertial.wandered(truth.body.unit, cycle, noise[first : first + CYCLE_NOISES])
    seen, readings = sense_aids(world.body.aids, truth.body.sensors, situation, cycle, rest)
    body = truth.body
    truth = eqx.tree_at(
        lambda t: (t.navigation_error, t.body.sensors, t.body.unit), truth, (error, seen, unit)
    )
    told = measure(world.navigation, truth, force_I, height, noise)
    attitude = sensed_attitude(world, body.q_BI, body.omega_BI_B)
    told = eqx.tree_at(
        lambda m: (m.attitude, m.aids), told, (attitude, readings), is_leaf=lambda x: x is None
    )
    if leg.kind == AIR:
        # Transducer noise: the draws of altimeters that are shut off in the entry.
        first = position_fix.NOISES
        free = jnp.stack([noise[first + 15], noise[first + 16], noise[position_fix.NOISES - 1]])
        truth, deployment = sense_vent(world, truth, felt, cycle, free)
        told = eqx.tree_at(lambda m: m.deployment, told, deployment, is_leaf=lambda x: x is None)
    return truth, told


def sensed_attitude(world: World, q_BI: Quat, omega: Vec3) -> Attitude:
    """Attitude by a unit whose one error is its misalignment: what control goes by where no filter flies."""
    wrong = jnp.concatenate([jnp.ones(1), -0.5 * rotate(q_BI, world.navigation.misalignment)])
    return Attitude(multiply(wrong, q_BI), omega, jnp.asarray(True))


def attitude_now(world: World, frozen: Frozen, motion: Motion) -> Attitude:
    """``sensed_attitude`` of a motion within the cycle."""
    return sensed_attitude(world, attitude_of(frozen, motion), join(motion[3]))
