"""A made-up return for the tests of what is drawn and written: crude physics, lifelike shapes.

Sphere, exponential air, no rotation in the forces; a capsule of 3.1 t with L/D 0.3 that banks by a
fixed law, opens its parachutes at 10 km and drifts with the wind. Nothing here is a model of Homeward.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from homeward.icd import Frame, channels
from homeward.output.views.return_view import FlightFacts

RADIUS, MU, G0 = 6371e3, 3.986e14, 9.80665
TURN = 7.292115e-5  # Earth's rotation, rad/s
MASS, AREA, DRAG, LIFT, NOSE = 3100.0, 5.0, 1.3, 0.39, 2.7
EPOCH = "2023-06-03T17:00:00Z"


def _entry(speed: float, angle: float, step: float, chute: bool) -> dict[str, Any]:
    """From 120 km to the ground in a plane of its own: downrange x, cross-range y, in metres."""
    v, g, h, psi = speed, angle, 120e3, 0.0
    x = y = t = bank = load_sum = 0.0
    sign, since_open, stage = 1.0, -1.0, 0
    rows: list[tuple[float, ...]] = []
    reversals = [(5900.0, -1.0), (3900.0, 1.0), (1900.0, -1.0)]
    while h > 1000.0 and t < 1800.0:
        rho = 1.225 * np.exp(-h / 7200.0) * (1.0 + 0.08 * np.sin(h / 6000.0))
        for below, to in reversals:
            if v < below:
                sign = to
        command = np.clip(np.interp(v, [500.0, 2000.0, 7600.0], [0.35, 0.8, 0.8]), 0, 2) * sign
        if h > 95e3:
            command = 0.0
        bank += np.clip(command - bank, -0.26 * step, 0.26 * step)
        area = DRAG * AREA
        if chute and h < 10e3 and stage == 0:
            since_open, stage = 0.0, 1
        if stage:
            since_open += step
            stage = 1 + (since_open > 16.0) + (since_open > 24.0)
            area = [26.0, 26.0, 140.0, 1000.0][stage]
            if stage == 3 and h < 1004.0:
                stage = 5
        q = 0.5 * rho * v * v
        drag, lift = q * area / MASS, (0.0 if stage else q * LIFT * AREA / MASS)
        load = np.hypot(drag, lift) / G0
        heat = 1.7415e-4 * np.sqrt(rho / NOSE) * v**3
        load_sum += heat * step
        wind_e = 4.0 + 14.0 * min(h, 11e3) / 11e3
        wind_n = -2.0 + 4.0 * np.sin(h / 2500.0)
        rows.append(
            (t, x, y, h, v, g, psi, rho, q, load, heat, load_sum, command, bank, wind_n, wind_e, stage)
        )
        r = RADIUS + h
        gravity = MU / r**2
        if stage:
            terminal = np.sqrt(2.0 * MASS * gravity / (rho * area))
            v += (terminal - v) * min(1.0, step / 4.0)
            g += (-np.pi / 2 - g) * min(1.0, step / 8.0)
            if stage == 5:
                v = 2.2
        else:
            v += step * (-drag - gravity * np.sin(g))
            g += step * (lift * np.cos(bank) / v - (gravity - v * v / r) * np.cos(g) / v)
            psi += step * lift * np.sin(bank) / (v * max(np.cos(g), 0.05))
        along = v * np.cos(g)
        drift = stage > 0
        x += step * (along * np.cos(psi) + (wind_e if drift else 0.0))
        y += step * (along * np.sin(psi) - (wind_n if drift else 0.0))
        h += step * v * np.sin(g)
        t += step
        if not chute and h < 9000.0:
            break
    names = "t x y h v g psi rho q load heat heat_sum command bank wn we stage"
    return dict(zip(names.split(" "), np.array(rows).T, strict=True))


def _great_circle(
    latitude: float, longitude: float, heading: float, s: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Latitude, longitude, heading at ``s`` metres along a great circle, ``y`` metres right of it."""
    up = np.array(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )
    north = np.array(
        [-np.sin(latitude) * np.cos(longitude), -np.sin(latitude) * np.sin(longitude), np.cos(latitude)]
    )
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    ahead = np.cos(heading) * north + np.sin(heading) * east
    right = np.cross(ahead, up)
    a, b = (s / RADIUS)[:, None], (y / RADIUS)[:, None]
    n = (np.cos(a) * up + np.sin(a) * ahead) * np.cos(b) + right * np.sin(b)
    n /= np.linalg.norm(n, axis=1)[:, None]
    lat, lon = np.arcsin(n[:, 2]), np.arctan2(n[:, 1], n[:, 0])
    way = -np.sin(a) * up + np.cos(a) * ahead
    e = np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], axis=1)
    nn = np.cross(n, e)
    return lat, lon, np.mod(np.arctan2((way * e).sum(1), (way * nn).sum(1)), 2 * np.pi)


def synthetic_flight(
    *,
    orbit: bool = True,
    chute: bool = True,
    site: tuple[float, float] = (41.6, 100.1),
    heading: float = np.radians(88.0),
    speed: float = 7620.0,
    angle: float = -0.026,
    stop_at_interface: bool = False,
) -> tuple[FlightFacts, dict[str, np.ndarray], list[dict[str, Any]], dict[str, Any]]:
    """Facts, history, legs and summary of a return that ends near ``site`` (degrees)."""
    noise = np.random.default_rng(7)
    e = _entry(speed, angle, 0.25, chute)
    keep = np.unique(np.r_[np.arange(0, len(e["t"]), 4), len(e["t"]) - 1])
    opening = int(np.argmax(e["h"] < 10e3)) if chute else len(e["t"]) - 1
    x0, y0 = e["x"][opening] + 350.0, e["y"][opening] - 420.0  # the aim lies beside where it opens
    e = {k: v[keep] for k, v in e.items()}
    coast = np.arange(-23400.0, 0.0, 20.0) if orbit else np.zeros(0)
    if stop_at_interface:
        e = {k: v[:1] for k, v in e.items()}
    n = len(coast)
    t0 = 23400.0 if orbit else 0.0
    time = np.concatenate([coast, e["t"]]) + t0
    burn_end = -2500.0
    high = 120e3 + 270e3 * np.clip((coast / burn_end), 0, 1) ** 1.5 if n else coast
    s = np.concatenate([coast * 7600.0, e["x"]]) - x0
    y = np.concatenate([np.zeros(n), e["y"]]) - y0
    lat, lon_inertial, psi = _great_circle(np.radians(site[0]), np.radians(site[1]), heading, s, y)
    t_open = time[min(len(time) - 1, n + opening // 4)]
    lon = (
        np.mod(lon_inertial - TURN * (time - t_open) * (np.arange(len(time)) < n) + np.pi, 2 * np.pi) - np.pi
    )

    def join(before: float | np.ndarray, after: np.ndarray) -> np.ndarray:
        return np.concatenate([np.broadcast_to(np.asarray(before, float), (n,)), after])

    h = join(high, e["h"])
    r = RADIUS + h
    theta = lon + TURN * time
    position = np.stack(
        [r * np.cos(lat) * np.cos(theta), r * np.cos(lat) * np.sin(theta), r * np.sin(lat)], axis=1
    )
    velocity = np.gradient(position, time, axis=0) if len(time) > 1 else np.zeros_like(position)
    v = join(7450.0, e["v"])
    rho = join(1e-9, e["rho"])
    blackout = (h < 92e3) & (h > 42e3) & (v > 2500.0)
    grow = np.cumsum(blackout * np.gradient(time) if len(time) > 1 else blackout * 0.0)
    wander = np.cumsum(noise.normal(size=(len(time), 3)), axis=0) * 0.25
    position_error = wander + grow[:, None] ** 1.4 * np.array([0.02, -0.035, 0.015]) * ~(h < 42e3)[:, None]
    in_air = (h < 85e3)[:, None]
    stage = join(0.0, e["stage"]).astype(np.int32)
    guided = (h < 118e3) & (stage == 0)
    named: list[tuple[str, float, float]] = []
    if orbit:
        named += [("undock", -23400.0, -23100.0), ("coast to burn", -23100.0, -2700.0)]
        named += [("deorbit burn", -2700.0, -2500.0), ("coast to entry", -2500.0, 0.0)]
    end = float(time[-1])
    opened = float(time[n + np.argmax(e["stage"] > 0)]) if (e["stage"] > 0).any() else None
    named.append(("entry", 0.0, (end if opened is None else opened) - t0))
    if opened is not None:
        named.append(("descent", opened - t0, end - t0))
    legs = [{"name": a, "start": b + t0, "end": c + t0} for a, b, c in named]
    to_go = np.hypot(s, y)
    history = {
        "time": time, "leg": np.searchsorted([leg["end"] for leg in legs], time).clip(0, len(legs) - 1),
        "r_BI_I": position, "v_BI_I": velocity, "latitude": lat, "longitude": lon, "altitude": h,
        "speed": v, "inertial_speed": v + 380.0, "flight_path_angle": join(0.0, e["g"]), "heading": psi,
        "vertical_speed": join(0.0, e["v"] * np.sin(e["g"])),
        "mass": join(8000.0, np.full(len(e["t"]), MASS)),
        "density": rho, "mach": v / 300.0, "dynamic_pressure": join(0.0, e["q"]),
        "load_factor": join(0.0, e["load"]), "heat_rate": join(0.0, e["heat"]),
        "heat_load": join(0.0, e["heat_sum"]), "bank_command": join(0.0, e["command"]),
        "bank": join(0.0, e["bank"]), "wind_north": join(0.0, e["wn"]), "wind_east": join(0.0, e["we"]),
        "range_to_go": to_go, "navigation_position_error": position_error,
        "navigation_velocity_error": position_error * 2e-3 + noise.normal(size=(len(time), 3)) * 0.01,
        "blackout": blackout, "drag_factor": 1.0 + 0.07 * in_air[:, 0] * (1 - np.exp(-grow / 60.0)),
        "lift_factor": 1.0 - 0.05 * in_air[:, 0] * (1 - np.exp(-grow / 90.0)),
        "predicted_miss": np.where(guided, 400.0 + 9000.0 * np.exp(-(time - t0).clip(0) / 90.0), np.nan),
        "guidance_constraint": np.where(guided & (join(0.0, e["load"]) > 3.0), 5, 0),
        "lift_turn": 0.02 * in_air[:, 0] * (1 - np.exp(-grow / 20.0)),
        "wind_departure_north": 1.5 * in_air[:, 0], "wind_departure_east": -2.0 * in_air[:, 0],
        "parachute_stage": stage,
    }  # fmt: skip
    assert set(history) == {c.name for c in channels(Frame)}
    landed = chute and not stop_at_interface
    utc = datetime.datetime.fromisoformat(EPOCH) + datetime.timedelta(seconds=end)
    aim = (site[0] - 0.008, site[1] - 0.03)
    summary: dict[str, Any] = {
        "scenario": "synthetic", "seed": 0, "guidance": "predictive", "fidelity": "point-mass",
        "success": landed, "legs": legs,
        "deorbit": {"burn_start_utc": "2023-06-03T22:45:00Z", "delta_v_m_s": 105.2, "propellant_kg": 280.0}
        if orbit else None,
        "entry": None if stop_at_interface else {
            "flight_path_angle_deg": float(np.degrees(angle)), "speed_m_s": speed,
            "peak_load_g": float(np.max(e["load"][e["stage"] == 0])),
            "peak_heat_rate_w_m2": float(np.max(e["heat"])),
            "heat_load_j_m2": float(e["heat_sum"][-1]), "bank_reversals": 3,
        },
        "parachute": {
            "open_altitude_m": 10000.0, "open_miss_km": 0.55,
            "aim_latitude_deg": aim[0], "aim_longitude_deg": aim[1],
        } if landed else None,
        "touchdown": {
            "latitude_deg": float(np.degrees(lat[-1])), "longitude_deg": float(np.degrees(lon[-1])),
            "miss_km": float(to_go[-1]) / 1e3, "vertical_speed_m_s": 2.2, "time_utc": utc.isoformat(),
        } if landed else None,
        "navigation": {"position_error_at_parachute_m": 12.0}, "propellant_kg": 280.0,
    }  # fmt: skip
    facts = FlightFacts(
        name="synthetic", epoch_utc=EPOCH, site_name="Dongfeng", site_latitude_deg=site[0],
        site_longitude_deg=site[1], aim_latitude_deg=aim[0], aim_longitude_deg=aim[1], load_limit_g=5.0,
        heat_rate_limit_w_m2=1.6e6, dynamic_pressure_limit_pa=40e3, interface_altitude_m=120e3,
        opening_altitude_m=10e3, mass_kg=MASS, area_m2=AREA, drag_coefficient=DRAG, lift_coefficient=LIFT,
        nose_radius_m=NOSE,
    )  # fmt: skip
    return facts, history, legs, summary
