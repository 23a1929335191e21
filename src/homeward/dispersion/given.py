"""Standard normal numbers given from outside, a vector a run, for methods that move in their space."""

from collections.abc import Mapping

import numpy as np

from homeward.dispersion.sampling import Plan


class GivenNumbers(Plan):
    """A sampling plan whose numbers are told: ``vectors`` (lanes, d) cut into parameters by ``shapes``.

    Whatever ``shapes`` does not name, such as sensors and noise, stays random by the run's key.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], vectors: np.ndarray) -> None:
        super().__init__("random", 0, 1, True)
        self.shapes, self.vectors = shapes, np.asarray(vectors, float)

    def standard(self, runs: np.ndarray) -> dict[str, np.ndarray]:
        """Standard normal numbers of every parameter by name, in the order of the lanes."""
        if len(runs) != len(self.vectors):
            raise ValueError(f"expected numbers of {len(runs)} runs, not of {len(self.vectors)}")
        told, at = {}, 0
        for name, shape in self.shapes.items():
            count = int(np.prod(shape))
            told[name] = self.vectors[:, at : at + count].reshape(len(runs), *shape)
            at += count
        return told


def dimensions(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Length of the vector that the shapes cut."""
    return sum(int(np.prod(shape)) for shape in shapes.values())


__all__ = ["GivenNumbers", "dimensions"]
