"""NRLMSISE-00, as it comes with the optional pymsis, against its 17 official cases.

| verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|
| density, temperatures | - | geodetic altitude | NRLMSISE-00 | - | - | see below |

The official cases set the local time apart from longitude and clock, from which pymsis derives it; so they go
in at the compiled model's own entry, which runs in single precision.
"""

import ctypes
import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

pymsis = pytest.importorskip(
    "pymsis", reason="the optional extra is not installed: pip install 'homeward[msis]'"
)

from homeward.world.environment.atmosphere import msis_table  # noqa: E402

CASES = json.loads((Path(__file__).parent / "data" / "nrlmsise00_17_cases.json").read_text())
SINGLE = 5.0e-6  # the model runs in single precision (6e-8 an operation); the cases print seven digits
QUIET_AP = 4.0


def _model(case: dict, total: bool = False) -> tuple[float, float, float]:
    """Density [g/cm3], temperature at altitude and of the exosphere [K], by the compiled model itself."""
    from pymsis import msis00f

    library = ctypes.CDLL(msis00f.__file__)
    library.meters_(ctypes.byref(ctypes.c_int(0)))
    switches = (ctypes.c_float * 25)(*[1.0] * 25)
    switches[8] = case.get("switch9", 1.0)
    library.tselec_(switches)
    msis00f._last_used_options = None  # the next caller must set its own switches again
    history = 100.0 if "switch9" in case else QUIET_AP
    ap = (ctypes.c_float * 7)(case["ap"], *[history] * 6)
    densities, temperatures = (ctypes.c_float * 9)(), (ctypes.c_float * 2)()
    names = ("sec", "alt_km", "lat", "lon", "lst_h", "f107a", "f107")
    numbers = [ctypes.byref(ctypes.c_float(case[name])) for name in names]
    entry = library.gtd7d_ if total else library.gtd7_
    day, mass = ctypes.byref(ctypes.c_int(case["doy"])), ctypes.byref(ctypes.c_int(48))
    entry(day, *numbers, ap, mass, densities, temperatures)
    return densities[5], temperatures[1], temperatures[0]


def test_official_cases(validation):
    worst = np.zeros(3)
    for number in range(1, 18):
        case = CASES["base"] | CASES["overrides"].get(str(number), {})
        ours = np.array(_model(case))
        theirs = np.array([CASES[key][number - 1] for key in ("rho_g_cm3", "T_alt", "T_inf")])
        worst = np.maximum(worst, np.abs(ours / theirs - 1))
    for name, difference in zip(("density", "temperature", "exospheric temperature"), worst, strict=True):
        validation.record(
            source="NRLMSISE-00 distribution", case="17 official cases", quantity=name, theirs="listing",
            ours="pymsis", difference=float(difference), limit=SINGLE, unit="relative",
        )  # fmt: skip
    assert np.all(worst <= SINGLE)


def test_our_table_hands_on_what_the_model_says(validation):
    altitudes = np.arange(0.0, 141e3, 5e3)
    latitude, longitude = 41.6, 100.1
    table = msis_table(
        "2023-06-03T22:00:00",
        altitudes, np.full(29, np.radians(latitude)), np.full(29, np.radians(longitude)),
        f107=150.0, ap=4.0, version=0, step=5e3,
    )  # fmt: skip
    worst = 0.0
    for h in altitudes:
        seconds = 22 * 3600.0
        case = {
            "doy": 154, "sec": seconds, "alt_km": h / 1e3, "lat": latitude, "lon": longitude,
            "lst_h": seconds / 3600 + longitude / 15, "f107a": 150.0, "f107": 150.0, "ap": 4.0,
        }  # fmt: skip
        theirs = _model(case, total=True)[0] * 1e3
        worst = max(worst, abs(float(table.at(jnp.asarray(h)).density) / theirs - 1))
    limit = 2e-5  # single precision, and the longitude folded to another turn of the circle
    validation.record(
        source="NRLMSISE-00 distribution", case="profile over Dongfeng, 0 to 140 km", quantity="density",
        theirs="model", ours="table", difference=worst, limit=limit, unit="relative",
    )  # fmt: skip
    assert worst <= limit
