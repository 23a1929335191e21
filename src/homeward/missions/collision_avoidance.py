"""Leaving from anywhere: a thruster fails on the way in, is noticed, and the ship turns away.

From the second hold point inward every distance is tried with every thruster out. The failure comes when the
nominal flight is there; the manoeuvre begins when it has been noticed.
"""

import dataclasses

import equinox as eqx
import jax
import numpy as np

from homeward.dispersion.rendezvous import disperse_pair
from homeward.flight.rendezvous.proximity_executive import Orders
from homeward.missions.hull_clearance import clearance_of
from homeward.missions.passive_safety import free_flights
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.scenario.build.rendezvous_flight import NOTICED
from homeward.sim.rendezvous.far_range_lanes import fly_far, pick_pair
from homeward.sim.rendezvous.proximity_lanes import fly_close


@dataclasses.dataclass
class Evasions:
    """Row by row: where it began [m] and which thruster is out (-1: none).

    ``flown`` is the least distance [m] from the station's centre of mass until the ship is followed no more,
    ``clearance`` that of the hull from the station's outline, ``free`` the least distance of two free
    revolutions after that. ``left``: it did leave.
    """

    distance: np.ndarray
    thruster: np.ndarray
    flown: np.ndarray
    clearance: np.ndarray
    free: np.ndarray
    left: np.ndarray


def evasions(
    made: RendezvousPlan, distances: list[float], seed: int = 0, thrusters: list[int] | None = None
) -> Evasions:
    """Fly every distance [m, port to port] with every thruster out."""
    picks = np.array([0])
    world, carry = disperse_pair(made, seed, picks, False)
    keys = pair_keys(seed, picks)
    until = float(np.max(np.asarray(made.far.arrivals))) + float(made.far.homing_time)
    far, _ = fly_far(world, made.far, carry, keys, False, until)
    _, frames = fly_close(world, made.close, 1e12, far, keys, True, made.steps)
    time = np.concatenate([np.asarray(f.time)[0] for f in frames])
    x = np.concatenate([np.asarray(f.port_position)[0, :, 0] for f in frames])
    stage = np.concatenate([np.asarray(f.stage)[0] for f in frames])
    count = len(np.asarray(made.world.hull.thrusters.thrust))
    out = list(range(-1, count)) if thrusters is None else thrusters
    rows = [(d, k) for d in distances for k in out]
    when = np.array([_passing(time, x, stage, d) for d, _ in rows])
    n = len(rows)
    lanes = np.zeros(n, int)
    wide = pick_pair(world, lanes)
    share = np.array(wide.hull.thrusters.share)
    for row, (_, k) in enumerate(rows):
        if k >= 0:
            share[row, k] = 0.0
    wide = eqx.tree_at(lambda w: w.hull.thrusters.share, wide, share)
    many = jax.tree.map(lambda v: np.asarray(v)[lanes], far)
    orders = jax.vmap(lambda *x: Orders(*x))(
        np.zeros(n), when + NOTICED, np.zeros(n), np.array([k + 1 for _, k in rows]), when + NOTICED
    )
    close, frames = fly_close(wide, made.close, when, many, keys[lanes], True, made.steps, orders=orders)
    told = jax.tree.map(lambda *v: np.concatenate(v, axis=1), *frames)
    after = told.time >= when[:, None]
    between = told.r_BI_I - told.r_TI_I
    flown = np.where(after, np.linalg.norm(between, axis=2), np.inf).min(axis=1)
    clear = np.where(after, clearance_of(made, told), np.inf).min(axis=1)
    t = close.truth
    free = free_flights(
        pick_pair(world, np.zeros(1, int)), 0, np.asarray(t.time), t.bodies, np.asarray(t.mass)
    )
    distance, thruster = (np.array(v) for v in zip(*rows, strict=True))
    return Evasions(distance, thruster, flown, clear, free, np.asarray(close.flight.aborts) > 0)


def _passing(time: np.ndarray, x: np.ndarray, stage: np.ndarray, distance: float) -> float:
    """When the nominal flight first comes nearer than a distance, from the second hold on."""
    near = np.flatnonzero((stage >= 4) & (x <= distance))
    return float(time[near[0]])
