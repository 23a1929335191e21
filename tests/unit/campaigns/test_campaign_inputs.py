"""Files that a campaign is flown with: part of it by content, kept with it, and run only where asked for."""

import json
import os
import shutil
import threading

import numpy as np
import pytest

from homeward.campaigns.execution import campaign as run
from homeward.campaigns.execution import provenance
from homeward.campaigns.execution.campaign import campaign, opened, scenario_of
from homeward.campaigns.execution.replay import replay
from homeward.campaigns.report import sensitivity_report as understanding
from homeward.campaigns.report.footprint import footprint_of
from homeward.campaigns.store.lock import locked
from homeward.campaigns.store.records import read_records
from homeward.campaigns.store.store import Store
from homeward.cli.app import main
from homeward.errors import InputError
from homeward.scenario.load import load
from homeward.textfile import read_text

RUNS = 4
LAW = """
from homeward.flight.entry.ballistic import BallisticEntryGuidance
import helper
open(__file__ + ".ran", "w").close()
Law = BallisticEntryGuidance
"""
TLE = """CSS (TIANHE)
1 48274U 21035A   23250.60323094  .00028729  00000+0  32278-3 0  9997
2 48274  41.4752  14.6926 0010484 320.3089  39.6983 15.61907922134716
"""


class Toy:
    """Flies blocks that take no time."""

    kind, lanes = "return", RUNS

    def fly(self, first, count, share):
        number = np.arange(first, first + count)
        return {"run": number, "failed": number < 0, "success": number >= 0, "failure": [None] * count,
                "open_miss_km": number * 0.1}, {}  # fmt: skip


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setattr(run, "blocks_of", lambda store: scenario_of(store) and Toy())


@pytest.fixture
def files(tmp_path):
    """A scenario that names elements and a law of its own, in a folder of its own."""
    place = tmp_path / "files"
    place.mkdir()
    (place / "station.tle").write_text(TLE)
    (place / "law.py").write_text(LAW)
    (place / "helper.py").write_text("GAIN = 1\n")
    (place / "unused.py").write_text("GAIN = 1\n")
    return place


def scenario_with(files, law=True):
    change = {"return.initial.tle_file": str(files / "station.tle"), "simulation.lanes": str(RUNS)}
    if law:
        change["flight.guidance.law"] = f"{files / 'law.py'}:Law"
    return load("soyuz-like", change)


def flown(files, out, **options):
    return campaign(
        scenario_with(files), RUNS, out=out, requirements=options.pop("requirements", []), **options
    )


def test_every_file_is_listed_by_content_and_kept(files, tmp_path):
    flown(files, tmp_path / "out")
    store = Store.open(tmp_path / "out")
    told = {i["key"]: sorted(i["files"]) for i in store.inputs}
    assert told == {
        "flight.guidance.law": ["helper.py", "law.py"],
        "return.initial.tle_file": ["station.tle"],
    }
    for i in store.inputs:
        for name in i["files"]:
            assert (store.folder / i["copy"] / name).read_bytes() == (files / name).read_bytes()


@pytest.mark.parametrize("name", ["station.tle", "law.py", "helper.py"])
def test_a_file_that_changed_is_named_on_resume_and_replay(files, tmp_path, name):
    out = tmp_path / "out"
    flown(files, out)
    was = (files / name).read_text()
    (files / name).write_text(was + "\n" if name.endswith("tle") else was + "# changed\n")
    with pytest.raises(InputError, match=rf"{name} is not the file that this campaign was begun with"):
        flown(files, out, resume=True)
    with pytest.raises(InputError, match=rf"{name}: changed since the campaign was flown"):
        replay(out, 0, trust=True)
    (files / name).write_text(was)
    assert flown(files, out, resume=True).summary["flown_now"] == 0


def test_a_campaign_goes_by_its_copies_when_the_files_are_gone_or_elsewhere(files, tmp_path):
    out = tmp_path / "out"
    flown(files, out)
    moved = shutil.copytree(files, tmp_path / "moved")
    assert flown(moved, out, resume=True).summary["flown_now"] == 0  # the same content at another place
    shutil.rmtree(files)
    store = Store.open(out)
    store.trusted = True
    scenario = scenario_of(store)
    assert scenario.flight.guidance.law.startswith(str(out / "inputs"))
    assert str(scenario.return_.initial.tle_file).startswith(str(out / "inputs"))
    kept = next(i for i in store.inputs if i["key"] == "flight.guidance.law")
    (out / kept["copy"] / "helper.py").write_text("GAIN = 2\n")
    with pytest.raises(InputError, match=r"helper\.py: changed since the campaign was flown"):
        scenario_of(store)


def test_a_program_of_a_campaign_is_run_only_with_trust(files, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"
    flown(files, out)
    assert main(["replay", str(out), "0"]) == 2
    said = capsys.readouterr().err
    assert "which is a program" in said and "SHA-256" in said and "--trust" in said
    with pytest.raises(InputError, match="which is a program"):
        footprint_of(read_records(out))
    asked = []
    monkeypatch.setattr(understanding, "_flown", lambda *told: asked.append(told) or {})
    for trust in (False, True):
        with pytest.raises(InputError, match="too few runs"):
            understanding.understand(out, trust=trust)
    assert [told[-1] for told in asked] == [True]
    assert not list(tmp_path.rglob("*.ran"))


def test_a_law_that_only_the_manifest_names_is_not_run_either(files, tmp_path):
    campaign(scenario_with(files, law=False), RUNS, out=tmp_path / "out", requirements=[])
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    manifest["scenario_document"]["flight"]["guidance"]["law"] = f"{files / 'law.py'}:Law"
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="which is a program"):
        replay(tmp_path / "out", 0)
    assert not list(tmp_path.rglob("*.ran"))


@pytest.mark.parametrize("key", ["seed", "sampling", "scenario_document"])
def test_a_value_changed_in_the_manifest_is_noticed(files, tmp_path, capsys, key):
    out = tmp_path / "out"
    campaign(scenario_with(files, law=False), RUNS, out=out, requirements=[])
    place = out / "manifest.json"
    manifest = json.loads(place.read_text())
    if key == "scenario_document":
        manifest[key]["truth"]["capsule"]["mass_kg"] *= 1.0 + 1e-12
    else:
        manifest[key] = {"seed": 1, "sampling": "lhs"}[key]
    place.write_text(json.dumps(manifest))
    assert main(["replay", str(out), "0"]) == 2
    assert "manifest.json: expected the values that the campaign was flown with" in capsys.readouterr().err
    # A manifest laid out anew, its keys in another order, says the same.
    campaign(scenario_with(files, law=False), RUNS, out=tmp_path / "whole", requirements=[])
    place = tmp_path / "whole" / "manifest.json"
    whole = json.loads(place.read_text())
    place.write_text(json.dumps(dict(reversed(whole.items())), indent=4))
    Store.open(tmp_path / "whole").check_manifest()


def test_elements_that_come_through_a_pipe_are_kept_too(files, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_text(TLE), daemon=True).start()
    scenario = load("soyuz-like", {"return.initial.tle_file": str(pipe), "simulation.lanes": str(RUNS)})
    read_text(pipe)  # as planning does
    store = campaign(scenario, RUNS, out=tmp_path / "out", requirements=[]).store
    assert [(store.folder / i["copy"] / "pipe").read_text() for i in store.inputs] == [TLE]


def test_requirements_are_kept_and_judged_by(files, tmp_path):
    asked = tmp_path / "mine.toml"
    asked.write_text('schema = 1\nrequirements = ["open_miss_km max <= 5"]\n')
    told = flown(files, tmp_path / "out", requirements=asked).summary["requirements"]
    assert [r["text"] for r in told] == ["open_miss_km max <= 5"]
    again = campaign(scenario_with(files), RUNS, out=tmp_path / "out", resume=True)
    assert [r["text"] for r in again.summary["requirements"]] == ["open_miss_km max <= 5"]
    asked.write_text('schema = 1\nrequirements = ["open_miss_km max <= 6"]\n')
    with pytest.raises(InputError, match=r"mine\.toml is not the file that this campaign was begun with"):
        flown(files, tmp_path / "out", requirements=asked, resume=True)


def test_another_kind_of_processor_goes_on_only_when_told(files, tmp_path, monkeypatch):
    flown(files, tmp_path / "out")
    mine = provenance.instruction_set()
    monkeypatch.setattr(provenance, "instruction_set", lambda: "pdp11")
    with pytest.raises(InputError, match=r"another kind of processor .* --other-machine goes on"):
        flown(files, tmp_path / "out", resume=True)
    flown(files, tmp_path / "out", resume=True, other_machine=True)
    manifest = Store.open(tmp_path / "out").manifest
    assert (manifest["instruction_set"], manifest["also_flown_by"]) == (mine, ["pdp11"])


def test_what_differs_is_named_by_its_key(files, tmp_path):
    flown(files, tmp_path / "out")
    other = scenario_with(files).model_copy(update={"title": "another"})
    with pytest.raises(InputError, match=r"another scenario \(it differs in title\)"):
        campaign(other, RUNS, out=tmp_path / "out", resume=True, requirements=[])


def test_of_two_that_begin_at_one_time_one_is_refused_and_leaves_nothing(files, tmp_path, monkeypatch):
    scenario = scenario_with(files, law=False)
    manifests = [
        provenance.first_manifest(scenario, "return", RUNS, seed, "point-mass", None, None) for seed in (1, 2)
    ]
    for k in range(30):
        place, won, refused = tmp_path / str(k), [], []
        barrier = threading.Barrier(2)

        def begin(manifest, place=place, won=won, refused=refused, barrier=barrier):
            barrier.wait()
            try:
                with opened(place, manifest, False) as store:
                    won.append(store.manifest["seed"])
            except InputError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=begin, args=(m,)) for m in manifests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == len(refused) == 1
        assert Store.open(place).manifest["seed"] == won[0]


def test_the_right_to_write_comes_before_the_manifest(files, tmp_path, monkeypatch):
    create, held = Store.create, []

    def watched(folder, manifest):
        try:
            with locked(folder):
                held.append(False)
        except InputError:
            held.append(True)
        return create(folder, manifest)

    monkeypatch.setattr(Store, "create", watched)
    flown(files, tmp_path / "out")
    assert held == [True]
