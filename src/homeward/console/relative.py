"""Ship and station port to port: distances, speeds and angles, off the vectors of the telemetry."""

from collections.abc import Mapping

import numpy as np

LAST_APPROACH = (1.0, 250.0)  # m from port to port
DERIVED = (
    "corridor_angle_deg", "closing_over_m_s",
    "range_m", "port_range_m", "closing_speed_m_s", "port_offset_m", "port_lateral_speed_m_s",
    "latitude_deg", "longitude_deg", "altitude_m",
)  # fmt: skip


def derived(columns: Mapping[str, np.ndarray], profile: np.ndarray) -> dict[str, np.ndarray]:
    """Distances [m], speeds [m/s], angle off the port's axis [deg], off the vectors of the telemetry (n,).

    ``profile`` (k, 2) are distances and the speeds wanted there; without any there is no speed over them.
    """
    told: dict[str, np.ndarray] = {}
    centre = [columns.get(f"relative_position_{a}_m") for a in ("along", "across", "below")]
    if all(c is not None for c in centre):
        told["range_m"] = np.linalg.norm(np.stack([np.asarray(c, float) for c in centre]), axis=0)
    at = [columns.get(f"port_position_{a}_d_m") for a in "xyz"]
    rate = [columns.get(f"port_velocity_{a}_d_m_s") for a in "xyz"]
    if all(c is not None for c in [*at, *rate]):
        x, y, z = (np.asarray(c, float) for c in at)
        u, v, w = (np.asarray(c, float) for c in rate)
        away = np.sqrt(x * x + y * y + z * z)
        told["port_range_m"] = away
        told["closing_speed_m_s"] = -(x * u + y * v + z * w) / np.maximum(away, 1e-9)
        told["port_offset_m"] = np.hypot(y, z)
        told["port_lateral_speed_m_s"] = np.hypot(v, w)
        last = (x > 0.0) & (away > LAST_APPROACH[0]) & (away < LAST_APPROACH[1])
        angle = np.degrees(np.arctan2(told["port_offset_m"], np.maximum(x, 1e-9)))
        told["corridor_angle_deg"] = np.where(last, angle, np.nan)
        if len(profile):
            over = told["closing_speed_m_s"] - np.interp(away, profile[:, 0], profile[:, 1])
            told["closing_over_m_s"] = np.where(last, over, np.nan)
    return told
