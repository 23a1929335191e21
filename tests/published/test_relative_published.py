"""Linear relative motion against textbook cases and a library's tests.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| Curtis, two impulses | Clohessy-Wiltshire targeting | point mass, linear | - | - | - | point | 8 h, 20 km |
| matrix over 8 h | Clohessy-Wiltshire matrix | point mass, linear | - | - | - | point | Orekit's test |
| Vallado, example 6-14 | Clohessy-Wiltshire matrix | point mass, linear | - | - | - | point | |
| e = 0.8 | Yamanaka-Ankersen matrix | point mass, linear | - | - | - | point | equations integrated by us |

Their frames: radial, along the track, across it (along the normal). Ours: along, minus normal, down.
"""

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from homeward.astro.relative_motion import (
    OrbitShape,
    anomaly_after,
    cw_impulses,
    cw_matrix,
    elliptic_matrix,
)

CASES = json.loads((Path(__file__).parent / "data" / "rendezvous_cases.json").read_text())
# r_L = RSW @ r of a vector given radial, along, along the normal.
RSW = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
RSW6 = np.kron(np.eye(2), RSW)
PRINTED = 1e-9  # relative: what their last digits hold
INTEGRATED = 1e-8  # m: our integration of the equations, given to as many digits


def relative(ours, theirs):
    return float(np.abs(np.asarray(ours) - theirs).max() / np.abs(theirs).max())


def test_two_impulses(validation):
    c = CASES["cw_curtis_two_impulse"]
    r0, v0, r1, v1 = (jnp.asarray(RSW @ c[k]) for k in ("r0_m", "v0_m_s", "rf_m", "vf_m_s"))
    ours = cw_impulses(jnp.asarray(c["n_rad_s"]), jnp.asarray(float(c["dt_s"])), r0, v0, r1, v1)
    assert bool(ours.valid)
    total = float(jnp.sqrt(jnp.sum(ours.start**2)) + jnp.sqrt(jnp.sum(ours.end**2)))
    off = max(relative(RSW.T @ ours.start, c["dv1"]), relative(RSW.T @ ours.end, c["dv2"]))
    validation.record(
        source="Curtis, Orbital Mechanics for Engineering Students, ch. 7, through Orekit",
        case="two impulses, 8 h, 20 km in each axis", quantity="both impulses; their sum is shown, m/s",
        theirs=c["total_dv"], ours=total, difference=off, limit=PRINTED, unit="relative",
    )  # fmt: skip
    assert off < PRINTED
    assert abs(total - c["total_dv"]) < PRINTED * total


def test_matrix(validation):
    c = CASES["cw_stm_8h"]
    theirs = np.vstack([np.hstack([c["Phi_rr"], c["Phi_rv"]]), np.hstack([c["Phi_vr"], c["Phi_vv"]])])
    ours = RSW6.T @ np.asarray(cw_matrix(jnp.asarray(c["n"]), jnp.asarray(float(c["t_s"])))) @ RSW6
    # Each quarter in its own units.
    off = max(
        relative(ours[i : i + 3, j : j + 3], theirs[i : i + 3, j : j + 3]) for i in (0, 3) for j in (0, 3)
    )
    validation.record(
        source="Orekit, ClohessyWiltshireRendezVousTest", case="matrix over 8 h, 300 km orbit",
        quantity="every quarter's largest element", theirs="matrix", ours="the same", difference=off,
        limit=PRINTED, unit="relative",
    )  # fmt: skip
    assert off < PRINTED


def test_vallado(validation):
    c = CASES["cw_vallado_6_14"]
    n = jnp.sqrt(c["mu_km3_s2"] / jnp.asarray(c["RE_km"] + c["target_alt_km"]) ** 3)
    start = RSW6 @ np.concatenate([c["r0"], c["v0_m_s"]])
    ours = RSW6.T @ np.asarray(cw_matrix(n, jnp.asarray(float(c["dt_s"])))) @ start
    off = max(relative(ours[:3], c["r_m"]), relative(ours[3:], c["v_m_s"]))
    validation.record(
        source="Vallado, Fundamentals of Astrodynamics, example 6-14", case="300 s after a push",
        quantity="position and velocity; the distance is shown, m", theirs=float(np.linalg.norm(c["r_m"])),
        ours=float(np.linalg.norm(ours[:3])), difference=off, limit=PRINTED, unit="relative",
    )  # fmt: skip
    assert off < PRINTED


def test_elliptic(validation):
    c = CASES["tschauner_hempel"]
    mu, t = jnp.asarray(c["mu"]), jnp.asarray(c["dt_s"])
    orbit = OrbitShape(
        jnp.asarray(c["a_m"] * (1 - c["e"] ** 2)), jnp.asarray(c["e"]), jnp.asarray(np.radians(c["nu0_deg"]))
    )
    nu = anomaly_after(mu, orbit, t)
    assert abs(np.degrees(float(nu)) - c["nu_deg"]) < 1e-9
    ours = np.asarray(elliptic_matrix(mu, orbit, nu, t)) @ np.concatenate([c["r0"], c["v0"]])
    off = float(np.abs(ours - np.concatenate([c["r"], c["v"]])).max())
    validation.record(
        source="Tschauner-Hempel equations, integrated for this project", case="e = 0.8, 15 to 45 degrees",
        quantity="state; the distance is shown, m", theirs=float(np.linalg.norm(c["r"])),
        ours=float(np.linalg.norm(ours[:3])), difference=off, limit=INTEGRATED, unit="m, m/s",
        kind="consistency",
    )  # fmt: skip
    assert off < INTEGRATED
