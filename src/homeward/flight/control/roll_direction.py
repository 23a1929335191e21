"""Which way round a bank reversal goes."""

import jax.numpy as jnp

from homeward.typing import Flag, Scalar

NEARLY_HALF = 2.8  # rad: a turn that still has its own way as the shorter one, whatever navigation errs


def constrain_roll_lift_up(wanted: Scalar, flown: Scalar, free: Flag) -> Scalar:
    """The bank [rad] to command now so that the turn from ``flown`` to ``wanted`` leads by lift-up.

    An actuator takes the shorter way: from 92 deg left to 92 deg right that is the one by lift-down, ten
    seconds of it, which at a bad moment cost two more g. So the command stays less than half a turn ahead
    until the shorter way is the right one. ``free``: either way may be taken (faster than orbit lift-down is
    what keeps a capsule in the air; shortly before the opening every direction serves).
    """
    return jnp.where(free, wanted, jnp.clip(wanted, flown - NEARLY_HALF, flown + NEARLY_HALF))
