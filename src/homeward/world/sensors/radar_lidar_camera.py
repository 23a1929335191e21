"""What points from ship to station: radar, lidar and camera, their errors and where they see.

An angle's error tilts the line of sight by two small angles across it, so that it is the same in every
direction; azimuth and elevation are then those of the tilted line.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.astro.line_of_sight import across, angles_of
from homeward.typing import Array, Flag, Float, Mat33, Quat, Scalar, Vec3
from homeward.world.sensors.mounting_survey import BEHIND, turned_axes

NEAR_FIGURE = 20.0  # m: where the camera's figures hold
FLOOR = 0.25  # of those figures: nearer than where that is reached the camera gets no better


class Radar(eqx.Module):
    """Range, its rate and the direction of the station's centre of mass, all round the ship.

    White parts and those drawn once a flight, 1 sigma.
    """

    range_white: Scalar  # m
    range_bias: Scalar  # m
    rate_white: Scalar  # m/s
    rate_bias: Scalar  # m/s
    angle_white: Scalar  # rad
    angle_bias: Scalar  # rad
    nearest: Scalar  # m
    farthest: Scalar  # m

    def sense(
        self, C_BI: Mat33, r_BT_I: Vec3, v_BT_I: Vec3, drawn: Float[Array, "4"], noise: Float[Array, "4"]
    ) -> tuple[Flag, Scalar, Scalar, Scalar, Scalar]:
        """Whether it has locked on; range [m], rate [m/s], azimuth and elevation [rad]."""
        distance = jnp.sqrt(jnp.sum(r_BT_I * r_BT_I))
        rate = jnp.sum(r_BT_I * v_BT_I) / distance
        sight = jnp.sum(C_BI * (-r_BT_I / distance)[None, :], axis=1)
        tilt = self.angle_bias * drawn[2:4] + self.angle_white * noise[2:4]
        azimuth, elevation = angles_of(tilted(sight, tilt))
        return (
            (distance > self.nearest) & (distance < self.farthest),
            distance + self.range_bias * drawn[0] + self.range_white * noise[0],
            rate + self.rate_bias * drawn[1] + self.rate_white * noise[1],
            azimuth,
            elevation,
        )


class Lidar(eqx.Module):
    """Range and direction of a reflector at the station's port, from the ship's port.

    1-sigma of the range: the greater of a floor and a part of the range. Shares split each variance into
    what is drawn once a flight and what is white.
    """

    range_floor: Scalar  # m
    range_part: Scalar  # of the range
    angle: Scalar  # rad
    bias_share: Scalar  # of the variance
    nearest: Scalar  # m
    farthest: Scalar  # m

    def sense(self, between_B: Vec3, drawn: Vec3, noise: Vec3) -> tuple[Flag, Scalar, Scalar, Scalar]:
        """Whether there is an echo; range [m], azimuth and elevation [rad]."""
        distance = jnp.sqrt(jnp.sum(between_B * between_B))
        sigma = jnp.maximum(self.range_floor, self.range_part * distance)
        error = jnp.sqrt(self.bias_share) * drawn + jnp.sqrt(1.0 - self.bias_share) * noise
        safe = jnp.where(distance > 0.0, distance, 1.0)
        azimuth, elevation = angles_of(tilted(between_B / safe, self.angle * error[1:3]))
        seen = (distance > self.nearest) & (distance < self.farthest)
        return seen, distance + sigma * error[0], azimuth, elevation


class Camera(eqx.Module):
    """Place and attitude of the target at the station's port.

    Figures at 20 m, 1 sigma: the place's lateral error grows with the range, that along the optical axis
    (x_B) with its square, the attitude's with the range; none falls below a quarter of itself.
    """

    place: Scalar  # m an axis
    turn: Scalar  # rad an axis
    slow_share: Scalar  # of the variance, Gauss-Markov; the rest is white
    time: Scalar  # s
    farthest: Scalar  # m
    field: Scalar  # rad about x_B
    cone: Scalar  # rad about the port's axis
    latency: Scalar  # s from the exposure to the message
    tag_error: Scalar  # s, of the age that the message tells

    def sense(
        self,
        between_B: Vec3,
        C_BD: Mat33,
        q_BD: Quat,
        slow: Float[Array, "6"],
        noise: Float[Array, "6"],
    ) -> tuple[Flag, Vec3, Quat]:
        """Whether the target is in view; place of the station's port from the ship's [m, B]; ``q_BD``."""
        distance = jnp.sqrt(jnp.sum(between_B * between_B))
        error = jnp.sqrt(self.slow_share) * slow + jnp.sqrt(1.0 - self.slow_share) * noise
        ratio = distance / NEAR_FIGURE
        side = self.place * jnp.maximum(ratio, FLOOR)
        depth = self.place * jnp.maximum(ratio * ratio, FLOOR)
        place = between_B + jnp.stack([depth, side, side]) * error[0:3]
        turn = self.turn * jnp.maximum(ratio, FLOOR) * error[3:6]
        ahead = between_B[0] + BEHIND
        out = BEHIND - jnp.sum(between_B * C_BD[:, 0])
        in_field = _within(between_B + jnp.asarray([BEHIND, 0.0, 0.0]), ahead, self.field)
        in_cone = _within(BEHIND * C_BD[:, 0] - between_B, out, self.cone)
        return (distance < self.farthest) & in_field & in_cone, place, turned_axes(q_BD, turn)


def _within(line: Vec3, along: Scalar, angle: Scalar) -> Flag:
    """Whether a line lies within an angle of the axis on which it is ``along`` long."""
    return along > jnp.cos(angle) * jnp.sqrt(jnp.sum(line * line))


def tilted(sight: Vec3, tilt: Float[Array, "2"]) -> Vec3:
    """A unit vector tilted by two small angles [rad] across itself, nearly of unit length."""
    one, other = across(sight)
    return sight + tilt[0] * one + tilt[1] * other
