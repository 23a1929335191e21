"""Exports a scenario's flight software: library, Makefile, golden vectors with what replays them, README."""

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from homeward._aot.cache import source_fingerprint
from homeward.codegen.approach import approach
from homeward.codegen.fmu import write_fmu
from homeward.codegen.golden import golden_text, replay_text
from homeward.codegen.library import PARAMETERS, RETURN, Library, Software, loaded, write_library
from homeward.codegen.record import flown, traced
from homeward.codegen.shipped import shipped
from homeward.errors import InputError
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.planning.return_plan import ReturnPlan, plan_return
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.mission import planned

Progress = Callable[[str], None]


def scenario_hash(scenario: Scenario, fidelity: str) -> str:
    """SHA-256 of all that the scenario says, defaults included, but for how a process is reached."""
    told = scenario.model_dump_json(exclude={"simulation": {"link"}})
    return hashlib.sha256(f"{fidelity}\n{told}".encode()).hexdigest()


def export_c(
    scenario: Scenario, folder: Path, fidelity: str = "six-dof", golden: bool = True,
    progress: Progress = lambda text: None, also: Callable[[Path, Library], list[str]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write the return's flight software as C into a folder; gives what ``homeward export --json`` tells.

    ``golden``: fly the return once and write golden vectors too. ``also`` writes more files of the library
    and gives their names. Raises ``InputError`` for a scenario without
    a return and for what cannot be translated, ``Infeasible`` where no return exists.
    """
    progress("planning")
    plan = plan_return(scenario, fidelity=fidelity)
    progress("tracing")
    shapes = traced(plan)
    progress("translating")
    facts = _facts(scenario, fidelity)
    library = _library(scenario, shapes, planned(plan.flight, plan.legs), facts, RETURN)
    texts = _texts(library, _readme("flight_readme.md", scenario, library, facts, golden))
    calls = 0
    if golden:
        some = _windows(plan, progress)
        calls = sum(len(w) for w in some)
        texts["golden.txt"] = golden_text(library, shapes, some)
    told = _written(folder, texts, library, facts, calls)
    if also is not None:
        told["files"] = sorted([*told["files"], *also(folder, library)])
    return told


def export_fmu(
    scenario: Scenario, folder: Path, fidelity: str = "six-dof", progress: Progress = lambda text: None
) -> dict[str, Any]:
    """Write the return's flight software as a Functional Mock-up Unit (FMI 3.0) into a folder.

    Gives what ``homeward export --json`` tells. Raises as ``export_c`` does.
    """
    progress("planning")
    plan = plan_return(scenario, fidelity=fidelity)
    progress("tracing")
    shapes = traced(plan)
    progress("translating")
    facts, parameters = _facts(scenario, fidelity), planned(plan.flight, plan.legs)
    library = _library(scenario, shapes, parameters, facts, RETURN)
    values = loaded(library.structures[PARAMETERS], parameters)
    target = write_fmu(folder, library, values, facts, progress)
    return _told([target.name], library, facts, 0)


def export_approach(
    scenario: Scenario, folder: Path, progress: Progress = lambda text: None
) -> dict[str, Any]:
    """The same of a rendezvous from its first hold to contact; without golden vectors.

    The far legs' planner is not exported: how many steps it takes depends on its data.
    """
    progress("planning")
    software, shapes, parameters = approach(plan_rendezvous(scenario))
    progress("translating")
    facts = _facts(scenario, "six-dof")
    library = _library(scenario, shapes, parameters, facts, software)
    readme = _readme("approach_readme.md", scenario, library, facts, False)
    return _written(folder, _texts(library, readme), library, facts, 0)


def _facts(scenario: Scenario, fidelity: str) -> dict[str, str]:
    return {
        "SCENARIO": _quoted(scenario.name), "FIDELITY": fidelity,
        "SCENARIO_SHA256": scenario_hash(scenario, fidelity), "VERSION": version("homeward"),
        "SOURCE": source_fingerprint(),
    }  # fmt: skip


def _library(
    scenario: Scenario, shapes: Any, parameters: Any, facts: dict[str, str], software: Software
) -> Library:
    try:
        return write_library(shapes, parameters, facts, software)
    except TypeError as error:
        raise InputError(f"{scenario.name}: the flight software cannot be written as C ({error})") from None


def _texts(library: Library, readme: str) -> dict[str, str]:
    return {
        "homeward_flight.h": library.header, "homeward_flight.c": library.source,
        "Makefile": shipped("flight_make.mk"), "main.c": replay_text(library), "README.md": readme,
    }  # fmt: skip


def _written(
    folder: Path, texts: dict[str, str], library: Library, facts: dict[str, str], calls: int
) -> dict[str, Any]:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return _told(sorted(texts), library, facts, calls)


def _told(files: list[str], library: Library, facts: dict[str, str], calls: int) -> dict[str, Any]:
    return {
        "scenario": facts["SCENARIO"], "fidelity": facts["FIDELITY"],
        "scenario_sha256": facts["SCENARIO_SHA256"], "source": facts["SOURCE"], "version": facts["VERSION"],
        "modes": library.modes, "files": files, "lines": library.source.count("\n"),
        "longest_loop": library.longest_loop, "golden_calls": calls,
        "bytes": {name: _bytes(members) for name, members in library.structures.items()},
    }  # fmt: skip


def _windows(plan: ReturnPlan, progress: Progress) -> list[Any]:
    keys = jax.vmap(lambda i: jax.random.fold_in(jax.random.key(0), i))(np.array([0]))
    return flown(plan, keys, lambda name, share: progress(name))


def _bytes(members: list[Any]) -> int:
    """What the fields of a structure take, without padding."""
    return sum(int(np.prod(f.shape, dtype=int)) * f.dtype.itemsize for f in members)


def _quoted(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")


def _readme(name: str, scenario: Scenario, library: Library, facts: dict[str, str], golden: bool) -> str:
    modes = "\n".join(f"| `HOMEWARD_{m.upper()}` | {MODES[m]} |" for m in library.modes)
    told = "\n".join(f"- {k}: `{v}`" for k, v in facts.items())
    text = shipped(name).replace("@NAME@", scenario.name).replace("@MODES@", modes)
    text = text.replace("@FACTS@", told).replace("@LOOP@", str(library.longest_loop))
    return text if golden else text.replace("make check", "make")


MODES = {
    "coast": "drifting in orbit, of a point mass: `cycle` only", "burn": "a burn, of a point mass",
    "entry": "the guided entry, of a point mass: `cycle` only", 
    "descent": "under the parachutes, of a point mass",
    "drift": "drifting in orbit with attitude, a cycle a minute and a tick each ten seconds",
    "orbit": "in orbit with attitude: burns, and coasts between them",
    "air": "from the separation to the deployment: entry guidance, bank control",
    "canopy": "under the parachutes", "close": "from the first hold to contact, and away from the station",
}  # fmt: skip
