"""The reference trajectory that Apollo 11 carried for its final phase, and the sensitivities beside it.

| verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|
| gains of the first generation | central | turning sphere | US 1976 | none | Apollo, constant | below |

The table is the one of the onboard program (speed, rate of altitude, drag, range to go, and the derivatives
of the range by drag, rate of altitude and L/D). Two things are compared. *Its own range to go*: what its
speeds, rates and drags integrate to. *Its sensitivities*: with those of our adjoint along a flight of our own
from the same state, an Apollo capsule at the constant bank that gives the same range.

Up to 10,101 ft/s the table's dR/d(L/D) are 2.1 times ours. The table itself says why: more lift by a share of
the drag, dL = d(L/D) D, is a push on the rate of altitude, so that along any flight dR/d(L/D) is the integral
of dR/drdot times D over the time to go. From 14,014 ft/s on the table's third column is that integral of its
own second one to 2 per cent; up to 10,101 ft/s it is 2.1 to 2.3 times it, with a step between that no flight
has: the program flies its last part with twice the gain. Ours is judged against that integral from 6,295 ft/s
on, and against the column itself where both are one. Of dR/dD the two fastest rows have 28 and
6 ft/s2 of drag, where it grows as one over the drag and is told apart by the paths (our dR/drdot is 1.3 of
theirs there: a constant bank is not the flight that they stored); they are shown.
"""

from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.time import Epoch
from homeward.flight.entry.onboard_model import OnboardModel, fit_air
from homeward.flight.entry.reference_gains import fly_stored, tabulate
from homeward.flight.entry.reference_table import fast_row
from homeward.flight.entry.reference_trajectory import Profile
from homeward.scenario import load
from homeward.scenario.build.world import build_air, densities

SOURCE = "Apollo 11 onboard program, final phase (virtualagc, public domain)"
TABLE = np.genfromtxt(
    Path(__file__).parent / "data" / "apollo11_agc_final_phase_reference.csv", delimiter=",", names=True
)[:-1]  # the last row only extends the table beyond orbital speed
FOOT, MILE, G_FEET = 0.3048, 1852.0, 32.174
EARTH = 6378137.0
OPENING = 7.3e3  # m, about 24,000 ft
IDENTITY = 0.05  # relative: twelve rows joined by straight lines
CLOSE = 0.20  # relative: another capsule, air and bank profile along the same path
LIFT = 0.10
MIDDLE = (2000.0, 19000.0)  # ft/s: where drag and rate are judged
FAST = 14000.0  # ft/s: where L/D is
LATE = 5000.0  # ft/s: below it the table's first row, whose own integral is nought, counts too much


def n(x):
    return jnp.asarray(x, float)


def test_its_range_to_go_is_the_integral_of_its_own_speed_over_drag(validation):
    """``dR/dV = V cos(gamma) / (D + g sin(gamma))``: distance made good while the speed falls."""
    v, rate, drag, miles = (TABLE[k] for k in ("V_fps", "RDOTREF_fps", "DREF_fps2", "RTOGO_nm"))
    speed = np.linspace(v[0], v[-1], 20001)
    r, d = np.interp(speed, v, rate), np.interp(speed, v, drag)
    slope = np.sqrt(speed**2 - r**2) / (d + G_FEET * r / speed) * FOOT / MILE
    steps = 0.5 * (slope[1:] + slope[:-1]) * np.diff(speed)
    ours = np.interp(v, speed, miles[0] + np.concatenate([[0.0], np.cumsum(steps)]))
    for at, theirs, mine in zip(v[1:], miles[1:], ours[1:], strict=True):
        off = mine / theirs - 1.0
        validation.record(
            source=SOURCE, case=f"range to go at {at:.0f} ft/s", quantity="integral of the table's V and D",
            theirs=theirs, ours=mine, difference=off, limit=IDENTITY, unit="nm, share", kind="consistency",
        )  # fmt: skip
        assert abs(off) <= IDENTITY


def lift_of_its_own_rates():
    """dR/d(L/D) [nm] at the table's speeds by the table's dR/drdot: the integral over the time to go of
    dR/drdot times drag."""
    v, rate, drag = (TABLE[k] for k in ("V_fps", "RDOTREF_fps", "DREF_fps2"))
    by_rate = -TABLE["minus_dR_dRdot_nm_per_fps"]
    speed = np.linspace(v[0], v[-1], 20001)
    r, d, f = (np.interp(speed, v, x) for x in (rate, drag, by_rate))
    slope = f * d / (d + G_FEET * r / speed)
    steps = 0.5 * (slope[1:] + slope[:-1]) * np.diff(speed)
    return np.interp(v, speed, np.concatenate([[0.0], np.cumsum(steps)]))


def test_its_lift_column_is_the_integral_of_its_rate_column_and_twice_it_below_the_step(validation):
    own, told, speeds = lift_of_its_own_rates(), TABLE["dR_dLoverD_nm"], TABLE["V_fps"]
    ours = np.array([float(fast_row(matched(), n(v * FOOT)).by_lift) / MILE for v in speeds])
    for k in np.flatnonzero(speeds > LATE):
        off = ours[k] / own[k] - 1.0
        validation.record(
            source=SOURCE, case=f"dR/d(L/D) at {speeds[k]:.0f} ft/s, by the table's dR/drdot and drag",
            quantity="our adjoint, matched flight", theirs=own[k], ours=ours[k], difference=off,
            limit=LIFT, unit="nm, share",
        )  # fmt: skip
        assert abs(off) < LIFT, (speeds[k], off)
    fast = speeds > FAST
    assert np.all(np.abs(own[fast] / told[fast] - 1.0) < 0.025)
    slow = (speeds > 5e3) & ~fast
    assert np.all((told[slow] / own[slow] > 2.0) & (told[slow] / own[slow] < 2.4))


@cache
def matched():
    """Our stored flight from the table's first state over its range, an Apollo capsule at a constant bank."""
    heights = np.arange(0.0, 130e3, 1e3)
    air = build_air(load("shenzhou-15"), Epoch.from_iso("2023-06-04T00:00:00Z"))
    density = np.asarray(densities(air, heights))
    area = 1.2569 * 12.017 / 5498.22  # m2/kg, of the Apollo 10 case
    model = OnboardModel(
        *(n(x) for x in (3.986004415e14, 0.0, EARTH, 0.0, 7.292e-5)),
        n(fit_air(heights, density)), n([100.0, 9000.0]), n([area, area]),
        n([0.3, 0.3]), jnp.zeros(3),
    )  # fmt: skip
    top = TABLE[-1]
    speed, rate, drag = (float(top[k]) * FOOT for k in ("V_fps", "RDOTREF_fps", "DREF_fps2"))
    density = np.asarray(jax.vmap(model.density)(n(heights)))
    height = np.interp(-np.log(2.0 * drag / (area * speed**2)), -np.log(density), heights)
    end = float(top["RTOGO_nm"]) * MILE / EARTH
    start = n([1.0, 0.0, 0.0, height, rate, np.sqrt(speed**2 - rate**2), 0.0])
    low, high = 0.7, 1.4
    flight = None
    for _ in range(20):
        bank = 0.5 * (low + high)
        # A straight line of the bank that begins and ends alike: one bank for the whole flight.
        profile = Profile(*(n(x) for x in (bank, bank, 2e4, 0.0, 30.0, 2.0, 100.0)))
        flight = fly_stored(model, profile, start, False, OPENING)
        far = np.inf if flight is None else np.arccos(flight.path[0, :3] @ flight.path[-1, :3]) - end
        low, high = (bank, high) if far > 0.0 else (low, bank)
    assert flight is not None
    return tabulate(model, flight)


def test_its_sensitivities_have_the_sign_order_and_size_of_our_adjoint(validation):
    table = matched()
    rows = [fast_row(table, n(v * FOOT)) for v in TABLE["V_fps"]]
    mile, foot = 1.0 / MILE, FOOT / MILE
    ours = {
        "dR/dD": np.array([float(r.by_drag) * foot for r in rows]),
        "dR/drdot": np.array([float(r.by_rate) * foot for r in rows]),
        "dR/d(L/D)": np.array([float(r.by_lift) * mile for r in rows]),
    }
    theirs = {
        "dR/dD": TABLE["dR_dA_nm_per_fps2"],
        "dR/drdot": -TABLE["minus_dR_dRdot_nm_per_fps"],
        "dR/d(L/D)": TABLE["dR_dLoverD_nm"],
    }
    units = {"dR/dD": "nm s2/ft", "dR/drdot": "nm s/ft", "dR/d(L/D)": "nm"}
    speeds = TABLE["V_fps"]
    middle = (speeds > MIDDLE[0]) & (speeds < MIDDLE[1])
    judged = {"dR/dD": middle, "dR/drdot": middle, "dR/d(L/D)": speeds > FAST}
    for name, limit in (("dR/dD", CLOSE), ("dR/drdot", CLOSE), ("dR/d(L/D)", LIFT)):
        for k, speed in enumerate(speeds):
            off = ours[name][k] / theirs[name][k] - 1.0
            validation.record(
                source=SOURCE, case=f"{name} at {speed:.0f} ft/s", quantity="our adjoint, matched flight",
                theirs=theirs[name][k], ours=ours[name][k], difference=off,
                limit=limit if judged[name][k] else "-", unit=f"{units[name]}, share",
                verdict=None if judged[name][k] else "shown",
            )  # fmt: skip
        assert np.all(np.sign(ours[name]) == np.sign(theirs[name])), name
        assert np.all(np.diff(np.abs(ours[name])) > 0.0), name  # as the table's: larger, the faster
        off = ours[name] / theirs[name] - 1.0
        assert np.all(np.abs(off[judged[name]]) < limit), (name, off)
