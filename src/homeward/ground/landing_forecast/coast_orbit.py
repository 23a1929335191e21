"""Where a ship is in the coast between burn and interface, by an orbit that is fitted to the tracks.

Above the air a force model says how the ship moves, so that minutes of range and Doppler alone, as a relay
tells them, are worth more than the directions of a few seconds. Each time is told by the measurements up to
it. An arc begins at the burn's end, or with what telemetry told last, and anew at each separation, whose push
nobody measures.
"""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.orientation import EarthOrientation, earth_to_inertial, inertial_to_earth_now
from homeward.errors import Infeasible, InputError
from homeward.ground.landing_forecast.forecast import Moment
from homeward.ground.landing_forecast.inputs import Errors
from homeward.ground.landing_forecast.state_from_tracks import TrackState, moment_of
from homeward.ground.tracking.batch_least_squares import Orbit, Prior, batch, predicted
from homeward.ground.tracking.force_model import STATES, OrbitModel
from homeward.ground.tracking.initial_orbit import WIDE, carried, determined
from homeward.ground.tracking.measurements import Tracks
from homeward.ground.tracking.residual_consistency import objection
from homeward.ground.tracking.stations import fixed_place
from homeward.typing import Array

AIR = 120e3  # m: below it no orbit is flown any more
PUSH = 0.5  # m/s, 1-sigma an axis: what a separation may leave, springs parting the modules at 1 m/s
LOST = 20e3  # m, 1-sigma: an orbit known worse than this tells nothing
Known = tuple[float, Prior]  # what is believed at a time [s]


def coast_moments(
    model: OrbitModel, tracks: Tracks, times: np.ndarray, start: float, opening_altitude: float,
    known: Known | None = None, separations: Sequence[float] = (),
) -> list[Moment]:  # fmt: skip
    """Moments at those of the times [s] from ``start`` (the burn's end) to the air at which an orbit is
    known.

    ``known`` is what telemetry told last; without it a station's whole pass is needed. The model's epoch must
    be that of the tracks.
    """
    found: list[Moment] = []
    begin = start if known is None else max(start, known[0])
    for end in [*(s for s in sorted(separations) if s > begin), np.inf]:
        orbit: Orbit | None = None
        for time in times[(times >= begin) & (times < end)]:
            orbit = _fitted(model, tracks.within(begin, float(time) + 1e-6), known, orbit)
            told = None if orbit is None else state_at(model, orbit, float(time))
            if told is None:
                continue
            moment = moment_of(told, opening_altitude, {})
            if moment.altitude < AIR:
                return found
            found.append(moment)
        if np.isfinite(end):
            known, begin = _pushed(model, _fitted(model, tracks.within(begin, end), known, orbit), end), end
    return found


def known_from(model: OrbitModel, moment: Moment, errors: Errors) -> Known:
    """What telemetry told at a moment above the air, in I; its drag factor is the believed one."""
    place, up = fixed_place(math.degrees(moment.latitude), math.degrees(moment.longitude), moment.altitude)
    east = np.array([-math.sin(moment.longitude), math.cos(moment.longitude), 0.0])
    v_E = np.asarray(moment.velocity) @ np.stack([np.cross(up, east), east, up])
    spin = model.orientation.at(jnp.asarray(moment.time))
    r_I, v_I = earth_to_inertial(spin, jnp.asarray(moment.time), jnp.asarray(place), jnp.asarray(v_E))
    state = np.concatenate([np.asarray(r_I), np.asarray(v_I), [1.0]])
    return moment.time, Prior(state, np.array([errors.position] * 3 + [errors.velocity] * 3 + [WIDE[6]]))


def state_at(model: OrbitModel, orbit: Orbit, time: float) -> TrackState | None:
    """An orbit's state in E at a time [s] not before its own; None where it is known too badly."""
    states, covariances = predicted(model, orbit, np.asarray([time]))
    told = _turned(model.orientation, jnp.asarray(states[0]), jnp.asarray(time))
    turned, axes = np.asarray(told[0]), np.asarray(told[1])
    covariance = axes @ covariances[0] @ axes.T
    if not np.isfinite(covariance).all() or np.sqrt(np.trace(covariance[:3, :3])) > LOST:
        return None
    return TrackState(time, turned, covariance, int(np.isfinite(orbit.residuals).any(axis=1).sum()))


@jax.jit
def _turned(orientation: EarthOrientation, state: Array, time: Array) -> tuple[Array, Array]:
    """A state (6,) of I in E, and how its errors turn (6, 6)."""
    spin = orientation.at(time)

    def turn(x: Array) -> Array:
        return jnp.concatenate(inertial_to_earth_now(spin, x[:3], x[3:]))

    return turn(state), jax.jacfwd(turn)(state)


def _fitted(model: OrbitModel, part: Tracks, known: Known | None, last: Orbit | None) -> Orbit | None:
    """The orbit of these tracks, from the one before them if there is one; None where they tell none."""
    told = int(np.isfinite(part.values).sum())
    try:
        if told <= STATES:
            return None if known is None else _believed(known)
        if last is not None and known is None:
            fitted = part.within(last.time, np.inf)
            orbit = batch(model, fitted, Prior(last.state, WIDE), last.time)
        else:
            orbit, fitted = determined(model, part, known)
    except (InputError, Infeasible):
        return None if known is None else _believed(known)
    # What the residuals deny is no orbit, however small its covariance.
    return None if objection(fitted, orbit) else orbit


def _believed(known: Known) -> Orbit:
    """What is believed before any measurement, as an orbit."""
    time, prior = known
    return Orbit(time, prior.state, np.diag(prior.sigma**2), np.zeros(0), np.zeros((0, 4)))


def _pushed(model: OrbitModel, orbit: Orbit | None, time: float) -> Known | None:
    """What is believed right after a separation."""
    if orbit is None:
        return None
    prior = carried(model, orbit.time, Prior(orbit.state, orbit.sigma), time)
    _, covariances = predicted(model, orbit, np.asarray([time]))
    sigma = np.append(np.sqrt(np.diag(covariances[0])), prior.sigma[6])
    sigma[3:6] = np.hypot(sigma[3:6], PUSH)
    return time, Prior(prior.state, sigma)
