"""The fast record of a made-up ship that turns, to stand beside the made-up return: lifelike shapes only."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from synthetic_flight import synthetic_flight

from homeward.icd import Accuracy, BodyFrame, channels
from homeward.output import FlightView

THRUSTERS, TICK = 12, 0.1
TRIM = np.radians(160.0)


def synthetic_body(**kind: Any) -> FlightView:
    """``synthetic_flight`` as of a ship that turns: accuracy of a filter, goals, a fast record."""
    facts, history, legs, summary = synthetic_flight(**kind)
    noise = np.random.default_rng(11)
    legs = [dict(leg) for leg in legs]
    burn = next((leg["start"] for leg in legs if leg["name"] == "deorbit burn"), None)
    entry = next(leg["start"] for leg in legs if leg["name"] == "entry")
    if burn is not None:
        before = next(leg for leg in legs if leg["name"] == "coast to entry")
        parted = entry - 90.0
        legs.insert(legs.index(before) + 1, before | {"name": "coast to interface", "start": parted})
        before |= {"name": "coast to separation", "end": parted}
    rows, slow = len(history["time"]), history["time"]
    dark = np.cumsum(history["blackout"]) * history["blackout"]
    sigma = 3.0 + 0.1 * dark[:, None] * np.ones(3)
    flying = slow >= (entry if burn is None else burn - 300.0)
    blank = np.where(flying, 1.0, np.nan)[:, None]
    history = dict(history) | {
        "position_sigma": sigma * blank, "velocity_sigma": 0.02 * sigma * blank,
        "attitude_sigma": np.full((rows, 3), 1e-4) * blank,
    }  # fmt: skip
    assert {c.name for c in channels(Accuracy)} <= set(history)

    t = np.arange(entry if burn is None else burn - 300.0, float(slow[-1]) + 0.5 * TICK, TICK)
    t = t if t.size else slow[-1:]
    if burn is not None:  # a departure burn long before
        t = np.concatenate([legs[0]["end"] + np.arange(30) * TICK, t])
    n = len(t)
    at = {c: np.interp(t, slow, history[c]) for c in ("load_factor", "bank", "bank_command", "altitude")}
    swing = np.exp(-np.maximum(t - entry, 0.0) / 60.0) * np.sin(0.8 * t)
    stage = np.interp(t, slow, history["parachute_stage"])
    attack = np.where(stage > 0, np.pi - 0.02 * np.abs(swing), TRIM + np.radians(2.0) * swing)
    share = np.where(noise.random((n, THRUSTERS)) < 0.06, noise.uniform(0.2, 1.0, (n, THRUSTERS)), 0.0)
    share[at["altitude"] < 9e3] = 0.0
    lit = np.zeros(n) if burn is None else ((t >= burn) & (t < burn + 200.0)).astype(float)
    wander = np.radians(0.8) * np.stack([np.sin(0.3 * t), np.cos(0.23 * t), np.sin(0.11 * t)], axis=1)
    body = {
        "time": t, "q_BI": np.column_stack([np.ones(n), 0.5 * wander]),
        "omega_BI_B": wander * np.array([3.0, 1.0, 1.0]), "angle_of_attack": attack,
        "sideslip": np.radians(1.0) * swing, "bank": at["bank"], "bank_command": at["bank_command"],
        "load_factor": at["load_factor"], "attitude_error": noise.normal(size=(n, 3)) * 1e-4,
        "valve_share": share, "engine_share": lit,
        "thruster_propellant": 60.0 - np.cumsum(share.sum(axis=1)) * 0.002,
    }  # fmt: skip
    body["q_BI"] /= np.linalg.norm(body["q_BI"], axis=1)[:, None]
    assert set(body) == {c.name for c in channels(BodyFrame)}
    facts = dataclasses.replace(
        facts, trim=np.array([[0.5, 5.0, 30.0], [TRIM, TRIM, TRIM]]),
        thrust_I=None if burn is None else np.array([1.0, 0.0, 0.0]),
    )  # fmt: skip
    summary = dict(summary) | {
        "fidelity": "six-dof",
        "attitude": {
            "trim_angle_deg": 160.0, "angle_of_attack_error_deg_max": 1.9,
            "bank_error_deg_max_outside_reversals": 1.4, "bank_settling_s": 15.0,
            "entry_thruster_propellant_kg": 11.0, "stack_thruster_propellant_kg": 8.0, "tumbled": False,
            "hang_angle_deg": 1.2, "firings": 1234,
        },
    }  # fmt: skip
    return FlightView(facts, history, legs, summary, body)
