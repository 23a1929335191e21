"""Dead reckoning on board: attitude, velocity and position from turns and velocities sensed, tick by tick.

In inertial axes, with the flight computer's own zonal gravity. The unit has corrected both of its integrals
for coning and sculling; here they are put to use. Savage (1998), J. Guidance 21(1) and 21(2).
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, height_and_up
from homeward.icd import InertialSample
from homeward.math.attitude_triples import bank_angle, motion_axes, turn_quaternion
from homeward.math.quaternion import multiply, to_matrix
from homeward.math.triples import Triple, add, axpy, dot, join, scale, split
from homeward.typing import Array, Float, Mat33, Quat, Scalar, Vec3

# s: the end of a leg may cut a cycle or a tick to next to nothing. What is told of it is the rest of a
# quantum, and that over no time is no rate: one that is shorter than this tells none.
BRIEF = 1e-3


class ZonalEarth(eqx.Module):
    """Believed gravity: mu [m3/s2], reference radius [m], J2, J3 and J4."""

    mu: Scalar
    radius: Scalar
    zonal: Float[Array, "3"]

    def gravity(self, r: Triple, pole: Triple) -> Triple:
        """Gravitation [m/s2] at ``r`` [m] in any axes in which ``pole`` is the unit vector of the Earth's.

        Vallado, Fundamentals of Astrodynamics, section 8.7.2.
        """
        inverse2 = 1.0 / dot(r, r)
        inverse = jnp.sqrt(inverse2)
        q = self.radius * inverse
        s = dot(r, pole) * inverse
        s2 = s * s
        k2 = 1.5 * self.zonal[0] * q * q
        k3 = 2.5 * self.zonal[1] * q * q * q
        k4 = 0.625 * self.zonal[2] * q * q * q * q
        side = 1.0 + k2 * (1.0 - 5.0 * s2) + k3 * s * (3.0 - 7.0 * s2)
        side = side + k4 * (-3.0 + 42.0 * s2 - 63.0 * s2 * s2)
        along = 2.0 * k2 * s + k3 * (3.0 * s2 - 0.6) - k4 * (12.0 * s - 28.0 * s * s2)
        central = -self.mu * inverse2
        return axpy(central * side * inverse, r, scale(central * along, pole))

    def gradient(self, r: Triple) -> tuple[Triple, Triple, Triple]:
        """Rows of the gravity gradient [1/s2] of the point mass: the rest is 1e-3 of it."""
        inverse2 = 1.0 / dot(r, r)
        k = self.mu * inverse2 * jnp.sqrt(inverse2)
        rows = []
        for i in range(3):
            row = [3.0 * k * inverse2 * r[i] * r[j] for j in range(3)]
            row[i] = row[i] - k
            rows.append(tuple(row))
        return rows[0], rows[1], rows[2]


class NavState(eqx.Module):
    """Believed attitude of the inertial unit, position and velocity."""

    q_BI: Quat
    r_BI_I: Vec3  # m
    v_BI_I: Vec3  # m/s


class CycleSums(eqx.Module):
    """What the covariance must know of the ticks since the last cycle."""

    attitude: Mat33  # the matrix C_IB integrated, s
    delta_v: Vec3  # specific force integrated, m/s, I
    turn: Vec3  # rad, turns added up in body axes
    duration: Scalar  # s


def no_sums() -> CycleSums:
    """The sums at the start of a cycle."""
    return CycleSums(jnp.zeros((3, 3)), jnp.zeros(3), jnp.zeros(3), jnp.zeros(()))


def advance(
    earth: ZonalEarth,
    pole_I: Vec3,
    state: NavState,
    sums: CycleSums,
    sample: InertialSample,
    gyro_bias: Vec3,
    accelerometer_bias: Vec3,
) -> tuple[NavState, CycleSums]:
    """One control tick. ``gyro_bias`` [rad/s] and ``accelerometer_bias`` [m/s2] are the believed ones.

    Attitude by the exact quaternion of the rotation vector; velocity by the increment turned to I and gravity
    half a tick on; position by the mean of both velocities. What the mean leaves out is the change of force
    over the whole flight times a twelfth of the tick squared: 3 cm for 4 g at 0.1 s.
    """
    dt = sample.duration
    turn = axpy(-dt, split(gyro_bias), split(sample.delta_angle))
    gained = axpy(-dt, split(accelerometer_bias), split(sample.delta_velocity))
    C_BI = to_matrix(state.q_BI)
    gained_I = split(jnp.sum(C_BI * join(gained)[:, None], axis=0))
    r, v = split(state.r_BI_I), split(state.v_BI_I)
    pull = earth.gravity(axpy(0.5 * dt, v, r), split(pole_I))
    faster = add(v, axpy(dt, pull, gained_I))
    further = axpy(0.5 * dt, add(v, faster), r)
    angle2 = dot(turn, turn)
    q = multiply(turn_quaternion(turn, angle2), state.q_BI)
    # First order is enough to keep the length at one: it is off by rounding only.
    q = q * (1.5 - 0.5 * jnp.sum(q * q))
    return NavState(q, join(further), join(faster)), CycleSums(
        attitude=sums.attitude + dt * C_BI.T,
        delta_v=sums.delta_v + join(gained_I),
        turn=sums.turn + join(turn),
        duration=sums.duration + dt,
    )


def small_turn(q_BI: Quat, error_B: Triple) -> Quat:
    """``q_BI`` of a body whose axes are turned on by ``error_B`` [rad, B], of unit length again."""
    q = multiply(turn_quaternion(error_B, dot(error_B, error_B)), q_BI)
    return q / jnp.sqrt(jnp.sum(q * q))


def turn_error(q_BI: Quat, seen_BI: Quat) -> Triple:
    """Small rotation vector [rad, B] that takes the attitude ``q_BI`` to ``seen_BI``."""
    w, x, y, z = multiply(q_BI, seen_BI * jnp.asarray([1.0, -1.0, -1.0, -1.0]))
    # Twice the vector part: the sine of an angle that is small wherever the result passes the gate.
    return scale(jnp.where(w < 0.0, -2.0, 2.0), (x, y, z))


def bank_of(ellipsoid: Ellipsoid, C_EI: Mat33, q_BI: Quat, r_E: Vec3, v_E: Vec3) -> Scalar:
    """Bank [rad] of the side on which ``+z_B`` lies, about the velocity seen from the ground, right positive.

    Heat shield ahead, lift is on that side. Falling straight down, bank has no meaning and is still finite.
    """
    _, up = height_and_up(ellipsoid, split(r_E))
    C = to_matrix(q_BI)
    x_E, y_E, z_E = (split(jnp.sum(C_EI * C[k][None, :], axis=1)) for k in range(3))
    return bank_angle((x_E, y_E, z_E), motion_axes(up, split(v_E)))
