"""Run-time type and shape checking for every test, and JAX at its strictest."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

from jaxtyping import install_import_hook

_hook = install_import_hook("homeward", "beartype.beartype")
_hook.__enter__()

import jax  # noqa: E402

import homeward  # noqa: E402, F401

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")
