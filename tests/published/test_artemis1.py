"""The skip entry of Orion Artemis I, 11 December 2022, flown again from the last row of its ephemeris.

| verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|
| coast, guidance, load, skip | EGM96 | WGS84 | US 1976 x 0.9 | none | Apollo's shape | below |

The truth has the density and lift-to-drag factors that the onboard estimator found in flight; the onboard
data set has the figures of before the flight. The guidance is another than the one flown, so that the
histories between the interface and the drogues need not be the same.
"""

import json
from functools import cache
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import brentq

import homeward as hw
from homeward.earth.geodesy import to_geodetic
from homeward.earth.orientation import inertial_to_earth
from homeward.earth.time import Epoch
from homeward.planning.return_plan import plan_return

DATA = Path(__file__).parent / "data"
FLOWN = json.loads((DATA / "artemis1_entry_as_flown.json").read_text())
SOURCE = "AAS 24-174 (NTRS 20240000024): Artemis I entry as flown"
FOOT, NAUTICAL_MILE, KILOFOOT = 0.3048, 1852.0, 304.8
# Tolerances, set before the comparison was made.
SPEED, ANGLE, HEIGHT = 1.0, 0.01, 1000.0  # m/s, deg, m: state at the interface
MISS = 1.0  # nautical mile, as flown
FIRST_PASS_LOAD = 4.3  # g; flown 4.03
APOGEE = 15.0  # kft about the flown one
DROGUES = 15.0  # s about the flown time


@cache
def flown():
    return hw.fly(hw.load("artemis-1"), fidelity="point-mass")


def test_the_scenario_starts_at_the_last_row_of_the_ephemeris():
    s = hw.load("artemis-1")
    row, start = FLOWN["last_oem_row"], s.return_.initial.state
    assert start is not None and start.frame == "eme2000"
    assert Epoch.from_iso(start.epoch_utc).since(Epoch.from_iso(row["utc"])) == 0.0
    np.testing.assert_allclose(start.position_m, np.array(row["r_km"]) * 1e3, rtol=1e-15)
    np.testing.assert_allclose(start.velocity_m_s, np.array(row["v_km_s"]) * 1e3, rtol=1e-15)
    low, high = FLOWN["mass_kg_design_range"]
    assert low <= s.truth.capsule.mass_kg <= high
    found = FLOWN["onboard_estimator_found"]
    truth, believed = s.truth, s.onboard
    assert truth.air.density_scale == pytest.approx(found["density_factor"] * believed.air.density_scale)
    assert truth.capsule.lift_to_drag == pytest.approx(
        found["lift_to_drag_factor"] * believed.capsule.lift_to_drag
    )
    low, high = FLOWN["lift_to_drag_design_range"]
    assert low <= believed.capsule.lift_to_drag <= high


@cache
def interface() -> dict[str, float]:
    """State where our flight crosses the latitude of the published interface.

    The paper prints the state of the first guidance cycle below 400,000 ft; the angles are against the plane
    across the radius vector, and the speed is inertial.
    """
    plan = plan_return(hw.load("artemis-1"))
    orientation, ellipsoid, h = plan.world.orientation, plan.world.ellipsoid, flown().history
    early = slice(0, 60)
    path = CubicHermiteSpline(h["time"][early], h["r_BI_I"][early], h["v_BI_I"][early])

    def place(t: float) -> np.ndarray:
        spin, now = orientation.at(jnp.asarray(t)), jnp.asarray(t)
        r_E, _ = inertial_to_earth(spin, now, jnp.asarray(path(t)), jnp.asarray(path(t, 1)))
        latitude, longitude, altitude = to_geodetic(ellipsoid, r_E)
        return np.array([np.degrees(latitude), np.degrees(longitude), altitude])

    theirs = FLOWN["entry_interface_inertial"]
    t = brentq(lambda t: place(t)[0] - theirs["latitude_deg"], 1.0, 58.0)
    r, v = path(t), path(t, 1)
    up = r / np.linalg.norm(r)
    spin = orientation.at(jnp.asarray(t))
    pole = np.asarray(spin.C_EI(jnp.asarray(t)))[2]
    east = np.cross(pole, up) / np.linalg.norm(np.cross(pole, up))
    return {
        "time": t,
        "longitude_deg": place(t)[1],
        "altitude_m": place(t)[2],
        "speed_m_s": float(np.linalg.norm(v)),
        "fpa_deg": float(np.degrees(np.arcsin(v @ up / np.linalg.norm(v)))),
        "azimuth_deg": float(np.degrees(np.arctan2(v @ east, v @ np.cross(up, east)))),
    }


def test_the_coast_meets_the_interface_as_flown(validation):
    ours, theirs = interface(), FLOWN["entry_interface_inertial"]
    for quantity, told, found, limit, unit in (
        ("inertial speed", theirs["speed_ft_s"] * FOOT, ours["speed_m_s"], SPEED, "m/s"),
        ("flight-path angle", theirs["fpa_deg"], ours["fpa_deg"], ANGLE, "deg"),
        ("azimuth", theirs["azimuth_deg"], ours["azimuth_deg"], ANGLE, "deg"),
        ("longitude", theirs["longitude_deg"], ours["longitude_deg"], ANGLE, "deg"),
        ("altitude", theirs["altitude_ft"] * FOOT, ours["altitude_m"], HEIGHT, "m"),
    ):
        validation.record(
            source=SOURCE, case="21 s after the last row of the ephemeris", quantity=quantity, theirs=told,
            ours=found, difference=found - told, limit=limit, unit=unit,
        )  # fmt: skip
        assert abs(found - told) <= limit, quantity


def test_the_skip_entry_meets_the_one_flown(validation):
    failed = _beside_the_flight(validation)
    h = flown().history
    time, altitude = h["time"] - interface()["time"], h["altitude"]
    validation.picture(
        "artemis1_altitude.png", lambda path: _draw(path, time, altitude), source=SOURCE,
        words="Altitude of Artemis I over time since the interface: ours in closed loop, and as flown",
    )  # fmt: skip
    assert flown().summary["success"]
    assert not failed, "; ".join(failed)


def _beside_the_flight(validation) -> list[str]:
    """Records the quantities beside the flown ones; tells those out of their limits."""
    flight = flown()
    h, zero = flight.history, interface()["time"]
    altitude, load, time = h["altitude"], h["load_factor"], h["time"] - zero
    lowest = int(np.argmax(altitude < 75e3)) + int(np.argmin(altitude[np.argmax(altitude < 75e3) :][:120]))
    apogee = lowest + int(np.argmax(altitude[lowest : lowest + 500]))
    opened = float(time[np.argmax(altitude < FLOWN["endpoints"]["drogue"]["altitude_ft"] * FOOT)])
    skip = FLOWN["skip_apogee_kft_flight_and_predicted"]
    phases = FLOWN["phase_times_s_from_EI_flight_and_predicted"]
    miss = flight.summary["parachute"]["open_miss_km"] * 1e3 / NAUTICAL_MILE
    first = float(np.max(load[:apogee]))
    top = float(altitude[apogee]) / KILOFOOT
    rows = (  # quantity, flown, ours, what is judged, its limit, unit
        ("opening miss", FLOWN["miss_nmi_drogue_main_splash"][0], miss, miss, MISS, "nmi"),
        ("peak load of the first pass", FLOWN["peak_load_first_pass_g"], first, first, FIRST_PASS_LOAD, "g"),
        ("apogee of the skip", skip[0], top, top - skip[0], APOGEE, "kft"),
        ("time of the drogues", phases["fbc_pilot_chute"][0], opened, opened - phases["fbc_pilot_chute"][0],
         DROGUES, "s"),
    )  # fmt: skip
    failed = []
    for quantity, theirs, ours, off, limit, unit in rows:
        validation.record(
            source=SOURCE, case="closed loop, with navigation error", quantity=quantity, theirs=theirs,
            ours=ours, difference=off, limit=limit, unit=unit,
        )  # fmt: skip
        if abs(off) > limit:
            failed.append(f"{quantity}: {ours:.3f} {unit}, flown {theirs}")
    return failed


def _draw(path: Path, time: np.ndarray, altitude: np.ndarray) -> None:
    from homeward.output.figure_style import style

    phases = FLOWN["phase_times_s_from_EI_flight_and_predicted"]
    skip = FLOWN["skip_apogee_kft_flight_and_predicted"][0] * KILOFOOT / 1e3
    drogue = FLOWN["endpoints"]["drogue"]["altitude_ft"] * FOOT / 1e3
    with style.styled():
        figure = style.new_figure(8.0, 4.2)
        ax = figure.add_axes((0.07, 0.115, 0.915, 0.77))
        style.line(ax, time, altitude / 1e3, style.BLUE)
        ax.plot(
            [0.0, phases["fbc_pilot_chute"][0]], [121.92, drogue], "o", color=style.VERMILION, markersize=4.5
        )
        ax.axhline(skip, color=style.VERMILION, linewidth=0.8, linestyle="--")
        for name in ("up_control", "ballistic", "final"):
            ax.axvline(phases[name][0], color="0.8", linewidth=0.8)
            ax.text(phases[name][0] + 4.0, 3.0, name.replace("_", " "), color="0.4")
        ax.set_xlim(-30.0, phases["fbc_pilot_chute"][0] + 60.0)
        ax.set_ylim(0.0, 130.0)
        style.panel_title(ax, "Altitude of Artemis I, km")
        ax.set_xlabel("seconds since the entry interface")
        ax.text(0.98, 0.93, "ours, closed loop", color=style.BLUE, transform=ax.transAxes, ha="right")
        ax.text(
            0.98,
            0.86,
            "as flown: ends, apogee, phases",
            color=style.VERMILION,
            transform=ax.transAxes,
            ha="right",
        )
        style.save(figure, path)
