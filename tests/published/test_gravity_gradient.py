"""A body that gravity turns: NASA JEOD's case 10A, and the closed forms of small librations.

| case | verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|---|
| JEOD 10A | torque of the gravity gradient, 8 h | central | - | none | none | cylinder | path and attitude |
| libration | the same, frequencies | central | - | none | none | cylinder, triaxial | circular orbit, 0.01 deg |

JEOD's cylinder is flown by `homeward propagate`'s own file. Small librations about the local vertical on a circular
orbit: in the plane ``n sqrt(3 (Ix - Iz) / Iy)``, x along the track, y across, z up (Wertz, Spacecraft Attitude
Determination and Control, 1978, section 18.3). Roll and yaw are coupled, ``Ix roll'' + 4 n^2 (Iy - Iz) roll
- n (Ix - Iy + Iz) yaw' = 0``; a body with Ix = Iy keeps its spin ``yaw' + n roll`` about z, here zero, so that it
rolls at ``n sqrt(4 - 3 Iz / Ix)``.
"""  # noqa: E501

import json
from pathlib import Path

import numpy as np
import pytest

from homeward.scenario.open_loop.build import build
from homeward.scenario.open_loop.schema import OpenLoopFile
from homeward.sim.open_loop.propagate import propagate

CASE = json.loads((Path(__file__).parent / "data" / "jeod_gravity_gradient_10A.json").read_text())
JEOD = CASE["RUN_10A"]
# Set before the first comparison: an independent integration by the same formula with 4 s steps left 2 mm,
# 2e-13 rad/s and 4e-11; fixed steps of 2 s and the turning frame of the file get ten times that.
PLACE, RATE, COSINE = 0.05, 2e-12, 1e-9  # m, rad/s, of any direction cosine
PERIOD = (
    1e-5  # relative: what half a period's amplitude of 0.01 deg and the zero crossings' interpolation leave
)


def flown(inertia, r, v, omega, C, time, record, step=2.0, rate=7.292115e-5, mu=CASE["mu_m3_s2"]):
    file = OpenLoopFile.model_validate(
        {
            "body": {"mass_kg": 1000.0, "area_m2": 1.0, "drag_coefficient": 0.0},
            "initial": {"position_m": list(r), "velocity_m_s": list(v), "relative_to": "inertial"},
            "attitude": {
                "inertia_kg_m2": list(inertia), "body_from_inertial": [list(row) for row in C],
                "rates_deg_s": np.degrees(omega).tolist(),
            },
            "earth": {"rotation_rate_rad_s": rate},
            "gravity": {"model": "central", "mu_m3_s2": mu}, "air": {"model": "none"},
            "stop": {"time_s": time}, "output": {"step_s": step, "record_s": record},
        }
    )  # fmt: skip
    return propagate(build(file)).table


def vectors(table, name, unit):
    return np.stack([table[f"{name}_{axis}_{unit}"] for axis in "xyz"], axis=1)


def matrices(table):
    w, x, y, z = (table[f"q_body_inertial_{k}"] for k in range(4))
    C_IB = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    return np.moveaxis(C_IB, -1, 0)  # q_BI = (w, -axis sin): rotate(q_BI, .) is this matrix


@pytest.mark.parametrize("turning", [0.0, 7.292115e-5])
def test_jeods_cylinder_librates_for_eight_hours(validation, turning):
    start = JEOD["t0"]
    table = flown(
        CASE["inertia_kg_m2"], start["r"], start["v"], start["w"], start["T"], 28800.0, 300.0, rate=turning
    )
    places, omega = vectors(table, "position_inertial", "m"), vectors(table, "rate_inertial_body", "deg_s")
    velocity, C = vectors(table, "velocity_inertial", "m_s"), matrices(table)
    assert np.allclose(C[0], start["T"], atol=1e-9)
    failed = []
    for name, row in (("t300", 1), ("t28800", 96)):
        assert table["time_s"][row] == float(name[1:])
        told = JEOD[name]
        rows = [("position", places[row], told["r"], PLACE, "m"),
                ("rate", np.radians(omega[row]), told["w"], RATE, "rad/s")]  # fmt: skip
        if "T" in told:
            rows += [("velocity", velocity[row], told["v"], PLACE * 1e-3, "m/s"),
                     ("direction cosines", C[row], told["T"], COSINE, "")]  # fmt: skip
        for quantity, ours, theirs, limit, unit in rows:
            difference = float(np.abs(ours - np.asarray(theirs)).max())
            validation.record(
                source="NASA JEOD, verification case 10A", quantity=f"{quantity}, largest component",
                case=f"after {name[1:]} s, the frame of integration turning at {turning:g} rad/s",
                theirs="JEOD 5", ours="homeward propagate", difference=difference, limit=limit, unit=unit,
                kind="program",
            )  # fmt: skip
            if difference > limit:
                failed.append((name, quantity, difference, limit))
    assert not failed


@pytest.mark.parametrize(
    ("inertia", "tilt", "factor"),
    [
        ((12250.0, 12250.0, 500.0), 1, np.sqrt(3.0 * (12250.0 - 500.0) / 12250.0)),
        ((12250.0, 12250.0, 500.0), 0, np.sqrt(4.0 - 3.0 * 500.0 / 12250.0)),
        ((900.0, 1000.0, 400.0), 1, np.sqrt(3.0 * (900.0 - 400.0) / 1000.0)),
    ],
)
def test_small_librations_have_the_closed_form_period(validation, inertia, tilt, factor):
    mu, radius = 3.986004415e14, 6.778e6
    n = np.sqrt(mu / radius**3)
    # Body axes x along the track, y against the orbit's normal, z up: z is where it stays.
    level = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
    level[2] = np.cross(level[0], level[1])
    angle = np.radians(0.01)
    axis = np.eye(3)[tilt]
    K = np.array([[0, axis[2], -axis[1]], [-axis[2], 0, axis[0]], [axis[1], -axis[0], 0]])
    turn = np.eye(3) + np.sin(angle) * K + (1.0 - np.cos(angle)) * K @ K
    C = turn @ level
    omega = C @ np.array([0.0, 0.0, n])
    omega[2] = 0.0  # no spin about the vertical
    table = flown(
        inertia, (radius, 0.0, 0.0), (0.0, n * radius, 0.0), omega, C, 40000.0, 10.0, 10.0, 0.0, mu
    )  # fmt: skip
    up = vectors(table, "position_inertial", "m") / radius
    seen = np.einsum("nij,nj->ni", matrices(table), up)[:, 0 if tilt == 1 else 1]
    t = table["time_s"]
    k = np.flatnonzero(np.diff(np.sign(seen)) > 0)
    crossings = t[k] - seen[k] * (t[k + 1] - t[k]) / (seen[k + 1] - seen[k])
    period = (crossings[-1] - crossings[0]) / (len(crossings) - 1)
    theirs = 2.0 * np.pi / (n * factor)
    validation.record(
        source="Libration under the gravity gradient, closed form", quantity="period, s",
        case=f"{'in the plane' if tilt == 1 else 'across the plane'}, moments {inertia}", theirs=theirs,
        ours=period, difference=period / theirs - 1.0, limit=PERIOD, unit="relative", kind="closed form",
    )  # fmt: skip
    assert abs(period / theirs - 1.0) < PERIOD
