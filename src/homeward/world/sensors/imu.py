"""The strapdown inertial unit as it is: what it makes of the true turn and the true velocity gained.

Figures are those of a navigation-grade unit of the HG9900 class (Honeywell data sheet: accelerometer bias 25
micro-g and scale factor 100 ppm, gyro bias 0.0035 deg/h, scale factor 5 ppm, random walk 0.002 deg/sqrt(h)).
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import InertialSample
from homeward.math.quaternion import conjugate, multiply
from homeward.math.triples import Triple, add, axpy, cross, join, scale, split
from homeward.typing import Array, Float, Quat, Scalar, Vec3

NOISES = 6  # standard normal numbers a tick
Increments = tuple[Vec3, Vec3]


class Triad(eqx.Module):
    """Three sensors of one kind: this flight's draws of what stays constant, and the noise.

    Units: bias in rad/s or m/s2, ``walk`` in rad/sqrt(s) or m/s/sqrt(s). ``misalignment`` [rad] holds how
    much of another axis a sensor feels: of y and z in x, of x and z in y, of x and y in z. Groves (2013),
    section 4.4.
    """

    bias: Vec3
    scale_factor: Vec3  # relative error of the scale
    misalignment: Float[Array, "6"]
    walk: Scalar

    def sense(self, true: Triple, duration: Scalar, noise: Vec3) -> Vec3:
        """What the triad sums over a tick, of the true sum in the unit's own axes."""
        x, y, z = true
        m = self.misalignment
        crossed = jnp.stack([m[0] * y + m[1] * z, m[2] * x + m[3] * z, m[4] * x + m[5] * y])
        scaled = join(true) * (1.0 + self.scale_factor)
        return scaled + crossed + self.bias * duration + (self.walk * jnp.sqrt(duration)) * noise


class InertialUnit(eqx.Module):
    """Gyros and accelerometers on one block. ``mounting`` [rad] is the block's small turn against body axes.

    Components in the unit's axes are ``x + mounting x x`` of components in B.
    """

    gyro: Triad
    accelerometer: Triad
    mounting: Vec3

    def sample(
        self, turn: Vec3, delta_velocity: Vec3, duration: Scalar, noise: Float[Array, "6"]
    ) -> InertialSample:
        """The message of one tick.

        ``turn`` [rad, B] is the true rotation vector of the tick (``turn_between``), ``delta_velocity`` [m/s]
        the true specific force integrated in body axes as they stood at its start, ``duration`` in s,
        ``noise`` standard normal. Scale factors and misalignments act on these sums instead of within the
        tick: where the body turns by 0.03 rad a tick, that changes their effect by 1.5 % of itself.
        """
        turn_M = self._mounted(turn)
        gained_M = self._mounted(delta_velocity)
        return InertialSample(
            delta_angle=self.gyro.sense(turn_M, duration, noise[0:3]),
            delta_velocity=self.accelerometer.sense(gained_M, duration, noise[3:6]),
            duration=duration,
        )

    def _mounted(self, x: Vec3) -> Triple:
        parts = split(x)
        return add(parts, cross(split(self.mounting), parts))


def turn_between(q_BI_start: Quat, q_BI_end: Quat) -> Vec3:
    """Rotation vector [rad, B] of a body from one attitude to the next, less than half a turn apart.

    The logarithm of ``q_start q_end*`` (``q_end = exp(-turn / 2) q_start``); its components are the same in
    the axes at the start and at the end. Exact to 1e-13 of itself, small turns included.
    """
    w, x, y, z = multiply(q_BI_start, conjugate(q_BI_end))
    sign = jnp.where(w < 0.0, -1.0, 1.0)
    sine2 = x * x + y * y + z * z
    small = sine2 < 1e-10
    sine = jnp.sqrt(jnp.where(small, 1.0, sine2))
    # 2 asin(s) / s near zero: 2 + s^2 / 3, the next term below 1e-20.
    factor = sign * jnp.where(small, 2.0 + sine2 / 3.0, 2.0 * jnp.arctan2(sine, sign * w) / sine)
    return join((factor * x, factor * y, factor * z))


def integrate_increments(
    angles: Float[Array, "n 3"], velocities: Float[Array, "n 3"], before: Increments
) -> tuple[Vec3, Vec3, Increments]:
    """Rotation vector and velocity gained over a tick of ``n`` sub-steps, coning and sculling corrected.

    ``angles`` [rad] and ``velocities`` [m/s] are the integrals of rate and specific force over each
    sub-step, in body axes; ``before`` those of the sub-step before the tick. Returns ``(turn [rad, B],
    delta_velocity [m/s, body axes at the start], last increments)``. Savage (1998), J. Guidance 21(1) for
    coning, 21(2) for sculling: rate and force as straight lines over two neighbouring sub-steps. For a
    simulator that knows rate and force within the tick, and for the test of what the message means.
    """
    last_a, last_v = split(before[0]), split(before[1])
    zero = jnp.zeros_like(last_a[0])
    a: Triple = (zero, zero, zero)
    v: Triple = (zero, zero, zero)
    coning: Triple = (zero, zero, zero)
    sculling: Triple = (zero, zero, zero)
    for k in range(angles.shape[0]):
        da, dv = split(angles[k]), split(velocities[k])
        lead_a = axpy(1.0 / 6.0, last_a, a)
        lead_v = axpy(1.0 / 6.0, last_v, v)
        coning = axpy(0.5, cross(lead_a, da), coning)
        sculling = axpy(0.5, add(cross(lead_a, dv), cross(lead_v, da)), sculling)
        a, v, last_a, last_v = add(a, da), add(v, dv), da, dv
    turned = _rotation_of_velocity(a, v)
    return join(add(a, coning)), join(add(turned, sculling)), (join(last_a), join(last_v))


def _rotation_of_velocity(a: Triple, v: Triple) -> Triple:
    """``v`` gained evenly while turning evenly by ``a``, in the axes at the start."""
    angle2 = a[0] * a[0] + a[1] * a[1] + a[2] * a[2]
    first = 0.5 - angle2 / 24.0 + angle2 * angle2 / 720.0
    second = 1.0 / 6.0 - angle2 / 120.0 + angle2 * angle2 / 5040.0
    once = cross(a, v)
    return add(v, add(scale(first, once), scale(second, cross(a, once))))
