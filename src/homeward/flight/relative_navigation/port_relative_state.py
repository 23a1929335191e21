"""From what navigation believes to what the last 200 m are flown by: the ship's port before the station's."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.icd.rendezvous_messages import PairNavigation
from homeward.math.quaternion import to_matrix
from homeward.typing import Mat33, Vec3


class PortRelative(eqx.Module):
    """The ship's port seen from the station's."""

    rho_D: Vec3  # m; x is the distance from port to port along the port's axis
    rhodot_D: Vec3  # m/s, in D, which turns with the station
    error_B: Vec3  # rad, small turn that would take B to its docked attitude
    omega_BT_B: Vec3  # rad/s, the ship's rate of turn against the station


def port_relative(
    navigation: PairNavigation, geometry: PairGeometry, own_T: Vec3 | None = None
) -> PortRelative:
    """Place and velocity of the ship's port in D, attitude and rate against the docked attitude.

    ``error_B`` is the vector part of the turn from ``C_BD`` to ``diag(-1, -1, 1)``: the sine of its angle.
    The station turns with its orbit, ``h / r^2``, and by ``own_T`` [rad/s, T] against that, if it is known.
    """
    n, g = navigation, geometry
    C_BI, C_TI = to_matrix(n.q_BI), to_matrix(n.q_TI)
    omega_T = turn(C_TI, orbit_rate(n.r_TI_I, n.v_TI_I))
    omega_T = omega_T if own_T is None else omega_T + own_T
    place_T = turn(C_TI, n.r_BI_I - n.r_TI_I + back(C_BI, g.dock_B))
    moving_I = n.v_BI_I - n.v_TI_I + back(C_BI, jnp.cross(n.omega_BI_B, g.dock_B))
    speed_T = turn(C_TI, moving_I) - jnp.cross(omega_T, place_T)
    # Rows of C_BD, and the docked axes in them: x_B = -x_D, y_B = -y_D, z_B = z_D.
    signs = jnp.asarray([-1.0, -1.0, 1.0])
    C_DI = jnp.stack([turn_row(g.C_DT, C_TI, k) for k in range(3)])
    C_BD = jnp.stack([turn(C_DI, C_BI[k]) for k in range(3)])
    docked = C_BD * signs[None, :]  # C_B from docked axes; no turn when docked
    error = 0.5 * jnp.stack(
        [docked[2, 1] - docked[1, 2], docked[0, 2] - docked[2, 0], docked[1, 0] - docked[0, 1]]
    )
    omega_B = n.omega_BI_B - turn(C_BI, back(C_TI, omega_T))
    return PortRelative(turn(g.C_DT, place_T - g.port_T), turn(g.C_DT, speed_T), error, omega_B)


def port_in_sight(navigation: PairNavigation, geometry: PairGeometry) -> Vec3:
    """The station's port from the ship's [m, B], as believed: what the camera should tell."""
    n, g = navigation, geometry
    C_BI, C_TI = to_matrix(n.q_BI), to_matrix(n.q_TI)
    return turn(C_BI, back(C_TI, g.port_T) - (n.r_BI_I - n.r_TI_I)) - g.dock_B


def orbit_rate(r_TI_I: Vec3, v_TI_I: Vec3) -> Vec3:
    """Rate of turn [rad/s, I] of the position vector: ``r x v / r^2``."""
    return jnp.cross(r_TI_I, v_TI_I) / jnp.sum(r_TI_I * r_TI_I)


def turn(C_AB: Mat33, a_B: Vec3) -> Vec3:
    """``C a``."""
    return jnp.sum(C_AB * a_B[None, :], axis=1)


def back(C_AB: Mat33, a_A: Vec3) -> Vec3:
    """``C' a``."""
    return jnp.sum(C_AB * a_A[:, None], axis=0)


def turn_row(C_AB: Mat33, C_BC: Mat33, k: int) -> Vec3:
    """Row ``k`` of ``C_AB C_BC``."""
    return back(C_BC, C_AB[k])
