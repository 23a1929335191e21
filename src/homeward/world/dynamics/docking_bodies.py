"""What turns and docks: inertia, thrusters and ports of ship and station, and how the station moves."""

import equinox as eqx
import jax.numpy as jnp

from homeward.astro.lvlh import lvlh_matrix, lvlh_rate
from homeward.math.quaternion import from_matrix, multiply, rotate
from homeward.typing import Array, Count, Float, Mat33, Quat, Scalar, Vec3
from homeward.vehicle.thrusters import Thrusters
from homeward.world.sensors.imu import InertialUnit


class StationMotion(eqx.Module):
    """Attitude of the station about its orbital frame L: ``offset + swing sin(rate t + phase) + drift t``.

    A rotation vector [rad], [rad/s]. ``drift`` zero: it holds L, with a small motion of its own; else it
    tumbles.
    """

    offset: Vec3
    swing: Vec3
    rate: Vec3
    phase: Vec3
    drift: Vec3

    def angles(self, t: Scalar) -> Vec3:
        """Rotation vector from L to T [rad] at ``t`` [s]."""
        return self.offset + self.swing * jnp.sin(self.rate * t + self.phase) + self.drift * t

    def rates(self, t: Scalar) -> Vec3:
        """Angular velocity of T against L [rad/s, T].

        That of a rotation vector ``p``: ``p' - b p x p' + c p x (p x p')``, ``b = (1 - cos |p|) / |p|^2`` and
        ``c = (|p| - sin |p|) / |p|^3``. Source: Bortz (1971), doi:10.1109/TAES.1971.310252.
        """
        p = self.angles(t)
        change = self.swing * self.rate * jnp.cos(self.rate * t + self.phase) + self.drift
        size2 = jnp.sum(p * p)
        small = size2 < 1e-6
        size = jnp.sqrt(jnp.where(small, 1.0, size2))
        b = jnp.where(small, 0.5, (1.0 - jnp.cos(size)) / (size * size))
        c = jnp.where(small, 1.0 / 6.0, (size - jnp.sin(size)) / (size * size * size))
        across = jnp.cross(p, change)
        return change - b * across + c * jnp.cross(p, across)


class Hull(eqx.Module):
    """Ship in B, station in T. ``C_DT`` turns T's components into those of the port, x outward."""

    inertia: Mat33  # kg m2 of the ship at ``inertia_mass`` [kg]
    inertia_mass: Scalar
    thrusters: Thrusters
    inertial: InertialUnit
    dock_B: Vec3  # m, the ship's port from its centre of mass
    port_T: Vec3  # m, the station's port from its centre of mass
    C_DT: Mat33
    motion: StationMotion
    station_mass: Scalar  # kg
    station_area: Scalar  # m2, what a plume can hit
    plume_power: Scalar  # of the cosine by which a plume thins out off its axis
    missed_captures: Count  # contacts, the first ones, at which the latches do not catch whatever it is like
    restitution: Scalar  # speed after a contact without capture, over that before
    corridor: Scalar  # tangent of the half angle of the cone, from the port, outside of which distance counts


def rotation_quaternion(angle: Vec3) -> Quat:
    """``q_BA`` of a frame B that is A turned by a rotation vector [rad]."""
    size2 = jnp.sum(angle * angle)
    small = size2 < 1e-12
    size = jnp.sqrt(jnp.where(small, 1.0, size2))
    half = jnp.where(small, 0.5, jnp.sin(0.5 * size) / size)
    cosine = jnp.where(small, 1.0 - 0.125 * size2, jnp.cos(0.5 * size))
    return jnp.concatenate([cosine[None], -half * angle])


def station_attitude(motion: StationMotion, t: Scalar, r_TI_I: Vec3, v_TI_I: Vec3) -> tuple[Quat, Vec3]:
    """``q_TI`` and ``omega_TI_T`` [rad/s] of the station."""
    q_TL = rotation_quaternion(motion.angles(t))
    q_TI = multiply(q_TL, from_matrix(lvlh_matrix(r_TI_I, v_TI_I)))
    return q_TI, rotate(q_TL, lvlh_rate(r_TI_I, v_TI_I)) + motion.rates(t)


def plume_push(hull: Hull, mean: Float[Array, " n"], from_station_B: Vec3) -> Vec3:
    """Force [N, B] of all plumes on the station, ``mean`` the mean thrust [N] of each thruster.

    A plume carries its momentum into the half space behind it as ``cos^k``; the station catches what its
    area subtends. ``from_station_B`` [m] is the ship's centre of mass from the station's.
    Source of the law: G. Dettleff, Prog. Aerospace Sci. 28 (1991) 1, far field without its angle's limit.
    """
    t = hull.thrusters
    to_station = -from_station_B[None, :] - t.place
    distance2 = jnp.sum(to_station * to_station, axis=1)
    inverse = 1.0 / jnp.sqrt(distance2)
    cosine = jnp.maximum(-jnp.sum(to_station * t.direction, axis=1) * inverse, 0.0)
    k = hull.plume_power
    share = (k + 1.0) / (2.0 * jnp.pi) * hull.station_area / distance2
    # Near by, no more than all of it.
    caught = jnp.minimum(share, 1.0) * cosine**k * mean
    return jnp.sum((caught * inverse)[:, None] * to_station, axis=0)
