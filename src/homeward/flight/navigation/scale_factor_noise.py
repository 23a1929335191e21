"""How the capsule moves from cycle to cycle, as errors in proportion to force and turn go with it."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.navigation.mechanization import BRIEF
from homeward.flight.navigation.sensor_parameters import InertialBelief
from homeward.typing import Flag, Quat, Scalar, Vec3

# A turn to and fro leaves no error behind: only what lasts longer counts, s.
RATE_MEMORY = 5.0

# Of what a turn adds to the attitude's error, how much does where the attitude has been before: there and
# back along one way an error in proportion to the turn cancels, along two ways not quite.
AGAIN = 0.15

LEAST = 1e-9  # m/s2: a bias for which none is believed


class SlowMotion(eqx.Module):
    """What errors in proportion to force and turn go with: of the cycle, in the unit's axes.

    As the force changes, an error proportional to it is a bias that changes.
    """

    force_B: Vec3  # m/s2, mean specific force
    force_square: Scalar  # m2/s4
    square_change: Scalar  # m2/s4, against the cycle before
    rate_B: Vec3  # rad/s, smoothed over some seconds
    seen_BI: Quat  # attitude when stars were last read
    nearest: Scalar  # cosine of half the farthest turn from there so far
    new: Scalar  # 1, or ``AGAIN`` where it is turning back

    def turned(self, q_BI: Quat, stars: Flag) -> "SlowMotion":
        """With the attitude at the cycle's end; from stars on, every turn is new."""
        cosine = jnp.abs(jnp.sum(q_BI * self.seen_BI))
        new = jnp.where(cosine < self.nearest, 1.0, AGAIN)
        seen = jnp.where(stars, q_BI, self.seen_BI)
        nearest = jnp.where(stars, 1.0, jnp.minimum(cosine, self.nearest))
        return eqx.tree_at(lambda m: (m.seen_BI, m.nearest, m.new), self, (seen, nearest, new))

    def rate(self) -> Scalar:
        """How fast it turns [rad/s]."""
        return jnp.sqrt(jnp.sum(self.rate_B * self.rate_B))

    def direction(self) -> Vec3:
        """Unit vector along the force; zeros without one."""
        size2 = self.force_square
        return self.force_B * jnp.where(size2 > 0.0, 1.0 / jnp.sqrt(jnp.where(size2 > 0.0, size2, 1.0)), 0.0)

    def next(self, force_B: Vec3, turn_B: Vec3, duration: Scalar) -> "SlowMotion":
        """One cycle on, with its mean force and its turn [rad]; as before after a cycle cut to nothing."""
        told = duration > BRIEF
        force_B = jnp.where(told, force_B, self.force_B)
        square = jnp.sum(force_B * force_B)
        share = 1.0 - jnp.exp(-duration / RATE_MEMORY)
        rate = jnp.where(told, turn_B / jnp.where(told, duration, 1.0), self.rate_B)
        return SlowMotion(
            force_B, square, square - self.force_square, self.rate_B + share * (rate - self.rate_B),
            self.seen_BI, self.nearest, self.new,
        )  # fmt: skip


def no_motion() -> SlowMotion:
    """Before the first cycle."""
    zero, zeros = jnp.zeros(()), jnp.zeros(3)
    no_turn = jnp.asarray([1.0, 0.0, 0.0, 0.0])
    return SlowMotion(zeros, zero, zero, zeros, no_turn, jnp.ones(()), jnp.ones(()))


def eased(unit: InertialBelief, motion: SlowMotion) -> tuple[Vec3, Scalar, Scalar]:
    """What is left of the accelerometers' bias where the force falls: its direction, along it and across.

    What is in proportion to the force goes with it, the rest stays: ``(b^2 + s^2 f f') / (b^2 + s^2 f^2)``,
    the mean of the bias at ``f'`` given that at ``f``. Where the force grows, one.
    """
    now2 = motion.force_square
    before2 = jnp.maximum(now2 - motion.square_change, now2)
    square = now2 * before2
    both = jnp.where(square > 0.0, jnp.sqrt(jnp.where(square > 0.0, square, 1.0)), 0.0)
    constant = unit.accelerometer_bias**2 + LEAST**2

    def left(relative: Scalar) -> Scalar:
        return (constant + relative**2 * both) / (constant + relative**2 * before2)

    return motion.direction(), left(unit.force_scale), left(unit.force_cross)
