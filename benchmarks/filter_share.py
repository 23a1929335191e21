"""What the navigation filter costs of a closed-loop return that turns: with and without it, in the same run.

Without it guidance reads a fix with an error model and control an attitude that is off by a constant; all
else is the same. Sensors are read either way.
"""

import statistics
import time
from typing import Any

import numpy as np

RUNS = 64
ROUNDS = 3
SCENARIO = "shenzhou-15"
KINDS = {
    "filter, satellites by ranges": {"truth.sensors.satellite_receiver": "ranges"},
    "filter, satellites by a fix": {"truth.sensors.satellite_receiver": "fix"},
    "no filter": {"flight.navigation.law": "error-model", "truth.sensors.satellite_receiver": "fix"},
}


def run() -> None:
    """Print processor time of a return with each, and the filter's share of it."""
    print("\nThe navigation filter's share of a return that turns, undocking to touchdown, one core")
    fly = {name: _returns(changes) for name, changes in KINDS.items()}
    costs: dict[str, list[float]] = {name: [] for name in KINDS}
    for turn in range(ROUNDS):
        for name, one in fly.items():
            start = time.process_time()
            one(turn)
            costs[name].append((time.process_time() - start) / RUNS)
    print(f"  {'':30} {'ms a return':>12} {'share of filter':>16}")
    for name, held in costs.items():
        shares = [1.0 - b / a for a, b in zip(held, costs["no filter"], strict=True)]
        share = "" if name == "no filter" else f"{100.0 * statistics.median(shares):.0f} %"
        print(f"  {name:30} {1e3 * statistics.median(held):12.1f} {share:>16}")


def _returns(changes: dict[str, str]) -> Any:
    """A function of the seed that flies a block; its programs are compiled before it is given back."""
    import homeward as hw
    from homeward.campaigns.execution.return_batch import fly_many
    from homeward.planning.return_plan import plan_return

    s = hw.load(SCENARIO, {"simulation.lanes": str(RUNS), **changes})
    plan = plan_return(s, fidelity="six-dof")

    def fly(seed: int) -> Any:
        flights = fly_many(s, RUNS, seed, plan=plan, cores=1, fidelity="six-dof")
        assert not np.any(flights.numbers["failed"])
        return flights

    fly(100)
    return fly
