"""Who tracks: stations with their visibility masks and errors, and a pair of relay satellites.

Places of the networks are those of the companies' and agencies' own lists (see the data file). A place next
to the landing site and the relays are ours.
"""

import dataclasses
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from homeward.documents import LARGEST, parse_json
from homeward.earth.constants import WGS84_A, WGS84_F
from homeward.earth.local_plane import moved
from homeward.errors import InputError
from homeward.textfile import read_text

NETWORKS = ("ssc", "ksat", "nen", "relay", "site")
MASK = 5.0  # deg: of a station that has no nearer horizon
RANGE, DOPPLER, ANGLE = 10.0, 3e-3, 0.02  # m, m/s, deg: S-band, 1-sigma
BIAS = 3.0  # m, 1-sigma: what calibration leaves of a station's range, constant over an arc
GEOSTATIONARY = 42164.17e3  # m from the Earth's centre
GRAZE = 100e3  # m: a relay's beam that passes lower is lost


@dataclasses.dataclass(frozen=True)
class Station:
    """A tracker, fixed to the turning Earth: its place, what it sees, and its errors (1-sigma; m, m/s, rad).

    ``mask`` are azimuths and the least elevations [rad] seen there, linear between them. A relay sees
    whatever the Earth does not hide, and tells no angles.
    """

    name: str
    kind: str
    r_E: np.ndarray
    up: np.ndarray
    mask: tuple[np.ndarray, np.ndarray]
    range_sigma: float = RANGE
    doppler_sigma: float = DOPPLER
    angle_sigma: float = float(np.radians(ANGLE))
    bias_sigma: float = BIAS

    @property
    def relay(self) -> bool:
        """Whether this is a satellite."""
        return self.kind == "relay"


def fixed_place(
    latitude_deg: float, longitude_deg: float, altitude_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Position [m, E] and the ellipsoid's normal of a geodetic place."""
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    e2 = WGS84_F * (2.0 - WGS84_F)
    n = WGS84_A / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
    return np.array([1.0, 1.0, 1.0 - e2]) * n * up + altitude_m * up, up


def station(
    name: str, kind: str, latitude_deg: float, longitude_deg: float, altitude_m: float,
    mask_deg: tuple[list[float], list[float]] | None = None, **errors: float,
) -> Station:  # fmt: skip
    """A station from plain numbers; without a mask it sees all above 5 deg."""
    r_E, up = fixed_place(latitude_deg, longitude_deg, altitude_m)
    azimuth, elevation = mask_deg or ([0.0], [MASK])
    return Station(name, kind, r_E, up, (np.radians(azimuth), np.radians(elevation)), **errors)


def relay(name: str, longitude_deg: float) -> Station:
    """A geostationary relay: its range is to the user alone, and is worse than a ground station's."""
    lon = np.radians(longitude_deg)
    up = np.array([np.cos(lon), np.sin(lon), 0.0])
    nothing = (np.zeros(1), np.full(1, -np.pi / 2))
    return Station(name, "relay", GEOSTATIONARY * up, up, nothing, 15.0, 5e-3, np.inf, 10.0)


def site_stations(latitude_deg: float, longitude_deg: float, altitude_m: float) -> list[Station]:
    """Fixed, portable, on a vehicle and in the air, about a landing site."""

    def near(north_km: float, east_km: float) -> tuple[float, float]:
        return moved((latitude_deg, longitude_deg), 1e3 * north_km, 1e3 * east_km)

    return [
        station("Site fixed", "fixed", *near(0.0, 8.0), altitude_m, ([0.0], [3.0])),
        station("Site portable", "portable", *near(-15.0, -20.0), altitude_m, range_sigma=15.0,
                angle_sigma=float(np.radians(0.05))),
        station("Site vehicle", "vehicle", *near(25.0, -60.0), altitude_m, range_sigma=15.0,
                angle_sigma=float(np.radians(0.1)), bias_sigma=5.0),
        station("Site aircraft", "airborne", *near(30.0, 40.0), altitude_m + 8000.0, ([0.0], [-2.0]),
                range_sigma=20.0, doppler_sigma=0.02, angle_sigma=float(np.radians(0.2)), bias_sigma=10.0),
    ]  # fmt: skip


def network(
    names: tuple[str, ...], site_deg: tuple[float, float, float] | None = None, file: Path | None = None
) -> list[Station]:
    """The stations of some networks, of the landing site [deg, deg, m] if told, and of a file."""
    found: list[Station] = []
    text = (files("homeward") / "data" / "stations.json").read_text("utf-8")
    for row in json.loads(text)["stations"]:
        if row["network"] in names:
            found.append(station(f"{row['name']} ({row['network']})", "fixed", row["latitude_deg"],
                                 row["longitude_deg"], row["altitude_m"]))  # fmt: skip
    if "relay" in names:
        found += [relay("Relay west", 16.9), relay("Relay east", 171.1)]
    if "site" in names and site_deg is not None:
        found += site_stations(*site_deg)
    if file is not None:
        found += read_stations(file)
    if not found:
        raise InputError("ground.network: no station is left to track with")
    return found


def read_stations(path: Path) -> list[Station]:
    """Stations of a GeoJSON file: points with name and mask; raises InputError for what is missing."""
    try:
        told = parse_json(read_text(path, "a GeoJSON file of stations", LARGEST))
        features = told["features"]
        if not isinstance(features, list):
            raise TypeError("features")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{path}: expected a GeoJSON FeatureCollection of stations") from None
    return [_feature(path, k, feature) for k, feature in enumerate(features)]


def _feature(path: Path, k: int, feature: Any) -> Station:
    try:
        about, place = feature["properties"], feature["geometry"]["coordinates"]
        name, longitude, latitude = str(about["name"]), float(place[0]), float(place[1])
        altitude = float(place[2]) if len(place) > 2 else 0.0
    except (KeyError, TypeError, ValueError, IndexError):
        raise InputError(f"{path}: feature {k}: expected a Point with properties.name") from None
    where = f"{path}: {name}"
    if not (abs(latitude) <= 90.0 and abs(longitude) <= 180.0 and -500.0 <= altitude <= 20e3):
        raise InputError(f"{where}: expected longitude, latitude [deg] and altitude [m] of a place on Earth")
    if "mask_azimuth_deg" not in about or "mask_elevation_deg" not in about:
        raise InputError(
            f"{where}: has no mask; expected mask_azimuth_deg and mask_elevation_deg, lists in deg"
        )
    azimuth, elevation = about["mask_azimuth_deg"], about["mask_elevation_deg"]
    try:
        a, e = np.asarray(azimuth, float), np.asarray(elevation, float)
        sound = a.ndim == 1 and a.shape == e.shape and len(a) > 0 and bool((np.diff(a) > 0).all())
        sound = sound and bool(((a >= 0) & (a < 360) & (np.abs(e) <= 90)).all())
    except (TypeError, ValueError):
        sound, a, e = False, np.zeros(0), np.zeros(0)
    if not sound:
        raise InputError(f"{where}: mask: expected azimuths that increase from 0 and an elevation for each")
    errors: dict[str, float] = {}
    for key, field, scale in (
        ("range_sigma_m", "range_sigma", 1.0), ("doppler_sigma_m_s", "doppler_sigma", 1.0),
        ("angle_sigma_deg", "angle_sigma", float(np.pi / 180.0)), ("bias_sigma_m", "bias_sigma", 1.0),
    ):  # fmt: skip
        if key in about:
            value = about[key]
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1e6:
                raise InputError(f"{where}: {key}: expected a positive number")
            errors[field] = float(value) * scale
    return station(name, str(about.get("kind", "fixed")), latitude, longitude, altitude,
                   (a.tolist(), e.tolist()), **errors)  # fmt: skip
