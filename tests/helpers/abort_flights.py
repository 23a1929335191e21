"""A rendezvous that nobody flew: what the abort map reads of one, on an orbit or from a flight."""

from types import SimpleNamespace

import numpy as np

from homeward.astro.along_orbit import further_along
from homeward.earth.constants import MU_EGM96
from homeward.earth.time import Epoch
from homeward.scenario.build.launch import insertion
from homeward.scenario.schema.scenario import Scenario

BURN, AT = 20.0, 1500.0  # m/s, s: a burn between the two legs
LEGS = ["far guidance", "homing"]


def two_legs(scenario: Scenario, minutes: int):
    """Two legs of a two-body orbit from the insertion, a row every ten seconds, that end docked."""
    told = scenario.required_rendezvous()
    epoch = Epoch.from_iso(told.launch.time_utc).plus(told.launch.ascent_s)
    own = insertion(told, Epoch.from_iso(told.launch.time_utc), "x")
    time = np.arange(0.0, 60.0 * minutes + 1.0, 10.0)
    r, v = own.ship
    h = np.cross(r, v)
    mean = np.linalg.norm(h) / (r @ r)
    states = [further_along(r, v, mean * t, MU_EGM96) for t in time]
    rows = {
        "time": time, "stage": (time >= AT).astype(int), "delta_v": np.where(time >= AT, BURN, 0.0),
        "r_BI_I": np.array([s[0] for s in states]), "v_BI_I": np.array([s[1] for s in states]),
    }  # fmt: skip
    return SimpleNamespace(
        history=SimpleNamespace(rows=rows, stages=LEGS),
        plan=SimpleNamespace(inserted=SimpleNamespace(epoch=epoch)),
        summary={"time_to_dock_s": float(time[-1])},
    )
