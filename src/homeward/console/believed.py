"""What the ground is shown of a flight: the state that the ship believes in, not the true one.

A record of a simulated flight holds the true state and the navigation error beside it. A ship sends down what
its navigation believes, so the two are added here and the error itself is left out. Where the truth is asked
for, the true values stay under names of their own.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from homeward.earth.constants import WGS84_A, WGS84_F

TRUE = "true_"  # before the name of a column of the truth
DEEPEST = -100e3  # m: a believed altitude below it is no navigation state yet
ERRORS = (
    "navigation_position_error_", "navigation_velocity_error_", "position_error_", "velocity_error_",
)  # fmt: skip
TRUTH_ONLY = ("range_to_go_m", "density_kg_m3", "wind_north_m_s", "wind_east_m_s")  # nobody on board knows
RETURN = (
    "latitude_deg", "longitude_deg", "altitude_m", "speed_m_s", "vertical_speed_m_s", "flight_path_angle_deg",
    "heading_deg",
)  # fmt: skip
AXES = ("along", "across", "below")
PAIR = (
    *(f"relative_position_{a}_m" for a in AXES), *(f"relative_velocity_{a}_m_s" for a in AXES),
    *(f"port_position_{a}_d_m" for a in "xyz"), *(f"port_velocity_{a}_d_m_s" for a in "xyz"),
)  # fmt: skip
Columns = Mapping[str, np.ndarray]


def believed(kind: str, columns: Columns, truth: bool = False) -> dict[str, np.ndarray]:
    """The columns (n,) of a ``return`` or a ``rendezvous`` with the believed state in place of the true one.

    Columns that only the truth can tell are left out; with ``truth`` they stay, and the true values of the
    others come under ``true_`` and their name. Without columns of the error nothing is replaced.
    """
    told = _of_pair(columns) if kind == "rendezvous" else _of_return(columns)
    kept = {n: v for n, v in columns.items() if truth or not _of_truth(n)}
    true = {TRUE + n: columns[n] for n in told if n in columns} if truth else {}
    return kept | true | told


def names_of(kind: str, columns: Iterable[str], truth: bool = False) -> list[str]:
    """Names of the columns that ``believed`` makes of columns with these names."""
    there = list(columns)
    replaced = [n for n in (PAIR if kind == "rendezvous" else RETURN) if n in there]
    errors = any(n.startswith(ERRORS) for n in there)
    true = [TRUE + n for n in replaced] if truth and errors else []
    return [*(n for n in there if truth or not _of_truth(n)), *true]


def _of_truth(name: str) -> bool:
    return name.startswith(ERRORS) or name in TRUTH_ONLY


def _stack(columns: Columns, names: list[str]) -> np.ndarray | None:
    if not all(n in columns for n in names):
        return None
    return np.stack([np.asarray(columns[n], float) for n in names], axis=1)


def _of_return(columns: Columns) -> dict[str, np.ndarray]:
    """Place and relative velocity believed: the true ones and the errors north, east and down."""
    off = _stack(columns, [f"navigation_position_error_{a}_m" for a in ("north", "east", "down")])
    slip = _stack(columns, [f"navigation_velocity_error_{a}_m_s" for a in ("north", "east", "down")])
    state = _stack(columns, list(RETURN))
    if off is None or slip is None or state is None:
        return {}
    lat, lon, altitude, speed, climb, _, heading = state.T
    east_radius, north_radius = _radii(np.radians(lat))
    level = np.sqrt(np.maximum(speed**2 - climb**2, 0.0))
    north = level * np.cos(np.radians(heading)) + slip[:, 0]
    east = level * np.sin(np.radians(heading)) + slip[:, 1]
    up = climb - slip[:, 2]
    latitude = lat + np.degrees(off[:, 0] / (north_radius + altitude))
    round_axis = (east_radius + altitude) * np.maximum(np.cos(np.radians(lat)), 1e-6)
    longitude = (lon + np.degrees(off[:, 1] / round_axis) + 180.0) % 360.0 - 180.0
    height = altitude - off[:, 2]
    values = (
        latitude, longitude, height, np.sqrt(north**2 + east**2 + up**2), up,
        np.degrees(np.arctan2(up, np.hypot(north, east))), np.degrees(np.arctan2(east, north)) % 360.0,
    )  # fmt: skip
    good = (height > DEEPEST) & (np.abs(latitude) <= 90.0)
    return {n: np.where(good, v, np.nan) for n, v in zip(RETURN, values, strict=True)}


def _radii(latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Radii of curvature [m] of the ellipsoid east-west and north-south at a geodetic latitude [rad]."""
    e2 = WGS84_F * (2.0 - WGS84_F)
    w = np.sqrt(1.0 - e2 * np.sin(latitude) ** 2)
    return WGS84_A / w, WGS84_A * (1.0 - e2) / w**3


def _of_pair(columns: Columns) -> dict[str, np.ndarray]:
    """Relative place and velocity believed, in the station's orbit and in the axes of its port."""
    told: dict[str, np.ndarray] = {}
    to_port = _port_from_orbit(columns)
    for what, unit in (("position", "m"), ("velocity", "m_s")):
        off = _stack(columns, [f"{what}_error_{a}_{unit}" for a in AXES])
        names = [f"relative_{what}_{a}_{unit}" for a in AXES]
        state = _stack(columns, names)
        if off is None or state is None:
            continue
        told |= dict(zip(names, (state + off).T, strict=True))
        names = [f"port_{what}_{a}_d_{unit}" for a in "xyz"]
        place = _stack(columns, names)
        if place is not None and to_port is not None:
            moved = np.einsum("nij,nj->ni", to_port, off)
            told |= dict(zip(names, (place + np.where(np.isfinite(moved), moved, 0.0)).T, strict=True))
    return told


def _port_from_orbit(columns: Columns) -> np.ndarray | None:
    """Matrices (n, 3, 3) from the station's orbital axes L to those of its port D.

    The record holds the ship's attitude and the turn that is missing to the docked one, which together tell
    the port's axes, also of a station that tumbles.
    """
    attitude = _stack(columns, [f"attitude_{k}" for k in "wxyz"])
    turn = _stack(columns, [f"docking_turn_{a}_b_deg" for a in "xyz"])
    station = _stack(columns, [f"station_position_{a}_i_m" for a in "xyz"])
    speed = _stack(columns, [f"station_velocity_{a}_i_m_s" for a in "xyz"])
    if attitude is None or turn is None or station is None or speed is None:
        return None
    half = -0.5 * np.radians(turn)
    off = np.concatenate([np.sqrt(np.maximum(1.0 - np.sum(half**2, axis=1), 0.0))[:, None], half], axis=1)
    # C_BD of a docked ship is diag(-1, -1, 1): it faces the port, its z axis along the port's.
    C_BI, C_off = _matrix(attitude), _matrix(off)
    C_DI = np.einsum("ij,nkj,nkl->nil", np.diag([-1.0, -1.0, 1.0]), C_off, C_BI)
    z = -station / np.linalg.norm(station, axis=1)[:, None]
    y = np.cross(speed, station)
    y /= np.linalg.norm(y, axis=1)[:, None]
    C_IL = np.stack([np.cross(y, z), y, z], axis=2)
    return C_DI @ C_IL


def _matrix(q: np.ndarray) -> np.ndarray:
    """Matrices (n, 3, 3) of attitudes (n, 4), scalar first: rotate(q, v) = q v q* as a product."""
    w, v = q[:, 0], q[:, 1:]
    eye = np.eye(3)
    cross = np.zeros((len(q), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -v[:, 2], v[:, 1], -v[:, 0]
    cross -= np.swapaxes(cross, 1, 2)
    square = np.einsum("ni,nj->nij", v, v)
    return (w**2 - np.sum(v**2, axis=1))[:, None, None] * eye + 2.0 * square + 2.0 * w[:, None, None] * cross
