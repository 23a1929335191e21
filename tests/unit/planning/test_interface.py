"""The interface point: which horizontal its angles are measured from, and that the state has them."""

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.earth.time import Epoch
from homeward.planning.deorbit_planner import spin_at
from homeward.planning.entry_interface import interface_state
from homeward.scenario import load
from homeward.scenario.build.initial_state import initial_state
from homeward.scenario.build.world import build_earth, build_ellipsoid
from homeward.scenario.schema.altitude_consistency import check_start

PLACE = {"longitude_deg": "70.0", "speed_m_s": "7850.0", "epoch_utc": "2023-09-07T14:28:00Z",
         "flight_path_angle_deg": "-1.6", "heading_deg": "30.0"}  # fmt: skip


def angles_of(**changed):
    """Flight-path angle and heading [deg] of the state, against the ellipsoid and the radius vector."""
    given = {f"return.initial.interface.{k}": v for k, v in {**PLACE, **changed}.items()}
    scenario = load("shenzhou-15", {**given, "return.legs.start": "interface"})
    interface = scenario.return_.initial.interface
    orientation = build_earth(scenario, Epoch.from_iso(interface.epoch_utc), 3600.0)
    r_I, v_I = interface_state(orientation, build_ellipsoid(scenario), interface)
    C, omega = spin_at(orientation, 0.0)
    r, v = C @ r_I, C @ v_I
    if interface.relative:
        v = v - np.cross(omega, r)
    latitude, longitude, _ = (float(x) for x in to_geodetic(Ellipsoid.wgs84(), jnp.asarray(r)))
    level = np.cos(latitude)
    normal = np.array([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)])
    found = []
    for up in (normal, r / np.linalg.norm(r)):
        east = np.cross([0.0, 0.0, 1.0], up)
        east /= np.linalg.norm(east)
        angle = np.degrees(np.arcsin(v @ up / np.linalg.norm(v)))
        found.append((angle, np.degrees(np.arctan2(v @ east, v @ np.cross(up, east)))))
    return found


@pytest.mark.parametrize("place", [
    {"latitude_deg": "-26.0", "altitude_m": "120e3"},
    {"latitude_geocentric_deg": "45.0", "radius_m": "6.49e6"},
    {"latitude_deg": "-26.0", "altitude_m": "120e3", "relative": "true"},
])  # fmt: skip
@pytest.mark.parametrize("angles", ["geodetic", "geocentric"])
def test_the_angles_are_against_the_horizontal_that_is_named(place, angles):
    geodetic, geocentric = angles_of(**place, angles=angles)
    here, other = (geodetic, geocentric) if angles == "geodetic" else (geocentric, geodetic)
    assert here == pytest.approx((-1.6, 30.0), abs=1e-9)
    assert abs(other[0] + 1.6) > 0.1  # a fifth of an entry corridor


def test_geodetic_is_what_is_meant_where_nothing_is_said():
    assert angles_of(latitude_deg="-26.0", altitude_m="120e3")[0] == pytest.approx((-1.6, 30.0), abs=1e-9)


def test_the_shipped_lunar_entry_keeps_its_flight():
    assert load("apollo-10").return_.initial.interface.angles == "geocentric"


def test_a_start_at_an_interface_point_lies_where_it_is_told():
    """Before the world is built its state is not known yet: nothing may be judged by it."""
    scenario = load("apollo-10")
    check_start(scenario, initial_state(scenario).r_I)
