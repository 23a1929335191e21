"""Landing opportunities as people read them: dates, local time, kilometres."""

from typing import Any

from homeward.earth.time import Epoch
from homeward.planning.deorbit_planner import Opportunity
from homeward.planning.return_plan import list_opportunities
from homeward.scenario.schema.scenario import Scenario


def opportunities(scenario: Scenario, days: float | None = None) -> list[dict[str, Any]]:
    """Every landing opportunity of the next days, feasible or not, in order of time.

    ``days`` defaults to the scenario's own. Cross-range is that of the entry plane; ``side`` tells where the
    site lies of it. ``local_time`` is mean solar time at the site. Raises ``Infeasible`` for a scenario that
    starts at the entry interface.
    """
    epoch, found = list_opportunities(scenario, days)
    return [_told(item, epoch, scenario.site.longitude_deg) for item in found]


def local_time(epoch: Epoch, t: float, longitude_deg: float) -> str:
    """Mean solar time ``HH:MM`` at a longitude, ``t`` [s] after the epoch."""
    return epoch.plus(t + 240.0 * longitude_deg).to_iso(0)[11:16]


def _told(item: Opportunity, epoch: Epoch, longitude_deg: float) -> dict[str, Any]:
    return {
        "index": item.index,
        "revolution": item.revolution,
        "time_utc": epoch.plus(item.time).to_iso(0),
        "local_time": local_time(epoch, item.time, longitude_deg),
        "cross_range_km": abs(item.cross_range) / 1e3,
        "side": "right" if item.cross_range > 0.0 else "left",
        "direction": item.direction,
        "undock_utc": epoch.plus(item.undock).to_iso(0),
        "burn_utc": epoch.plus(item.burn).to_iso(0),
        "delta_v_m_s": item.delta_v,
        "feasible": item.feasible,
        "why_not": item.why_not,
    }
