"""The one reversal in the first dip of a long skip.

On the way out of the dip of an entry from beyond orbit a roll through lift-up throws the capsule out of the
air, one through lift-down pulls it in: thousands of kilometres either way. Yet one is needed, or the skip
carries the capsule aside by more than the rest of the entry brings back. So one is planned from the start,
through lift-up; the prediction has it, and the speed at which it is half done is corrected by where the plan
ends beside the aim. Speed falls all the way, at the rate at which the lift pushes aside, whatever the load: a
dip banked on the way down is turned over about its lowest point; one that load or heat want flown with lift
up until then is turned over on the way out, in the middle of what is banked there.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.entry.drag_lift_estimation import LOW
from homeward.flight.entry.predictor_dynamics import ORBITAL
from homeward.typing import Flag, Scalar

LONG_SKIP = 0.75  # rad to go beyond which what a roll in the first dip does to the range cannot be made good
LOWEST = 9650.0  # m/s that are left at the lowest point, about: the first guess
DECIDED = 250.0  # m/s of descent until which it does not begin
LEFT_OVER = 60e3  # m on the second side that a plan without further reversals ends at: half of what is left
GAIN, MOST_STEP = 1e-3, 50.0  # 1/s, m/s a cycle
EARLIEST, LATEST = 10.5e3, 7600.0  # m/s
FELT = 0.15  # g below which a roll is nothing to the range


class Dip(eqx.Module):
    """The first dip's reversal as planned."""

    middle: Scalar  # m/s at which it is half done
    long: Flag  # the skip is long
    swings: Flag  # and the reversal is to come


def first_dip() -> Dip:
    """Nothing is planned."""
    return Dip(jnp.asarray(LOWEST, LOW), jnp.asarray(False), jnp.asarray(False))


def half_roll(s, bank: Scalar) -> Scalar:
    """Time [s] of half of a roll from a bank [rad] to its mirror image."""
    return jnp.abs(bank) / s.rate_limit + 0.5 * s.rate_limit / s.acceleration_limit


def planned_dip(
    dip: Dip, s, speed: Scalar, rise: Scalar, load: Scalar, bank: Scalar, arc: Scalar
) -> tuple[Dip, Flag, Flag]:
    """The plan, whether its reversal begins now, and whether any other is held back.

    ``arc`` [rad] is to go, ``rise`` [m/s] the climb, ``bank`` the one flown.
    """
    undecided = (rise < -DECIDED) & (speed > ORBITAL)
    long = jnp.where(undecided, arc > LONG_SKIP, dip.long)
    out = rise > 0.0
    lost = load * G0 * (half_roll(s, bank) + 0.5 * s.cycle)
    begins = dip.swings & ~undecided & (speed < dip.middle + lost)
    swings = jnp.where(undecided, long, dip.swings & ~begins & ~(out & (load < FELT)))
    held = dip.swings | swings | (long & (load > FELT) & ((speed > ORBITAL) | out))
    return Dip(dip.middle, long, swings), begins, held


def corrected_dip(dip: Dip, side: Scalar, across: Scalar, sure: Flag) -> Dip:
    """The plan corrected by where it ends right of the aim, ``across`` [m].

    The later the reversal, the more is left on the ``side`` that was first. ``sure``: the prediction says so.
    """
    over = jnp.where(sure & dip.swings, side * across + LEFT_OVER, 0.0)
    middle = dip.middle + jnp.clip(GAIN * over, -MOST_STEP, MOST_STEP)
    return Dip(jnp.clip(middle, LATEST, EARLIEST), dip.long, dip.swings)
