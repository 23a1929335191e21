"""What a rendezvous is told by: figures for machines, the same that people read."""

from typing import Any

import numpy as np

from homeward.campaign.pair_history import PairHistory
from homeward.campaign.passive_safety import Safety
from homeward.scenario.rendezvous_plan import RendezvousPlan, bound_of
from homeward.sim.close import CloseCarry
from homeward.sim.docking import inside_box
from homeward.sim.pair_lanes import FarResult


def contact_of(close: CloseCarry, lane: int) -> dict[str, Any] | None:
    """The last contact of a lane; None where the ports never met."""
    c = close.truth.contact
    if int(np.asarray(c.count)[lane]) == 0:
        return None
    import jax
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
    plan: RendezvousPlan, far: FarResult, close: CloseCarry, history: PairHistory, safety: Safety, lane: int
) -> dict[str, Any]:
    """The summary of one lane."""
    t = close.truth
    contact = contact_of(close, lane)
    captured = bool(np.asarray(t.contact.captured)[lane])
    collided = bool(np.asarray(t.contact.collided)[lane])
    failed = bool(np.asarray(t.failed)[lane])
    rows = history.rows
    bound = _bound(plan, history)
    aim = float(far.aim_delta_v[lane])
    last = history.stages[min(int(rows["stage"][-1]), len(history.stages) - 1)]
    return {
        "scenario": plan.scenario.name,
        "success": captured and not failed,
        "port": plan.told.port,
        "plan": {"name": plan.name, "burns": history.burns()},
        "launch_utc": plan.told.launch.time_utc,
        "insertion_utc": plan.inserted.epoch.to_iso(0),
        "phase_deg": float(np.degrees(plan.inserted.phase)),
        "plane_error_deg": float(np.degrees(plan.inserted.plane)),
        "time_to_dock_s": float(np.asarray(t.contact.time)[lane]) if captured else None,
        "delta_v_m_s": float(np.asarray(t.delta_v)[lane]),
        "delta_v_to_aim_m_s": aim,
        "delta_v_lower_bound_m_s": bound,
        "propellant_kg": float(plan.told.ship.propellant_kg - np.asarray(t.propellant)[lane]),
        "contact": contact,
        "collided": collided,
        "min_range_outside_corridor_m": float(np.asarray(t.closest)[lane]),
        "passive_safety": safety.told(),
        "switches": _switches(far, plan, lane),
        "aborts": int(np.asarray(close.flight.aborts)[lane]),
        "approaches": int(np.asarray(close.flight.tries)[lane]) + 1,
        "plume_on_station_n_s": float(np.asarray(t.plume)[lane]),
        "failure": None
        if not failed
        else {
            "leg": last,
            "time_s": float(np.asarray(t.failed_time)[lane]),
            "not_finite": not bool(np.isfinite(rows["r_BI_I"][-1]).all()),
            "reason": "took too long" if np.isfinite(rows["r_BI_I"][-1]).all() else "a number is not finite",
        },
    }


def _bound(plan: RendezvousPlan, history: PairHistory) -> float:
    """The bound from the true state at the insertion: the first recorded second flown back is that state."""
    import jax.numpy as jnp

    b = history.far.bodies
    ship = (jnp.asarray(b.r_BI_I[0]), jnp.asarray(b.v_BI_I[0]))
    station = (jnp.asarray(b.r_TI_I[0]), jnp.asarray(b.v_TI_I[0]))
    return float(bound_of(ship, station, plan.far.aim))


def _switches(far: FarResult, plan: RendezvousPlan, lane: int) -> int:
    arrivals = np.asarray(plan.far.arrivals)
    aimed = {round(float(np.asarray(p.arrival)[lane]), 3) for _, wanting, p in far.plans if wanting[lane]}
    return int(arrivals[1] > arrivals[0] and round(float(arrivals[1]), 3) in aimed)
