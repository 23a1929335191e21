"""Undocking of many lanes: the ship stands at the port, springs push it off, the close program flies on.

While it is docked the station carries the ship: only the station is flown on. Navigation begins anew at the
undocking, from what the latches tell: where the ports are against each other, and which way they face.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward._aot.program import program
from homeward.flight.executive import rendezvous_executive as executive
from homeward.icd.rendezvous_messages import PairRelease, PairStart
from homeward.math.quaternion import conjugate, from_matrix, multiply, rotate
from homeward.sim.core.carry import strong
from homeward.sim.rendezvous.far_range_lanes import world_axes
from homeward.sim.rendezvous.proximity import CloseCarry
from homeward.sim.rendezvous.telemetry import DOCKED
from homeward.typing import Array, Flag, Float, Quat, Scalar
from homeward.world.dynamics.docking_bodies import station_attitude
from homeward.world.dynamics.rendezvous_state import PairTruth, no_contact
from homeward.world.dynamics.two_spacecraft import PairWorld, bodies_at, drifted, kicked, pulled, tidal_pull

STEP = 10.0  # s at most between two kicks while docked
TIP_OFF = 8.7e-4  # rad/s, 1-sigma an axis: the springs do not push quite alike; assumed
OWN = (10.0, 0.05)  # m, m/s, 1-sigma an axis: the ship's own state as told at the undocking
BESIDE = (0.02, 0.002)  # m, m/s: the ship against the station, by the latches
FACING = 1e-3  # rad: attitude, by the station's
KICKS = 18  # standard normal numbers a lane


@program
def undocked(world, flight, close, docked, speed, kicks):
    """The lanes of ``close`` after ``docked`` [s] at the port (whole seconds), let go at ``speed`` [m/s].

    ``flight`` holds the steps of the withdrawal; ``kicks`` (lane, 18) standard normal. A lane that had not
    docked stands still.
    """

    def lane(world: PairWorld, carry: CloseCarry, kick: Float[Array, " k"]) -> CloseCarry:
        truth, told, out = _let_go(world, _carried(world, carry.truth, docked), speed, kick)
        out = out | ~carry.truth.contact.captured
        own, beside = kick[3:6], kick[9:12]
        b = truth.bodies
        start = PairStart(
            truth.time, b.r_BI_I + OWN[0] * own, b.v_BI_I + OWN[1] * kick[6:9],
            b.r_BI_I - b.r_TI_I + BESIDE[0] * beside, b.v_BI_I - b.v_TI_I + BESIDE[1] * kick[12:15],
            jnp.asarray(OWN), jnp.asarray(BESIDE),
        )  # fmt: skip
        release = PairRelease(start, told, jnp.asarray(FACING))
        state = executive.init_withdrawal(flight, carry.flight, release)
        truth = eqx.tree_at(lambda t: t.done, truth, out)
        return CloseCarry(truth, state, jnp.zeros_like(truth.level), truth.time)

    return strong(jax.vmap(lane, in_axes=(world_axes(world), 0, 0))(world, close, kicks))


def _carried(world: PairWorld, truth: PairTruth, docked: Scalar) -> PairTruth:
    """The truth ``docked`` [s] later, both bodies where the station has come to."""
    count = jnp.ceil(docked / STEP)
    h = docked / jnp.maximum(count, 1.0)
    b = truth.bodies
    start = bodies_at(b.r_TI_I, b.v_TI_I, b.r_TI_I, b.v_TI_I)

    def pull(t: Scalar, bodies):
        tidal = tidal_pull(world, t, bodies.r_TI_I)
        return pulled(world, world.orientation.at(t), t, tidal, bodies, truth.mass, h)

    def step(k, bodies):
        t, zero = truth.time + (k + 1.0) * h, jnp.zeros(3)
        bodies = drifted(kicked(bodies, 0.5 * h), h, zero, zero, zero)
        return kicked(pull(t, bodies), 0.5 * h)

    bodies = jax.lax.fori_loop(0, count.astype(int), step, pull(truth.time, start))
    return eqx.tree_at(lambda t: (t.time, t.bodies), truth, (truth.time + docked, bodies))


def _let_go(
    world: PairWorld, truth: PairTruth, speed: Scalar, kick: Float[Array, " k"]
) -> tuple[PairTruth, Quat, Flag]:
    """Docked as it should be, and pushed off; the attitude as believed; and whether the lane is out."""
    hull, b = world.hull, truth.bodies
    q_TI, omega_T = station_attitude(hull.motion, truth.time, b.r_TI_I, b.v_TI_I)
    q_BT = multiply(DOCKED, from_matrix(hull.C_DT))
    q_BI = multiply(q_BT, q_TI)
    place_T = hull.port_T - rotate(conjugate(q_BT), hull.dock_B)
    axis_T = hull.C_DT[0]
    # Springs push both apart; each gets its part.
    share = hull.station_mass / (hull.station_mass + truth.mass)
    turned = jnp.cross(omega_T, place_T)
    back = conjugate(q_TI)
    bodies = bodies_at(
        b.r_TI_I + rotate(back, place_T),
        b.v_TI_I + rotate(back, turned + share * speed * axis_T),
        b.r_TI_I,
        b.v_TI_I - rotate(back, (1.0 - share) * speed * axis_T),
    )
    told = multiply(jnp.concatenate([jnp.ones(1), 0.5 * FACING * kick[15:]]), q_BI)
    told = told / jnp.sqrt(jnp.sum(told * told))
    zero = jnp.zeros(())
    tidal = tidal_pull(world, truth.time, b.r_TI_I)
    spin = world.orientation.at(truth.time)
    bodies = pulled(world, spin, truth.time, tidal, bodies, truth.mass, jnp.ones(()))
    truth = eqx.tree_at(
        lambda t: (t.bodies, t.q_BI, t.omega_BI_B, t.level, t.contact, t.closest, t.plume),
        truth,
        (
            bodies, q_BI, rotate(q_BT, omega_T) + TIP_OFF * kick[:3], jnp.zeros_like(truth.level),
            no_contact(), zero + 1e9, zero,
        ),
    )  # fmt: skip
    return truth, told, truth.failed
