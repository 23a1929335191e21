"""One random stream for each parameter of each run, and what its numbers become.

A law other than the plain normal one is a monotone change of the same standard number, so that a parameter
keeps its stream whatever it is drawn from. A sampling plan gives the standard number itself, run by run.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr, ndtri

from homeward.scenario.schema.distribution import Distribution
from homeward.typing import Array
from homeward.world.environment.random_profiles import SMALLEST_FACTOR


def stream(key: Array, name: str) -> Array:
    """The random key of a named parameter of one run."""
    return jax.random.fold_in(key, zlib.crc32(name.encode()))


def normal(key: Array, name: str, shape: tuple[int, ...] = ()) -> Array:
    """Standard normal numbers of a named parameter."""
    return jax.random.normal(stream(key, name), shape)


class Law(eqx.Module):
    """A distribution in the flight's own unit: ``kind`` picks the formula, ``numbers`` are what it takes."""

    kind: str = eqx.field(static=True)
    numbers: Array

    def value(self, z: Array) -> Array:
        """The value whose share of the law lies below it as that of ``z`` does of the standard normal law."""
        n = self.numbers
        match self.kind:
            case "normal":
                return n[0] + n[1] * z
            case "uniform":
                return n[0] + (n[1] - n[0]) * ndtr(z)
            case "truncated":
                below, above = ndtr((n[2] - n[0]) / n[1]), ndtr((n[3] - n[0]) / n[1])
                inside = n[0] + n[1] * ndtri(below + (above - below) * ndtr(z))
                return jnp.minimum(jnp.maximum(inside, n[2]), n[3])
            case _:
                pick = jnp.floor(ndtr(z) * n.shape[0]).astype(int)
                return n[jnp.minimum(pick, n.shape[0] - 1)]


def law_of(d: Distribution) -> Law:
    """The law of a distribution that is no profile."""
    mean = d.mean or 0.0
    told: dict[str, Sequence[float | None]] = {
        "normal": (mean, d.sigma), "uniform": (d.low, d.high), "truncated": (mean, d.sigma, d.low, d.high),
        "table": d.values or (),
    }  # fmt: skip
    return Law(d.kind, jnp.asarray(d.scale * np.array(told[d.kind], float)))


def factor(change: Array) -> Array:
    """``1 + change``, cut off where a wide law would make a mass, a thrust or a drag vanish or turn over."""
    return jnp.maximum(1.0 + change, SMALLEST_FACTOR)


class Draws(eqx.Module):
    """How parameters are drawn: laws by name, and standard numbers by name where a plan gives them.

    Without either a draw is ``size`` times the standard normal numbers of its stream.
    """

    laws: dict[str, Law]
    standard: dict[str, Array]

    def __call__(self, key: Array, name: str, size: Any, shape: tuple[int, ...] = ()) -> Array:
        """Draw a named parameter of one run, whose spread is ``size`` unless it has a law."""
        z = self.standard[name].reshape(shape) if name in self.standard else normal(key, name, shape)
        return self.laws[name].value(z) if name in self.laws else size * z

    def profile(self, key: Array, name: str) -> Array:
        """What a profile is drawn from: its stream's key, or its standard numbers where a plan gives them."""
        return self.standard[name] if name in self.standard else stream(key, name)


def draws_of(distributions: Sequence[Distribution], known: Any, standard: dict[str, np.ndarray]) -> Draws:
    """Laws and standard numbers of the parameters in ``known``; the latter have a lane axis."""
    laws = {d.of: law_of(d) for d in distributions if d.kind != "profile" and d.of in known}
    return Draws(laws, {name: jnp.asarray(x) for name, x in standard.items() if name in known})


__all__ = ["Draws", "Law", "draws_of", "factor", "normal", "stream"]
