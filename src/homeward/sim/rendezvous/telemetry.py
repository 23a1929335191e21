"""A row of a rendezvous' telemetry: truth beside what navigation believes."""

import jax.numpy as jnp

from homeward.astro.lvlh import to_lvlh
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.icd.rendezvous_messages import PairFrame, PairNavigation
from homeward.math.quaternion import conjugate, from_matrix, multiply, rotate
from homeward.typing import Array, Count, Float, Quat, Scalar, Vec3
from homeward.world.dynamics.docking_bodies import Hull, station_attitude
from homeward.world.dynamics.rendezvous_state import PairTruth

DOCKED = jnp.array([0.0, 0.0, 0.0, 1.0])  # q_BD of a docked ship: C_BD = diag(-1, -1, 1)


def ports(hull: Hull, truth: PairTruth) -> tuple[Vec3, Vec3, Quat, Vec3]:
    """Place [m] and velocity [m/s] of the ship's port seen from the station's, in the turning D; then the
    ship's attitude against the docked one as a quaternion, and its rate against the station [rad/s, B]."""
    b = truth.bodies
    q_TI, omega_T = station_attitude(hull.motion, truth.time, b.r_TI_I, b.v_TI_I)
    between_I = b.r_BI_I - b.r_TI_I
    dock_T = rotate(q_TI, rotate(conjugate(truth.q_BI), hull.dock_B))
    place_T = rotate(q_TI, between_I) + dock_T - hull.port_T
    omega_B_T = rotate(q_TI, rotate(conjugate(truth.q_BI), truth.omega_BI_B))
    speed_T = rotate(q_TI, b.v_BI_I - b.v_TI_I) + jnp.cross(omega_B_T, dock_T)
    speed_T = speed_T - jnp.cross(omega_T, place_T + hull.port_T)
    q_DT = from_matrix(hull.C_DT)
    q_BD = multiply(truth.q_BI, conjugate(multiply(q_DT, q_TI)))
    off = multiply(q_BD, conjugate(DOCKED))
    rate = truth.omega_BI_B - rotate(truth.q_BI, rotate(conjugate(q_TI), omega_T))
    return rotate(q_DT, place_T), rotate(q_DT, speed_T), off, rate


def seen_from_station(
    hull: Hull, time: Scalar, r_TI_I: Vec3, v_TI_I: Vec3, r_BI_I: Vec3, q_BI: Quat
) -> tuple[Vec3, Vec3]:
    """Place [m] of the ship's centre of mass and the direction of its nose, in the station's axes T."""
    q_TI, _ = station_attitude(hull.motion, time, r_TI_I, v_TI_I)
    nose_I = rotate(conjugate(q_BI), jnp.array([1.0, 0.0, 0.0]))
    return rotate(q_TI, r_BI_I - r_TI_I), rotate(q_TI, nose_I)


def apart_as_drawn(hull: Hull, drawn: PairGeometry, truth: PairTruth) -> Vec3:
    """Ship less station [m, I] of a pair as drawn, whose ports are where those of the true pair are.

    That is what a filter can know which is told drawings and sees ports.
    """
    b = truth.bodies
    q_TI, _ = station_attitude(hull.motion, truth.time, b.r_TI_I, b.v_TI_I)
    port_I = rotate(conjugate(q_TI), hull.port_T - drawn.port_T)
    dock_I = rotate(conjugate(truth.q_BI), hull.dock_B - drawn.dock_B)
    return b.r_BI_I - b.r_TI_I - port_I + dock_I


def turn_missing(off: Quat) -> Vec3:
    """Rotation vector [rad, B], to first order, of an attitude against the wanted one."""
    return jnp.where(off[0] < 0.0, 2.0, -2.0) * off[1:]


def frame(
    hull: Hull, truth: PairTruth, believed: PairNavigation, stage: Count, valves: Float[Array, " n"]
) -> PairFrame:
    """The row of this instant."""
    b, n = truth.bodies, believed
    r_L, v_L = to_lvlh(b.r_TI_I, b.v_TI_I, b.r_BI_I, b.v_BI_I)
    # The belief about the pair, seen from the true station: what guidance has wrong, in one frame.
    r_b = n.r_BI_I - n.r_TI_I + b.r_TI_I
    v_b = n.v_BI_I - n.v_TI_I + b.v_TI_I
    r_n, v_n = to_lvlh(b.r_TI_I, b.v_TI_I, r_b, v_b)
    place, speed, off, _ = ports(hull, truth)
    return PairFrame(
        time=truth.time, stage=stage, r_BI_I=b.r_BI_I, v_BI_I=b.v_BI_I, r_TI_I=b.r_TI_I, v_TI_I=b.v_TI_I,
        position_L=r_L, velocity_L=v_L, port_position=place, port_velocity=speed, q_BI=truth.q_BI,
        omega_BI_B=truth.omega_BI_B, docking_turn=turn_missing(off), mass=truth.mass, delta_v=truth.delta_v,
        position_error=r_n - r_L, velocity_error=v_n - v_L, position_sigma=n.position_sigma,
        velocity_sigma=n.velocity_sigma, valve_share=valves,
    )  # fmt: skip
