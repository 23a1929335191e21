"""What a rendezvous is told by: figures for machines, the same that people read."""

from typing import Any

import jax
import numpy as np

from homeward.earth.time import Epoch
from homeward.missions.failure_text import BROKEN
from homeward.missions.passive_safety import Safety, free_flights
from homeward.missions.rendezvous_history import PairHistory
from homeward.missions.rendezvous_outcome import judged
from homeward.planning.rendezvous_plan import RendezvousPlan, bound_of
from homeward.sim.rendezvous.contact import inside_box
from homeward.sim.rendezvous.far_range import FarCarry
from homeward.sim.rendezvous.proximity import MOST_WAIT, CloseCarry
from homeward.world.dynamics.point_mass import FASTEST
from homeward.world.dynamics.two_spacecraft import PairWorld


def contact_of(close: CloseCarry, lane: int) -> dict[str, Any] | None:
    """The last contact of a lane; None where the ports never met."""
    c = close.truth.contact
    if int(np.asarray(c.count)[lane]) == 0:
        return None
    import jax.numpy as jnp

    one = jax.tree.map(lambda x: jnp.asarray(np.asarray(x)[lane]), c)
    return {
        "time_s": float(one.time),
        "closing_m_s": float(one.closing),
        "lateral_rate_m_s": float(one.lateral_rate),
        "lateral_offset_m": float(np.linalg.norm(one.lateral_offset)),
        "angle_deg": float(np.degrees(one.angle)),
        "roll_deg": float(np.degrees(one.roll)),
        "rate_deg_s": float(np.degrees(max(abs(float(one.rate)), abs(float(one.roll_rate))))),
        "inside_idss": bool(inside_box(one)),
    }


def summarise(
    plan: RendezvousPlan,
    far: FarCarry,
    aim_delta_v: float,
    close: CloseCarry,
    history: PairHistory,
    safety: Safety,
    lane: int,
) -> dict[str, Any]:
    """The summary of one lane; ``aim_delta_v`` [m/s] is what it had spent at the aim point."""
    t = close.truth
    contact = contact_of(close, lane)
    captured = bool(np.asarray(t.contact.captured)[lane])
    collided = bool(np.asarray(t.contact.collided)[lane])
    failed = bool(np.asarray(t.failed)[lane])
    bound = _bound(plan, history)
    switched = int(np.asarray(far.flight.switches)[lane])
    state = close.flight
    adrift = bool(np.asarray(far.flight.aborted)[lane])
    summary = {
        "scenario": plan.scenario.name,
        "success": False,
        "outcome": "",
        "port": plan.told.port,
        "plan": {
            "name": plan.name,
            "flown": plan.plans[int(np.asarray(far.flight.choice)[lane])],
            "burns": history.burns(),
        },
        "launch_utc": Epoch.from_iso(plan.told.launch.time_utc).to_iso(0),
        "insertion_utc": plan.inserted.epoch.to_iso(0),
        "phase_deg": float(np.degrees(plan.inserted.phase)),
        "plane_error_deg": float(np.degrees(plan.inserted.plane)),
        "time_to_dock_s": float(np.asarray(t.contact.time)[lane]) if captured else None,
        "delta_v_m_s": float(np.asarray(t.delta_v)[lane]),
        "delta_v_to_aim_m_s": aim_delta_v,
        "two_impulse_delta_v_m_s": bound,
        "delta_v_lower_bound_m_s": bound,  # the name before; until 0.3
        "propellant_kg": float(plan.told.ship.propellant_kg - np.asarray(t.propellant)[lane]),
        "contact": contact,
        "collided": collided,
        "min_range_outside_corridor_m": float(np.asarray(t.closest)[lane]),
        "passive_safety": safety.told(),
        "switches": switched,
        "aborts": int(np.asarray(state.aborts)[lane]) + int(adrift),
        "approaches": int(np.asarray(state.tries)[lane]) + int(np.asarray(state.ordered)[lane]) + 1,
        "retreats": int(np.asarray(state.retreats)[lane]),
        "contacts": int(np.asarray(t.contact.count)[lane]),
        "waited_for_go_s": float(np.asarray(state.waited)[lane]),
        "held": _held(history, float(np.asarray(state.waiting)[lane])),
        "plume_on_station_n_s": float(np.asarray(t.plume)[lane]),
        "failure": _failure(history, float(np.asarray(t.failed_time)[lane])) if failed else None,
    }
    return judged(plan.told, summary)


def _held(history: PairHistory, waiting: float) -> dict[str, Any] | None:
    """Where a flight ended that waited for GO in vain, and what keeping the place took."""
    if waiting < MOST_WAIT:
        return None
    rows = history.rows
    there = rows["time"] >= rows["time"][-1] - waiting
    first = int(np.flatnonzero(there)[0])
    return {
        "at": history.stages[int(rows["stage"][-1])],
        "waited_s": waiting,
        "delta_v_m_s": float(rows["delta_v"][-1] - rows["delta_v"][first]),
        "propellant_kg": float(rows["mass"][first] - rows["mass"][-1]),
    }


def abort_of(
    history: PairHistory, world: PairWorld, far: FarCarry, close: CloseCarry, lane: int
) -> dict[str, Any] | None:
    """How a flight left the station alone, None if it did not: when, from which leg, by an evasion or adrift,
    and its least distance in the two free revolutions from where it was followed no more."""
    t = close.truth
    adrift = bool(np.asarray(far.flight.aborted)[lane])
    if not adrift and int(np.asarray(close.flight.aborts)[lane]) == 0:
        return None
    time = float(np.asarray(t.time if adrift else close.flight.away_since)[lane])
    rows = history.rows
    row = max(int(np.searchsorted(rows["time"], time - 0.5)) - 1, 0)
    pick = np.array([lane])
    bodies = jax.tree.map(lambda x: np.asarray(x)[pick], t.bodies)
    least = free_flights(world, lane, np.asarray(t.time)[pick], bodies, np.asarray(t.mass)[pick])
    return {
        "time_s": time,
        "leg": history.stages[int(rows["stage"][row])],
        "way": "adrift" if adrift else "evasion",
        "free_min_range_m": float(least[0]),
    }


def _failure(history: PairHistory, time: float) -> dict[str, Any]:
    """Where and why a flight failed, ``time`` [s] being when."""
    rows = history.rows
    row = max(int(np.searchsorted(rows["time"], time + 1e-6)) - 1, 0)
    speed = float(np.linalg.norm(rows["v_BI_I"][-1]))
    finite = bool(np.isfinite(rows["r_BI_I"][-1]).all()) and speed < FASTEST
    return {
        "leg": history.stages[min(int(rows["stage"][row]), len(history.stages) - 1)],
        "time_s": time,
        "not_finite": not finite,
        "reason": "took too long" if finite else BROKEN,
    }


def _bound(plan: RendezvousPlan, history: PairHistory) -> float:
    """The bound from the true state at the insertion: a second later, before any burn, on the same orbits."""
    import jax.numpy as jnp

    b = history.far.bodies
    ship = (jnp.asarray(b.r_BI_I[0]), jnp.asarray(b.v_BI_I[0]))
    station = (jnp.asarray(b.r_TI_I[0]), jnp.asarray(b.v_TI_I[0]))
    return bound_of(ship, station, plan.far.aim)
