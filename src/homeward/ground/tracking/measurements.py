"""What a station measures of a ship: range, range rate, azimuth, elevation; when, how well, and as a TDM.

Light time, troposphere and ionosphere are taken as corrected for. A measurement is a row: seconds since the
epoch, station, then the four values [m, m/s, rad, rad]; a relay tells no angles (nan).
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from homeward.earth.constants import WGS84_A
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.tracking.stations import GRAZE, Station
from homeward.io.tdm import TRACKS, Observation, Tdm, TdmSegment

RATE, FIRST_GAP = 10.0, 120.0  # s: between measurements; a longer pause begins another pass
KM = 1e3
# Metadata that would change what the values mean, and that nothing here takes into account.
UNUSED = (
    "RANGE_MODULUS", *(f"{way}_DELAY_{k}" for way in ("TRANSMIT", "RECEIVE") for k in range(1, 6)),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Tracks:
    """Measurements in the order of time: ``time`` [s] (n,), ``station`` (n,), ``values`` (n, 4)."""

    epoch: Epoch
    stations: tuple[Station, ...]
    time: np.ndarray
    station: np.ndarray
    values: np.ndarray

    def within(self, start: float, end: float) -> "Tracks":
        """Those of ``start <= time < end``."""
        keep = (self.time >= start) & (self.time < end)
        return dataclasses.replace(
            self, time=self.time[keep], station=self.station[keep], values=self.values[keep]
        )

    def sigmas(self) -> np.ndarray:
        """1-sigma of every value (n, 4)."""
        rows = [(s.range_sigma, s.doppler_sigma, s.angle_sigma, s.angle_sigma) for s in self.stations]
        return np.asarray(rows, float)[self.station]


def local_axes(station: Station) -> np.ndarray:
    """Rows south, east and up of a station in E: the frame S."""
    z = np.array([0.0, 0.0, 1.0])
    east = np.cross(z, station.up)
    east /= max(float(np.linalg.norm(east)), 1e-12)
    return np.stack([np.cross(east, station.up), east, station.up])


def observe(station: Station, r_E: np.ndarray, v_E: np.ndarray) -> np.ndarray:
    """Range, range rate, azimuth from north and elevation (n, 4) of states in E (n, 3), without errors.

    Vallado, *Fundamentals of Astrodynamics and Applications*, 4.4.3 (SEZ); both ends in the turning frame, in
    which the station stands still.
    """
    line = r_E - station.r_E
    distance = np.linalg.norm(line, axis=1)
    rate = np.sum(line * v_E, axis=1) / distance
    south, east, up = (line @ local_axes(station).T).T / distance
    if station.relay:
        return np.stack([distance, rate, np.full_like(rate, np.nan), np.full_like(rate, np.nan)], axis=1)
    azimuth = np.arctan2(east, -south) % (2.0 * np.pi)
    return np.stack([distance, rate, azimuth, np.arcsin(np.clip(up, -1.0, 1.0))], axis=1)


def visible(station: Station, r_E: np.ndarray) -> np.ndarray:
    """Whether a station sees positions in E (n, 3): above its mask, or past the Earth for a relay."""
    line = r_E - station.r_E
    if station.relay:
        along = -np.sum(station.r_E * line, axis=1) / np.sum(line * line, axis=1)
        nearest = station.r_E + np.clip(along, 0.0, 1.0)[:, None] * line
        return np.linalg.norm(nearest, axis=1) > WGS84_A + GRAZE
    seen = observe(station, r_E, np.zeros_like(r_E))
    azimuth, least = station.mask
    return seen[:, 3] >= np.interp(seen[:, 2], azimuth, least, period=2.0 * np.pi)


def measure(
    epoch: Epoch,
    stations: Sequence[Station],
    time: np.ndarray,
    r_E: np.ndarray,
    v_E: np.ndarray,
    seed: int = 0,
) -> Tracks:
    """What all stations measure at the given times, with biases and noise drawn from a seed."""
    times, which, rows = [], [], []
    for k, station in enumerate(stations):
        seen = np.flatnonzero(visible(station, r_E))
        if not len(seen):
            continue
        draw = np.random.default_rng([seed, k])
        values = observe(station, r_E[seen], v_E[seen])
        bias = station.bias_sigma * draw.standard_normal()
        noise = draw.standard_normal(values.shape)
        values[:, 0] += bias + station.range_sigma * noise[:, 0]
        values[:, 1] += station.doppler_sigma * noise[:, 1]
        if not station.relay:
            # An error of the pointing is one on the sky: azimuth strays more, the higher the ship stands.
            up = np.maximum(np.cos(values[:, 3]), 0.05)
            values[:, 2] = (values[:, 2] + station.angle_sigma * noise[:, 2] / up) % (2.0 * np.pi)
            values[:, 3] += station.angle_sigma * noise[:, 3]
        times.append(time[seen])
        which.append(np.full(len(seen), k))
        rows.append(values)
    if not rows:
        return Tracks(epoch, tuple(stations), np.zeros(0), np.zeros(0, int), np.zeros((0, 4)))
    t, s, v = np.concatenate(times), np.concatenate(which), np.concatenate(rows)
    order = np.argsort(t, kind="stable")
    return Tracks(epoch, tuple(stations), t[order], s[order], v[order])


def passes(tracks: Tracks) -> list[dict[str, object]]:
    """A line a pass: station, start and end [s], how many measurements, and the greatest elevation [deg]."""
    found: list[dict[str, object]] = []
    for k, station in enumerate(tracks.stations):
        rows = np.flatnonzero(tracks.station == k)
        for part in np.split(rows, np.flatnonzero(np.diff(tracks.time[rows]) > FIRST_GAP) + 1):
            if not len(part):
                continue
            high = np.degrees(tracks.values[part, 3])
            found.append({
                "station": station.name, "kind": station.kind, "start_s": float(tracks.time[part[0]]),
                "end_s": float(tracks.time[part[-1]]), "measurements": len(part),
                "elevation_deg": None if station.relay else float(high.max()),
            })  # fmt: skip
    return sorted(found, key=lambda p: float(p["start_s"]))  # pyright: ignore[reportArgumentType]


def to_segments(tracks: Tracks, name: str) -> list[TdmSegment]:
    """The measurements as segments of a TDM, one a station."""
    segments: list[TdmSegment] = []
    for k, station in enumerate(tracks.stations):
        rows = np.flatnonzero(tracks.station == k)
        if not len(rows):
            continue
        meta = {
            "TIME_SYSTEM": "UTC", "PARTICIPANT_1": station.name, "PARTICIPANT_2": name, "MODE": "SEQUENTIAL",
            "PATH": "1,2,1", "TIMETAG_REF": "RECEIVE", "RANGE_MODE": "CONSTANT", "RANGE_UNITS": "km",
        }  # fmt: skip
        if not station.relay:
            meta["ANGLE_TYPE"] = "AZEL"
        meta["CORRECTIONS_APPLIED"] = "YES"
        lines: list[Observation] = []
        for i in rows:
            when = tracks.epoch.plus(float(tracks.time[i]))
            distance, rate, azimuth, elevation = (float(x) for x in tracks.values[i])
            told = [distance / KM, rate / KM, np.degrees(azimuth), np.degrees(elevation)]
            lines += [
                Observation(key, when, float(x))
                for key, x in zip(TRACKS, told, strict=True)
                if np.isfinite(x)
            ]
        segments.append(TdmSegment(meta, tuple(lines)))
    return segments


def from_tdm(message: Tdm, stations: Sequence[Station]) -> Tracks:
    """The measurements of a message; raises InputError for a station or a unit that is not known."""
    by_name = {s.name: s for s in stations}
    used: list[Station] = []
    rows: dict[tuple[int, str], list[float]] = {}
    epoch: Epoch | None = None
    for segment in message.segments:
        where = f"{message.file}: segment at line {segment.line}"
        kinds = {o.keyword for o in segment.observations}
        if not kinds & set(TRACKS):
            continue
        if "RANGE" in kinds and segment.meta.get("RANGE_UNITS") != "km":
            told = segment.meta.get("RANGE_UNITS")
            raise InputError(
                f"{where}: RANGE_UNITS: expected km, " + (f"got {told}" if told else "it is missing")
            )
        if kinds & {"ANGLE_1", "ANGLE_2"} and segment.meta.get("ANGLE_TYPE") != "AZEL":
            raise InputError(f"{where}: ANGLE_TYPE: expected AZEL")
        named = [p for p in segment.participants() if p in by_name]
        if len(named) != 1:
            told = ", ".join(segment.participants())[:120]
            raise InputError(f"{where}: expected one participant that is a known station, got {told}")
        for key in UNUSED:
            if segment.number(message.file, key):
                raise InputError(f"{where}: {key}: expected 0, since it is not applied here")
        added = segment.corrections(message.file)
        station = by_name[named[0]]
        if station not in used:
            used.append(station)
        k = used.index(station)
        for o in segment.observations:
            if o.keyword not in TRACKS:
                continue
            epoch = o.epoch if epoch is None or o.epoch - epoch < 0 else epoch
            scale = KM if o.keyword in ("RANGE", "DOPPLER_INSTANTANEOUS") else float(np.pi / 180.0)
            row = rows.setdefault((k, o.epoch.to_iso(6)), [np.nan] * 4)
            row[TRACKS.index(o.keyword)] = (o.value + added.get(o.keyword, 0.0)) * scale
    if epoch is None:
        raise InputError(
            f"{message.file}: holds no RANGE, DOPPLER_INSTANTANEOUS or ANGLE to determine an orbit from"
        )
    start = epoch
    listed = [(Epoch.from_iso(when) - start, k, row) for (k, when), row in rows.items()]
    listed.sort(key=lambda item: (item[0], item[1]))
    return Tracks(
        start, tuple(used), np.asarray([t for t, _, _ in listed]), np.asarray([k for _, k, _ in listed], int),
        np.asarray([row for _, _, row in listed], float),
    )  # fmt: skip
