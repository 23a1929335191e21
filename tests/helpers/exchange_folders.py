"""A six-DOF return with its station and a rendezvous, both made up, ship and station on two circles."""

from pathlib import Path

import numpy as np
from synthetic_body import synthetic_body
from synthetic_pair import synthetic_pair

from homeward.output import save_flight
from homeward.output.save_rendezvous import save_rendezvous

MU = 3.986004415e14


def circle(a, inclination, node, phase):
    """Position and velocity (n, 3) on a circle at times [s]."""
    rate = np.sqrt(MU / a**3)
    ci, si, cn, sn = np.cos(inclination), np.sin(inclination), np.cos(node), np.sin(node)
    x, y = np.array([cn, sn, 0.0]), np.array([-sn * ci, cn * ci, si])

    def at(t):
        u = np.asarray(phase + rate * t)[..., None]
        return a * (np.cos(u) * x + np.sin(u) * y), a * rate * (-np.sin(u) * x + np.cos(u) * y)

    return at


SHIP, STATION = circle(6.7612e6, 0.72, 0.3, 0.1), circle(6.7629e6, 0.7212, 0.3008, 0.1001)


def made_folders(place: Path) -> Path:
    """``return`` and ``pair`` saved in a folder; 1-sigma of the pair's navigation 30, 20, 10 m along L."""
    view = synthetic_body()
    t = np.asarray(view.history["time"])
    t = t[t < t[0] + 11000.0]
    station = {"time": t, "r_BI_I": STATION(t)[0], "v_BI_I": STATION(t)[1]}
    history = dict(view.history)
    history["r_BI_I"], history["v_BI_I"] = SHIP(np.asarray(history["time"]))
    body = {key: np.asarray(values)[::20] for key, values in view.body.items()}
    save_flight(place / "return", view.facts, history, view.legs, view.summary, body=body, pictures=(),
                station=station)  # fmt: skip
    facts, rows, summary = synthetic_pair()
    rows = {key: np.asarray(values)[::3] for key, values in rows.items()}
    t = np.asarray(rows["time"], float)
    rows = dict(rows) | dict(
        zip(("r_BI_I", "v_BI_I", "r_TI_I", "v_TI_I"), (*SHIP(t), *STATION(t)), strict=True)
    )
    rows["position_sigma"] = np.tile([30.0, 20.0, 10.0], (len(t), 1))
    rows["velocity_sigma"] = np.tile([0.3, 0.2, 0.1], (len(t), 1))
    save_rendezvous(place / "pair", facts, rows, summary, pictures=())
    return place
