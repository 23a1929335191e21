"""How a recorded approach came in: its share of the corridor's width, and its hull from the station."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from homeward.missions.hull_clearance import clearance_of
from homeward.planning.rendezvous_plan import RendezvousPlan

AT_PORT = 1.0  # m: half the corridor's width at the port, as the keep-out sphere's door is judged
FREE = 2.0  # m between the ports: nearer, the hull is as near as docking brings it


def approach_facts(made: RendezvousPlan, rows: Any) -> dict[str, Any] | None:
    """Inside the keep-out sphere: ``corridor_share``, the greatest distance from the port's axis over half
    the corridor's width there, and ``min_clearance_m``, the least of the hull from the station's outline.

    ``rows`` is the telemetry of one flight. None where it never came inside; the clearance is None where no
    row lies farther from the port than ``FREE``.
    """
    inside = np.linalg.norm(rows["position_L"], axis=1) < made.told.station.keep_out_radius_m
    if not inside.any():
        return None
    port = np.asarray(rows["port_position"])[inside]
    ahead, side = port[:, 0], np.linalg.norm(port[:, 1:], axis=1)
    wide = side / (AT_PORT + float(made.close.corridor) * np.maximum(ahead, 0.0))
    names = ("time", "r_TI_I", "v_TI_I", "r_BI_I", "q_BI")
    apart = ahead > FREE
    hull = None
    if apart.any():
        seen = SimpleNamespace(**{k: np.asarray(rows[k])[inside][apart][None] for k in names})
        hull = float(clearance_of(made, seen)[0].min())
    return {"corridor_share": float(wide.max()), "min_clearance_m": hull}


__all__ = ["approach_facts"]
