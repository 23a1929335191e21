"""``campaign``: thousands of dispersed flights into a store, and what they amount to."""

import contextlib
import dataclasses
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from homeward.campaigns.execution.blocks import Blocks, PairBlocks, ReturnBlocks
from homeward.campaigns.execution.local import Meter, Tell, fly_local
from homeward.campaigns.execution.peak_memory import peak_memory_mib
from homeward.campaigns.execution.provenance import check_origin, document_of, first_manifest
from homeward.campaigns.store.failed_runs import failed_runs
from homeward.campaigns.store.input_files import (
    LAW_KEY,
    LIBRARY,
    REQUIREMENTS,
    by_copies,
    check_kept,
    check_originals,
    flight_software_of,
    kept_file,
    own_law,
    requirements_file,
)
from homeward.campaigns.store.lock import locked
from homeward.campaigns.store.manifest import MANIFEST, MOST_RUNS
from homeward.campaigns.store.records import read_records
from homeward.campaigns.store.store import Store, told
from homeward.campaigns.store.summary import counts_of, metrics_of
from homeward.campaigns.verification.requirements import Requirement, default_requirements, read_requirements
from homeward.campaigns.verification.stopping_rule import Look, Until, looks, parse_until
from homeward.campaigns.verification.verdicts import judge, refuse_unknown
from homeward.dispersion.sampling import SAMPLINGS, Plan
from homeward.errors import InputError, one_line
from homeward.missions.progress import shows_progress
from homeward.output.files.result_folder import CAMPAIGN, check_kind
from homeward.scenario.schema.scenario import FIDELITIES, Scenario

KINDS = ("return", "rendezvous")
ENGINES = ("local", "ray")


@dataclasses.dataclass
class Campaign:
    """A campaign that was flown: ``summary`` is what ``homeward campaign --json`` prints.

    ``store`` holds the runs. Where no folder was named it is a temporary one, which goes with this object.
    """

    summary: dict[str, Any]
    store: Store
    _folder: tempfile.TemporaryDirectory[str] | None = None


@shows_progress
def campaign(
    scenario: Scenario, runs: int, *, seed: int = 0, out: str | Path | None = None, resume: bool = False,
    what: str | None = None, engine: str = "local", fidelity: str = "point-mass", plan: str | None = None,
    port: str | None = None, cores: int | None = None, until: str | None = None,
    requirements: Sequence[Requirement] | str | Path | None = None, sampling: str = "random",
    other_machine: bool = False, flight_software: str | Path | None = None, progress: Tell | None = None,
) -> Campaign:  # fmt: skip
    """Fly runs 0 to ``runs`` of a seed, the same code as one flight under ``vmap``, and sum them up.

    Args: ``out`` is the folder of the store, a temporary one if left out; ``resume`` goes on with the store
    that is there, whose runs may also be fewer than are now asked for. ``what`` is return or rendezvous: the
    scenario's return where it holds both. ``fidelity`` is a return's, ``plan`` and ``port`` a rendezvous'.
    ``cores`` blocks are flown at once, which changes no bit. ``until`` is a stopping rule such as
    ``p99(open_miss_km) +-5%``; ``runs`` are then the most. ``requirements``, or a file of them, which is
    then kept with the campaign, are those that ship for the scenario if left out. ``sampling`` lays the draws
    out: random, lhs or sobol, see ``campaign.sampling``.
    ``other_machine`` goes on with a campaign that another kind of processor began. ``flight_software`` is a
    folder that ``homeward export --to c`` wrote for this scenario: its library flies in place of the Python.
    Raises ``InputError`` for bad input, a store of something else, a disk that is full; ``Infeasible`` where
    the scenario cannot be flown.
    """
    began = time.perf_counter()
    kind = kind_of(scenario, what)
    check_numbers(runs, seed, cores)
    if engine not in ENGINES:
        raise InputError(f'engine="{engine}": expected {", ".join(ENGINES)}')
    if fidelity not in FIDELITIES:
        raise InputError(f'fidelity="{fidelity}": expected {", ".join(FIDELITIES)}')
    rule = None if until is None else parse_until(until)
    flown_as, file, asked = fidelity if kind == "return" else None, None, requirements
    if isinstance(requirements, str | Path):
        file, requirements = requirements, read_requirements(requirements, flown_as)
    elif requirements is None:
        requirements = default_requirements(scenario.name, kind, flown_as)
    refuse_unknown(kind, requirements, rule)
    if sampling not in SAMPLINGS:
        raise InputError(f'sampling="{sampling}": expected {", ".join(SAMPLINGS)}')
    if sampling == "lhs" and rule is not None:
        raise InputError("--until: a Latin hypercube is laid out for all its runs; expected --sampling sobol")
    if flight_software is not None:
        check_library(flight_software, scenario, kind, fidelity, engine)
    manifest = first_manifest(
        scenario, kind, runs, seed, fidelity, plan, port, sampling, file, flight_software
    )
    if resume and out is None:
        raise InputError("--resume: expected --out with the folder of the campaign to go on with")
    folder = tempfile.TemporaryDirectory(prefix="homeward-") if out is None else None
    place = Path(folder.name if folder is not None else str(out))
    with opened(place, manifest, resume, other_machine) as store:
        damaged = store.drop_damaged()
        kept = requirements_file(place, store.inputs)
        if asked is None and kept is not None:
            requirements = read_requirements(kept, flown_as)
        if sampling == "lhs" and store.wanted != runs:
            raise InputError(f"--runs: this Latin hypercube is laid out for {store.wanted} runs, not {runs}")
        store.manifest["runs"] = max(runs, store.wanted)
        store.save_manifest()
        if rule is None:
            (flown, compiled), look = fly_missing(store, None, cores, progress, engine=engine), None
        else:
            flown, compiled, look = fly_until(store, rule, cores, progress, engine)
    wall = time.perf_counter() - began
    # A folder that goes with this object is no place to fly a run again from.
    records = dataclasses.replace(read_records(place), folder="" if out is None else str(out))
    summary = {
        "scenario": scenario.name, "kind": kind, "fidelity": store.manifest["fidelity"], "seed": seed,
        **counts_of(store), "flown_now": flown, "damaged": damaged,
        "runs_per_s": flown / wall, "compile_s": compiled,
        "wall_s": wall, "peak_memory_mib": peak_memory_mib(), "metrics": metrics_of(store),
        "requirements": [v.told() for v in judge(records, requirements)],
        "failed_runs": failed_runs(records),
        "until": None if rule is None or look is None else {"text": rule.text, **look.told()},
        "store": None if out is None else str(out),
    }  # fmt: skip
    return Campaign(summary, store, folder)


def kind_of(scenario: Scenario, what: str | None) -> str:
    """What a campaign of the scenario flies; raises ``InputError`` for what the scenario does not hold."""
    if what is not None and what not in KINDS:
        raise InputError(f'what="{what}": expected {", ".join(KINDS)}')
    kind = what or ("return" if scenario.homecoming is not None else "rendezvous")
    if kind == "return":
        _ = scenario.return_
    else:
        scenario.required_rendezvous()
    return kind


def check_library(folder: str | Path, scenario: Scenario, kind: str, fidelity: str, engine: str) -> None:
    """Refuse a flight software that cannot fly this campaign."""
    from homeward.codegen.in_loop import library_of

    if kind != "return":
        raise InputError("--flight-software: expected returns; a rendezvous flies the Python only")
    if str(folder).startswith("tcp:"):
        raise InputError("--flight-software: expected a folder; a process flies single returns only")
    if engine != "local":
        raise InputError(f'--flight-software: expected --engine local, not "{engine}"')
    library_of(Path(folder), scenario, fidelity)


def check_numbers(runs: Any, seed: Any, cores: Any) -> None:
    """Refuse a number of runs, a seed or a number of cores that is none."""
    for name, value, least, most in (
        ("runs", runs, 1, MOST_RUNS),
        ("seed", seed, 0, 2**32 - 1),
        ("cores", 1 if cores is None else cores, 1, 4096),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InputError(
                f"campaign: {name}: expected a whole number from {least} to {most}, not {value!r}"
            )


@contextlib.contextmanager
def opened(
    place: Path, manifest: dict[str, Any], resume: bool, other_machine: bool = False
) -> Iterator[Store]:
    """The store in a folder, new or gone on with, and the right to write it.

    The right comes first: of two that begin at one time in one folder, one finds the other's manifest.
    """
    check_kind(place, CAMPAIGN)
    with told(place):
        place.mkdir(parents=True, exist_ok=True)
    with locked(place):
        if resume and (place / MANIFEST).exists():
            store = Store.open(place)
            store.check_manifest()
            check_origin(store, manifest, other_machine)
            if store.manifest.get("instruction_set") != manifest["instruction_set"]:
                also = {*store.manifest.get("also_flown_by", ()), manifest["instruction_set"]}
                store.manifest["also_flown_by"] = sorted(also)
            check_kept(place, store.inputs)
        else:
            store = Store.create(place, manifest)
        store.clear()
        # Whoever flies a campaign has named its law, and its content is that of the copy.
        store.trusted = True
        yield store


def scenario_of(store: Store) -> Scenario:
    """The scenario of a store, by the copies of the files that it names.

    Raises ``InputError`` where the manifest holds none, where a file has changed since, or where the scenario
    names a guidance law of its own, which is a program, and nobody has said that it may be run.
    """
    m, label = store.manifest, one_line(str(store.folder), 200)
    inputs = [told for told in store.inputs if told["key"] != REQUIREMENTS]
    law = own_law(m["scenario_document"])
    if law is not None and not store.trusted:
        told = next((told for told in inputs if told["key"] == LAW_KEY), None)
        code = str(law[0]) if told is None else str(kept_file(store.folder, told))
        sha256 = "unknown" if told is None else told["files"].get(law[0].name, "unknown")
        raise InputError(
            f"{label}: this campaign flies a guidance law of its own, which is a program: "
            f"{one_line(code, 200)} (SHA-256 {sha256}); read it, then run it with --trust"
        )
    flown_by = flight_software_of(store.folder, inputs)
    if flown_by is not None and not store.trusted:
        raise InputError(
            f"{label}: this campaign flies a flight software of its own, which is a program: "
            f"{one_line(str(flown_by / LIBRARY[1]), 200)}; read it, then run it with --trust"
        )
    store.check_manifest()
    check_kept(store.folder, inputs)
    check_originals(store.folder, inputs)
    try:
        return Scenario.model_validate(by_copies(m["scenario_document"], inputs, store.folder))
    except ValidationError:
        raise InputError(
            f"{label}/{MANIFEST}: scenario_document: expected the scenario of a campaign"
        ) from None


def blocks_of(store: Store, records: bool = False) -> Blocks:
    """What flies the blocks of a store, made of its folder alone; raises as ``scenario_of`` does.

    ``records`` has the programs of a run's telemetry made ready too.
    """
    scenario = scenario_of(store)
    manifest = store.manifest | {"scenario_document": document_of(scenario)}
    return blocks_of_manifest(manifest, records, flight_software_of(store.folder, store.inputs))


def blocks_of_manifest(
    m: Mapping[str, Any], records: bool = False, flight_software: Path | None = None
) -> Blocks:
    """The same of a sound manifest, wherever its store is; ``flight_software`` is the folder of a library."""
    scenario, returns = Scenario.model_validate(m["scenario_document"]), m["kind"] == "return"
    sampling = Plan(m.get("sampling", "random"), m["seed"], m["runs"], returns)
    if returns:
        return ReturnBlocks(
            scenario, m["seed"], m["fidelity"], m["lanes"], sampling, records, flight_software
        )
    return PairBlocks(scenario, m["seed"], m["plan"], m["port"], m["lanes"], sampling)


def fly_until(
    store: Store, rule: Until, cores: int | None, tell: Tell | None, engine: str = "local"
) -> tuple[int, float, Look]:  # fmt: skip
    """Fly until the rule says that it is enough, or all runs are there: runs flown, seconds compiling, look.

    The rule is asked of runs 0 to n at fixed n, whatever the store holds beyond. The caller holds the right
    to write.
    """
    flown, compiled, blocks = 0, 0.0, None
    wanted = store.wanted
    for n in looks(store.lanes, wanted):
        if store.missing(n):
            if engine == "local":
                blocks = blocks or blocks_of(store)
            more, spent = fly_missing(store, n, cores, tell, blocks, engine)
            flown, compiled = flown + more, compiled + spent
        look = rule.look(read_records(store.folder).first(n))
        if look.enough or n >= wanted:
            store.manifest["runs"] = max(n, len(store))
            store.save_manifest()
            return flown, compiled, look
    raise AssertionError("looks end with all runs")


def fly_missing(
    store: Store,
    upto: int | None,
    cores: int | None,
    tell: Tell | None,
    blocks: Blocks | None = None,
    engine: str = "local",
) -> tuple[int, float]:
    """Fly what a store lacks up to run ``upto`` (all if left out): runs flown, seconds spent compiling.

    ``blocks`` fly them, made anew if left out. The caller holds the right to write.
    """
    from homeward._aot.program import build_seconds

    todo = store.missing(upto)
    if not todo:
        return 0, 0.0
    before = build_seconds()
    counts = counts_of(store)
    meter = Meter(store.wanted if upto is None else upto, counts["runs"], counts["failed"], tell)
    if engine == "ray":
        from homeward.campaigns.execution.ray import fly_ray

        fly_ray(store, document_of(scenario_of(store)), todo, meter)
    else:
        fly_local(store, blocks or blocks_of(store), todo, meter, cores)
    return meter.flown, build_seconds() - before


__all__ = ["Campaign", "blocks_of", "campaign", "fly_missing", "opened"]
