"""A campaign of real flights: broken off and gone on with, replayed, refused."""

import pyarrow.parquet as pq
import pytest

from homeward.campaigns.execution.campaign import blocks_of, campaign
from homeward.campaigns.execution.replay import replay, same_bits, stored_run
from homeward.campaigns.execution.return_batch import fly_many
from homeward.campaigns.store.store import Store
from homeward.campaigns.verification.requirements import parse
from homeward.errors import InputError
from homeward.scenario import load

LANES, RUNS, SEED = 4, 10, 3


@pytest.fixture(scope="module")
def scenario():
    return load("apollo-10", {"return.legs.end": "opening", "simulation.lanes": str(LANES)})


@pytest.fixture(scope="module")
def whole(scenario, tmp_path_factory):
    return campaign(scenario, RUNS, seed=SEED, out=tmp_path_factory.mktemp("campaign") / "whole")


def test_the_store_holds_what_fly_many_flies(scenario, whole):
    told = whole.summary
    assert (told["runs"], told["failed"], told["success"], told["flown_now"]) == (RUNS, 0, RUNS, RUNS)
    many = fly_many(scenario, runs=RUNS, seed=SEED)
    table = whole.store.table()
    assert table["run"].to_pylist() == list(range(RUNS))
    assert table["open_miss_km"].to_numpy().tolist() == (many.numbers["open_miss"] * 1e-3).tolist()
    assert "touchdown_miss_km" not in table.column_names
    assert told["metrics"]["open_miss_km"]["max"] == max(table["open_miss_km"].to_pylist())
    assert set(c["name"] for c in whole.store.manifest["columns"]) == set(table.column_names)


def test_a_campaign_that_is_not_kept_names_no_folder_to_fly_from(scenario):
    told = campaign(scenario, LANES, seed=SEED, requirements=[parse("open_miss_km max <= 0")]).summary
    assert told["store"] is None and told["failed_runs"] == []
    assert [w["replay"] for w in told["requirements"][0]["worst"]] == [None] * LANES


def test_broken_off_and_resumed_it_has_the_same_bytes(scenario, whole, tmp_path):
    class EnoughError(Exception):
        pass

    def stop(count):
        if count.done >= LANES:
            raise EnoughError

    with pytest.raises(EnoughError):
        campaign(scenario, RUNS, seed=SEED, out=tmp_path, cores=1, progress=stop)
    begun = Store.open(tmp_path)
    assert 0 < len(begun) < RUNS
    told = campaign(scenario, RUNS, seed=SEED, out=tmp_path, resume=True).summary
    assert told["flown_now"] == RUNS - len(begun.blocks(LANES)) * LANES
    assert {p.name: p.read_bytes() for p in Store.open(tmp_path).files()} == {
        p.name: p.read_bytes() for p in whole.store.files()
    }


def test_a_block_of_the_store_flies_again_from_its_manifest_alone(whole):
    store = Store.open(whole.store.folder)
    first, stored = stored_run(store, 6)
    block, _ = blocks_of(store).fly(first, store.rows(first), lambda _: None)
    assert set(stored) == set(block)
    assert [n for n in stored if not same_bits(stored[n], block[n][6 - first])] == []


def test_a_store_of_something_else_is_refused(scenario, whole):
    folder = whole.store.folder
    other = load("apollo-10", {"return.legs.end": "opening", "simulation.lanes": "8"})
    for given, words in (
        ((scenario, RUNS, SEED + 1), "another seed"), ((other, RUNS, SEED), "another scenario"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            campaign(given[0], given[1], seed=given[2], out=folder, resume=True)
    with pytest.raises(InputError, match="--resume goes on with it"):
        campaign(scenario, RUNS, seed=SEED, out=folder)


@pytest.mark.parametrize(
    "runs, options, words",
    [
        (0, {}, "runs: expected a whole number from 1"),
        (5, {"seed": -1}, "seed: expected"),
        (5, {"engine": "abacus"}, "expected local, ray"),
        (5, {"what": "rendezvous"}, "holds no rendezvous"),
        (5, {"resume": True}, "expected --out"),
    ],
)
def test_bad_input_is_one_sentence(scenario, runs, options, words):
    with pytest.raises(InputError, match=words):
        campaign(scenario, runs, **options)


@pytest.mark.slow
def test_a_replay_has_the_stored_bits_and_the_telemetry(whole, tmp_path):
    again = replay(whole.store.folder, 7)
    assert again.summary["same_bits"]
    assert abs(again.summary["recorded_off"]["open_miss_km"]) < 0.5
    files = {path.name for path in again.flight.save(tmp_path)}
    assert {"summary.json", "telemetry.parquet"} <= files
    with pytest.raises(InputError, match="expected a run from 0 to 9"):
        replay(whole.store.folder, RUNS)
    assert pq.read_table(tmp_path / "telemetry.parquet").num_rows > 100
