"""The landing forecast over dispersed flights: it shrinks, and it contains the truth as often as it says.

Every flight has its own wind, air and errors. The ground knows of a flight what came down, and the wind
forecast that the flight was loaded with; never its true wind, air or mass.
"""

import numpy as np
import pytest
from scipy.stats import binom

from homeward.campaign.disperse import disperse
from homeward.campaign.fly import run_keys, spread_legs
from homeward.campaign.summary import places
from homeward.ground.forecast import SHARES, Forecaster
from homeward.ground.forecast_run import moments
from homeward.ground.forecast_setting import setting_of, with_forecast
from homeward.output.telemetry import table_columns
from homeward.scenario.load import load
from homeward.scenario.returns import plan_return
from homeward.sim.lanes import whole_history
from homeward.sim.mission import fly_mission

RUNS, FIRST = 30, 1000  # runs that nothing was tuned on; 300 for a finer table
SURE = 0.998  # of the interval that each count must lie in
#: When a forecast is asked for: after the burn, at the interface, under the drogue, under the main, low.
WHEN = ("burn", "interface", "black-out over", "drogue", "main", "2 km up")


def at_moments(table, legs) -> dict[str, int]:
    """Rows of the table for the moments of ``WHEN``."""
    stage, time = np.asarray(table["parachute_stage"]), np.asarray(table["time_s"])
    ends = {name: end for name, end in legs}
    height = np.asarray(table["altitude_m"])
    opened = int(np.flatnonzero(stage >= 1)[0])
    main = int(np.flatnonzero(stage >= 3)[0])
    dark = np.flatnonzero(np.asarray(table["blackout"])[:opened])
    return {
        "burn": int(np.searchsorted(time, ends["deorbit burn"] + 30.0)),
        "interface": int(np.searchsorted(time, ends["coast to interface"])),
        "black-out over": int(dark[-1]) + 5 if len(dark) else opened - 30,
        "drogue": int(np.searchsorted(time, time[opened] + 11.0)),
        "main": int(np.searchsorted(time, time[main] + 10.0)),
        "2 km up": int(np.flatnonzero((height < 3000.0) & (np.arange(len(height)) > main))[0]),
    }


def flights(runs: int, first: int, lanes: int):
    """Of each run: its telemetry, its legs, the wind forecast and aim it was loaded with, its touchdown."""
    plan = plan_return(load("shenzhou-15"), fidelity="point-mass")
    legs = spread_legs(plan.legs, lanes)
    for start in range(0, runs, lanes):
        pick = first + np.minimum(np.arange(start, start + lanes), runs - 1)
        world, flight, truth = disperse(plan, 0, pick)
        outcome = fly_mission(world, flight, truth, legs, run_keys(0, pick), True)
        down = places(world, outcome.truth)
        failed = np.asarray(outcome.truth.failed)
        rows, aims = np.asarray(flight.main.rows), np.asarray(flight.target.aim_E)
        for lane in range(min(lanes, runs - start)):
            record = whole_history(outcome.legs, lane)
            table = {c.name: c.values(record) for c in table_columns(record)}
            ends = [(name, float(x.end[lane])) for name, x in outcome.legs]
            place = float(np.degrees(down["latitude"][lane])), float(np.degrees(down["longitude"][lane]))
            yield plan, table, ends, rows[lane], aims[lane], place, bool(failed[lane])
        del outcome


def calibrate(runs: int, first: int, lanes: int):
    """Sigmas off (runs, moments), 1-sigma radii [m] and errors of the time [s] of the same shape."""
    off, size, late, slow = [], [], [], []
    base = None
    for plan, table, ends, rows, aim, place, failed in flights(runs, first, lanes):
        assert not failed
        base = setting_of(plan.scenario, plan.epoch) if base is None else base
        forecaster = Forecaster(with_forecast(base, rows, aim))
        picks = at_moments(table, ends)
        told = list(moments(table))
        made = [forecaster.at(told[picks[name]]) for name in WHEN]
        off.append([f.sigmas_off(*place) for f in made])
        size.append([np.sqrt(np.prod(f.axes()[:2])) for f in made])
        late.append([f.touchdown - float(table["time_s"][-1]) for f in made])
        slow.append([f.seconds for f in made])
    return np.asarray(off), np.asarray(size), np.asarray(late), np.asarray(slow)


def table_of(off, size, late) -> str:
    """The calibration table as text."""
    lines = ["  moment           radius [m]   inside 1, 2, 3 sigma (39.3, 86.5, 98.9 %)   time off [s]"]
    for k, name in enumerate(WHEN):
        inside = [100.0 * np.mean(off[:, k] <= s) for s in (1, 2, 3)]
        lines.append(
            f"  {name:15} {np.median(size[:, k]):9.0f}     {inside[0]:5.1f} {inside[1]:5.1f} {inside[2]:5.1f}"
            f"                            {np.mean(late[:, k]):6.1f} +- {np.std(late[:, k]):.1f}"
        )
    return "\n".join(lines)


def check(off, size, runs):
    middle = np.median(size, axis=0)
    assert (np.diff(middle) <= 1.0).all() and middle[-1] < middle[0] / 3.0
    for share, sigma in zip(SHARES, (1.0, 2.0, 3.0), strict=True):
        inside = (off <= sigma).sum(axis=0)
        low, high = binom.ppf([(1 - SURE) / 2, (1 + SURE) / 2], runs, share)
        assert ((low <= inside) & (inside <= high)).all(), f"{sigma} sigma: {inside} of {runs}"


@pytest.mark.slow
def test_it_contains_the_truth_as_often_as_it_says(capsys):
    off, size, late, slow = calibrate(RUNS, FIRST, 30)
    with capsys.disabled():
        print("\n" + table_of(off, size, late))
    check(off, size, RUNS)
    assert np.median(slow) < 1.0  # s, an update
