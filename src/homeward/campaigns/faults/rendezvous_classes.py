"""The class of a rendezvous with a failure: nominal, degraded, aborted or lost, by its numbers."""

from typing import Any

import numpy as np

from homeward.campaigns.execution.rendezvous_batch import figures
from homeward.campaigns.faults.matrix import ABORTED, DEGRADED, LOST, NOMINAL
from homeward.earth.constants import G0
from homeward.missions.passive_safety import free_flights
from homeward.missions.rendezvous_outcome import pair_succeeded
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.sim.rendezvous.far_range_lanes import FarResult
from homeward.sim.rendezvous.proximity import CloseCarry
from homeward.world.dynamics.two_spacecraft import PairWorld

HOME = 150.0  # m/s to come home with


def ended(
    made: RendezvousPlan, world: PairWorld, far: FarResult, close: CloseCarry, failed: np.ndarray,
    count: int | np.ndarray,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Numbers that ``judge`` reads, every lane: figures, whether its ``count`` failures came, the way home.

    ``count`` is one number for all lanes, or one a lane; ``failed`` are the lanes whose far legs failed.
    """
    numbers = figures(made, far, close)
    numbers["failed"] = np.asarray(numbers["failed"]) | failed
    onset = np.asarray(close.truth.onset)
    told = np.arange(onset.shape[1]) < np.broadcast_to(np.asarray(count), (len(onset),))[:, None]
    numbers["came"] = np.all(~told | (onset <= np.asarray(close.truth.time)[:, None]), axis=1)
    t = close.truth
    numbers["free"] = free_flights(world, 0, np.asarray(t.time), t.bodies, np.asarray(t.mass))
    numbers["mass"], numbers["left"] = np.asarray(t.mass), np.asarray(t.propellant)
    return numbers


def judge(made: RendezvousPlan, n: dict[str, Any]) -> tuple[str, str]:
    """Class and reason of one flight by its numbers."""
    ship, radius = made.told.ship, made.told.station.keep_out_radius_m
    if not bool(n["came"]):
        return LOST, "not applicable: its time never came"
    if bool(n["collided"]):
        return LOST, f"hits the station at {float(n['time']):.0f} s"
    if bool(n["failed"]):
        return LOST, f"took too long or a number stopped being finite, at {float(n['failed_time']):.0f} s"
    if bool(n["captured"]):
        told = f"docked at {float(n['closing']):.2f} m/s, {1e3 * float(n['lateral']):.0f} mm off"
        if not bool(n["inside"]):
            return LOST, f"{told}: outside the port's limits"
        tries = int(n["tries"])
        if tries > 0:
            return DEGRADED, f"{told}, after {tries} retreats"
        kept = bool(pair_succeeded(made.told, {k: np.atleast_1d(v) for k, v in n.items()})[0])
        return (NOMINAL, told) if kept else (DEGRADED, f"{told}, beyond a limit on the way")
    free, left = float(n["free"]), float(n["left"])
    home = float(n["mass"]) * (1.0 - np.exp(-HOME / (ship.specific_impulse_s * G0)))
    told = f"left: {free / 1e3:.2f} km at the nearest in two revolutions, {left:.0f} kg of propellant"
    if int(n["aborts"]) > 0 and free >= radius and left >= home:
        return ABORTED, told
    return LOST, told if int(n["aborts"]) > 0 else "neither docked nor gone"
