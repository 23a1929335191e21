"""Undocking and withdrawal: flown by the program of the last legs, judged by the true world.

Springs push the ship off; it flies out along the port's axis, held there by its thrusters, stops beyond the
keep-out sphere and makes the departure burn, after which it must be safe without any thrust: the condition
that a return begins its journey from.
"""

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward.icd import channels
from homeward.icd.rendezvous_messages import PairFrame
from homeward.missions.hull_clearance import clearance_of
from homeward.missions.passive_safety import Safety, judge
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.scenario.build.rendezvous_flight import build_withdrawal
from homeward.sim.rendezvous.far_range_lanes import pick_pair
from homeward.sim.rendezvous.proximity import CloseCarry
from homeward.sim.rendezvous.proximity_lanes import fly_on
from homeward.sim.rendezvous.undocking import KICKS, undocked
from homeward.typing import Array
from homeward.world.dynamics.two_spacecraft import Bodies, PairWorld

APEX = 0.6  # m: half the corridor's width at the port, as in the approach
FREED = 2.0  # m between the ports from which on the hull's distance counts


@dataclasses.dataclass
class Withdrawals:
    """Flown withdrawals, with a lane axis: when they were let go, where they ended, telemetry if recorded."""

    start: CloseCarry
    end: CloseCarry
    frames: list[PairFrame]
    steps: list[str]


def withdraw(
    made: RendezvousPlan, world: PairWorld, close: CloseCarry, fault: float, keys: Array, record: bool,
    progress: Callable[[str, float], None] | None = None,
) -> Withdrawals:  # fmt: skip
    """Every docked lane after its time at the station, out and away; the others stand still."""
    flight, steps = build_withdrawal(made.scenario, made.told, made.close)
    told, separation = made.told.withdrawal, made.scenario.truth.separation
    kicks = jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, 2**31 - 2), (KICKS,)))(keys)
    docked = jnp.asarray(float(round(told.docked_s)))
    start = undocked(world, flight, close, docked, jnp.asarray(float(separation.undock_speed_m_s)), kicks)
    expected = told.distance_m / told.speed_m_s + told.seconds + 1500.0
    end, frames = fly_on(world, flight, fault, start, keys, record, steps, progress, expected)
    return Withdrawals(start, end, frames, steps)


def rows_of(made: RendezvousPlan, flown: Withdrawals, lane: int) -> dict[str, np.ndarray]:
    """Channels of one lane; stages are numbered on from those of the approach."""
    names = [c.name for c in channels(PairFrame)]
    rows = {n: np.concatenate([np.asarray(getattr(f, n))[lane] for f in flown.frames]) for n in names}
    keep = np.append(True, np.diff(rows["time"]) > 1e-9)
    rows = {k: v[keep] for k, v in rows.items()}
    rows["stage"] = rows["stage"] + len(made.steps)
    return rows


def withdrawal_facts(made: RendezvousPlan, world: PairWorld, flown: Withdrawals, lane: int) -> dict[str, Any]:
    """What the summary tells of one recorded lane."""
    told, keep_out = made.told, made.told.station.keep_out_radius_m
    rows = rows_of(made, flown, lane)
    t, start = flown.end.truth, flown.start.truth
    begun = float(np.asarray(start.time)[lane])
    failed = bool(np.asarray(t.failed)[lane])
    range_ = np.linalg.norm(rows["position_L"], axis=1)
    inside = np.flatnonzero(range_ < keep_out)
    left = int(inside[-1]) + 1 if len(inside) else 0
    out = left < len(range_)
    burn = np.flatnonzero(rows["stage"] == 2 + len(made.steps) + len(flown.steps) - 1)
    delta_v, mass = rows["delta_v"], rows["mass"]
    before = (float(np.asarray(start.delta_v)[lane]), float(np.asarray(start.mass)[lane]))
    safety = _after_the_burn(world, rows, lane, keep_out)
    x, side = rows["port_position"][:, 0], np.linalg.norm(rows["port_position"][:, 1:], axis=1)
    along = np.arange(len(side)) < (burn[0] if len(burn) else len(side))
    wide = side / (APEX + float(made.close.corridor) * np.maximum(x, 0.0))
    apart = x > FREED
    hull = clearance_of(made, SimpleNamespace(**{k: v[None] for k, v in rows.items()}))[0]
    nearest = float(np.asarray(t.closest)[lane])
    safe = out and safety.checked > 0 and safety.violations == 0 and nearest > keep_out
    return {
        "success": bool(
            safe
            and not failed
            and not bool(np.asarray(t.contact.collided)[lane])
            and float(wide[along].max(initial=0.0)) <= 1.0
            and float(hull[apart].min(initial=np.inf)) > 0.0
        ),
        "port": told.port,
        "undock_s": begun,
        "undock_utc": made.inserted.epoch.plus(begun).to_iso(0),
        "keep_out_exit_s": float(rows["time"][left]) - begun if out else None,
        "departure_s": float(rows["time"][burn[0]]) - begun if len(burn) else None,
        # From then on the ship is free: where a return may begin.
        "departed_utc": made.inserted.epoch.plus(float(rows["time"][_last_thrust(rows)])).to_iso(0),
        "departure_delta_v_m_s": float(delta_v[-1] - delta_v[burn[0]]) if len(burn) else 0.0,
        "delta_v_m_s": float(delta_v[-1]) - before[0],
        "propellant_kg": before[1] - float(mass[-1]),
        "corridor_share": float(wide[along].max(initial=0.0)),
        "min_clearance_m": float(hull[apart].min(initial=np.inf)),
        "min_range_outside_corridor_m": nearest,
        "plume_on_station_n_s": float(np.asarray(t.plume)[lane]),
        "keep_out_m": keep_out,
        "station_min_range_m": float(safety.least.min()) if len(safety.least) else None,
        "checked_points": safety.checked,
        "violations": safety.violations,
        "safe": bool(safe),
    }


def _last_thrust(rows: dict[str, np.ndarray]) -> int:
    """Row at the end of the last thrust."""
    thrust = np.flatnonzero(np.diff(rows["delta_v"]) > 1e-6)
    return int(thrust[-1]) + 1 if len(thrust) else 0


def _after_the_burn(world: PairWorld, rows: dict[str, np.ndarray], lane: int, keep_out: float) -> Safety:
    """Two free revolutions from every second after the last thrust."""
    after = slice(_last_thrust(rows), None)
    zero = np.zeros((len(rows["time"][after]), 3))
    leaves = [*(rows[k][after] for k in ("r_BI_I", "v_BI_I", "r_TI_I", "v_TI_I")), zero, zero]
    # Rows of bodies: put together as a tree, since ``Bodies`` itself takes one of each.
    bodies = jax.tree.unflatten(jax.tree.structure(Bodies(*[jnp.zeros(3)] * 6)), leaves)
    picked = pick_pair(world, np.array([lane]))
    return judge(
        picked, 0, rows["time"][after], bodies, rows["mass"][after], rows["delta_v"][after], keep_out
    )
