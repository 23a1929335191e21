"""A query sees the runs and nothing else of the machine, and takes no more of it than it may."""

import re
import subprocess
import sys

import pytest
from test_campaign_store import LANES, MANIFEST, RUNS, add

from homeward.campaigns.store.query import ask
from homeward.campaigns.store.records import read_records
from homeward.campaigns.store.store import Store
from homeward.errors import InputError


def filled(folder):
    store = Store.create(folder, MANIFEST)
    for first in range(0, RUNS, LANES):
        add(store, first)
    return store


@pytest.fixture
def store(tmp_path):
    return filled(tmp_path / "store")


@pytest.mark.parametrize("name", ["q?", "a*", "run[1]", "it's", '"', "%s {0}", "äöü", "a;b"])
def test_any_name_of_a_folder_is_that_folder_alone(tmp_path, name):
    mine = filled(tmp_path / name)
    for other in ("qz", "ab", "run1"):
        filled(tmp_path / other)
    told = mine.query("select count(*) as n, count(distinct run) as m from runs")
    assert told.to_pylist() == [{"n": RUNS, "m": RUNS}]
    assert read_records(mine.folder)["run"].tolist() == list(range(RUNS))


@pytest.mark.parametrize("sql", [
    "select * from read_csv('{file}')", "select * from '{file}'", "select content from read_text('{file}')",
    "select * from glob('/*')", "copy (select 1) to '{out}'", "attach '{out}'", "install httpfs",
    "set memory_limit = '100GB'", "set enable_external_access = true", "load httpfs",
    "create table x as select 1", "select 1; select 2", "select * from parts", "export database '{out}'",
    "select getenv('HOME')",
])  # fmt: skip
def test_nothing_but_the_runs_can_be_read_and_nothing_written(store, tmp_path, sql):
    (tmp_path / "secret.csv").write_text("a,b\nsecret,2\n")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError) as caught:
        store.query(sql.format(file=tmp_path / "secret.csv", out=tmp_path / "out"))
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as Linux has them")
@pytest.mark.parametrize("sql", [
    "select * from range(1000000000)", "select repeat('x', 3000000000) as y from runs",
    "select list(range) from range(300000000)",
])  # fmt: skip
def test_what_a_query_takes_is_bounded(store, sql):
    # From a process of its own: the largest child of this one may be that of another test.
    code = (
        "import resource, sys, time\nfrom homeward.campaigns.store.store import Store\n"
        "from homeward.campaigns.store.query import ask\nfrom homeward.errors import InputError\n"
        "began = time.monotonic()\n"
        "try:\n    ask(Store.open(sys.argv[1]), sys.argv[2], patience=30.0)\n"
        "except InputError as error:\n    print(error)\n"
        "print(time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(store.folder), sql], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(told) == 2 and re.search("[Mm]emory|more than 2,000,000 rows|not answered", told[0])
    seconds, largest = map(float, told[1].split())
    assert seconds < 40.0 and largest < 3e6  # kB


def test_a_query_that_goes_on_and_on_is_ended(store):
    with pytest.raises(InputError, match="not answered within 3 s"):
        ask(
            store,
            "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3",
            3.0,
        )


def test_a_long_answer_comes_whole(store):
    told = store.query("select range as n from range(300000)")
    assert told.num_rows == 300_000 and told["n"][299_999].as_py() == 299_999
