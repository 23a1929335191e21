"""`homeward propagate` against a day of the GRACE pair's precise orbits and of the baseline they measured.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| 1 h | ITRF, GPS time, gravity | EGM96 21x21, Sun, Moon | WGS84 | none | none | point | no drag |
| 6 h, 24 h | the same, drag | EGM96 21x21, Sun, Moon | WGS84 | US 1976 times one factor | none | area, CD assumed | one number fitted |
| baseline | two orbits' difference | the same | the same | the same | none | the same | K-band ranging |

Initial states are rows of the precise orbits as they stand (ITRF, GPS time), nothing of them is fitted. Area and
CD are not known: one density factor, the same for both ships, takes their place. The published baseline is the
range of the K-band instrument, integrated from its rate, begun with the precise orbits.
"""  # noqa: E501

import csv
from functools import cache
from pathlib import Path

import numpy as np

from homeward.earth.frames import from_gcrf
from homeward.io.oem import read_oem
from homeward.scenario.open_loop.orbit_file import OrbitOptions, propagate_orbit

DATA = Path(__file__).parent / "data"
SOURCE = "GRACE precise orbits, AIUB (CODE), and K-band ranging, 2010-07-27"
MASS, AREA, CD = 480.0, 1.0, 2.3  # kg, m2: assumed, see above
EVERY = 600.0
# m; set before the first comparison: those of the station (test_ephemeris_iss) where it has them.
WITHOUT_DRAG_1H, FITTED_1H, FITTED_6H, FITTED_24H = 15.0, 15.0, 50.0, 100.0
BASELINE_24H = 50.0  # m, every row: what two fitted orbits may differ by along the track


@cache
def flown(ship: str, factor: float, hours: float = 24.0):
    """Positions [m, ITRF] of the rows, by the public command's own function."""
    forces = ("harmonics", "sun", "moon", "drag") if factor else ("harmonics", "sun", "moon")
    result = propagate_orbit(
        DATA / f"grace_{ship}_2010-07-27.oem.txt",
        OrbitOptions(hours * 3600.0, EVERY, mass=MASS, area=AREA, drag_coefficient=CD, forces=forces,
                     density_scale=factor or 1.0),
    )  # fmt: skip
    epochs = [result.epoch.plus(float(t)) for t in result.t]
    return from_gcrf("ITRF", epochs, result.states[:, :3], result.states[:, 3:])[0]


def published(ship: str):
    return read_oem(DATA / f"grace_{ship}_2010-07-27.oem.txt").segments[0]


@cache
def fitted_factor() -> float:
    """Least squares over both ships and all rows; the response to drag is linear to a per cent."""
    top = bottom = 0.0
    for ship in "ab":
        base = flown(ship, 0.5) - published(ship).r
        slope = (flown(ship, 0.6) - flown(ship, 0.5)) / 0.1
        top, bottom = top + np.sum(slope * base), bottom + np.sum(slope * slope)
    return float(0.5 - top / bottom)


def test_the_pair_for_a_day(validation):
    failed = []
    factor = fitted_factor()
    for ship in "ab":
        without = np.linalg.norm(flown(ship, 0.0, 1.0) - published(ship).r[:7], axis=1).max()
        off = np.linalg.norm(flown(ship, factor) - published(ship).r, axis=1)
        for case, difference, limit in (
            ("1 h, no drag", without, WITHOUT_DRAG_1H), ("1 h", off[:7].max(), FITTED_1H),
            ("6 h", off[:37].max(), FITTED_6H), ("24 h", off.max(), FITTED_24H),
        ):  # fmt: skip
            fitted = "" if "no drag" in case else f", one density factor of both fitted: {factor:.3f}"
            validation.record(
                source=SOURCE, case=f"GRACE-{ship.upper()}, {case}{fitted}", quantity="position, worst row",
                theirs="precise orbit", ours="homeward propagate", difference=difference, limit=limit,
                unit="m",
            )  # fmt: skip
            if difference > limit:
                failed.append((ship, case, difference, limit))
    assert not failed


def test_the_baseline_that_the_ships_measured(validation):
    with (DATA / "grace_baseline_2010-07-27.csv").open() as stream:
        theirs = np.array([float(row["baseline_m"]) for row in csv.DictReader(stream)])
    ours = np.linalg.norm(flown("a", fitted_factor()) - flown("b", fitted_factor()), axis=1)[: len(theirs)]
    difference = float(np.abs(ours - theirs).max())
    validation.record(
        source=SOURCE, case="baseline over 24 h", quantity="distance of the two ships, worst row",
        theirs=f"{theirs.min():.0f} to {theirs.max():.0f} m, K band", ours="homeward propagate",
        difference=difference, limit=BASELINE_24H, unit="m",
    )  # fmt: skip
    assert difference < BASELINE_24H
