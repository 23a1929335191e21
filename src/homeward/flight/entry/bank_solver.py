"""Which bank makes a predicted range: Newton's step on one plan, or a bracket over plans side by side."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.entry.drag_lift_estimation import LOW
from homeward.typing import Array, Bool, Count, Float, Scalar

RANGE_FLOOR = 2e3  # m/rad
STEEPEST = 1e9  # m/rad
FIRST_WIDTH = 0.9  # rad
LEAST_WIDTH = 0.006
WIDENED, NARROWED = 3.0, 0.5
CURVED = 0.6  # of the range to go: what a skip makes of it, beyond what a flight without one would


class Bracket(eqx.Module):
    """Plans side by side: the middle one's bank [rad], how far the others stand off, what was flown last."""

    middle: Scalar
    width: Scalar
    flown: Float[Array, " plans"]  # banks of the last cycle, lowest first
    length: Float[Array, " plans"]  # their stretched times to go, s

    def banks(self, least: Scalar, most: Scalar) -> Float[Array, " plans"]:
        """The banks to fly, lowest first, pushed into the bounds together."""
        low = jnp.maximum(jnp.clip(self.middle - self.width, least, most - 2.0 * self.width), least)
        return jnp.minimum(low + self.width * jnp.arange(3, dtype=LOW), most)

    def lengths(self, banks: Float[Array, " plans"]) -> Float[Array, " plans"]:
        """The lengths to lay their steps out by: between those of the last cycle's plans."""
        a, b, c = self.flown
        left = jnp.clip((banks - a) / jnp.maximum(b - a, 1e-3), 0.0, 1.0)
        right = jnp.clip((banks - b) / jnp.maximum(c - b, 1e-3), 0.0, 1.0)
        x, y, z = self.length
        return x + (y - x) * left + (z - y) * right

    def passed(self, time: Scalar) -> "Bracket":
        """A cycle of so much stretched time [s] later."""
        return Bracket(self.middle, self.width, self.flown, jnp.maximum(self.length - time, 0.5))


def single(bracket: Bracket, bank: Scalar, length: Scalar) -> Bracket:
    """What is remembered of one plan alone."""
    return Bracket(bank, bracket.width, bank[None], length[None])


def first_bracket(bank: Scalar, plans: int) -> Bracket:
    """Wide, before anything was flown; lengths unknown."""
    flown = bank + jnp.arange(plans, dtype=LOW)
    return Bracket(bank, jnp.asarray(FIRST_WIDTH, LOW), flown, jnp.full(plans, -1.0, LOW))


def newton_step(error: Scalar, slope: Scalar) -> Scalar:
    """Bank [rad] to take off for a range error [m] at a slope [m/rad].

    The floor keeps the step small where the bank hardly moves the range. In shares of it, so that nothing
    overflows in single precision.
    """
    share = jnp.clip(slope, -STEEPEST, STEEPEST) / RANGE_FLOOR
    return error / RANGE_FLOOR * (share / (share * share + 1.0))


def bracketed(
    bracket: Bracket, banks: Float[Array, " plans"], errors: Float[Array, " plans"],
    lengths: Float[Array, " plans"], gone: Bool[Array, " plans"], to_go: Scalar, least: Scalar, most: Scalar,
) -> tuple[Bracket, Scalar, Count, Bool[Array, " plans"]]:  # fmt: skip
    """The next bracket, the bank to command, which of the plans lies nearest to it, and which hold it there.

    The range falls as the bank grows; ``errors`` [m] are ranges beyond the aim, ``to_go`` [m] the one wanted.
    Where two plans have the aim between them, the root lies on the line through ``e / (e + c)`` of the two:
    near the bank at which the air is left range grows as one over the bank's excess, and that is a straight
    line if ``c`` is what the skip makes of the range. Of a pair whose longer one is ``gone`` the other is
    commanded, and the middle tried: what is gone holds it. Where none is short enough, or long enough, the
    outermost is commanded and the bracket moves there, wider.
    """
    low = errors[0] < 0.0
    high = errors[2] >= 0.0
    first = errors[1] < 0.0
    b0, b1 = jnp.where(first, banks[0], banks[1]), jnp.where(first, banks[1], banks[2])
    e0, e1 = jnp.where(first, errors[0], errors[1]), jnp.where(first, errors[1], errors[2])
    away = jnp.where(first, gone[0], gone[1])
    curved = jnp.maximum(CURVED * to_go, 1e5)
    s0, s1 = (e / jnp.maximum(e + curved, 0.05 * curved) for e in (e0, e1))
    share = jnp.clip(s0 / jnp.maximum(s0 - s1, 1e-6), 0.0, 1.0)
    root = b0 + jnp.where(away, 0.5, share) * (b1 - b0)
    middle = jnp.where(low, banks[0], jnp.where(high, banks[2], root))
    outside = low | high
    width = bracket.width * jnp.where(outside, WIDENED, NARROWED)
    width = jnp.clip(width, LEAST_WIDTH, 0.5 * (most - least))
    bank = jnp.where(outside | ~away, middle, b1)
    pick = jnp.argmin(jnp.abs(banks - bank) + jnp.where(gone & ~gone[2], 10.0, 0.0))
    # A plan that is gone tells no length: the next one's, or what was told before.
    last = jnp.where(gone[2], bracket.length[2], lengths[2])
    second = jnp.where(gone[1], last, lengths[1])
    lengths = jnp.stack([jnp.where(gone[0], second, lengths[0]), second, last])
    # The next longer plan is gone, or all are.
    held = jnp.where(outside, high, away) & gone & (banks == jnp.where(high, banks[2], b0))
    return Bracket(middle, width, banks, lengths), bank, pick, held
