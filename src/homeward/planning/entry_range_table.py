"""How far an entry carries by the angle at which it begins: what a burn that went wrong is ended by."""

import numpy as np

from homeward.flight.deorbit.burn_cutoff import EntryRange
from homeward.flight.deorbit.targeting import carried
from homeward.planning.deorbit_planner import Planner
from homeward.scenario.build.world import build_ellipsoid, number, numbers

ANGLES = np.array([-1.6, -1.1, -0.7, -0.4, -0.2, 0.0, 0.2, 0.4])  # deg from the planned one


def entry_range(planner: Planner, r_E: np.ndarray, v_E: np.ndarray) -> EntryRange:
    """How far the nominal bank carries from an interface [m, m/s, E] that is met at other angles, as fast."""
    spin = np.cross(np.asarray(planner.model.omega_E), r_E)
    up, v_I = r_E / np.linalg.norm(r_E), v_E + spin
    speed = np.linalg.norm(v_I)
    level = v_I - up * (up @ v_I)
    planned = float(np.arcsin(up @ v_I / speed))
    angles = (planned + np.radians(ANGLES))[:, None]
    along = np.cos(angles) * level / np.linalg.norm(level) + np.sin(angles) * up
    beyond = carried(
        planner.model, planner.onboard, build_ellipsoid(planner.scenario.as_believed()), planner.task(),
        planner.target,
        np.tile(r_E, (len(angles), 1)), speed * along - spin,
    )  # fmt: skip
    return EntryRange(
        number(planned), numbers(angles[:, 0]), numbers(beyond / float(planner.onboard.equatorial_radius))
    )
