"""Dispersed returns by the exported library against those by the Python: how far they are apart.

    python benchmarks/code_agreement.py [RUNS [SCENARIO [SEED]]]        exports, flies both, prints the table
    python benchmarks/code_agreement.py --of PYTHON LIBRARY      of two campaigns' folders that are there

A decision has flipped where the number of bank reversals differs, or where the last bits of single precision
have moved the opening by more than a metre: from there on the two are different flights of one distribution.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import ks_2samp

from homeward.campaigns.store.records import read_records

EARTH = 6371e3  # m
EVENTS = ("interface_time_s", "open_time_s", "touchdown_time_s")
SPREAD = ("open_miss_km", "touchdown_miss_km", "peak_load_g", "bank_reversals", "propellant_kg",
          "open_altitude_m", "touchdown_speed_m_s", "heat_load_j_m2")  # fmt: skip


def apart(python, library):
    """Distance [m] between the opening points of each run, shape (runs,)."""
    lat = [np.radians(np.asarray(x["open_latitude_deg"])) for x in (python, library)]
    lon = [np.radians(np.asarray(x["open_longitude_deg"])) for x in (python, library)]
    east = (lon[1] - lon[0]) * np.cos(lat[0])
    along = np.hypot(lat[1] - lat[0], east) * EARTH
    return np.hypot(along, np.asarray(library["open_altitude_m"]) - np.asarray(python["open_altitude_m"]))


def compare(one: Path, other: Path) -> dict[str, float]:
    """Print the table of two campaigns of the same draws; gives its figures."""
    python, library = read_records(one), read_records(other)
    runs = len(python["run"])
    assert np.array_equal(python["run"], library["run"])
    away = apart(python, library)
    turned = np.asarray(python["bank_reversals"]) != np.asarray(library["bank_reversals"])
    far = away > 1.0
    told = {"runs": runs, "reversals_differ": int(turned.sum()), "beyond_1_m": int(far.sum()),
            "failed_python": int(np.sum(python["failed"])), "failed_library": int(np.sum(library["failed"])),
            "apart_median_m": float(np.median(away)), "apart_p99_m": float(np.quantile(away, 0.99)),
            "apart_largest_m": float(away.max())}  # fmt: skip
    print(f"{runs} returns; failed {told['failed_python']} by the Python, {told['failed_library']} by the C")
    print(f"opening points apart: median {told['apart_median_m']:.3f} m, 99 % {told['apart_p99_m']:.2f} m, "
          f"largest {told['apart_largest_m']:.1f} m; beyond 1 m {far.sum()}; "
          f"other number of reversals {turned.sum()}")  # fmt: skip
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        print(f"  {share:4.0%} within {np.quantile(away, share):.3g} m")
    for name in EVENTS:
        gone = np.abs(np.asarray(library[name]) - np.asarray(python[name]))
        told[f"{name}_largest"] = float(gone.max())
        print(f"{name:22} apart: median {np.median(gone):.2e} s, 99 % {np.quantile(gone, 0.99):.2e} s, "
              f"largest {gone.max():.2e} s")  # fmt: skip
    for name in SPREAD:
        test: Any = ks_2samp(np.asarray(python[name]), np.asarray(library[name]), method="asymp")
        told[f"p_{name}"] = float(test.pvalue)
        print(f"{name:22} two-sample Kolmogorov-Smirnov D {test.statistic:.4f}, p {test.pvalue:.3f}")
    return told


def main(words: list[str]) -> None:
    """Fly both and compare."""
    if words[:1] == ["--of"]:
        compare(Path(words[1]), Path(words[2]))
        return
    runs, scenario, seed = (*words, "1000", "shenzhou-15", "0")[0], *(*words[1:], *("shenzhou-15", "0"))[:2]
    homeward = [str(Path(sys.executable).with_name("homeward"))]
    with tempfile.TemporaryDirectory() as place:
        library, made = Path(place, "library"), {}
        fly = [*homeward, "campaign", scenario, "--runs", runs, "--seed", seed, "--json", "--out"]
        subprocess.run([*homeward, "export", scenario, "--fidelity", "point-mass", "--no-golden", "--out",
                        str(library)], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        for name, more in (("python", []), ("library", ["--flight-software", str(library)])):
            made[name] = Path(place, f"runs-{name}")
            subprocess.run([*fly, str(made[name]), *more], check=True, stdout=subprocess.DEVNULL)
        compare(made["python"], made["library"])


if __name__ == "__main__":
    main(sys.argv[1:])
