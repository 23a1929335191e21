"""Sampling plans: the standard numbers of every run laid out evenly instead of drawn at random.

A Latin hypercube cuts each parameter into as many equally likely slices as there are runs and flies each
slice once; Sobol's sequence, scrambled, fills all parameters together (McKay, Beckman and Conover 1979; Owen
1998).
Profiles and sensors' noise stay random, run by run.
"""

import zlib
from typing import Any

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from homeward.scenario.schema_distribution import PAIR_DRAWS, RETURN_DRAWS

SAMPLINGS = ("random", "lhs", "sobol")
AXES = 64  # of the sequence, always as many: a parameter added at the end changes none before it
LEAST = 1e-16  # no number may be infinite


class Plan:
    """A sampling plan of ``runs`` runs of a seed; any run can be asked for alone."""

    def __init__(self, kind: str, seed: int, runs: int, returns: bool) -> None:
        self.kind, self.seed, self.runs = kind, seed, runs
        self.names = {} if kind == "random" else (RETURN_DRAWS if returns else PAIR_DRAWS)
        self._columns: dict[tuple[str, int], np.ndarray] = {}
        if kind == "lhs":  # made at once: several threads ask
            for name, (_, count) in self.names.items():
                self._columns |= {(name, k): self._slices(name, k) for k in range(count)}

    def standard(self, runs: np.ndarray) -> dict[str, np.ndarray]:
        """Standard normal numbers (len(runs), count) of every parameter by name; none of a random plan."""
        told: dict[str, np.ndarray] = {}
        unit = self._sequence(runs) if self.kind == "sobol" else None
        axis = 0
        for name, (_, count) in self.names.items():
            if unit is None:
                u = np.stack([self._columns[name, k][runs] for k in range(count)], axis=1)
            else:
                u = unit[:, axis : axis + count]
            axis += count
            told[name] = ndtri(np.minimum(np.maximum(u, LEAST), 1.0 - LEAST))
        return told

    def _slices(self, name: str, k: int) -> np.ndarray:
        """One parameter's numbers of all runs: a stream of its own, keyed by its name."""
        rng: Any = np.random.default_rng([self.seed, zlib.crc32(name.encode()), k])
        return qmc.LatinHypercube(1, rng=rng).random(self.runs)[:, 0]

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
