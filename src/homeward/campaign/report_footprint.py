"""The picture of the ground that the capsule of a campaign can reach."""

import numpy as np
from scipy.spatial import ConvexHull

from homeward.campaign.footprint import reachable
from homeward.campaign.records import Records
from homeward.campaign.report_figures import Shot
from homeward.campaign.run import scenario_of
from homeward.campaign.store import Store
from homeward.errors import InputError
from homeward.output.campaign_pictures import svg
from homeward.output.facts import local_km
from homeward.output.reach_picture import reach
from homeward.scenario.returns import plan_return


def footprint_of(records: Records) -> list[Shot]:
    """Flown anew through the nominal world of a return; raises ``InputError`` for a rendezvous."""
    if records.manifest["kind"] != "return":
        raise InputError(f"{records.folder}: --footprint: expected a campaign of returns")
    scenario = scenario_of(Store.open(records.folder))
    ground, _ = reachable(plan_return(scenario, fidelity="point-mass"))
    site = scenario.site
    origin = (float(np.radians(site.latitude_deg)), float(np.radians(site.longitude_deg)))
    if len(ground) < 3:
        return []
    ends = np.stack(local_km(ground[:, 0], ground[:, 1], *origin), axis=1)
    rows = np.flatnonzero(~records.failed)
    opened = local_km(
        np.radians(records["open_latitude_deg"][rows]), np.radians(records["open_longitude_deg"][rows]),
        *origin,
    )  # fmt: skip
    hull = ConvexHull(ends)
    long, wide = np.ptp(ends[:, 0]), np.ptp(ends[:, 1])
    limit = scenario.truth.limits.load_g
    caption = (
        f"{len(ends)} of the held-bank profiles, to either side, stay under {limit:g} g; their hull covers "
        f"{hull.volume:,.0f} km2, {long:.0f} km from west to east and {wide:.0f} km from south to north. "
        "Other profiles reach slightly farther; reversals reach what lies between."
    )
    return [(svg(reach(ends, opened, limit)), "Ground that can be reached", caption)]


__all__ = ["footprint_of"]
