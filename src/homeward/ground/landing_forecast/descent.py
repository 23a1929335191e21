"""Many capsules under their parachutes at once, in the plane about the site: what the wind does from here on.

Places and motion stand in the site's axes; winds blow north and east where the capsule is, which near a pole
is another direction within a kilometre. Velocity follows the air by its drag, implicitly, so that a step may
be longer than a canopy takes to brake. The error of the wind forecast is a Gauss-Markov process of altitude;
beside a part that is the same at all heights; where the fall has told what the wind is, both start there. The
main is ordered as the flight computer orders it (``flight/descent/main_deployment.py``), by its own estimate
of the wind.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.earth.constants import G0
from homeward.ground.landing_forecast.inputs import Beliefs, Setting, density_at, wind_at
from homeward.ground.landing_forecast.wind import (
    Thought,
    drift_seconds,
    felt,
    reading_variance,
    sunk,
    unknown,
)
from homeward.typing import Array, Float

NONE, DROGUE, REEFED, MAIN, BACKUP = range(5)
CALM = 400.0  # m, as flight/descent/main_deployment.py
STEP, LONG_STEP, SETTLED = 0.5, 2.0, 6.0  # s; the long one once every canopy has been open that long
LATEST = 4000.0  # s
EARTH, AT_POLE = (
    6.3996e6,
    1e-9,
)  # m, radius of curvature at a pole; rad from it within which there is no north


@dataclasses.dataclass
class Fall:
    """Lanes: place north and east of the site and altitude [m] (n, 3); velocity north, east, up where it is
    [m/s] (n, 3); stage, seconds in it and since the opening (n,); error of the wind forecast [m/s]
    (n, 2): what fades with altitude, here, and what is the same at all heights. ``known`` [m/s] is how well
    the ship knows their sum; infinite before it has felt any."""

    place: np.ndarray
    velocity: np.ndarray
    stage: np.ndarray
    clock: np.ndarray
    since_open: np.ndarray
    wind_error: np.ndarray
    wind_bias: np.ndarray
    known: float = np.inf


def fall(
    setting: Setting, start: Fall, rng: np.random.Generator, weight: float = 1.0, doubt: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Touchdown places north and east of the site [m] (n, 2), and how long it took [s] (n,).

    ``weight`` is mass over what is believed, ``doubt`` its 1-sigma. One program for each number of lanes,
    compiled once.
    """
    doubt = setting.errors.canopy if doubt is None else doubt
    heavier = weight * (1.0 + doubt * rng.standard_normal(len(start.place)))
    key = jax.random.key(int(rng.integers(2**31)))
    parts = (start.place, start.velocity, start.stage.astype(float), start.clock, start.since_open)
    thought = unknown(len(start.place))
    if np.isfinite(start.known):
        thought = felt(
            thought, jnp.asarray(start.wind_error + start.wind_bias), start.known**2 + 0.0 * thought.ll
        )
    lanes = [jnp.asarray(x, float) for x in (*parts, start.wind_error, start.wind_bias)]
    places, lasted = _fall(setting.beliefs, *lanes, thought, jnp.asarray(heavier), key)
    return np.asarray(places), np.asarray(lasted)


@program
def _fall(b: Beliefs, place, velocity, stage, clock, since, fading, bias, thought, heavier, key):
    n = place.shape[0]
    ground = b.ground
    velocity = jnp.concatenate([turned(b, place, velocity[:, :2]), velocity[:, 2:]], axis=1)

    def go(carry):
        *_, down, now = carry
        return jnp.any(~down) & (now < LATEST)

    def step(carry):
        place, velocity, stage, clock, since, fading, thought, time, down, now = carry
        error = fading + bias
        young = (stage <= REEFED) | (clock < SETTLED)
        dt = jnp.where(jnp.any(young & ~down), STEP, LONG_STEP)
        altitude = place[:, 2]
        due = (stage == DROGUE) & _ordered(b, place, since, error, thought)
        cut = (stage == REEFED) & (clock >= b.reefed_time)
        new = jnp.where(due, float(REEFED), jnp.where(cut, float(MAIN), stage))
        clock = jnp.where(new != stage, 0.0, clock)
        area = _area(b, new, clock)
        light = (altitude < b.shield_altitude) & (new >= REEFED) & (since > 15.0)
        mass = (b.mass - jnp.where(light, b.shield, 0.0)) * heavier
        level = turned(b, place, wind_at(b, altitude) + error)
        air = jnp.concatenate([level, jnp.zeros((n, 1))], axis=1)
        off = velocity - air
        speed = jnp.sqrt(jnp.sum(off * off, axis=1))
        k = 0.5 * density_at(b, altitude) * (area + b.drag_area) / mass * speed
        pulled = off - jnp.stack([0.0 * dt, 0.0 * dt, G0 * dt])[None, :]
        velocity = air + pulled / (1.0 + dt * k)[:, None]
        change = velocity * dt
        sank = jnp.abs(change[:, 2])
        keep = jnp.exp(-sank / b.wind_length)[:, None]
        fresh = jax.random.normal(jax.random.fold_in(key, jnp.round(2.0 * now).astype(int)), (2, n, 2))
        fading = fading * keep + b.wind_sigma * jnp.sqrt(1.0 - keep * keep) * fresh[0]
        variance = reading_variance(dt)
        read = fading + bias + jnp.sqrt(variance) * fresh[1]
        thought = felt(sunk(thought, sank), read, variance + jnp.zeros(n))
        part = jnp.minimum(jnp.maximum((altitude - ground) / jnp.maximum(sank, 1e-9), 0.0), 1.0)
        part = jnp.where(down, 0.0, part)
        place = place + change * part[:, None]
        down = down | (place[:, 2] <= ground + 1e-3)
        return place, velocity, new, clock + dt, since + dt, fading, thought, time + dt * part, down, now + dt

    start = (
        place,
        velocity,
        stage,
        clock,
        since,
        fading,
        thought,
        jnp.zeros(n),
        jnp.zeros(n, bool),
        jnp.zeros(()),
    )
    end = jax.lax.while_loop(go, step, start)
    return end[0][:, :2], end[7]


def turned(b: Beliefs, place: Float[Array, "n k"], level: Float[Array, "n 2"]) -> Float[Array, "n 2"]:
    """North and east components where the capsule is, along the site's north and east.

    The meridians at places that lie ``place`` [m] north and east of the site, on the sphere that touches at
    the poles: right to 1e-4 of the components within 20 km. At a pole itself the axes are the site's.
    """
    x, y = place[:, 0] * (1.0 / EARTH), place[:, 1] * (1.0 / EARTH)
    s, c = jnp.sin(b.latitude), jnp.cos(b.latitude)
    # East of the place is across its upward direction (x, y, 1) and the Earth's axis (c, 0, s).
    east_n, east_e = -s * y, s * x - c
    length = jnp.sqrt(east_n * east_n + east_e * east_e)
    there = length > AT_POLE
    safe = jnp.where(there, length, 1.0)
    east_n, east_e = jnp.where(there, -east_n / safe, 0.0), jnp.where(there, -east_e / safe, 1.0)
    north, east = level[:, 0], level[:, 1]
    return jnp.stack([north * east_e + east * east_n, east * east_e - north * east_n], axis=1)


def _area(b: Beliefs, stage: Float[Array, " n"], clock: Float[Array, " n"]) -> Float[Array, " n"]:
    """CD x area [m2] of what is open: canopies fill as ``world/actuators/parachute.py`` has it."""

    def filled(duration):
        share = jnp.minimum(clock / duration, 1.0)
        return share * share

    drogue, reefed, main, backup = (b.canopies[k] for k in range(4))
    open_ = jnp.where(stage == DROGUE, drogue * filled(b.drogue_fill), 0.0)
    open_ = jnp.where(stage == REEFED, reefed * filled(0.5 * b.fill), open_)
    open_ = jnp.where(stage == MAIN, reefed + (main - reefed) * filled(b.fill), open_)
    return jnp.where(stage == BACKUP, backup * filled(b.fill), open_)


def _ordered(b: Beliefs, place, since, error, thought: Thought):
    """Whether the main is ordered: the drift to come leads beyond the site.

    By what the ship thinks of the wind, or, where it estimates none, by the ``error`` that it meets.
    """
    at = jnp.minimum(jnp.maximum((place[:, 2] - b.ground) / b.main_step, 0.0), b.main_rows.shape[0] - 1.001)
    row = at.astype(int)
    told = b.main_rows[row] + (at - row.astype(float))[:, None] * (b.main_rows[row + 1] - b.main_rows[row])
    lasts, fades = drift_seconds(told)
    thinks = thought.lasting * lasts[:, None] + thought.fading * fades[:, None]
    drift = told[:, :2] + jnp.where(b.estimates > 0.0, thinks, error * told[:, 2:3])
    # Its direction half way stands for the rhumb line.
    half = place[:, :2] + 0.5 * turned(b, place, drift)
    drift = turned(b, half, drift)
    beyond = drift + place[:, :2]
    length = jnp.sqrt(jnp.sum(drift * drift, axis=1))
    over = jnp.sum(beyond * drift, axis=1) / jnp.maximum(length, 1.0)
    due = jnp.where(length > CALM, over <= 0.0, since >= b.main_nominal)
    due = (since >= b.main_earliest) & due
    return due | (since >= b.main_latest) | (place[:, 2] <= b.main_lowest)
