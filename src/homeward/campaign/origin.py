"""Where a store comes from: scenario, seed and code, and whether another campaign may go on with it."""

import datetime
import json
import os
import sys
from importlib.metadata import version
from typing import Any

from homeward.campaign.store import Store
from homeward.errors import InputError
from homeward.scenario.schema import Scenario
from homeward.scenario.schema_errors import one_line

# What a run's bits depend on. ``runs`` is not among them: a campaign may be made longer.
SAME = {
    "kind": "kind of flight", "scenario_document": "scenario", "seed": "seed", "fidelity": "fidelity",
    "plan": "plan", "port": "port", "sampling": "sampling", "lanes": "number of lanes",
    "version": "version of Homeward",
}  # fmt: skip
GPU_LANES = 8192  # flights side by side on a GPU, which a few dozen would leave idle


def version_here() -> dict[str, str]:
    """What the bits of a run depend on besides the scenario: the code and what compiles it."""
    import jax

    from homeward._programs import source_fingerprint

    return {
        "homeward": version("homeward"), "source": source_fingerprint(), "jax": jax.__version__,
        "backend": jax.default_backend(),
    }  # fmt: skip


def first_manifest(
    scenario: Scenario, kind: str, runs: int, seed: int, fidelity: str, plan: str | None, port: str | None,
    sampling: str = "random",
) -> dict[str, Any]:  # fmt: skip
    """The manifest of a campaign that has flown nothing yet."""
    import jax

    from homeward.campaign.pairs import LANES

    returns, backend = kind == "return", jax.default_backend()
    lanes = scenario.simulation.lanes if returns else LANES
    return {
        "kind": kind,
        "scenario": scenario.name,
        "scenario_document": json.loads(scenario.model_dump_json(by_alias=True, exclude_none=True)),
        "version": version_here(),
        "seed": seed,
        "runs": runs,
        "lanes": lanes if backend == "cpu" else GPU_LANES,
        "fidelity": fidelity if returns else "six-dof",
        "plan": None if returns else plan,
        "port": None if returns else port,
        "sampling": sampling,
        "columns": [],
        "created_utc": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "jax": jax.__version__, "python": sys.version.split()[0],
                    "backend": backend},
    }  # fmt: skip


def check_origin(store: Store, wanted: dict[str, Any]) -> None:
    """Raise ``InputError`` where the runs of a store are not those that a campaign would fly."""
    label = one_line(str(store.folder), 200)
    for key, words in SAME.items():
        there, here = store.manifest.get(key), wanted[key]
        if there == here:
            continue
        if isinstance(there, dict) and isinstance(here, dict):
            name = next(k for k in {**there, **here} if there.get(k) != here.get(k))
            raise InputError(f"{label}: this campaign is of another {words} (it differs in {one_line(name)})")
        told = f"{one_line(str(there))}, not {one_line(str(here))}"
        raise InputError(f"{label}: this campaign is of another {words} ({told})")
