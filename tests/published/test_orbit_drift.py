"""How orbits drift: two circular orbits against each other, and the space station's node.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| phasing | curvilinear relative state | point mass | - | - | - | point | closed form; both orbits integrated |
| node of the station | closed form of J2 against an ephemeris | J2, mean elements | - | - | - | - | a day, as flown |
"""  # noqa: E501

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

from homeward.astro.lvlh import to_curvilinear, to_lvlh
from homeward.earth.constants import J2_EGM96, MU_EGM96, RADIUS_EGM96
from homeward.io.oem import read_oem

SAME = 1e-3  # m over an arc of 2,000 km: the integration's tolerance
# Relative: J4 and the square of J2 turn the node by another 1e-3, Sun and Moon by 1e-4, and what is left of
# the short periods after the fit is of that size.
NODE_LIMIT = 4e-3


def test_phasing(validation):
    radius = np.array([6768e3, 6628e3])
    n = np.sqrt(MU_EGM96 / radius**3)
    start = np.radians(-25.0)
    t = 2.0 * 5400.0
    ends = []
    for r, rate, angle in zip(radius, n, (0.0, start), strict=True):
        along = np.array([np.cos(angle), np.sin(angle), 0.0])
        on = np.array([-np.sin(angle), np.cos(angle), 0.0])
        flown = solve_ivp(
            lambda _, x: [*x[3:], *(-MU_EGM96 * x[:3] / np.linalg.norm(x[:3]) ** 3)],
            (0.0, t), [*(r * along), *(r * rate * on)], "DOP853", rtol=1e-13, atol=1e-6,
        )  # fmt: skip
        ends += [jnp.asarray(flown.y[:3, -1]), jnp.asarray(flown.y[3:, -1])]
    place, _ = to_curvilinear(*to_lvlh(*ends), jnp.asarray(radius[0]), jnp.asarray(0.0))
    theirs = radius[0] * (start + (n[1] - n[0]) * t)
    off = max(abs(float(place[0]) - theirs), abs(float(place[2]) - (radius[0] - radius[1])))
    validation.record(
        source="Two circular orbits, closed form", case="390 km and 250 km, 25 degrees behind, after 3 h",
        quantity="arc along the track and height; the arc is shown, m", theirs=theirs, ours=float(place[0]),
        difference=off, limit=SAME, unit="m",
    )  # fmt: skip
    assert off < SAME


def test_node_of_the_station(validation):
    segment = read_oem(Path(__file__).parent / "data" / "iss_2022-01-17.oem.txt").segments[0]
    r, v = segment.in_gcrf()
    h = np.cross(r, v)
    node = np.unwrap(np.arctan2(h[:, 0], -h[:, 1]))
    tilt = np.arccos(h[:, 2] / np.linalg.norm(h, axis=1))
    a = 1.0 / (2.0 / np.linalg.norm(r, axis=1) - np.sum(v * v, axis=1) / MU_EGM96)
    # Short periods of J2 go with twice the argument of latitude: fitted beside the mean and its drift.
    line = np.stack([np.cos(node), np.sin(node), 0.0 * node], 1)
    u = np.arctan2(r[:, 2] / np.sin(tilt), np.sum(r * line, axis=1))
    columns = np.stack([np.ones_like(node), segment.t, np.cos(2 * u), np.sin(2 * u)], 1)
    (_, drift, *_), (mean_tilt, *_), (mean_a, *_) = (
        np.linalg.lstsq(columns, x, rcond=None)[0] for x in (node, tilt, a)
    )
    ours = -1.5 * np.sqrt(MU_EGM96 / mean_a**3) * J2_EGM96 * (RADIUS_EGM96 / mean_a) ** 2 * np.cos(mean_tilt)
    off = abs(ours / drift - 1.0)
    day = np.degrees(86400.0)
    validation.record(
        source="NASA/JSC OEM of the ISS, 2022-01-17", case="drift of the node, deg a day",
        quantity="J2 closed form with mean elements", theirs=drift * day, ours=ours * day, difference=off,
        limit=NODE_LIMIT, unit="relative", kind="flown",
    )  # fmt: skip
    assert off < NODE_LIMIT
