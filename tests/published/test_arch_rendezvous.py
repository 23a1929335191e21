"""The ARCH-COMP benchmark of a rendezvous: its drift is ours, its own matrices keep their promises.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| drift after the abort | Clohessy-Wiltshire matrix | point mass, linear | - | - | - | point | mean motion of a geostationary orbit |
| properties | line of sight, speed, no collision | the same, with the benchmark's closed loops | - | - | - | point | corners and middles of the box, exact steps of 3 s; a check of points, no proof |

Theirs: radial x, along the track y, metres and minutes.
"""  # noqa: E501

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from homeward.astro.relative_motion import cw_matrix

CASE = json.loads((Path(__file__).parent / "data" / "rendezvous_cases.json").read_text())[
    "arch_comp_srna_rendezvous"
]
SOURCE = "ARCH-COMP rendezvous benchmark (Chan, Mitra, ARCH17)"
LOOPS = {mode: np.array(CASE[f"A_{mode}"]) for mode in ("approach", "attempt", "abort")}
MINUTE = 60.0
ROUNDING = 1e-9  # relative
STEP = 0.05  # min
CONE, SPEED, BOX = 30.0, 3.3, 0.2  # deg, m/min, m: the three properties
# r_L = AXES @ (x radial, y along)
PLANE = np.array([[0.0, 1.0], [-1.0, 0.0]])
AXES = np.kron(np.eye(2), PLANE)


def test_drift(validation):
    n = LOOPS["abort"][2, 3] / 2.0 / MINUTE
    assert LOOPS["abort"][2, 0] == pytest.approx(3.0 * (n * MINUTE) ** 2, rel=1e-9)
    worst = 0.0
    for minutes in (1.0, 80.0, 300.0):
        ours = np.asarray(cw_matrix(jnp.asarray(n), jnp.asarray(minutes * MINUTE)))
        units = np.diag([1.0, 1.0, MINUTE, MINUTE])
        ours = units @ AXES.T @ ours[np.ix_([0, 2, 3, 5], [0, 2, 3, 5])] @ AXES @ np.linalg.inv(units)
        theirs = expm(LOOPS["abort"] * minutes)
        worst = max(worst, float(np.abs(ours - theirs).max() / np.abs(theirs).max()))
    validation.record(
        source=SOURCE, case="free drift of 1, 80 and 300 min", quantity="matrix", theirs="exp(A t)",
        ours="Clohessy-Wiltshire", difference=worst, limit=ROUNDING, unit="relative",
    )  # fmt: skip
    assert worst < ROUNDING


def fly(x, y, abort):
    """Widest angle from the line of sight [deg], greatest speed [m/min], least distance in the drift [m]."""
    steps = {mode: expm(A * STEP) for mode, A in LOOPS.items()}
    s, mode = np.array([x, y, 0.0, 0.0]), "approach"
    angle = speed = 0.0
    nearest = np.inf
    for k in range(round(CASE["horizon_min"][1] / STEP)):
        x, y = s[:2]
        if mode == "approach" and max(abs(x), abs(y)) <= 100.0 and max(abs(x + y), abs(x - y)) <= 141.1:
            mode = "attempt"
        if abort is not None and k * STEP >= abort:
            mode = "abort"
        if mode == "attempt":
            angle, speed = max(angle, np.degrees(np.arctan2(abs(y), -x))), max(speed, np.hypot(*s[2:]))
        if mode == "abort":
            nearest = min(nearest, max(abs(x), abs(y)))
        s = steps[mode] @ s
    return angle, speed, nearest


def test_properties(validation):
    box = CASE["x0_box"]
    places = [(x, y) for x in np.linspace(*box["x"], 3) for y in np.linspace(*box["y"], 3)]
    flights = np.array([fly(*place, abort) for place in places for abort in (None, 120.0, 125.0)])
    angle, speed, nearest = flights[:, 0].max(), flights[:, 1].max(), flights[:, 2].min()
    rows = (
        ("greatest angle from the line of sight", CONE, angle, angle - CONE, "deg"),
        ("greatest speed in the last part", SPEED, speed, speed - SPEED, "m/min"),
        ("least distance after an abort at 120 to 125 min", BOX, nearest, BOX - nearest, "m"),
    )
    for quantity, theirs, ours, beyond, unit in rows:
        validation.record(
            source=SOURCE, case="9 starts, 300 min", quantity=quantity, theirs=theirs, ours=float(ours),
            difference=max(float(beyond), 0.0), limit=0.0, unit=unit, kind="consistency",
        )  # fmt: skip
        assert beyond < 0.0
