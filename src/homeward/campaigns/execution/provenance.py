"""Where a store comes from: scenario, seed and code, and whether another campaign may go on with it."""

import datetime
import json
import os
import platform
import sys
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from homeward.campaigns.store.input_files import by_content, check_same, gather
from homeward.campaigns.store.store import Store
from homeward.errors import InputError, one_line
from homeward.scenario.schema.scenario import Scenario

# What a run's bits depend on. ``runs`` is not among them: a campaign may be made longer.
SAME = {
    "kind": "kind of flight", "scenario_document": "scenario", "seed": "seed", "fidelity": "fidelity",
    "plan": "plan", "port": "port", "sampling": "sampling", "lanes": "number of lanes",
    "version": "version of Homeward",
}  # fmt: skip
#: Processor features by which XLA chooses its instructions, and with them the order of sums.
FEATURES = ("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512dq", "avx512bw", "avx512vl",
            "avx512_bf16", "avx512_fp16", "avx512_vnni", "amx_tile", "asimd", "sve", "sve2")  # fmt: skip
GPU_LANES = 8192  # flights side by side on a GPU, which a few dozen would leave idle


def version_here() -> dict[str, str]:
    """What the bits of a run depend on besides the scenario: the code and what compiles it."""
    import jax

    from homeward._aot.program import source_fingerprint

    return {
        "homeward": version("homeward"), "source": source_fingerprint(), "jax": jax.__version__,
        "backend": jax.default_backend(),
    }  # fmt: skip


def document_of(scenario: Scenario) -> dict[str, Any]:
    """A scenario as it stands in a manifest."""
    return json.loads(scenario.model_dump_json(by_alias=True, exclude_none=True))


@lru_cache(maxsize=1)
def instruction_set() -> str:
    """What the last bits of a run depend on in the machine: its processor's instructions, or its GPU."""
    import jax

    if jax.default_backend() != "cpu":
        return f"{jax.default_backend()} {jax.devices()[0].device_kind}"
    found: list[str] = []
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lower().startswith(("flags", "features")):
                there = line.partition(":")[2].split()
                found = [name for name in FEATURES if name in there]
                break
    except OSError:
        found = [part for part in (sys.platform, platform.processor()) if part]
    return " ".join([platform.machine(), *found])


def first_manifest(
    scenario: Scenario, kind: str, runs: int, seed: int, fidelity: str, plan: str | None, port: str | None,
    sampling: str = "random", requirements: str | Path | None = None,
    flight_software: str | Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The manifest of a campaign that has flown nothing yet; ``requirements`` is the file to judge it by.

    ``flight_software`` is the folder of the C library that flies in it, if one does.

    Raises ``InputError`` for a file that cannot be read.
    """
    import jax

    from homeward.campaigns.execution.rendezvous_batch import LANES

    returns, backend = kind == "return", jax.default_backend()
    lanes = scenario.simulation.lanes if returns else LANES
    document = document_of(scenario)
    return {
        "kind": kind,
        "scenario": scenario.name,
        "scenario_document": document,
        "inputs": gather(document, requirements, flight_software),
        "version": version_here(),
        "instruction_set": instruction_set(),
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


def check_origin(store: Store, wanted: dict[str, Any], other_machine: bool = False) -> None:
    """Raise ``InputError`` where the runs of a store are not those that a campaign would fly.

    ``other_machine`` lets it be gone on with by a processor of other instructions, where last bits differ.
    """
    label = one_line(str(store.folder), 200)
    check_same(label, store.inputs, wanted["inputs"])
    for key, words in SAME.items():
        there, here = store.manifest.get(key), wanted[key]
        if key == "scenario_document":
            there, here = by_content(there or {}, store.inputs), by_content(here, wanted["inputs"])
        if there == here:
            continue
        if isinstance(there, dict) and isinstance(here, dict):
            name = one_line(_difference(there, here), 200)
            raise InputError(f"{label}: this campaign is of another {words} (it differs in {name})")
        told = f"{one_line(str(there))}, not {one_line(str(here))}"
        raise InputError(f"{label}: this campaign is of another {words} ({told})")
    there, here = store.manifest.get("instruction_set"), wanted["instruction_set"]
    if there not in (None, here) and not other_machine:
        raise InputError(
            f"{label}: this campaign was flown by another kind of processor ({one_line(str(there), 200)}; "
            f"here: {here}), whose last bits differ and can turn a decision; --other-machine goes on"
        )


def _difference(there: dict[str, Any], here: dict[str, Any]) -> str:
    """The dotted name of the first key in which two documents differ."""
    name = next(k for k in {**there, **here} if there.get(k) != here.get(k))
    a, b = there.get(name), here.get(name)
    return f"{name}.{_difference(a, b)}" if isinstance(a, dict) and isinstance(b, dict) else name
