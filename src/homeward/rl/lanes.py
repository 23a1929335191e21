"""Lanes that begin anew beside others that fly on."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def mixed(mask: np.ndarray, new: Any, old: Any, axes: Any = 0) -> Any:
    """``new`` in the lanes of a mask (n,), else ``old``, on every leaf that has a lane axis.

    ``axes`` marks those leaves, or whole branches, as ``vmap`` takes them (None: no lane axis); without it,
    all have one.
    """

    def one(a: Any, b: Any) -> Any:
        wide = np.reshape(mask, (len(mask),) + (1,) * (np.ndim(a) - 1))
        return jnp.where(wide, a, b)

    def branch(mark: Any, a: Any, b: Any) -> Any:
        return b if mark is None else jax.tree.map(one, a, b)

    return jax.tree.map(branch, axes, new, old, is_leaf=lambda x: x is None)
