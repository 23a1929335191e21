"""What the navigation filter was told of its sensors before the flight: its own figures, not the truth's."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.navigation.coarse_attitude import CoarseBelief
from homeward.flight.navigation.gnss_antennas import AntennaBelief
from homeward.typing import Array, Float, Mat33, Scalar


class InertialBelief(eqx.Module):
    """1-sigma figures that the filter was loaded with for the inertial unit and for gravity."""

    gyro_bias: Scalar  # rad/s
    gyro_walk: Scalar  # rad/sqrt(s)
    gyro_scale: Scalar  # rad per rad turned: scale factors and misalignments
    accelerometer_bias: Scalar  # m/s2
    accelerometer_walk: Scalar  # m/s/sqrt(s)
    force_scale: Scalar  # relative error along the force
    force_cross: Scalar  # relative error across the force: misalignments
    mounting: Scalar  # rad an axis, unit against stars
    gravity_walk: Scalar  # m/s/sqrt(s): what the zonal field leaves out

    def thinned(self, gyro: Scalar, accelerometer: Scalar) -> "InertialBelief":
        """The figures of a unit of which fewer instruments are left; variances over those of all of them."""
        g, a = jnp.sqrt(gyro), jnp.sqrt(accelerometer)
        return eqx.tree_at(
            lambda u: (
                u.gyro_bias, u.gyro_walk, u.gyro_scale, u.accelerometer_bias, u.accelerometer_walk,
                u.force_scale, u.force_cross,
            ),
            self,
            (
                g * self.gyro_bias, g * self.gyro_walk, g * self.gyro_scale, a * self.accelerometer_bias,
                a * self.accelerometer_walk, a * self.force_scale, a * self.force_cross,
            ),
        )  # fmt: skip


class RangeBelief(eqx.Module):
    """1-sigma figures that the filter was loaded with for a receiver that tells ranges."""

    range_noise: Scalar  # m, white
    slow: Scalar  # m, Gauss-Markov part of each satellite's range
    slow_time: Scalar  # s, its correlation time
    ionosphere: Scalar  # m straight up, the same for all
    ionosphere_time: Scalar  # s over which it changes
    ionosphere_length: Scalar  # m flown over which it changes
    rate_noise: Scalar  # m/s
    clock_walk: Scalar  # m/sqrt(s)
    drift_walk: Scalar  # m/s/sqrt(s)


class AidBelief(eqx.Module):
    """1-sigma figures that the filter was loaded with for the other sensors, and how it guards itself."""

    star_cross: Scalar  # rad
    star_roll: Scalar  # rad, about the boresight
    boresights_B: Float[Array, "2 3"]  # of the heads
    satellite_position: Scalar  # m, Gauss-Markov part
    satellite_velocity: Scalar  # m/s
    satellite_time: Scalar  # s, its correlation time
    satellite_position_noise: Scalar  # m, white
    satellite_velocity_noise: Scalar  # m/s
    pressure_sigma: Scalar  # m
    pressure_scale: Scalar  # relative
    height_sigma: Scalar  # m, of the ground's altitude and the gamma altimeter together
    ground_altitude: Scalar  # m above the ellipsoid
    altitude_memory: Scalar  # cycles over which the error of the pressure's scale is the same one
    gate: Scalar  # sigmas: an innovation beyond is not believed
    patience: Scalar  # cycles of rejected readings after which the filter gives in
    ranges: RangeBelief | None = None  # None: the receiver tells fixes
    antennas: AntennaBelief | None = None  # of a receiver that tells ranges; None: whatever it tells is heard
    coarse: CoarseBelief | None = None  # None: neither Sun sensors nor a horizon scanner

    def decay(self, duration: Scalar) -> Scalar:
        """What is left after a time [s] of the slow error of a receiver that tells fixes.

        That of one which tells ranges is carried on by who is in view (``gnss_error_states``).
        """
        if self.ranges is not None:
            return jnp.ones_like(duration)
        return jnp.exp(-duration / self.satellite_time)

    def star_noise(self, head: int) -> Mat33:
        """Covariance [rad2, B] of a head's reading of the stars."""
        b = self.boresights_B[head]
        excess = self.star_roll**2 - self.star_cross**2
        return self.star_cross**2 * jnp.eye(3) + excess * b[:, None] * b[None, :]
