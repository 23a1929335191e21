"""Places over the turning Earth: where a ship is seen from, which stations see it, and an ellipse's rim."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import ROTATION_RATE, WGS84_A, WGS84_F
from homeward.earth.local_plane import moved
from homeward.earth.orientation import build_orientation
from homeward.earth.time import Epoch
from homeward.ground.tracking.stations import GRAZE, Station, fixed_place


class Turning:
    """Inertial to Earth-fixed positions of one flight: exact at its start, at a constant rate from there.

    What the constant rate leaves out (precession, the length of the day) is metres in a day.
    """

    def __init__(self, epoch: Epoch, start: float) -> None:
        self._start = start
        orientation = build_orientation(epoch, start + 1.0)
        self._matrix = np.asarray(orientation.at(jnp.asarray(start)).C_EI(jnp.asarray(start)), float)

    def geodetic(self, time: np.ndarray, r_I: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Latitude and longitude [deg] and altitude [m] (n,) of positions [m, I] (n, 3) at times [s] (n,)."""
        fixed = np.asarray(r_I, float) @ self._matrix.T
        angle = ROTATION_RATE * (np.asarray(time, float) - self._start)
        c, s = np.cos(angle), np.sin(angle)
        x, y, z = c * fixed[:, 0] + s * fixed[:, 1], c * fixed[:, 1] - s * fixed[:, 0], fixed[:, 2]
        return geodetic(np.stack([x, y, z], axis=1))


def geodetic(r_E: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Latitude, longitude [deg], altitude [m] (n,) of positions [m, E] (n, 3), by Bowring's formula.

    Valid from the ground to geostationary height, to a millimetre there and better below.
    """
    x, y, z = r_E.T
    e2, b = WGS84_F * (2.0 - WGS84_F), WGS84_A * (1.0 - WGS84_F)
    p = np.hypot(x, y)
    beta = np.arctan2(z * WGS84_A, p * b)
    latitude = np.arctan2(z + e2 / (1.0 - e2) * b * np.sin(beta) ** 3, p - e2 * WGS84_A * np.cos(beta) ** 3)
    n = WGS84_A / np.sqrt(1.0 - e2 * np.sin(latitude) ** 2)
    altitude = p * np.cos(latitude) + z * np.sin(latitude) - WGS84_A**2 / n
    return np.degrees(latitude), np.degrees(np.arctan2(y, x)), altitude


class Network:
    """The stations of a flight, side by side, and who of them sees the ship."""

    def __init__(self, stations: Sequence[Station]) -> None:
        self.stations = tuple(stations)
        self._r = np.array([s.r_E for s in stations]).reshape(-1, 3)
        self._up = np.array([s.up for s in stations]).reshape(-1, 3)
        self._relay = np.array([s.relay for s in stations], bool)

    def told(self) -> list[dict[str, object]]:
        """Name, kind, longitude and latitude [deg] of every station, for the display."""
        latitude, longitude, altitude = geodetic(self._r) if len(self._r) else (np.zeros(0),) * 3
        return [
            {"name": s.name, "relay": s.relay, "lon": float(lon), "lat": float(lat), "alt": float(h)}
            for s, lat, lon, h in zip(self.stations, latitude, longitude, altitude, strict=True)
        ]

    def seeing(self, latitude_deg: float, longitude_deg: float, altitude_m: float) -> list[int]:
        """Numbers of the stations that see a ship there; a relay does where the Earth does not hide it."""
        if not len(self._r) or not np.isfinite(latitude_deg + longitude_deg + altitude_m):
            return []
        ship, _ = fixed_place(latitude_deg, longitude_deg, altitude_m)
        return np.flatnonzero(self.sight(np.asarray(ship, float)[None])[0]).tolist()

    def sight(self, r_E: np.ndarray) -> np.ndarray:
        """Whether each station (k,) sees a ship at positions [m, E] (n, 3): shape (n, k)."""
        seen = np.zeros((len(r_E), len(self._r)), bool)
        for k, s in enumerate(self.stations):
            away = r_E - self._r[k]
            distance = np.linalg.norm(away, axis=1)
            if self._relay[k]:
                along = np.clip(-(away @ self._r[k]) / distance**2, 0.0, 1.0)
                nearest = np.linalg.norm(self._r[k] + along[:, None] * away, axis=1)
                seen[:, k] = nearest > WGS84_A + GRAZE * (along < 1.0)
            else:
                elevation = np.arcsin(np.clip(away @ self._up[k] / distance, -1.0, 1.0))
                seen[:, k] = elevation > _mask(s, away)
        return seen


def _mask(s: Station, away: np.ndarray) -> np.ndarray:
    """The horizon's elevation [rad] (n,) toward directions [E] (n, 3)."""
    azimuths, elevations = s.mask
    if len(azimuths) == 1:
        return np.full(len(away), float(elevations[0]))
    east = np.array([-s.up[1], s.up[0], 0.0])
    north = np.cross(s.up, east)
    azimuth = np.arctan2(away @ east, away @ north) % (2.0 * np.pi)
    return np.interp(azimuth, azimuths, elevations, period=2.0 * np.pi)


def fixed(latitude_deg: np.ndarray, longitude_deg: np.ndarray, altitude_m: np.ndarray) -> np.ndarray:
    """Positions [m, E] (n, 3) of geodetic places (n,)."""
    lat, lon, e2 = np.radians(latitude_deg), np.radians(longitude_deg), WGS84_F * (2.0 - WGS84_F)
    n = WGS84_A / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
    level = (n + altitude_m) * np.cos(lat)
    up = (n * (1.0 - e2) + altitude_m) * np.sin(lat)
    return np.stack([level * np.cos(lon), level * np.sin(lon), up], axis=1)


def rim(
    latitude_deg: float, longitude_deg: float, larger_m: float, smaller_m: float, bearing_rad: float
) -> list[list[float]]:
    """Longitude and latitude [deg] around an ellipse: 73 points, the first one again at the end."""
    turn = np.linspace(0.0, 2.0 * np.pi, 73)
    along, across = larger_m * np.cos(turn), smaller_m * np.sin(turn)
    north = along * np.cos(bearing_rad) - across * np.sin(bearing_rad)
    east = along * np.sin(bearing_rad) + across * np.cos(bearing_rad)
    places = [moved((latitude_deg, longitude_deg), n, e) for n, e in zip(north, east, strict=True)]
    return [[round(longitude, 6), round(latitude, 6)] for latitude, longitude in places]
