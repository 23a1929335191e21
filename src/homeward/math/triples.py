"""Vectors as triples of scalars, for the loops where time is spent.

Under ``vmap`` a (3,) array becomes (lanes, 3) and its dot and cross products become strided reductions;
three scalars become three (lanes,) arrays and the whole step one vectorised loop.
"""

import jax.numpy as jnp

from homeward.typing import Scalar, Vec3

Triple = tuple[Scalar, Scalar, Scalar]


def split(x: Vec3) -> Triple:
    """The components of a vector."""
    return x[0], x[1], x[2]


def join(a: Triple) -> Vec3:
    """The vector of three components."""
    return jnp.stack(a)


def dot(a: Triple, b: Triple) -> Scalar:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Triple, b: Triple) -> Triple:
    """Vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def scale(k: Scalar | float, a: Triple) -> Triple:
    """``k a``."""
    return k * a[0], k * a[1], k * a[2]


def add(a: Triple, b: Triple) -> Triple:
    """``a + b``."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def subtract(a: Triple, b: Triple) -> Triple:
    """``a - b``."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def axpy(k: Scalar | float, a: Triple, b: Triple) -> Triple:
    """``k a + b``."""
    return k * a[0] + b[0], k * a[1] + b[1], k * a[2] + b[2]
