"""A made-up rendezvous for the tests of what is drawn and written: lifelike shapes, no model of anything."""

from __future__ import annotations

from typing import Any

import numpy as np

from homeward.output.views.rendezvous_view import Box, Hold, PairFacts, SpeedLimits

RADIUS, MU = 6.76e6, 3.986e14
RATE = float(np.sqrt(MU / RADIUS**3))
PORTS = {
    "forward": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "nadir": ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)),
}
STAGES = ("far guidance", "homing", "5000 m hold", "transfer to 400 m", "400 m hold", "200 m hold",
          "30 m hold", "final translation")  # fmt: skip
DOCK, FAR, NEAR = 4.6, 3000.0, 1200.0  # m, s, s


def _inertial(t: np.ndarray, place_L: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Station and ship [m, I], and the station's velocity, on a circle in the plane of x and y."""
    c, s = np.cos(RATE * t), np.sin(RATE * t)
    out, ahead = np.stack([c, s, 0 * t], axis=1), np.stack([-s, c, 0 * t], axis=1)
    across = np.array([0.0, 0.0, -1.0])
    ship = RADIUS * out + place_L[:, :1] * ahead + place_L[:, 1:2] * across - place_L[:, 2:] * out
    return RADIUS * out, ship, RADIUS * RATE * ahead


def synthetic_pair(
    port: str = "forward", end: str = "docked", rows: int | None = None
) -> tuple[PairFacts, dict[str, np.ndarray], dict[str, Any]]:
    """Facts, history and summary. ``end``: docked, aborted, far (no homing) or broken (no numbers)."""
    C = np.array(PORTS[port])
    port_L = C[0] * (9.0 if port == "forward" else 3.0)
    far, near = np.arange(0.0, FAR, 10.0), np.arange(FAR, FAR + NEAR, 1.0)
    u = far / FAR
    place_far = np.stack([-8e5 * (1 - u) ** 2 + 5e3 * u, 300.0 * (1 - u), 2.3e5 * (1 - u) ** 2], axis=1)
    w = (near - FAR) / NEAR
    x = 5e3 * (1 - w) ** 4 - 0.05
    if end == "aborted":
        x = np.where(x < 100.0, 200.0 - x, x)
    place_near = port_L + C[0] * (x + DOCK)[:, None] + C[1] * (0.02 * np.sin(20 * w) * (1.01 - w))[:, None]
    t, place = np.concatenate([far, near]), np.concatenate([place_far, place_near])
    stage = np.concatenate([np.where(far < 2400.0, 0, 1), 2 + np.minimum((6 * w**0.5).astype(int), 5)])
    if end == "far":
        keep = t < 2000.0
        t, place, stage = t[keep], place[keep], stage[keep]
    station, ship, velocity = _inertial(t, place)
    n, rng = len(t), np.random.default_rng(1)
    port_position = (place - port_L) @ C.T - np.array([DOCK, 0.0, 0.0])
    sigma = np.outer(1e-3 + np.linalg.norm(place, axis=1) * 1e-5, np.ones(3))
    turning = (np.arange(n) >= len(far))[:, None]
    used = np.minimum(60.0 + 240.0 * t / t[-1], 300.0) - 60.0
    history = {
        "time": t, "stage": stage, "r_BI_I": ship, "v_BI_I": np.gradient(ship, t, axis=0),
        "r_TI_I": station, "v_TI_I": velocity, "position_L": place,
        "velocity_L": np.gradient(place, t, axis=0), "port_position": port_position,
        "port_velocity": np.gradient(port_position, t, axis=0),
        "q_BI": np.where(turning, 0.5, [1.0, 0.0, 0.0, 0.0]),
        "omega_BI_B": turning * rng.normal(0, 1e-3, (n, 3)),
        "docking_turn": np.where(turning, rng.normal(0, 5e-3, (n, 3)), 1.0),
        "mass": 8080.0 - used, "delta_v": used / 2.8,
        "position_error": sigma * rng.normal(size=(n, 3)),
        "velocity_error": 1e-3 * sigma * rng.normal(size=(n, 3)),
        "position_sigma": sigma, "velocity_sigma": 1e-3 * sigma,
        "valve_share": turning * np.maximum(rng.normal(-1, 1, (n, 24)), 0.0).clip(0, 1),
    }  # fmt: skip
    if end == "broken":
        for name in ("r_BI_I", "v_BI_I", "position_L", "port_position", "position_error"):
            history[name][-5:] = np.nan
    history = {name: values[:rows] for name, values in history.items()}
    docked = end == "docked" and rows is None
    contact = {
        "time_s": t[-1], "closing_m_s": 0.074, "lateral_rate_m_s": 0.002, "lateral_offset_m": 0.013,
        "angle_deg": 0.3, "roll_deg": -0.03, "rate_deg_s": 0.03, "inside_idss": True,
    }  # fmt: skip
    summary = {
        "scenario": "made-up", "success": docked, "plan": {"name": "3.5h", "burns": [
            {"time": 500.0, "delta_v_m_s": 48.5, "purpose": "phasing"},
            {"time": 900.0, "delta_v_m_s": 0.3, "purpose": "correction"},
            {"time": 2450.0, "delta_v_m_s": 9.2, "purpose": "homing"},
        ]}, "time_to_dock_s": t[-1] if docked else None, "delta_v_m_s": 95.4, "delta_v_to_aim_m_s": 62.5,
        "two_impulse_delta_v_m_s": 61.8, "propellant_kg": 274.0, "contact": contact if docked else None,
        "collided": False, "min_range_outside_corridor_m": 452.0, "aborts": int(end == "aborted"),
        "failure": {"reason": "a number is not finite"} if end == "broken" else None,
    }  # fmt: skip
    holds = [Hold(5e3, (5013.6, 0.0, 0.0))]
    for distance in (400.0, 200.0, 30.0):
        a, b, c = (port_L + C[0] * (distance + DOCK)).tolist()
        holds.append(Hold(distance, (a, b, c)))
    x0, y0, z0 = port_L.tolist()
    facts = PairFacts(
        name="made-up", epoch_utc="2026-09-20T05:41:44Z", port=port, stages=STAGES, aim_L=(-5e4, 0.0, 1.4e4),
        aim_time=2400.0, hold_time=3000.0, holds=tuple(holds),
        midway_L=(0.0, 0.0, 2e3) if port == "nadir" else None, port_L=(x0, y0, z0), C_DL=PORTS[port],
        half_size_m=(9.0, 18.0, 3.0), keep_out_m=200.0, corridor_deg=10.0, dock_m=DOCK,
        speeds=SpeedLimits(0.07, 0.0025, 1.0), box=Box((0.05, 0.10), 0.04, 0.10, 4.0, 4.0, 0.2),
    )  # fmt: skip
    return facts, history, summary
