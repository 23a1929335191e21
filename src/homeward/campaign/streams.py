"""One random stream for each parameter of each run."""

import zlib

import jax

from homeward.typing import Array


def stream(key: Array, name: str) -> Array:
    """The random key of a named parameter of one run."""
    return jax.random.fold_in(key, zlib.crc32(name.encode()))


def normal(key: Array, name: str, shape: tuple[int, ...] = ()) -> Array:
    """Standard normal numbers of a named parameter."""
    return jax.random.normal(stream(key, name), shape)
