"""``homeward forecast --calibrate N``: whether landing forecasts contain the truth as often as they say.

Dispersed flights, each with its own wind, air and errors. The ground knows of a flight what came down, and
the wind forecast that the flight was loaded with; never its true wind, air or mass.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.stats import beta

from homeward.dispersion.returns import disperse
from homeward.errors import InputError
from homeward.ground.landing_forecast.forecast import SHARES, SIGMAS, Forecaster
from homeward.ground.landing_forecast.inputs import setting_of, with_forecast
from homeward.ground.landing_forecast.run import moments
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import places
from homeward.output.files.telemetry import table_columns
from homeward.planning.return_plan import plan_return
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import whole_history
from homeward.sim.mission import fly_mission

#: When a forecast is asked for: after the burn, at the interface, under the drogue, under the main, low.
WHEN = ("burn", "interface", "black-out over", "drogue", "main", "2 km up")
FIRST = 1000  # run that the flights begin with: nothing was tuned on these
LANES = 60  # flown side by side
SURE = 0.95  # of the band about what was found
Progress = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Calibration:
    """By flight and moment (n, m): sigmas off, 1-sigma radius [m], touchdown foretold less true [s], update
    [s]; ``failed`` flights have none."""

    off: np.ndarray
    radius: np.ndarray
    late: np.ndarray
    seconds: np.ndarray
    failed: int

    def told(self) -> list[dict[str, Any]]:
        """A row a moment: medians, and for 1, 2, 3 sigma the share promised, that found, and its band."""
        rows = []
        for k, name in enumerate(WHEN):
            found = [band(int((self.off[:, k] <= s).sum()), len(self.off)) for s in SIGMAS]
            rows.append({
                "moment": name, "radius_m": float(np.median(self.radius[:, k])),
                "shares": [
                    {"sigma": s, "promised": p, "found": f[0], "from": f[1], "to": f[2],
                     "agrees": f[1] <= p <= f[2]}
                    for s, p, f in zip(SIGMAS, SHARES, found, strict=True)
                ],
                "time_off_s": [float(self.late[:, k].mean()), float(self.late[:, k].std())],
                "update_s": [float(np.median(self.seconds[:, k])), float(self.seconds[:, k].max())],
            })  # fmt: skip
        return rows


def band(count: int, of: int, sure: float = SURE) -> tuple[float, float, float]:
    """A share and the interval of Clopper and Pearson about it (Biometrika 26, 1934)."""
    tail = (1.0 - sure) / 2.0
    low = float(beta.ppf(tail, count, of - count + 1)) if count else 0.0
    high = float(beta.ppf(1.0 - tail, count + 1, of - count)) if count < of else 1.0
    return count / of, low, high


def calibrate(
    scenario: Scenario, runs: int, first: int = FIRST, progress: Progress | None = None
) -> Calibration:
    """Fly ``runs`` dispersed returns as point masses and make a forecast at each of ``WHEN``.

    Raises InputError for a scenario that begins at the interface, and where every flight failed.
    """
    off, size, late, slow = [], [], [], []
    failures = 0
    for base, table, ends, rows, aim, place, failed in flights(scenario, runs, first, progress):
        if failed:
            failures += 1
            continue
        forecaster = Forecaster(with_forecast(base, rows, aim))
        picks, told = at_moments(table, ends), list(moments(table))
        made = [forecaster.at(told[picks[name]]) for name in WHEN]
        off.append([f.sigmas_off(*place) for f in made])
        size.append([np.sqrt(np.prod(f.axes()[:2])) for f in made])
        late.append([f.touchdown - float(table["time_s"][-1]) for f in made])
        slow.append([f.seconds for f in made])
    if not off:
        raise InputError(f"{scenario.name}: --calibrate: none of {runs} flights has landed")
    return Calibration(np.asarray(off), np.asarray(size), np.asarray(late), np.asarray(slow), failures)


def flights(
    scenario: Scenario, runs: int, first: int, progress: Progress | None = None
) -> Iterator[tuple[Any, ...]]:
    """Of each run: the ground's setting, telemetry, ends of legs, main's rows and aim that the flight was
    loaded with, touchdown [deg], and whether it failed."""
    if scenario.return_.legs.start == "interface" or scenario.return_.legs.end != "touchdown":
        raise InputError(f"{scenario.name}: --calibrate: expected a return from orbit to the ground")
    plan = plan_return(scenario, fidelity="point-mass")
    base, lanes = setting_of(scenario, plan.epoch), min(LANES, runs)
    legs = spread_legs(plan.legs, lanes)
    for start in range(0, runs, lanes):
        if progress is not None:
            progress(f"flights {start + 1} to {min(start + lanes, runs)} of {runs}")
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
            yield base, table, ends, rows[lane], aims[lane], place, bool(failed[lane])
        del outcome


def at_moments(table: dict[str, np.ndarray], legs: list[tuple[str, float]]) -> dict[str, int]:
    """Rows of the table for the moments of ``WHEN``."""
    stage, time = np.asarray(table["parachute_stage"]), np.asarray(table["time_s"])
    ends, height = dict(legs), np.asarray(table["altitude_m"])
    opened = int(np.flatnonzero(stage >= 1)[0])
    main = int(np.flatnonzero(stage >= 3)[0])
    dark = np.flatnonzero(np.asarray(table["blackout"])[:opened])
    ground = float(height[-1])
    low = np.flatnonzero((height < ground + 2000.0) & (np.arange(len(height)) > main))
    return {
        "burn": int(np.searchsorted(time, ends["deorbit burn"] + 30.0)),
        "interface": int(np.searchsorted(time, ends["coast to interface"])),
        "black-out over": int(dark[-1]) + 5 if len(dark) else opened - 30,
        "drogue": int(np.searchsorted(time, time[opened] + 11.0)),
        "main": int(np.searchsorted(time, time[main] + 10.0)),
        "2 km up": int(low[0]),
    }


def table_of(found: Calibration) -> str:
    """The calibration as a table to read."""
    told = ", ".join(f"{100 * p:.1f}" for p in SHARES)
    lines = [
        f"{len(found.off)} flights; inside the ellipses of 1, 2, 3 sigma, which promise {told} %",
        "(a normal spread in two dimensions; ! where the band does not hold what is promised)",
        f"  moment           radius    found, with its band of {100 * SURE:.0f} % (Clopper-Pearson)"
        "                       time off      update",
    ]
    for row in found.told():
        shares = "  ".join(
            f"{100 * s['found']:5.1f} ({100 * s['from']:4.1f} to {100 * s['to']:5.1f})"
            + (" " if s["agrees"] else "!")
            for s in row["shares"]
        )
        lines.append(
            f"  {row['moment']:15} {row['radius_m']:5.0f} m   {shares}  "
            f"{row['time_off_s'][0]:4.0f} +- {row['time_off_s'][1]:3.0f} s  {row['update_s'][0]:.3f} s"
        )
    return "\n".join(lines)
