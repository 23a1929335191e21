"""Figures, requirements and the stopping rule over a store on disk, with made-up flights."""

import numpy as np
import pytest

from homeward.campaigns.execution import campaign as run_module
from homeward.campaigns.execution.campaign import fly_until
from homeward.campaigns.statistics.order_statistics import figures
from homeward.campaigns.store.columns import RUN, SOURCES, Column
from homeward.campaigns.store.records import read_records
from homeward.campaigns.store.store import Store
from homeward.campaigns.store.summary import metrics_of
from homeward.campaigns.verification.requirements import parse
from homeward.campaigns.verification.stopping_rule import parse_until
from homeward.campaigns.verification.verdicts import judge, refuse_unknown
from homeward.cli.app import main
from homeward.errors import InputError

LANES, RUNS = 64, 3000
DRAW = Column("draw_drag", "1", "part by which drag is greater", "draw")


class ToyBlocks:
    """Misses exponential with the run's number as seed; every 500th run fails."""

    kind, lanes = "return", LANES

    def fly(self, first, count, share):
        run = np.arange(first, first + count)
        failed = run % 500 == 499
        drag = np.array([np.random.default_rng(int(k)).normal() for k in run])
        miss = np.array([np.random.default_rng(int(k) + 10**6).exponential() for k in run])
        block = {
            "run": run, "failed": failed, "success": ~failed,
            "failure": ["entry, 7.0 s: took too long" if f else None for f in failed],
            "open_miss_km": np.where(failed, np.nan, miss), "draw_drag": drag,
        }  # fmt: skip
        return block, {"draw_drag": DRAW}

    def record(self, first, count, run, share):
        raise AssertionError("no run of this campaign is flown again")


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "blocks_of", lambda store: ToyBlocks())
    manifest = {
        "kind": "return", "scenario": "toy", "scenario_document": {}, "version": {"homeward": "0"}, "seed": 0,
        "runs": RUNS, "lanes": LANES, "fidelity": "point-mass", "plan": None, "port": None,
        "sampling": "random", "columns": [],
    }  # fmt: skip
    return Store.create(tmp_path / "store", manifest)


def test_until_stops_at_the_same_run_whatever_was_there(store, tmp_path):
    rule = parse_until("p50(open_miss_km) +-10%")
    flown, _, look = fly_until(store, rule, 1, None)
    assert look.enough and flown == look.runs == len(store) == store.wanted < RUNS
    assert look.half_width <= 0.1 * look.value
    # Half the interval of an exponential's median of n runs is 1.96 / (sqrt(n) ln 2) of it: 800 runs.
    assert 500 < look.runs < 1200
    store.manifest["runs"] = RUNS
    again, _, same = fly_until(store, rule, 2, None)
    assert again == 0 and same == look


def test_until_ends_with_the_most_runs(store):
    store.manifest["runs"] = 200
    flown, _, look = fly_until(store, parse_until("p99(open_miss_km) +-1%"), 1, None)
    assert flown == look.runs == 200 and not look.enough


def test_figures_of_a_store_are_those_of_its_columns(store):
    run_module.fly_missing(store, None, 1, None)
    held = read_records(store.folder)
    assert len(held) == RUNS and held.failed.sum() == 6
    told = metrics_of(store)["open_miss_km"]
    mine = figures(held["open_miss_km"], held.failed)
    assert told.pop("mean") == pytest.approx(mine.pop("mean"))
    assert told == mine and told["max"] is None and told["ci95_p99"][0] < told["p99"]
    verdict = judge(held, [parse("open_miss_km p50 <= 1 at 95 % confidence")])[0].told()
    assert verdict["verdict"] == "met" and verdict["worst"][0]["replay"].endswith("/store 499")
    with pytest.raises(InputError, match='"miss" was not recorded'):
        held["miss"]


def test_a_quantity_that_no_flight_records_is_refused_before_flying():
    with pytest.raises(
        InputError, match=r'mine.toml: "open_mis_km" is not recorded of a return; did you mean'
    ):
        refuse_unknown("return", [parse("open_mis_km p99 <= 1", "mine.toml")])
    with pytest.raises(InputError, match=r"--until .* is not recorded of a rendezvous"):
        refuse_unknown("rendezvous", [], parse_until("p99(open_miss_km) +-5%"))
    names = {c.name for c in RUN} | {s.column.name for s in SOURCES["return"]}
    assert {"open_miss_km", "success"} <= names


def test_single_precision_is_refused_with_the_reason(capsys):
    assert main(["campaign", "apollo-10", "--precision", "single"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert (
        said[-1].startswith('homeward: --precision "single": expected double') and "half a metre" in said[-1]
    )
