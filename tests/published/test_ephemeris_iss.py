"""The force model against a day of the space station's own ephemeris; the initial state is not fitted.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| 1 h | gravity, frames | EGM96 21x21, Sun, Moon | WGS84 | none | none | point | no drag |
| 24 h | the same, drag | EGM96 21x21, Sun, Moon | WGS84 | US 1976 times one factor | none | area, CD, mass of the file | one number fitted |
"""  # noqa: E501

from functools import partial
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax

from homeward.earth.ephemeris import build_third_bodies
from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.earth.orientation import build_orientation, inertial_to_earth
from homeward.io.oem import read_oem
from homeward.math.numerics import rk4_step
from homeward.world.environment.atmosphere import UsStandard1976
from homeward.world.environment.gravity import egm96

STEP = 10.0  # s: halving it moves the end of the day by less than 1 m
HOURS = 24
LIMIT_1H = 15.0  # m, without drag: what drag does in an hour, and the harmonics above 21
LIMIT_24H = 100.0  # m, every hourly point


@eqx.filter_jit
@partial(eqx.filter_vmap, in_axes=(None, 0, None))
def fly(models, ballistic, x0):
    gravity, orientation, bodies, air = models
    wgs84 = Ellipsoid.wgs84()

    def rates(t, x):
        r, v = x
        spin = orientation.at(t)
        r_E, v_E = inertial_to_earth(spin, t, r, v)
        density = air.at(to_geodetic(wgs84, r_E)[2]).density
        a_E = gravity.acceleration(r_E) - 0.5 * ballistic * density * jnp.sqrt(jnp.sum(v_E * v_E)) * v_E
        return v, jnp.sum(spin.C_EI0.T * a_E[None, :], axis=1) + bodies.acceleration(t, r)

    def step(x, k):
        return rk4_step(rates, k * STEP, x, jnp.asarray(STEP)), None

    per_hour = round(3600.0 / STEP)

    def hour(x, j):
        x, _ = lax.scan(step, x, j * per_hour + jnp.arange(per_hour, dtype=float))
        return x, x[0]

    return lax.scan(hour, x0, jnp.arange(HOURS, dtype=float))[1]


def test_station_for_a_day(validation, capsys):
    file = Path(__file__).parent / "data" / "iss_2022-01-17.oem.txt"
    segment = read_oem(file).segments[0]
    body = dict(c.split("=") for c in segment.comments if c.startswith(("MASS=", "DRAG_")))
    ballistic = float(body["DRAG_AREA"]) * float(body["DRAG_COEFF"]) / float(body["MASS"])
    r, v = segment.in_gcrf()
    span = HOURS * 3600.0
    orientation, bodies = build_orientation(segment.epoch, span), build_third_bodies(segment.epoch, span)
    models = egm96(21), orientation, bodies, UsStandard1976()
    x0 = jnp.asarray(r[0]), jnp.asarray(v[0])

    def misses(*factors):
        return np.asarray(fly(models, jnp.asarray(factors) * ballistic, x0)) - r[1:]

    # One factor by least squares over all points. The response to drag is linear to a per cent, so one
    # step from 0.5 is enough; three lanes twice, so that one program serves.
    none, base, more = misses(0.0, 0.5, 0.6)
    without = float(np.linalg.norm(none[0]))
    slope = (more - base) / 0.1
    factor = 0.5 - float(np.sum(slope * base) / np.sum(slope * slope))
    fitted = misses(factor, factor, factor)[0]
    off = np.linalg.norm(fitted, axis=1)
    with capsys.disabled():
        print(f"\n  ISS: density factor on US 1976 {factor:.3f}; worst hour {off.max():.1f} m")
    source = "NASA/JSC OEM of the ISS, 2022-01-17"
    validation.record(
        source=source, case="1 h, no drag, state not fitted", quantity="position", theirs="ephemeris",
        ours="EGM96 21x21, Sun, Moon", difference=without, limit=LIMIT_1H, unit="m",
    )  # fmt: skip
    validation.record(
        source=source, case=f"24 h, one density factor fitted: {factor:.3f} of US 1976",
        quantity="position, worst of 24 hourly points", theirs="ephemeris", ours="the same with drag",
        difference=float(off.max()), limit=LIMIT_24H, unit="m",
    )  # fmt: skip
    assert without < LIMIT_1H
    assert off.max() < LIMIT_24H
