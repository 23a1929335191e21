"""Spherical harmonics against a published acceleration.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| EGM2008 2x2, 5x5 | acceleration of normalised harmonics | EGM2008 as published | - | - | - | - | |
"""

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.world.environment.gravity import SphericalHarmonics

CASE = json.loads((Path(__file__).parent / "data" / "orbit_cases.json").read_text())["gravity_egm2008_5x5"]
ROUNDING = 1e-12  # relative; both sides are in double precision


@pytest.mark.parametrize("degree", [2, 5])
def test_acceleration(degree, validation):
    C, S = np.zeros((degree + 1, degree + 1)), np.zeros((degree + 1, degree + 1))
    for table, values in ((C, CASE["C_norm"]), (S, CASE["S_norm"])):
        for key, value in values.items():
            n, m = map(int, key.split(","))
            if n <= degree:
                table[n, m] = value
    gravity = SphericalHarmonics(CASE["mu_km3_s2"] * 1e9, CASE["RE_km"] * 1e3, C, S)
    ours = np.asarray(gravity.acceleration(jnp.asarray(CASE["r_ecef_km"]) * 1e3))
    theirs = np.asarray(CASE[f"accel_{degree}x{degree}_km_s2"]) * 1e3
    off = float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))
    validation.record(
        source="CelesTrak fundamentals-of-astrodynamics test_gravity", case=f"EGM2008 {degree}x{degree}",
        quantity="acceleration", theirs=float(np.linalg.norm(theirs)),
        ours=float(np.linalg.norm(ours)), difference=off, limit=ROUNDING,
        unit="relative",
    )  # fmt: skip
    assert off < ROUNDING
