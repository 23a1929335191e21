"""AMAT's open-loop entry, for scale: what one trajectory costs in a tool of mission design."""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.entry_problem import DENSITY, SCALE_HEIGHT
from benchmarks.measure import Skip, need


def run() -> None:
    """Print the seconds of one entry from 120 km in AMAT's own words, five times over."""
    need("AMAT")
    try:
        from AMAT.planet import Planet  # type: ignore[import-not-found]
        from AMAT.vehicle import Vehicle  # type: ignore[import-not-found]
    except Exception as failure:
        raise Skip(f"AMAT does not import: {failure}") from failure

    planet = Planet("EARTH")
    altitude = np.arange(0.0, 200e3, 500.0)
    density = DENSITY * np.exp(-altitude / SCALE_HEIGHT)
    cold = np.full_like(altitude, 240.0)
    with tempfile.TemporaryDirectory() as folder:
        air = Path(folder) / "air.dat"
        np.savetxt(air, np.stack([altitude, cold, density * 287.05 * cold, density], 1))
        planet.loadAtmosphereModel(str(air), 0, 1, 2, 3)
    planet.h_skip = 121.0e3
    planet.h_trap = 10.0e3
    capsule = Vehicle("capsule", 3200.0, 3200.0 / (1.3 * 4.99), 0.3, 4.99, 0.0, 1.2, planet)
    capsule.setInitialState(120.0, 0.0, 38.0, 7.45, 0.0, -1.6, 0.0, 0.0)
    capsule.setSolverParams(1e-6)
    seconds = []
    for _ in range(5):
        start = time.process_time()
        capsule.propogateEntry(40.0 * 60.0, 0.1, 60.0)
        seconds.append(time.process_time() - start)
    print(f"\nAMAT, one open-loop entry: {statistics.median(seconds):.3f} s of processor time")
