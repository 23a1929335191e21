"""Messages of an entry from orbit, as a law would get them: what the contract test feeds to it."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import MU_EGM96, OMEGA_WGS84, WGS84_A
from homeward.icd import EntryTarget, Measurements, Navigation

SITE = np.radians([41.6, 100.1])
CYCLES = 500
PARTS = 4  # steps a cycle


def default_target() -> EntryTarget:
    """An aim point 10 km above Dongfeng."""
    latitude, longitude = SITE
    up = [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    return EntryTarget(jnp.asarray((6369e3 + 10e3) * np.array(up)), jnp.asarray(10e3))


@cache
def _profile() -> np.ndarray:
    """Altitude [m], speed [m/s], path angle [rad], range flown [m], drag and lift [m/s2], a row a second.

    A capsule of L/D 0.3 at a bank of 60 deg over a sphere with exponential air, held at 10 km when there.
    """
    step = 1.0 / PARTS
    h, v, gamma, s = 120e3, 7500.0, np.radians(-1.6), 0.0
    rows = []
    for k in range(CYCLES * PARTS):
        drag = 0.5 * 1.225 * np.exp(-h / 7200.0) * v * v / 500.0
        if k % PARTS == 0:
            rows.append((h, v, gamma, s, drag, 0.3 * drag))
        if h <= 10e3:
            continue
        r = WGS84_A + h
        g = MU_EGM96 / r**2
        turn = 0.15 * drag / v + (v / r - g / v) * np.cos(gamma)
        s += step * v * np.cos(gamma) * WGS84_A / r
        h += step * v * np.sin(gamma)
        v -= step * (drag + g * np.sin(gamma))
        gamma = max(gamma + step * turn, -1.55)
    return np.array(rows)


def _path(target: EntryTarget) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Earth-fixed position, velocity and sensed force of each sample, coming in along a great circle."""
    height, speed, gamma, flown, drag, lift = _profile().T
    aim = np.asarray(target.aim_E, float)
    ground = float(np.linalg.norm(aim)) - float(target.altitude)
    up = aim / np.linalg.norm(aim)
    east = np.cross([0.0, 0.0, 1.0], up)
    if np.linalg.norm(east) < 1e-6:  # a target above a pole
        east = np.array([0.0, 1.0, 0.0])
    forward = east / np.linalg.norm(east)
    # It ends two kilometres beside and one short: no miss is exactly zero.
    away = (flown - flown[-1] - 1e3) / ground
    beside = np.cross(up, forward) * 2e3 / ground
    here = np.cos(away)[:, None] * up + np.sin(away)[:, None] * forward + beside
    here /= np.linalg.norm(here, axis=1, keepdims=True)
    along = -np.sin(away)[:, None] * up + np.cos(away)[:, None] * forward
    velocity = np.cos(gamma)[:, None] * along + np.sin(gamma)[:, None] * here
    side = np.cross(along, here)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    lift_up = np.cross(side, velocity)
    force = -drag[:, None] * velocity + lift[:, None] * (0.5 * lift_up + np.sqrt(0.75) * side)
    return (ground + height)[:, None] * here, speed[:, None] * velocity, force


def sample_navigation(target: EntryTarget) -> Navigation:
    """What navigation would believe, once a second from 120 km to 10 km; first axis time."""
    r, v, force = _path(target)
    height, speed = _profile()[:, 0], _profile()[:, 1]
    bank = np.full(CYCLES, np.radians(60.0))
    blackout = (height > 40e3) & (height < 90e3) & (speed > 3000.0)
    return _stack(Navigation, np.arange(float(CYCLES)), r, v, force, bank, blackout)


def sample_measurements() -> Measurements:
    """What the sensors would tell on the same path, and a last row in low orbit; first axis time."""
    r, v, force = _path(default_target())
    height, speed = _profile()[:, 0], _profile()[:, 1]
    spin = np.array([0.0, 0.0, OMEGA_WGS84])
    orbit = WGS84_A + 390e3
    rows = CYCLES + 1
    hidden = np.append((height > 40e3) & (height < 90e3) & (speed > 3000.0), False)
    return _stack(
        Measurements,
        np.arange(float(rows)),
        ~hidden,
        np.concatenate([r, [[orbit, 0.0, 0.0]]]),
        np.concatenate([v + np.cross(spin, r), [[0.0, np.sqrt(MU_EGM96 / orbit), 100.0]]]),
        np.concatenate([force, np.zeros((1, 3))]),
        np.full(rows, np.radians(60.0)),
        np.append(height - 1000.0, 390e3),
        np.full(rows, 500.0),
    )


def _stack(message: type, *columns: np.ndarray) -> Any:
    """One message a row, as the loop sees them one by one."""
    return jax.vmap(message)(*(jnp.asarray(c) for c in columns))


__all__ = ["default_target", "sample_measurements", "sample_navigation"]
