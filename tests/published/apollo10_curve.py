"""Which bank history would give Apollo 10's digitised altitude curve, in the world of the published case.

Motion in the vertical plane over a turning sphere: d(speed)/dt = -D - g sin(gamma); speed times d(gamma)/dt =
L cos(bank) + (speed^2 / r - g) cos(gamma) + 2 w speed cos(latitude) sin(heading). The cosine of the bank is
linear in time between knots; knots and the zero of the curve's clock are fitted by least squares.
"""

import dataclasses

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

KNOTS = np.array(
    [0.0, 40.0, 60.0, 80.0, 100.0, 130.0, 170.0, 210.0, 250.0, 300.0, 340.0, 380.0, 430.0, 520.0]
)
END, EARLIEST = 540, 450  # s: span of a flight, and the least that must have been flown to be compared
G0, KILOFOOT = 9.80665, 304.8


@dataclasses.dataclass(frozen=True)
class Fit:
    """Residual altitudes [kft], offset of the curve's clock [s], peak load [g], range at the end [km]."""

    residual: np.ndarray
    offset: float
    peak_load: float
    range: float


def range_to_target(case: dict) -> float:
    """Great-circle distance [km] from the entry state to the target."""
    entry, target, radius = case["entry_inertial"], case["target"], case["earth"]["R_m"]
    a, b = np.radians(entry["lat_geocentric_deg"]), np.radians(target["lat_geocentric_deg"])
    apart = np.radians(target["lon_deg"] - entry["lon_deg"])
    return radius / 1e3 * float(np.arccos(np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(apart)))


def _flight(case: dict, cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Time [s], altitude [kft], load [g] and ground range [km] of a bank history."""
    entry, vehicle, earth = case["entry_inertial"], case["vehicle"], case["earth"]
    radius, mu, turn = earth["R_m"], earth["mu"], 2.0 * np.pi / 86400.0
    slope, heading = np.radians(entry["fpa_deg"]), np.radians(entry["heading_deg"])
    level = np.cos(np.radians(entry["lat_geocentric_deg"]))
    east = entry["V_ms"] * np.cos(slope) * np.sin(heading) - turn * entry["r_m"] * level
    north, up = entry["V_ms"] * np.cos(slope) * np.cos(heading), entry["V_ms"] * np.sin(slope)
    speed = float(np.sqrt(east**2 + north**2 + up**2))
    carried = 2.0 * turn * level * east / np.hypot(east, north)
    per_mass = 0.5 * vehicle["S_m2"] / vehicle["m_kg"]

    def pressure(r, v):
        return per_mass * 1.225 * np.exp(-0.14e-3 * (r - radius)) * v * v

    def rates(t, x):
        r, v, gamma, _ = x
        force, g = pressure(r, v), mu / r**2
        lift = force * vehicle["CL"] * np.interp(t, KNOTS, cosines)
        return [
            v * np.sin(gamma),
            -force * vehicle["CD"] - g * np.sin(gamma),
            (lift + (v * v / r - g) * np.cos(gamma)) / v + carried,
            v * np.cos(gamma) / r * radius,
        ]

    start = [entry["r_m"], speed, float(np.arcsin(up / speed)), 0.0]
    times = np.arange(END + 1.0)
    found = solve_ivp(rates, (0.0, END), start, t_eval=times, rtol=1e-7, atol=1e-6, max_step=2.0)
    r, v = found.y[0], found.y[1]
    load = pressure(r, v) * np.hypot(vehicle["CD"], vehicle["CL"]) / G0
    return found.t, (r - radius) / KILOFOOT, load, found.y[3] / 1e3


def fit(case: dict, time: np.ndarray, altitude: np.ndarray, to_target: bool) -> Fit:
    """The bank history closest to the curve: time [s], altitude [kft]; with the target's range or without."""
    wanted = range_to_target(case)

    def compared(x):
        t, height, load, covered = _flight(case, np.tanh(x[:-1]))
        short = t[-1] < EARLIEST
        residual = (1e3 if short else np.interp(time + x[-1], t, height)) - altitude
        return residual, load, covered[-1]

    def cost(x):
        residual, _, covered = compared(x)
        ranged = [(covered - wanted) / 5.0] if to_target else []
        return np.concatenate([residual, 0.3 * np.diff(x[:-1]), ranged])

    starts = (np.append(np.full(len(KNOTS), each), 5.0) for each in (0.3, 0.8))
    best = min((least_squares(cost, x, diff_step=1e-3, max_nfev=40) for x in starts), key=lambda s: s.cost)
    residual, load, covered = compared(best.x)
    return Fit(residual, float(best.x[-1]), float(np.max(load)), float(covered))
