"""Orbit determination: batch least squares over an arc, and a filter that goes through it pass by pass.

Both estimate position, velocity, the drag factor and a range bias for each station, and tell how well:
Tapley, Schutz and Born, *Statistical Orbit Determination*, 4.6 (batch) and 4.7 (sequential). The filter adds
what the force model may leave out as white acceleration (4.9).
"""

import dataclasses

import numpy as np

from homeward.errors import Infeasible, InputError
from homeward.ground.tracking.force_model import PROBE, STATES, OrbitModel, between, fly, neighbours
from homeward.ground.tracking.measurements import Tracks, observe

ROUNDS = 12  # of the batch at most
SETTLED = 0.05  # sigma: a step smaller than that ends it
OUTLIER = 5.0  # sigma: left out once the orbit fits
REFUSED = 0.5  # of the measurements of those spans: a filter that refuses more has lost the ship
EDITS = 5  # rounds in which it is judged what is left out: to judge on for ever would end nowhere
REMEMBERED = 12  # spans with measurements by whose innovations the filter judges its measurements
FILTER_SPAN = 600.0  # s after which the filter takes a new reference
# m/s2 sqrt(s): white, an axis, for what EGM96 and one drag factor leave in low orbit. A fit has laid the half
# day that it went over through that already; a filter's last state has not.
ACCELERATION, FILTER_ACCELERATION = 4e-6, 8e-6


@dataclasses.dataclass(frozen=True)
class Orbit:
    """A state at ``time`` [s]: (r, v) in I and the drag factor (7,), with its covariance.

    ``biases`` [m] by station; ``residuals`` (n, 4) are measured less modelled over sigma and ``spread`` (4,),
    by which each kind of measurement was weighed down; ``used`` (n, 4) is what was not left out.
    """

    time: float
    state: np.ndarray
    covariance: np.ndarray
    biases: np.ndarray
    residuals: np.ndarray
    rounds: int = 0
    left_out: int = 0
    acceleration: float = ACCELERATION  # by which what is promised of it grows
    used: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 4), bool))
    spread: np.ndarray = dataclasses.field(default_factory=lambda: np.ones(4))

    @property
    def sigma(self) -> np.ndarray:
        """1-sigma of the state (7,)."""
        return np.sqrt(np.diag(self.covariance))


@dataclasses.dataclass(frozen=True)
class Prior:
    """What is believed before the first measurement: a state (7,) and 1-sigma of each number (7,)."""

    state: np.ndarray
    sigma: np.ndarray


def modelled(tracks: Tracks, states: np.ndarray) -> np.ndarray:
    """What the stations would measure (n, 4) of states in E (n, 6)."""
    out = np.empty_like(tracks.values)
    for k, station in enumerate(tracks.stations):
        rows = tracks.station == k
        out[rows] = observe(station, states[rows, :3], states[rows, 3:])
    return out


def differences(measured: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Measured less predicted (n, 4), azimuth within half a turn."""
    out = measured - predicted
    out[:, 2] = (out[:, 2] + np.pi) % (2.0 * np.pi) - np.pi
    return out


def _weights(tracks: Tracks, predicted: np.ndarray) -> np.ndarray:
    sigmas = tracks.sigmas().copy()
    with np.errstate(invalid="ignore"):
        sigmas[:, 2] /= np.maximum(np.cos(np.nan_to_num(predicted[:, 3])), 0.05)
    return sigmas


def _spread(scaled: np.ndarray) -> np.ndarray:
    """How many times its sigma each kind of measurement (4,) is off typically, at least 1.

    By the median, so that a few gross errors do not count. Where the force model is worse than the
    measurements they then weigh less, and the covariance does not promise what the model cannot keep.
    """
    typical = [np.median(np.abs(column[np.isfinite(column)])) if np.isfinite(column).any() else 0.0
               for column in scaled.T]  # fmt: skip
    return np.maximum(1.0, np.asarray(typical) / 0.6745)


def linearised(
    model: OrbitModel, tracks: Tracks, state: np.ndarray, start: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residuals (n, 4), sigmas (n, 4) and derivatives (n, 4, 7) by the state at ``start`` [s]."""
    time, _, fixed = fly(model, neighbours(state), start, float(tracks.time[-1]))
    at = between(time, fixed, tracks.time)
    predicted = modelled(tracks, at[:, 0])
    H = np.stack(
        [differences(modelled(tracks, at[:, k + 1]), predicted) / PROBE[k] for k in range(STATES)], axis=2
    )
    return differences(tracks.values, predicted), _weights(tracks, predicted), H


def batch(model: OrbitModel, tracks: Tracks, prior: Prior, start: float = 0.0) -> Orbit:
    """The orbit at ``start`` [s] that fits an arc best.

    Raises InputError for an arc with too little in it, Infeasible where no orbit near the prior fits.
    """
    if np.isfinite(tracks.values).sum() < STATES:
        raise InputError("orbit determination: fewer measurements than an orbit has numbers")
    count = STATES + len(tracks.stations)
    biases = np.asarray([s.bias_sigma for s in tracks.stations])
    information0 = np.diag(1.0 / np.concatenate([prior.sigma, biases]) ** 2)
    x, b = prior.state.copy(), np.zeros(len(biases))
    used, spread = np.isfinite(tracks.values), np.ones(4)
    covariance, residual, rounds = np.eye(count), np.zeros_like(tracks.values), 0
    while True:
        rounds += 1
        residual, sigma, H = linearised(model, tracks, x, start)
        residual[:, 0] -= b[tracks.station]
        full = np.zeros((*residual.shape, count))
        full[:, :, :STATES] = H
        full[np.arange(len(residual)), 0, STATES + tracks.station] = 1.0
        scaled = residual / sigma
        if not np.isfinite(scaled[used]).all():
            raise Infeasible(
                "orbit determination: the fit has left all that can be reckoned; give a better start"
            )
        if rounds <= EDITS:
            spread = _spread(scaled)
            used = np.isfinite(tracks.values) & (np.abs(scaled / spread) < OUTLIER)
        sigma, scaled = sigma * spread, scaled / spread
        A = (full / sigma[:, :, None])[used]
        back = np.concatenate([prior.state - x, -b])
        information = information0 + A.T @ A
        scale = 1.0 / np.sqrt(np.diag(information))
        inverse = np.linalg.inv(information * scale[:, None] * scale[None, :])
        covariance = inverse * scale[:, None] * scale[None, :]
        step = covariance @ (A.T @ scaled[used] + information0 @ back)
        x, b = x + step[:STATES], b + step[STATES:]
        if np.max(np.abs(step) / np.sqrt(np.diag(covariance))) < SETTLED:
            break
        if rounds == ROUNDS:
            raise Infeasible(f"orbit determination: no orbit was found in {ROUNDS} rounds")
    left_out = int((np.isfinite(tracks.values) & ~used).sum())
    return Orbit(
        start, x, covariance[:STATES, :STATES], b, residual / sigma, rounds, left_out,
        used=used, spread=spread,
    )  # fmt: skip


def sequential(
    model: OrbitModel,
    tracks: Tracks,
    prior: Prior,
    start: float = 0.0,
    acceleration: float = FILTER_ACCELERATION,
) -> list[Orbit]:
    """The filter's orbits, one every ten minutes, each at the end of its span.

    A kind of measurement whose innovations, by their median over the spans before, are larger than they
    should be is weighed down, as the batch does it: what the force model leaves out is not white, and a
    filter that took Doppler at its word would promise what its model cannot keep.

    Raises Infeasible where it refuses more than half of what the last spans measured.
    """
    x = np.concatenate([prior.state, np.zeros(len(tracks.stations))])
    P = np.diag(np.concatenate([prior.sigma, [s.bias_sigma for s in tracks.stations]]) ** 2)
    found: list[Orbit] = []
    recent: list[np.ndarray] = []
    spread = np.ones(4)
    end = float(tracks.time[-1])
    now = start
    while now <= end:
        part = tracks.within(now, now + FILTER_SPAN)
        # A Doppler of 2 mm/s is no straight line over a kilometre of error: the span is taken again about
        # what it gave, until that moves no more; else the filter promises what its first line saw.
        about = x
        for _ in range(ROUNDS):
            time, inertial, fixed = fly(model, neighbours(about[:STATES]), now, now + FILTER_SPAN)
            at = between(time, fixed, part.time) if len(part.time) else None
            shift, later, scaled = _taken(part, at, about, x - about, P, spread)
            moved = np.abs(shift) / np.sqrt(np.diag(later))
            if at is None or np.max(moved) < SETTLED:
                break
            about = about + shift
        carried = np.eye(len(x))
        carried[:6, :STATES] = ((inertial[-1, 1:] - inertial[-1, 0]) / PROBE[:, None]).T
        x = np.concatenate([inertial[-1, 0], about[6:]]) + carried @ shift
        P = carried @ later @ carried.T
        P[:6, :6] += _white(acceleration)
        now += FILTER_SPAN
        if len(part.time):
            recent = [*recent[1 - REMEMBERED :], scaled * spread]
            _check_refused(np.concatenate(recent), spread, now)
            spread = _spread(np.concatenate(recent))
        found.append(
            Orbit(
                now, x[:STATES].copy(), P[:STATES, :STATES].copy(), x[STATES:].copy(), scaled,
                acceleration=acceleration,
            )
        )  # fmt: skip
    return found


def _check_refused(innovations: np.ndarray, spread: np.ndarray, now: float) -> None:
    """Raises Infeasible where a filter refuses most of what the stations measure."""
    there = np.isfinite(innovations)
    refused = int((there & (np.abs(innovations) > OUTLIER * spread)).sum())
    if there.sum() > 4 * STATES and refused > REFUSED * there.sum():
        raise Infeasible(
            f"orbit determination: by {now:.0f} s the filter refuses {refused} of the last "
            f"{int(there.sum())} measurements: it has lost the ship"
        )


def _taken(
    part: Tracks,
    at: np.ndarray | None,
    about: np.ndarray,
    shift: np.ndarray,
    P: np.ndarray,
    spread: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A span's measurements, one by one: shift from ``about``, covariance, innovations over their sigma.

    ``at`` (n, 8, 6) are the states in E of the reference and its neighbours at their times.
    """
    scaled = np.full_like(part.values, np.nan)
    if at is None:
        return shift, P, scaled
    predicted = modelled(part, at[:, 0])
    H = np.stack(
        [differences(modelled(part, at[:, k + 1]), predicted) / PROBE[k] for k in range(STATES)], axis=2
    )
    residual, sigma = differences(part.values, predicted), _weights(part, predicted) * spread
    for i, j in np.argwhere(np.isfinite(part.values)):
        h = np.zeros(len(about))
        h[:STATES] = H[i, j]
        given = residual[i, j]
        if j == 0:
            h[STATES + part.station[i]] = 1.0
            given = given - about[STATES + part.station[i]]
        variance = float(h @ P @ h + sigma[i, j] ** 2)
        innovation = float(given - h @ shift)
        scaled[i, j] = innovation / np.sqrt(variance)
        if abs(scaled[i, j]) > OUTLIER:
            continue
        gain = P @ h / variance
        shift = shift + gain * innovation
        keep = np.eye(len(about)) - np.outer(gain, h)
        P = keep @ P @ keep.T + np.outer(gain, gain) * sigma[i, j] ** 2
    return shift, P, scaled


def predicted(
    model: OrbitModel, orbit: Orbit, times: np.ndarray, acceleration: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """States (k, 6) in I at later times [s], and their covariances (k, 6, 6).

    What the model leaves out is white acceleration here too, gathered every ten minutes.
    """
    acceleration = orbit.acceleration if acceleration is None else acceleration
    time, inertial, _ = fly(model, neighbours(orbit.state), orbit.time, float(np.max(times)))

    def matrices(at: np.ndarray) -> np.ndarray:
        rows = between(time, inertial, at)
        return np.swapaxes((rows[:, 1:] - rows[:, :1]) / PROBE[None, :, None], 1, 2)

    times = np.asarray(times, float)
    phi = matrices(times)
    P = phi @ orbit.covariance @ np.swapaxes(phi, 1, 2)
    starts = orbit.time + FILTER_SPAN * np.arange(1, int((times.max() - orbit.time) / FILTER_SPAN) + 1)
    if len(starts):
        back = np.linalg.inv(matrices(starts)[:, :, :6])
        for j, k in np.argwhere(starts[None, :] <= times[:, None]):
            carried = phi[j, :, :6] @ back[k]
            P[j] += carried @ _white(acceleration) @ carried.T
    return between(time, inertial, times)[:, 0], P


def _white(acceleration: float) -> np.ndarray:
    """Covariance (6, 6) of position and velocity that white acceleration [m/s2 sqrt(s)] makes in a span."""
    dt, eye = FILTER_SPAN, np.eye(3)
    return acceleration**2 * np.block([[eye * dt**3 / 3.0, eye * dt**2 / 2.0], [eye * dt**2 / 2.0, eye * dt]])
