"""The ground that the capsule of a campaign can reach, for the map of its report."""

import numpy as np
from scipy.spatial import ConvexHull

from homeward.campaigns.analysis.footprint import reachable
from homeward.campaigns.execution.campaign import scenario_of
from homeward.campaigns.store.records import Records
from homeward.campaigns.store.store import Store
from homeward.errors import InputError
from homeward.output.campaigns.landing_map import Reach
from homeward.output.views.return_view import local_km
from homeward.planning.return_plan import plan_return


def footprint_of(records: Records, trust: bool = False) -> Reach | None:
    """Flown anew through the nominal world of a return; None where fewer than three places are reached.

    Raises ``InputError`` for a rendezvous, and for a guidance law of the campaign's own without ``trust``.
    """
    if records.manifest["kind"] != "return":
        raise InputError(f"{records.folder}: --footprint: expected a campaign of returns")
    store = Store.open(records.folder)
    store.trusted = trust
    scenario = scenario_of(store)
    ground, _ = reachable(plan_return(scenario, fidelity="point-mass"))
    site = scenario.site
    origin = (float(np.radians(site.latitude_deg)), float(np.radians(site.longitude_deg)))
    if len(ground) < 3:
        return None
    ends = np.stack(local_km(ground[:, 0], ground[:, 1], *origin), axis=1)
    return Reach(ends, scenario.truth.limits.load_g)


def words_of(reach: Reach) -> str:
    """What the map's caption tells of the ground."""
    long, wide = np.ptp(reach.ends[:, 0]), np.ptp(reach.ends[:, 1])
    return (
        f" Green: what the nominal flight can reach from its interface, by where its parachute opens. "
        f"{len(reach.ends)} of the profiles of one or two held banks, to either side, stay under "
        f"{reach.load_g:g} g (dots); their hull covers {ConvexHull(reach.ends).volume:,.0f} km2, {long:.0f} "
        f"km from west to east and {wide:.0f} km from south to north. Other profiles reach slightly farther; "
        "reversals reach what lies between."
    )


__all__ = ["footprint_of", "words_of"]
