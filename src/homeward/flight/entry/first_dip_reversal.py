"""The one reversal in the first dip of a long skip.

On the way out of the dip of an entry from beyond orbit a roll through lift-up throws the capsule out of the
air, one through lift-down pulls it in: thousands of kilometres either way. Yet one is needed, or the skip
carries the capsule aside by more than the rest of the entry brings back. So one is planned from the start,
through lift-up about the lowest point, where lift up is wanted for the load; the prediction has it, and the
rate of climb at which it is half done is corrected by where the plan ends beside the aim.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.entry.drag_lift_estimation import LOW
from homeward.flight.entry.predictor_dynamics import ORBITAL
from homeward.typing import Flag, Scalar

LONG_SKIP = 0.75  # rad to go beyond which what a roll in the first dip does to the range cannot be made good
PULL_OUT = 8.0  # m/s2: half of what curves the path up where a first dip is lowest
DECIDED = 250.0  # m/s of descent until which the reversal may be dropped
ASIDE = 0.5  # of the reach: an aim so far to the side flown wants all of the lift there
LEFT_OVER = 40e3  # m on the second side that a plan without further reversals ends at: half of what is left
GAIN, MOST_STEP, MOST_OFF = 1e-4, 10.0, 150.0  # 1/s, m/s a cycle, m/s
FELT = 0.15  # g below which a roll is nothing to the range


class Dip(eqx.Module):
    """The first dip's reversal as planned."""

    middle: Scalar  # m/s of climb at which it is half done
    long: Flag  # the skip is long
    swings: Flag  # and the reversal is to come


def first_dip() -> Dip:
    """Nothing is planned."""
    return Dip(jnp.asarray(0.0, LOW), jnp.asarray(False), jnp.asarray(False))


def swing_width(s, bank: Scalar) -> Scalar:
    """Climb [m/s] gained in half of a roll from a bank [rad] to its mirror image."""
    return PULL_OUT * (2.0 * jnp.abs(bank) / s.rate_limit + s.rate_limit / s.acceleration_limit)


def planned_dip(
    dip: Dip, s, speed: Scalar, rise: Scalar, load: Scalar, bank: Scalar, arc: Scalar
) -> tuple[Dip, Flag, Flag]:
    """The plan, whether its reversal begins now, and whether any other is held back.

    ``arc`` [rad] is to go, ``rise`` [m/s] the climb, ``bank`` the one flown.
    """
    undecided = (rise < -DECIDED) & (speed > ORBITAL)
    long = jnp.where(undecided, arc > LONG_SKIP, dip.long)
    coming = dip.swings & (speed > ORBITAL)
    begins = coming & (rise > dip.middle - swing_width(s, bank))
    held = coming | (long & (load > FELT) & ((speed > ORBITAL) | (rise > 0.0)))
    return Dip(dip.middle, long, jnp.where(undecided, long, dip.swings & ~begins)), begins, held


def corrected_dip(
    dip: Dip, speed: Scalar, rise: Scalar, side: Scalar, across: Scalar, share: Scalar, sure: Flag
) -> Dip:
    """The plan corrected by where it ends right of the aim, ``across`` [m].

    The later the reversal, the more is left on the ``side`` that was first. ``share``: of the reach, where it
    would end without sideways lift. ``sure``: the prediction says so.
    """
    coming = dip.swings & (speed > ORBITAL)
    over = jnp.where(sure & coming, side * across + LEFT_OVER, 0.0)
    middle = jnp.clip(dip.middle - jnp.clip(GAIN * over, -MOST_STEP, MOST_STEP), -MOST_OFF, MOST_OFF)
    dropped = sure & (rise < -DECIDED) & (side * share < -ASIDE)
    return Dip(middle, dip.long, dip.swings & ~dropped)
