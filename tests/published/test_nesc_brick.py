"""Check-cases 2 and 3 of the NASA Engineering and Safety Center: a tumbling brick without and with damping.

| verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|
| rotation, inertial coupling, damping | J2 | WGS84, turning | US 1976 | none | brick | below |

Compared twice: over the whole 30 s with an integration of our own that shares no code and no equations with
the simulator (`independent integration` in the page), and at 30 s with the last rows that the report's
simulators 04, 05 and 06 published. Simulator 02 is left out because the report itself excludes its angles,
01 because its rows are 0.3 deg from the others. Mass, inertia, area, lengths and derivatives are those of
the report's model files of the brick; no drag and no lift, as in the report's table.

In case 3 simulator 04 damps the inertial rate, 05 and 06 the rate relative to the air, which turns with the
Earth: at the end theirs is the Earth's own, 0.0042 deg/s, and 04's is zero. Ours is theirs.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from homeward.scenario.open_loop.build import build
from homeward.scenario.open_loop.schema import OpenLoopFile
from homeward.sim.open_loop.propagate import propagate

END = json.loads((Path(__file__).parent / "data" / "nesc" / "brick_end.json").read_text())
SOURCE = "NASA/TM-2015-218675"
CASES = {2: "tumbling brick, free", 3: "tumbling brick, damped"}
FOOT, SLUG, POUND = 0.3048, 14.593902937, 4.4482216152605
MASS = 0.155404754 * SLUG
INERTIA = np.array([0.00189422, 0.006211019, 0.007194665]) * SLUG * FOOT**2
AREA = 0.22222 * FOOT**2
LENGTHS = np.array([0.33333, 0.66667, 0.33333]) * FOOT  # span, chord, span
RATES = np.radians([10.0, 20.0, 30.0])  # relative to I
HEIGHT = 30000.0 * FOOT
A, MU, J2, SPIN = 6378137.0, 3.986004418e14, 0.00108262982, 7.292115e-5

# Against the independent integration: what Runge-Kutta steps of 0.05 s leave at 42 deg/s.
ANGLE_LIMIT, RATE_LIMIT = 1e-4, 1e-5  # deg, deg/s
MOMENT_LIMIT = 1e-5  # of the largest moment
ALTITUDE_LIMIT = 1e-5  # ft
# Against the simulators: a share of their own spread, as in the other check-cases.
SHARE_OF_SPREAD = 0.10
EULER = ("eulerAngle_deg_Yaw", "eulerAngle_deg_Pitch", "eulerAngle_deg_Roll")
SPINS = tuple(f"bodyAngularRateWrtEi_deg_s_{a}" for a in ("Roll", "Pitch", "Yaw"))
MOMENTS = tuple(f"aero_bodyMoment_ftlbf_{a}" for a in "LMN")
OURS = dict(zip(EULER, ("yaw_deg", "pitch_deg", "roll_deg"), strict=True))
OURS |= dict(zip(SPINS, (f"rate_inertial_body_{a}_deg_s" for a in "xyz"), strict=True))
OURS |= dict(zip(MOMENTS, (f"aero_moment_body_{a}_n_m" for a in "xyz"), strict=True))
OURS |= {"altitudeMsl_ft": "altitude_m"}
UNITS = dict.fromkeys(MOMENTS, 1.0 / (FOOT * POUND)) | {"altitudeMsl_ft": 1.0 / FOOT}
SIMULATORS = {2: ("04", "05", "06"), 3: ("05", "06")}
TIMES = np.arange(301) / 10.0


@cache
def ours(number: int) -> dict[str, np.ndarray]:
    """The flight by `homeward propagate`'s own means, in the report's units."""
    damping = [-1.0, -1.0, -1.0] if number == 3 else [0.0, 0.0, 0.0]
    file = OpenLoopFile.model_validate(
        {
            "body": {"mass_kg": MASS, "area_m2": AREA, "drag_coefficient": 0.0},
            "initial": {
                "latitude_deg": 0.0, "longitude_deg": 0.0, "altitude_m": HEIGHT,
                "north_m_s": 0.0, "east_m_s": 0.0, "down_m_s": 0.0,
            },
            "attitude": {
                "rates_deg_s": np.degrees(RATES).tolist(), "rates_relative_to": "inertial",
                "inertia_kg_m2": INERTIA.tolist(), "damping": damping,
                "reference_lengths_m": LENGTHS.tolist(),
                "gravity_gradient": False,  # the report knows none in the air
            },
            "earth": {"shape": "wgs84", "rotation_rate_rad_s": SPIN},
            "gravity": {"model": "j2", "mu_m3_s2": MU, "j2": J2, "radius_m": A},
            "air": {"model": "us1976"}, "stop": {"time_s": 30.0},
            "output": {"step_s": 0.05, "record_s": 0.1},
        }
    )  # fmt: skip
    table = propagate(build(file)).table
    assert np.allclose(table["time_s"], TIMES)
    return {name: table[channel] * UNITS.get(name, 1.0) for name, channel in OURS.items()}


def density(h: float) -> float:
    """US 1976 below 11 km, from its definition."""
    level = 6356766.0 * h / (6356766.0 + h)
    temperature = 288.15 - 0.0065 * level
    pressure = 101325.0 * (temperature / 288.15) ** (9.80665 * 0.0289644 / (8.31432 * 0.0065))
    return pressure * 0.0289644 / (8.31432 * temperature)


@cache
def independent(number: int) -> dict[str, np.ndarray]:
    """The same by SciPy, written otherwise: all in the inertial frame, angular momentum instead of rates,
    nine direction cosines instead of a quaternion, the path in the equator's plane, where it stays."""
    derivative = np.full(3, -1.0 if number == 3 else 0.0)

    def moment(place, velocity, axes, omega):
        wind = velocity - np.array([-SPIN * place[1], SPIN * place[0], 0.0])
        rate = axes @ (omega - np.array([0.0, 0.0, SPIN]))
        speed = np.linalg.norm(wind)
        pressure = 0.5 * density(np.linalg.norm(place) - A) * speed**2
        reduced = rate * LENGTHS / (2.0 * max(speed, 1e-9))
        return pressure * AREA * LENGTHS * derivative * reduced

    def change(_, y):
        place, velocity, momentum, axes = y[:3], y[3:6], y[6:9], y[9:].reshape(3, 3)
        omega = axes.T @ ((axes @ momentum) / INERTIA)
        r = np.linalg.norm(place)
        pull = -MU / r**3 * place * (1.0 + 1.5 * J2 * (A / r) ** 2)
        turning = axes.T @ moment(place, velocity, axes, omega)
        return np.concatenate([velocity, pull, turning, np.cross(omega, axes).ravel()])

    axes = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])  # north, east, down at (0, 0)
    r = A + HEIGHT
    start = np.concatenate([[r, 0.0, 0.0, 0.0, SPIN * r, 0.0], axes.T @ (INERTIA * RATES), axes.ravel()])
    y = solve_ivp(change, (0.0, 30.0), start, "DOP853", TIMES, rtol=1e-12, atol=1e-14).y.T
    told: dict[str, list[float]] = {name: [] for name in OURS}
    for row in y:
        place, axes = row[:3], row[9:].reshape(3, 3)
        omega = axes.T @ ((axes @ row[6:9]) / INERTIA)
        up = place / np.linalg.norm(place)
        north = np.array([0.0, 0.0, 1.0])
        C = axes @ np.array([north, np.cross(north, up), -up]).T
        told["altitudeMsl_ft"].append((np.linalg.norm(place) - A) / FOOT)
        told[EULER[0]].append(np.degrees(np.arctan2(C[0, 1], C[0, 0])))
        told[EULER[1]].append(np.degrees(np.arcsin(-C[0, 2])))
        told[EULER[2]].append(np.degrees(np.arctan2(C[1, 2], C[2, 2])))
        for name, value in zip(SPINS, np.degrees(axes @ omega), strict=True):
            told[name].append(value)
        for name, value in zip(MOMENTS, moment(place, row[3:6], axes, omega), strict=True):
            told[name].append(value / (FOOT * POUND))
    return {name: np.array(column) for name, column in told.items()}


@pytest.mark.parametrize("number", CASES)
def test_the_brick_tumbles_as_an_independent_integration_says(validation, number):
    mine, theirs, failed = ours(number), independent(number), []
    for name in OURS:
        off = mine[name] - theirs[name]
        if name in EULER:
            off = (off + 180.0) % 360.0 - 180.0
        limit = ANGLE_LIMIT if name in EULER else RATE_LIMIT if name in SPINS else ALTITUDE_LIMIT
        if name in MOMENTS:
            limit = MOMENT_LIMIT * float(np.max(np.abs(theirs[name]))) + 1e-20
        difference = float(np.max(np.abs(off)))
        validation.record(
            source=SOURCE, case=f"{number:02d} {CASES[number]}", quantity=f"{name}, largest over 30 s",
            theirs="independent integration (SciPy DOP853, inertial frame)", ours="",
            difference=difference, limit=limit, kind="consistency",
        )  # fmt: skip
        if difference > limit:
            failed.append((name, difference, limit))
    assert not failed
    assert np.ptp(mine[EULER[0]]) > 90.0  # it does tumble


@pytest.mark.parametrize("number", CASES)
def test_the_brick_ends_where_the_simulators_say(validation, number):
    mine, failed = ours(number), []
    for name in OURS:
        told = [END[str(number)][simulator][name] for simulator in SIMULATORS[number]]
        low, high, value = min(told), max(told), float(mine[name][-1])
        distance = max(low - value, value - high, 0.0)
        floor = 0.01 if name == "altitudeMsl_ft" else 1e-4
        if name in MOMENTS:
            floor = 1e-3 * float(np.max(np.abs(told))) + 1e-18
        limit = max(SHARE_OF_SPREAD * (high - low), floor)
        validation.record(
            source=SOURCE, case=f"{number:02d} {CASES[number]}", quantity=f"{name} at 30 s",
            theirs=f"simulators {', '.join(SIMULATORS[number])}: {low:.9g} to {high:.9g}", ours=value,
            difference=distance, limit=limit,
        )  # fmt: skip
        if distance > limit:
            failed.append((name, value, low, high, distance, limit))
    assert not failed
