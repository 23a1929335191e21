"""Any orbit, any site: the list of opportunities, the plan, and a few whole returns.

The list is held against passes found without any of our own code: SGP4, sidereal time of IAU 1982, and a
geodetic foot point by iteration.
"""

import itertools

import jax
import numpy as np
import pytest
from orbit_cases import elements, scenario
from sgp4.api import Satrec

from homeward.errors import Infeasible
from homeward.missions.departure_safety import departure_facts
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import metrics
from homeward.planning.return_plan import list_opportunities, plan_return
from homeward.scenario import load
from homeward.sim.lanes import spread_flight, spread_world
from homeward.sim.mission import fly_mission

TRACK = 5.0  # km: sphere against ellipsoid along 400 km, and five days of drag in two orbit theories
MOMENT = 20.0  # s, the same
BENT = 60.0  # km: the air and the turning Earth move the landing path this far from the ground track
ANGLE = 1e-5  # rad, of the planned entry angle: 0.05 km of range
RANGE = 100.0  # m, of the planned range
OPENING = 1000.0  # m, of a nominal flight

ORBITS = {
    "28.5 deg": (elements(28.5, 10), (28.4, -80.6, 0)),
    "28.5 deg, south of the equator": (elements(28.5, 60), (-20, 130, 300)),
    "across the date line": (elements(41.47, 200), (-35, -179.95, 0)),
    "below the northern apex": (elements(51.64, 20, motion=15.5), (51.5, 60, 200)),
    "below the southern apex": (elements(51.64, 120, motion=15.5), (-51.7, -70, 0)),
    "polar": (elements(90, 33, motion=15.5), (89, 0, 0)),
    "sun-synchronous": (elements(97.8, 33, motion=15.2), (78, 15, 0)),
    "retrograde": (elements(140, 33, motion=15.5), (35, -106, 1200)),
    "equatorial": (elements(0.1, 33, motion=15.5), (0, 30, 0)),
    "300 x 450 km": (elements(51.64, 33, 0.011, 270, motion=15.7), (46, 63, 100)),
    "eccentric": (elements(51.64, 33, 0.03, 200, 100, motion=15.3), (46, 63, 100)),
    "700 km": (elements(51.64, 33, motion=14.5), (46, 63, 100)),
    "of 2020": (elements(51.64, 33, motion=15.5, epoch="20001.00000000"), (46, 63, 100)),
    "of 2026": (elements(51.64, 33, motion=15.5, epoch="26100.25000000"), (46, 63, 100)),
}
FLOWN = ("across the date line", "retrograde")
DAYS = 5.0


def independent_passes(lines, epoch, days, site, limit):
    """Time [s] and distance [km] of every pass within ``limit`` [km]."""
    t = np.arange(0.0, days * 86400.0, 10.0)
    day = np.full(t.shape, epoch.jd1)
    _, r, _ = Satrec.twoline2rv(*lines).sgp4_array(day, epoch.jd2 + t / 86400.0)
    T = (epoch.jd1 - 2451545.0 + epoch.jd2 + t / 86400.0) / 36525.0
    sidereal = 67310.54841 + (876600.0 * 3600.0 + 8640184.812866) * T + 0.093104 * T**2
    g = np.radians(sidereal / 240.0 % 360.0)
    x, y, z = (
        np.cos(g) * r[:, 0] + np.sin(g) * r[:, 1],
        np.cos(g) * r[:, 1] - np.sin(g) * r[:, 0],
        r[:, 2],
    )
    p, f, a = np.hypot(x, y), 1 / 298.257223563, 6378.137
    e2 = f * (2 - f)
    latitude = np.arctan2(z, p)
    for _ in range(6):
        n = a / np.sqrt(1 - e2 * np.sin(latitude) ** 2)
        height = p * np.cos(latitude) + z * np.sin(latitude) - a * a / n
        latitude = np.arctan2(z, p * (1 - e2 * n / (n + height)))
    longitude = np.arctan2(y, x)
    b, c = np.radians(site[:2])
    cosine = np.sin(latitude) * np.sin(b) + np.cos(latitude) * np.cos(b) * np.cos(longitude - c)
    apart = np.arccos(np.clip(cosine, -1, 1)) * 6371.0
    k = np.flatnonzero((apart[1:-1] < apart[:-2]) & (apart[1:-1] <= apart[2:])) + 1
    q = apart[k[:, None] + np.array([-1, 0, 1])] ** 2
    least = q[:, 1] - (q[:, 2] - q[:, 0]) ** 2 / (8 * (q[:, 0] - 2 * q[:, 1] + q[:, 2]))
    near = np.sqrt(np.maximum(least, 0.0))
    return [(t[i], d) for i, d in zip(k, near, strict=True) if d < limit]


@pytest.fixture
def case(request, tmp_path):
    initial, site = ORBITS[request.param]
    return scenario(tmp_path, initial, site, flight__plan__days=DAYS)


@pytest.mark.parametrize("case", ORBITS, indirect=True)
def test_the_list_holds_every_pass_that_geometry_has(case):
    epoch, found = list_opportunities(case)
    site = (case.site.latitude_deg, case.site.longitude_deg)
    passes = independent_passes(case.return_.initial.tle, epoch, DAYS, site, 400.0)
    assert passes
    first = 3600.0  # s: nothing can be landed on before
    for time, distance in passes:
        if time < first:
            continue
        near = min(found, key=lambda o: abs(o.time - time), default=None)
        assert near is not None and abs(near.time - time) < MOMENT, f"pass at {time:.0f} s is missing"
        assert near.ground_track / 1e3 == pytest.approx(distance, abs=TRACK)
        assert abs(near.cross_range) / 1e3 == pytest.approx(distance, abs=BENT)
        if near.feasible:
            assert abs(near.cross_range) <= case.flight.plan.cross_range_limit_m
        else:
            assert near.why_not
        if abs(near.cross_range) < 50e3 and near.undock > 0:
            assert near.feasible
    assert [o.index for o in found] == list(range(len(found)))
    assert all(a.burn < b.burn for a, b in itertools.pairwise(found))
    assert any(o.feasible for o in found)


@pytest.mark.parametrize("case", ORBITS, indirect=True)
def test_a_burn_is_found_from_every_orbit(case):
    plan = plan_return(case)
    assert abs(plan.deorbit.residual[0]) < ANGLE
    assert abs(plan.deorbit.residual[2]) < RANGE
    assert 80.0 < plan.deorbit.delta_v < case.flight.plan.delta_v_limit_m_s
    assert abs(plan.opportunity.cross_range) < case.flight.plan.cross_range_limit_m + 10e3
    wanted = case.flight.plan.return_revolutions
    period = 86400.0 / float(case.return_.initial.tle[-1][52:63])
    assert (plan.burn_time - plan.undock_time) / period == pytest.approx(wanted, abs=0.05)


def fly(case):
    plan = plan_return(case)
    world, flight = spread_world(plan.world, 1), spread_flight(plan.flight, 1)
    truth = jax.tree.map(lambda x: np.asarray(x)[None], plan.truth)
    keys = run_keys(0, np.array([0]))
    outcome = fly_mission(world, flight, truth, spread_legs(plan.legs, 1), keys, True)
    told = {key: value[0] for key, value in metrics(plan, world, flight, outcome).items()}
    return plan, told, departure_facts(plan, outcome)


def check_return(told, facts):
    assert told["success"]
    assert told["open_miss"] < OPENING
    if "departure" in facts:
        assert facts["departure"]["safe"] and facts["departure"]["checked_revolutions"] > 1.9
    assert not any(module["recontact"] for module in facts["modules"])
    service = facts["modules"][-1]
    assert service["name"] == "service module" and service["fate"] == "falls"


@pytest.mark.parametrize("case", FLOWN, indirect=True)
def test_the_capsule_comes_home(case):
    _, told, facts = fly(case)
    check_return(told, facts)


@pytest.mark.slow
@pytest.mark.parametrize("case", [name for name in ORBITS if name not in FLOWN], indirect=True)
def test_the_capsule_comes_home_from_everywhere(case):
    _, told, facts = fly(case)
    check_return(told, facts)


@pytest.mark.parametrize("name", ["soyuz-like", "orion-like"])
def test_the_shipped_ships_come_home(name):
    case = load(name)
    _, told, facts = fly(case)
    check_return(told, facts)
    assert told["peak_load"] < case.truth.limits.load_g
    assert told["peak_dynamic_pressure"] < case.truth.limits.dynamic_pressure_pa
    assert told["peak_heat_rate"] < case.truth.limits.heat_rate_w_m2
    assert told["touchdown_vertical_speed"] < case.truth.limits.touchdown_speed_m_s


STATE = (
    'state = { epoch_utc = 2022-01-17T12:00:00Z, frame = "eme2000", '
    "position_m = [545284.043961596, 4217457.41999061, 5288809.93327732], velocity_m_s = %s }"
)
CIRCLING = "[-7636.39664838008, 168.8278852572, 656.34287389035]"


def test_a_state_vector_flies_on_to_the_burn(tmp_path):
    case = scenario(tmp_path, STATE % CIRCLING, (-31.0, 136.5, 150.0), start="burn", flight__plan__days=DAYS)
    plan = plan_return(case)
    assert plan.undock_time is None and plan.station is None
    assert plan.legs[0].name == "phasing coast"
    assert plan.burn_time - float(plan.truth.time) == pytest.approx(600.0, abs=30.0)
    # The state handed to the flight is that of days later, flown through the true world.
    assert np.linalg.norm(np.asarray(plan.truth.r_BI_I)) == pytest.approx(6.79e6, rel=0.01)


@pytest.mark.parametrize(
    ("initial", "site", "settings", "told"),
    [
        (elements(41.47), (60, 30, 0), {}, "out of reach.*nearest ground track is 20.. km"),
        (elements(51.64, 33), (46, 63, 100), {"flight__plan__days": 0.2}, "in 0.2 days"),
        (elements(51.64, 33), (46, 63, 100), {"truth__stack__propellant_kg": 100.0}, "propellant"),
        (elements(51.64, 33), (46, 63, 100), {"flight__plan__delta_v_limit_m_s": 90.0}, "allowed are 90"),
        (elements(51.64, 33), (46, 63, 100), {"flight__plan__opportunity": 99}, "no opportunity 99"),
        (
            elements(51.64, 33) + "\nepoch_utc = 2023-12-01T00:00:00Z",
            (46, 63, 100),
            {},
            "84 days from the start",
        ),
        (STATE % "[-7500.0, 165.0, 640.0]", (46, 63, 100), {}, "comes down to the interface by itself"),
        (STATE % "[-11500.0, 168.8, 656.3]", (46, 63, 100), {}, "does not circle the Earth"),
    ],
    ids=[
        "too far north",
        "too soon",
        "propellant",
        "delta-v",
        "index",
        "old elements",
        "decaying",
        "escaping",
    ],
)
def test_what_cannot_be_flown_says_why(tmp_path, initial, site, settings, told):
    case = scenario(tmp_path, initial, site, **settings)
    with pytest.raises(Infeasible, match=told) as caught:
        plan_return(case)
    assert len(str(caught.value).splitlines()) == 1


def test_too_few_revolutions_are_told(tmp_path):
    case = scenario(
        tmp_path, elements(51.64, 33), (46, 63, 100), flight__plan__days=DAYS,
        flight__plan__return_revolutions=100,
    )  # fmt: skip
    with pytest.raises(Infeasible, match="leaves no 100 revolutions from the epoch to the burn"):
        plan_return(case)


def test_nearest_takes_the_smallest_cross_range(tmp_path):
    initial, site = ORBITS["below the northern apex"]
    case = scenario(tmp_path, initial, site, flight__plan__days=DAYS, flight__plan__opportunity="nearest")
    plan = plan_return(case)
    good = [abs(o.cross_range) for o in plan.opportunities if o.feasible]
    chosen = plan.opportunities[plan.opportunity.index]
    assert abs(chosen.cross_range) == min(good)


def test_an_interface_start_has_no_opportunities():
    with pytest.raises(Infeasible, match="no opportunities"):
        list_opportunities(load("apollo-10"))
