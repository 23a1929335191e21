"""A camera's reading brought from its exposure to the time of the cycle that reads it.

A picture shows the port where it was at the exposure, told by its time tag. What the port has moved since, in
the ship's axes, follows from the velocities and rates that are believed, so that the reading is compared with
what is believed now. Their errors count times the age: 1 mm/s and 0.2 s are 0.2 mm.

Order: place ``d(b_B)/dt = -omega_BI x (b + d) + C_BI (omega_TI x p - v_BT)`` of the line ``b`` from the
ship's port to the station's, ``d`` the ship's port from its centre of mass, ``p`` the station's port from its
own; attitude by ``omega_BI - omega_TI``. The station turns with its orbit.
"""

from dataclasses import replace

import jax.numpy as jnp

from homeward.flight.navigation.mechanization import small_turn
from homeward.flight.relative_navigation.port_relative_state import back, orbit_rate, port_in_sight, turn
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.icd.rendezvous_messages import PairAids, PairNavigation
from homeward.math.quaternion import to_matrix
from homeward.math.triples import split
from homeward.typing import Vec3

OLDEST = 1.0  # s: an older picture is not that of this cycle


def camera_up_to_date(aids: PairAids, believed: PairNavigation, geometry: PairGeometry) -> PairAids:
    """``aids`` with the camera's place and attitude as of now; one that tells no age of its own cycle is not
    valid. ``believed`` is what navigation believes now, before it has read them."""
    age = jnp.where(aids.camera_valid, aids.camera_age, 0.0)
    recent = (age >= 0.0) & (age <= OLDEST)
    moved, turned = _port_rates(believed, geometry)
    return replace(
        aids,
        camera_valid=aids.camera_valid & recent,
        camera_position=aids.camera_position + age * moved,
        camera_q_BD=small_turn(aids.camera_q_BD, split(age * turned)),
    )


def _port_rates(n: PairNavigation, geometry: PairGeometry) -> tuple[Vec3, Vec3]:
    """Rates of the line from port to port [m/s, B] and of the ship's axes against the port [rad/s, B]."""
    C_BI, C_TI = to_matrix(n.q_BI), to_matrix(n.q_TI)
    station_I = orbit_rate(n.r_TI_I, n.v_TI_I)
    arm_B = port_in_sight(n, geometry) + geometry.dock_B
    speed_I = jnp.cross(station_I, back(C_TI, geometry.port_T)) - (n.v_BI_I - n.v_TI_I)
    moved = turn(C_BI, speed_I) - jnp.cross(n.omega_BI_B, arm_B)
    return moved, n.omega_BI_B - turn(C_BI, station_I)
