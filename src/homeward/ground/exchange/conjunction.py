"""The closest approach of a ship and its station in a saved flight, and a CDM of it.

Both ways are true ones, so that their states have no error. What navigation itself thought of its relative
state at that instant stands in the message as the covariance of the ship, where it is recorded; the station's
is then part of it, and its own is zero.
"""

import dataclasses
from pathlib import Path

import numpy as np

from homeward.errors import InputError
from homeward.ground.exchange.messages import epoch_of, name_of, object_name, track_of
from homeward.io.cdm import ConjunctionObject, rtn_axes, write_cdm
from homeward.output.saved import RENDEZVOUS, SavedFlight, record_of
from homeward.output.views.return_view import History

FREE = 600.0  # s after the undocking of a return, from which on its summary looks at the distance
FINE = 64  # places within a step of the record, between which the distance is looked for
ROUNDS = 4


@dataclasses.dataclass(frozen=True)
class Approach:
    """The closest approach: seconds since the epoch, both states (I, SI), and the time looked through [s]."""

    time: float
    ship: tuple[np.ndarray, np.ndarray]
    station: tuple[np.ndarray, np.ndarray]
    window: tuple[float, float]

    @property
    def distance(self) -> float:
        """Between the centres of mass [m]."""
        return float(np.linalg.norm(self.ship[0] - self.station[0]))


def closest_approach(flight: SavedFlight, begin: float | None = None, end: float | None = None) -> Approach:
    """The closest approach between two times [s since the epoch] of what both are recorded for.

    Without ``begin`` a return is looked through from ten minutes after the undocking on, as its summary is,
    and a rendezvous from its insertion; one that ends ``withdrawn`` to the end of the withdrawal. Raises
    ``InputError`` for a window outside the record.
    """
    ship, station = _tracks(flight)
    first = max(float(ship["time"][0]), float(station["time"][0]))
    last = min(float(ship["time"][-1]), float(station["time"][-1]))
    if begin is None and flight.kind != RENDEZVOUS:
        begin = first + FREE
    start, stop = first if begin is None else begin, last if end is None else end
    if not (first - 1e-6 <= start < stop <= last + 1e-6):
        raise InputError(
            f"--from {start:g} --until {stop:g}: expected times that rise, within {first:.1f} to "
            f"{last:.1f} s, for which {flight.folder} knows both ship and station"
        )
    times = np.unique(np.clip(np.concatenate([[start, stop], ship["time"]]), start, stop))
    return _nearest(ship, station, times, (start, stop))


def _nearest(ship: History, station: History, times: np.ndarray, window: tuple[float, float]) -> Approach:
    """Among times, then between the neighbours of the nearest, finer and finer."""
    for _ in range(ROUNDS):
        apart = np.linalg.norm(states_at(ship, times)[0] - states_at(station, times)[0], axis=1)
        k = int(np.argmin(apart))
        low, high = times[max(k - 1, 0)], times[min(k + 1, len(times) - 1)]
        finer = np.linspace(low, high, FINE)
        times = np.unique(np.append(finer, times[k]))
    apart = np.linalg.norm(states_at(ship, times)[0] - states_at(station, times)[0], axis=1)
    time = times[int(np.argmin(apart))]
    a, b = (states_at(track, np.array([time])) for track in (ship, station))
    return Approach(float(time), (a[0][0], a[1][0]), (b[0][0], b[1][0]), window)


def states_at(track: History, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions and velocities (m, 3) at times [s]: the cubic through both at the rows."""
    time, r, v = (np.asarray(track[key], float) for key in ("time", "r_BI_I", "v_BI_I"))
    k = np.clip(np.searchsorted(time, times, side="right") - 1, 0, len(time) - 2)
    h = (time[k + 1] - time[k])[:, None]
    x = (times - time[k])[:, None] / h
    a, b, m, n = r[k], r[k + 1], v[k] * h, v[k + 1] * h
    place = (
        a * (1 + 2 * x) * (1 - x) ** 2 + b * (3 - 2 * x) * x**2 + m * x * (1 - x) ** 2 - n * x**2 * (1 - x)
    )
    slope = 6 * x * (1 - x) * (b - a) + m * (1 - x) * (1 - 3 * x) + n * x * (3 * x - 2)
    return place, slope / h


def _tracks(flight: SavedFlight) -> tuple[History, History]:
    """Ship and station, rows finite and rising in time; with the withdrawal of a flight that has one."""
    ship, station = track_of(flight, "ship"), track_of(flight, "station")
    if flight.kind == RENDEZVOUS and (flight.folder / "withdrawal.parquet").is_file():
        away = record_of(flight.arrow_table("withdrawal"), "rendezvous").channels
        for track, letter in ((ship, "B"), (station, "T")):
            more = (("time", "time"), ("r_BI_I", f"r_{letter}I_I"), ("v_BI_I", f"v_{letter}I_I"))
            for key, source in more:
                track[key] = np.concatenate([track[key], away[source]])
    return _sound(ship), _sound(station)


def _sound(track: History) -> History:
    time = np.asarray(track["time"], float)
    whole = np.isfinite(np.column_stack([time, track["r_BI_I"], track["v_BI_I"]])).all(axis=1)
    rows = np.flatnonzero(whole)
    rows = rows[np.diff(np.maximum.accumulate(time[rows]), prepend=-np.inf) > 1e-9]
    if len(rows) < 2:
        raise InputError("expected a flight of at least two recorded states")
    return {key: np.asarray(track[key], float)[rows] for key in ("time", "r_BI_I", "v_BI_I")}


def believed_covariance(flight: SavedFlight, approach: Approach) -> np.ndarray | None:
    """Navigation's covariance (6, 6) of ship less station in R, T, N of the ship [m, m/s], or None.

    Its 1-sigma are those along the axes of L: along the track (T), against the normal (N), down (R) of the
    station, and are turned into the axes of the ship.
    """
    if flight.kind != RENDEZVOUS:
        return None
    time = np.asarray(flight.history["time"], float)
    row = int(np.argmin(np.abs(time - approach.time)))
    if abs(time[row] - approach.time) > 60.0:
        return None
    sigma = np.concatenate([
        np.asarray(flight.history[key], float)[row][[2, 0, 1]] for key in ("position_sigma", "velocity_sigma")
    ])  # fmt: skip
    if not np.isfinite(sigma).all():
        return None
    covariance = np.diag(sigma**2)
    turn = rtn_axes(*approach.ship) @ rtn_axes(*approach.station).T
    both = np.kron(np.eye(2), turn)
    return both @ covariance @ both.T


def export_cdm(
    flight: SavedFlight, path: Path, form: str, begin: float | None = None, end: float | None = None
) -> dict[str, object]:
    """The closest approach of ship and station as a CDM; tells what was written. Raises ``InputError``."""
    approach, epoch = closest_approach(flight, begin, end), epoch_of(flight)
    covariance, zero = believed_covariance(flight, approach), np.zeros((6, 6))
    said = "states are true: covariance zero"
    if covariance is not None:
        said = "covariance: navigation's own of ship less station; of the station it is part of it, so zero"
    name = object_name(flight, "ship")
    objects = (
        ConjunctionObject(
            name, name, "GCRF", *approach.ship, covariance if covariance is not None else zero, True,
            comments=(said,),
        ),
        ConjunctionObject("STATION", "STATION", "GCRF", *approach.station, zero, False),
    )  # fmt: skip
    tca = epoch.plus(approach.time)
    message = f"{name_of(flight)[0]}-{tca.to_iso(0).removesuffix('Z')}"
    write_cdm(
        path, tca, objects, message, (epoch.plus(approach.window[0]), epoch.plus(approach.window[1])),
        created=epoch.to_iso(0).removesuffix("Z"), form=form,
    )  # fmt: skip
    return {
        "tca_utc": tca.to_iso(6), "time_s": approach.time, "miss_m": approach.distance,
        "relative_speed_m_s": float(np.linalg.norm(approach.ship[1] - approach.station[1])),
        "covariance": covariance is not None,
    }  # fmt: skip
