"""Sampling plans: the standard numbers of every run laid out evenly instead of drawn at random.

A Latin hypercube cuts each parameter into as many equally likely slices as there are runs and flies each
slice once; Sobol's sequence, scrambled, fills all parameters together (McKay, Beckman and Conover 1979; Owen
1998). Either is a function of seed, parameter and run number, so that nothing is kept of the other runs.
Profiles and sensors' noise stay random, run by run.
"""

import zlib

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from homeward.dispersion.keyed_permutation import bits_of, place_of
from homeward.scenario.schema.distribution import PAIR_DRAWS, RETURN_DRAWS

SAMPLINGS = ("random", "lhs", "sobol")
AXES = 64  # of the sequence, always as many: a parameter added at the end changes none before it
LEAST = 1e-16  # no number may be infinite


class Plan:
    """A sampling plan of ``runs`` runs of a seed; any run can be asked for alone."""

    def __init__(self, kind: str, seed: int, runs: int, returns: bool) -> None:
        self.kind, self.seed, self.runs = kind, seed, runs
        self.names = {} if kind == "random" else (RETURN_DRAWS if returns else PAIR_DRAWS)

    def standard(self, runs: np.ndarray) -> dict[str, np.ndarray]:
        """Standard normal numbers (len(runs), count) of every parameter by name; none of a random plan."""
        told: dict[str, np.ndarray] = {}
        unit = self._sequence(runs) if self.kind == "sobol" else None
        axis = 0
        for name, (_, count) in self.names.items():
            if unit is None:
                u = np.stack([self._slices(name, k, runs) for k in range(count)], axis=1)
            else:
                u = unit[:, axis : axis + count]
            axis += count
            told[name] = ndtri(np.minimum(np.maximum(u, LEAST), 1.0 - LEAST))
        return told

    def _slices(self, name: str, k: int, runs: np.ndarray) -> np.ndarray:
        """One parameter's numbers: each run's slice, and its place within it, both keyed by the name."""
        key = (self.seed, zlib.crc32(name.encode()), k)
        inside = bits_of(runs, (*key, 1)) * 2.0**-53
        return (place_of(runs, self.runs, (*key, 0)) + inside) / self.runs

    def _sequence(self, runs: np.ndarray) -> np.ndarray:
        """Rows of the sequence; runs are those of one block, the last one repeated."""
        sequence = qmc.Sobol(AXES, scramble=True, rng=np.random.default_rng([self.seed, 0x50B0]))
        first, last = int(np.min(runs)), int(np.max(runs))
        if first:
            sequence.fast_forward(first)
        many = last - first + 1
        # From its start the sequence is asked for a power of two, as it likes to be; the rest is left.
        return sequence.random(many if first else 1 << (many - 1).bit_length())[runs - first]


RANDOM = Plan("random", 0, 1, True)

__all__ = ["RANDOM", "SAMPLINGS", "Plan"]
