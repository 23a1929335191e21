"""Ships before the port at the beginning of the final translation, without the hours before it.

Station, sensors, thrusters and masses are those drawn for the insertion, on the orbit of that instant; the
ship stands where it is put, turned as docked, and its computer begins with what a hold there would have left.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward._aot.program import program
from homeward.flight.executive import rendezvous_executive as executive
from homeward.flight.rendezvous.proximity_executive import CloseComputer
from homeward.icd.rendezvous_messages import PairRelease, PairStart
from homeward.math.quaternion import conjugate, from_matrix, multiply, rotate
from homeward.sim.core.carry import strong
from homeward.sim.rendezvous.far_range import FarCarry
from homeward.sim.rendezvous.far_range_lanes import world_axes
from homeward.sim.rendezvous.proximity import CloseCarry
from homeward.sim.rendezvous.telemetry import DOCKED
from homeward.typing import Array, Float, Vec3
from homeward.world.dynamics.docking_bodies import station_attitude
from homeward.world.dynamics.two_spacecraft import PairWorld, bodies_at, pulled, tidal_pull

OWN = (10.0, 0.05)  # m, m/s, 1-sigma an axis: the ship's own state
BESIDE = (0.1, 0.005)  # m, m/s: ship less station, by lidar and camera
FACING = 1e-3  # rad: the ship's attitude, by stars
KICKS = 15  # standard normal numbers a lane


@program
def before_port(world, close, far, rho_D, v_D, turn_B, kicks, step: int):
    """The carry of every lane, its port at ``rho_D`` [m], moving at ``v_D`` [m/s], seen from the station's.

    ``far`` are the lanes at the insertion, ``turn_B`` (n, 3) [rad] by how much the ship is off the docked
    attitude, ``kicks`` (n, 15) standard normal, ``step`` (static) where the computer stands in its list.
    """

    def lane(
        world: PairWorld, far: FarCarry, rho: Vec3, v: Vec3, turn: Vec3, kick: Float[Array, " k"]
    ) -> CloseCarry:
        truth, hull, b = far.truth, world.hull, far.truth.bodies
        q_TI, omega_T = station_attitude(hull.motion, truth.time, b.r_TI_I, b.v_TI_I)
        q_DT = from_matrix(hull.C_DT)
        off = jnp.concatenate([jnp.ones(1), -0.5 * turn])
        q_BT = multiply(off / jnp.sqrt(jnp.sum(off * off)), multiply(DOCKED, q_DT))
        out = rotate(conjugate(q_DT), rho)
        place_T = hull.port_T + out - rotate(conjugate(q_BT), hull.dock_B)
        back = conjugate(q_TI)
        speed_T = rotate(conjugate(q_DT), v) + jnp.cross(omega_T, place_T)
        bodies = bodies_at(
            b.r_TI_I + rotate(back, place_T), b.v_TI_I + rotate(back, speed_T), b.r_TI_I, b.v_TI_I
        )
        q_BI = multiply(q_BT, q_TI)
        spin, tidal = world.orientation.at(truth.time), tidal_pull(world, truth.time, b.r_TI_I)
        bodies = pulled(world, spin, truth.time, tidal, bodies, truth.mass, jnp.ones(()))
        truth = eqx.tree_at(
            lambda t: (t.bodies, t.q_BI, t.omega_BI_B), truth, (bodies, q_BI, rotate(q_BT, omega_T))
        )
        start = PairStart(
            truth.time, bodies.r_BI_I + OWN[0] * kick[:3], bodies.v_BI_I + OWN[1] * kick[3:6],
            bodies.r_BI_I - bodies.r_TI_I + BESIDE[0] * kick[6:9],
            bodies.v_BI_I - bodies.v_TI_I + BESIDE[1] * kick[9:12], jnp.asarray(OWN), jnp.asarray(BESIDE),
        )  # fmt: skip
        told = multiply(jnp.concatenate([jnp.ones(1), 0.5 * FACING * kick[12:]]), q_BI)
        told = told / jnp.sqrt(jnp.sum(told * told))
        state = executive.init_approach(close, far.flight, close.orders)
        state = executive.init_withdrawal(close, state, PairRelease(start, told, jnp.asarray(FACING)))
        state = eqx.tree_at(lambda s: s.step, state, jnp.full_like(state.step, step))
        return CloseCarry(truth, state, jnp.zeros_like(truth.level), truth.time)

    assert isinstance(close, CloseComputer)
    axes = (world_axes(world), 0, 0, 0, 0, 0)
    return strong(jax.vmap(lane, in_axes=axes)(world, far, rho_D, v_D, turn_B, kicks))
