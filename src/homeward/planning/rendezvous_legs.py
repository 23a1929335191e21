"""What is known of the legs of a rendezvous before it is planned: their names, and how long they can last."""

import numpy as np

from homeward.flight.rendezvous.approach_sequence import ALWAYS, approach_steps
from homeward.planning.rendezvous_plan import FAR_LEGS
from homeward.scenario.build.rendezvous_flight import far_times
from homeward.scenario.schema.rendezvous import PLANS
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.rendezvous.far_range import CYCLE, CYCLES
from homeward.sim.rendezvous.far_range_lanes import GRACE
from homeward.sim.rendezvous.proximity import LONGEST, MOST_WAIT


def legs_of(scenario: Scenario) -> list[str]:
    """The legs of a scenario's rendezvous, in order."""
    told = scenario.required_rendezvous()
    holds = [(hold.distance_m, hold.seconds, ALWAYS) for hold in told.holds]
    # Where the ports are changes places, not names.
    _, names = approach_steps(told.port, holds, told.guidance.side_m, told.guidance.hop_s, np.zeros(3), 0.0)
    return [*FAR_LEGS, *names]


def longest(scenario: Scenario, leg: str) -> float:
    """Time [s] that a leg can last at most, whichever plan is chosen or turned to on the way.

    A far leg ends at its arrival, or half an hour late; but a ship that leaves it at that, or whose failures
    keep it from arriving, drifts in it until the latest arrival of all. The last legs have one patience.
    """
    told = scenario.required_rendezvous()
    if leg not in FAR_LEGS:
        return LONGEST + MOST_WAIT * sum(hold.go_s is not None for hold in told.holds)
    homing = told.guidance.homing_s
    names = [*(PLANS if told.plan == "auto" else [told.plan]), *told.guidance.fallbacks]
    arrivals = [far_times(told, name) for name in names]
    stays = bool(scenario.fault) or told.faults.abort_s is not None or told.faults.abort_distance_m > 0.0
    late = float(GRACE * CYCLE * CYCLES)
    if leg == FAR_LEGS[0]:
        return max(arrivals) + late + (homing if stays else 0.0)
    return homing + late + (max(arrivals) - min(arrivals) if stays else 0.0)
