"""Which constraint binds what is commanded: the first in the order in which they give way to one another."""

import jax.numpy as jnp

from homeward.icd import CONSTRAINTS
from homeward.typing import Count, Flag

NONE, LOAD, HEATING, CAPTURE, RANGE, COMFORT = range(len(CONSTRAINTS))


def binding(load: Flag, heating: Flag, capture: Flag, out_of_range: Flag, comfort: Flag) -> Count:
    """The number in ``CONSTRAINTS`` of the first that binds; 0: the range alone is flown."""
    found = jnp.asarray(NONE)
    weakest_first = (
        (COMFORT, comfort), (RANGE, out_of_range), (CAPTURE, capture), (HEATING, heating), (LOAD, load)
    )  # fmt: skip
    for number, binds in weakest_first:
        found = jnp.where(binds, number, found)
    return found
