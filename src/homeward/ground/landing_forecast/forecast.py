"""The landing forecast: where, how sure, when, and where it would be if the capsule only fell.

Before the opening a guided capsule comes to its aim as well as its guidance is known to do, if the aim can
be reached from where it is; then, and from the opening on, some hundreds of capsules are let fall through
the forecast wind and its errors. Everything it reads came down by telemetry or was believed before.
"""

import dataclasses
import math
import time as clock
from typing import Any

import numpy as np

from homeward.earth.constants import G0
from homeward.earth.local_plane import moved, offset
from homeward.ground.landing_forecast.descent import BACKUP, DROGUE, MAIN, NONE, Fall, fall
from homeward.ground.landing_forecast.entry import descend
from homeward.ground.landing_forecast.inputs import LAYER, Setting, forecast_wind
from homeward.ground.landing_forecast.wind import parts_told
from homeward.ground.tracking.stations import fixed_place

LANES, FALLEN = 256, 48  # capsules under the parachute, and falling ballistically
BANKS = np.radians(np.linspace(0.0, 110.0, 12))  # held all the way: what can be reached
REACH_SLACK = 60e3  # m beyond the reach of constant banks that reversals and speed still give
SIGMAS = (1.0, 2.0, 3.0)
SHARES = tuple(1.0 - math.exp(-0.5 * k * k) for k in SIGMAS)  # of a normal ellipse: 39.3, 86.5, 98.9 %
STEADY = 40.0  # s under the main before its fall tells the weight
FALL_DOUBT = 0.01  # of the weight told so
SHIP_DOUBT = 0.5  # m/s: how well a ship knows the wind about it after as long under a canopy
FELT_FROM = 8.0  # s under the drogue before its drift tells the wind


@dataclasses.dataclass(frozen=True)
class Moment:
    """What telemetry tells at a time [s]: geodetic place [rad, rad, m], velocity north, east, up relative
    to the turning Earth [m/s], parachute stage, seconds since that stage and since the opening.

    ``drift`` is the same velocity, the mean of the last seconds under a canopy: a capsule swings.
    ``covariance`` (6, 6) of place and velocity along north, east and up [m, m/s] where tracking tells them,
    None where telemetry does.
    """

    time: float
    latitude: float
    longitude: float
    altitude: float
    velocity: tuple[float, float, float]
    stage: int = 0
    stage_seconds: float = 0.0
    open_seconds: float = 0.0
    drift: tuple[float, float, float] | None = None
    covariance: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class Forecast:
    """Touchdown foretold at ``made`` [s]: place [deg], time [s], covariance north and east [m2].

    ``ballistic`` is the place [deg] where it would fall without guidance, None from the opening on;
    ``reachable`` whether the aim can be reached; ``teams`` distances [m] by name; ``seconds`` how long the
    reckoning took.
    """

    made: float
    latitude_deg: float
    longitude_deg: float
    touchdown: float
    covariance: np.ndarray
    ballistic: tuple[float, float] | None
    ballistic_covariance: np.ndarray | None
    reachable: bool
    teams: dict[str, float]
    seconds: float

    def axes(self) -> tuple[float, float, float]:
        """Semi-axes of the 1-sigma ellipse [m], the larger first, and its bearing from north [rad]."""
        values, vectors = np.linalg.eigh(self.covariance)
        bearing = float(np.arctan2(vectors[1, 1], vectors[0, 1])) % math.pi
        return float(math.sqrt(values[1])), float(math.sqrt(max(values[0], 0.0))), bearing

    def sigmas_off(self, latitude_deg: float, longitude_deg: float) -> float:
        """How many sigma a place lies from the point: 1, 2, 3 are the rims of the ellipses."""
        d = np.asarray(offset((self.latitude_deg, self.longitude_deg), (latitude_deg, longitude_deg)))
        return float(math.sqrt(max(float(d @ np.linalg.solve(self.covariance, d)), 0.0)))

    def told(self) -> dict[str, Any]:
        """The forecast as plain numbers, for the archive."""
        larger, smaller, bearing = self.axes()
        return {
            "made_s": self.made, "latitude_deg": self.latitude_deg, "longitude_deg": self.longitude_deg,
            "touchdown_s": self.touchdown, "semi_axes_1_sigma_m": [larger, smaller],
            "bearing_deg": math.degrees(bearing), "ellipse_shares": list(SHARES), "reachable": self.reachable,
            "ballistic_deg": None if self.ballistic is None else list(self.ballistic), "teams_m": self.teams,
            "reckoned_in_s": self.seconds,
        }  # fmt: skip


class Forecaster:
    """Makes forecasts of one flight. The draws are the same each time, so that what moves is the flight."""

    def __init__(
        self, setting: Setting, teams: dict[str, tuple[float, float]] | None = None, seed: int = 0
    ) -> None:
        self.setting, self.teams, self._seed = setting, teams or {}, seed
        self.site = math.degrees(setting.site[0]), math.degrees(setting.site[1])

    def at(self, moment: Moment) -> Forecast:
        """The forecast at a moment from the burn to the ground."""
        began = clock.perf_counter()
        rng = np.random.default_rng([self._seed, 7])
        reachable, ballistic, spread = True, None, None
        if moment.stage == NONE:
            start, until, reachable, ballistic, spread = self._opening(moment, rng)
        else:
            start, until = self._under_canopy(moment, rng), 0.0
        places, lasted = fall(self.setting, start, rng, *self._weight(moment))
        point = places.mean(axis=0)
        covariance = np.cov(places.T) + 1.0 * np.eye(2)
        latitude, longitude = moved(self.site, float(point[0]), float(point[1]))
        distances = {
            name: float(math.hypot(*offset(place, (latitude, longitude))))
            for name, place in self.teams.items()
        }
        when = moment.time + until + float(lasted.mean())
        return Forecast(
            moment.time, latitude, longitude, when, covariance, ballistic, spread, reachable, distances,
            clock.perf_counter() - began,
        )  # fmt: skip

    def _weight(self, m: Moment) -> tuple[float, float]:
        """Mass over what is believed, as the fall under the main tells it, and how far it may be off.

        What is told is mass over density and area; from here on that is the same.
        """
        s = self.setting
        if m.stage < MAIN or m.stage_seconds < STEADY or m.drift is None:
            return 1.0, s.errors.canopy
        light = m.altitude < s.shield_altitude
        mass = s.mass - (s.shield if light else 0.0)
        area = s.canopies[3 if m.stage == BACKUP else 2] + s.drag_area
        density = float(np.exp(np.interp(m.altitude, LAYER * np.arange(len(s.log_density)), s.log_density)))
        told = 0.5 * density * area * m.drift[2] ** 2 / (mass * G0)
        return float(np.clip(told, 0.7, 1.4)), FALL_DOUBT

    def _under_canopy(self, m: Moment, rng: np.random.Generator) -> Fall:
        s, e = self.setting, self.setting.errors
        here = offset(self.site, (math.degrees(m.latitude), math.degrees(m.longitude)))
        off = e.position * rng.standard_normal((LANES, 3))
        if m.covariance is not None:
            off = off / e.position @ np.linalg.cholesky(m.covariance[:3, :3]).T
        place = np.tile([*here, m.altitude], (LANES, 1)) + off
        told = None
        if m.stage == MAIN or m.stage == BACKUP or m.open_seconds > FELT_FROM:
            total = np.asarray((m.drift or m.velocity)[:2]) - forecast_wind(s, m.altitude)
            # Under the drogue the capsule still flies on a little: there the wind is known less well.
            doubt = 0.7 if m.stage >= MAIN else 1.5
            if m.covariance is not None:
                doubt = math.hypot(doubt, float(np.sqrt(np.trace(m.covariance[3:5, 3:5]) / 2.0)))
            told = total, doubt
        bias, error = parts_told(rng, LANES, (e.wind_bias, e.wind), told)
        known = np.inf if told is None else SHIP_DOUBT
        stage, clock, since = (np.full(LANES, x) for x in (m.stage, m.stage_seconds, m.open_seconds))
        return Fall(place, np.tile(m.velocity, (LANES, 1)), stage, clock, since, error, bias, known)

    def _opening(self, m: Moment, rng: np.random.Generator):
        s, e = self.setting, self.setting.errors
        lat, lon = math.degrees(m.latitude), math.degrees(m.longitude)
        r, up = fixed_place(lat, lon, m.altitude)
        east = np.array([-math.sin(m.longitude), math.cos(m.longitude), 0.0])
        north = np.cross(up, east)
        v = m.velocity[0] * north + m.velocity[1] * east + m.velocity[2] * up
        held = len(BANKS)
        rs, vs = np.tile(r, (held + FALLEN, 1)), np.tile(v, (held + FALLEN, 1))
        off = rng.standard_normal((2, FALLEN, 3))
        if m.covariance is None:
            rs[held:] += e.position * off[0]
            vs[held:] += e.velocity * off[1]
        else:
            both = np.concatenate([off[0], off[1]], axis=1) @ np.linalg.cholesky(m.covariance).T
            rs[held:] += both[:, :3] @ np.stack([north, east, up])
            vs[held:] += both[:, 3:] @ np.stack([north, east, up])
        scale = np.ones(held + FALLEN)
        scale[held:] += math.hypot(e.density, e.drag) * rng.standard_normal(FALLEN)
        lift = np.concatenate([np.full(held, s.lift_to_drag), np.zeros(FALLEN)])
        ends, speeds, times = descend(s, rs, vs, scale, lift, np.concatenate([BANKS, np.zeros(FALLEN)]))
        came = np.isfinite(times)
        if not came.all():
            # It stays up: there is no landing to foretell but the one that is aimed at.
            ends, speeds, times = (np.where(came.reshape(-1, *([1] * (x.ndim - 1))), x, y) for x, y in (
                (ends, s.aim_E[None]), (speeds, np.array([[0.0, 0.0, 0.0]])), (times, 3600.0)))  # fmt: skip
        arcs = _along(r, v, ends[:held])
        wanted = float(_along(r, v, s.aim_E[None])[0])
        reachable = bool(arcs.min() - REACH_SLACK <= wanted <= arcs.max() + REACH_SLACK)
        order = np.argsort(arcs)
        share = np.interp(wanted, arcs[order], np.arange(held)[order].astype(float))
        near = int(np.clip(round(float(share)), 0, held - 1))
        until = float(np.interp(wanted, arcs[order], times[:held][order]))
        opening = s.aim_E if reachable else ends[near]
        at = self._plane(opening[None])[0]
        level = np.stack([_level(x, y) for x, y in zip(ends, speeds, strict=True)])
        place = np.tile([at[0], at[1], s.opening_altitude], (LANES, 1))
        place[:, :2] += e.opening * rng.standard_normal((LANES, 2))
        bias, error = parts_told(rng, LANES, (e.wind_bias, e.wind))
        zero = np.zeros(LANES)
        start = Fall(
            place,
            np.tile(level[near], (LANES, 1)),
            np.full(LANES, DROGUE),
            zero,
            zero.copy(),
            error,
            bias,
        )
        fell = self._plane(ends[held:])
        down, _ = fall(
            s, Fall(np.column_stack([fell, np.full(FALLEN, s.opening_altitude)]), level[held:],
                    np.full(FALLEN, DROGUE), np.zeros(FALLEN), np.zeros(FALLEN), error[:FALLEN],
                    bias[:FALLEN]), rng,
        )  # fmt: skip
        middle = down.mean(axis=0)
        ballistic = moved(self.site, float(middle[0]), float(middle[1]))
        return start, until, reachable, ballistic, np.cov(down.T)

    def _plane(self, r_E: np.ndarray) -> np.ndarray:
        """North and east [m] of the site of positions (n, 3), by their geodetic latitude and longitude."""
        out = []
        for x, y, z in r_E:
            level, e2 = math.hypot(x, y), 0.00669437999014
            latitude = math.atan2(z, level * (1.0 - e2))
            for _ in range(4):
                n = 6378137.0 / math.sqrt(1.0 - e2 * math.sin(latitude) ** 2)
                height = level / math.cos(latitude) - n
                latitude = math.atan2(z, level * (1.0 - e2 * n / (n + height)))
            out.append(offset(self.site, (math.degrees(latitude), math.degrees(math.atan2(y, x)))))
        return np.asarray(out)


def _along(r: np.ndarray, v: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Distance [m] on the sphere of the ends (n, 3) along the motion."""
    here = r / np.linalg.norm(r)
    ahead = v - here * (v @ here)
    ahead = ahead / np.linalg.norm(ahead)
    there = ends / np.linalg.norm(ends, axis=1, keepdims=True)
    return 6371e3 * (np.arctan2(there @ ahead, there @ here) % (2.0 * np.pi))


def _level(r: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Velocity north, east and up of a velocity in E."""
    up = r / max(float(np.linalg.norm(r)), 1.0)
    east = np.array([-r[1], r[0], 0.0]) / max(float(math.hypot(r[0], r[1])), 1.0)
    return np.array([v @ np.cross(up, east), v @ east, v @ up])
