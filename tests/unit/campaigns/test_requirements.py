"""Requirements and the stopping rule: what can be read, what is refused, and how runs are judged."""

import numpy as np
import pytest

from homeward.campaigns.store.records import Records
from homeward.campaigns.verification.requirements import (
    FOLDER,
    default_requirements,
    parse,
    read_requirements,
)
from homeward.campaigns.verification.stopping_rule import looks, parse_until
from homeward.campaigns.verification.verdicts import judge
from homeward.errors import InputError
from homeward.scenario.files.shipped import shipped_names


def records(n=2000, failed=(), seed=3):
    """A made-up campaign: misses uniform from 0 to 1 km, all successful but the failed."""
    rng = np.random.default_rng(seed)
    broken = np.zeros(n, bool)
    broken[list(failed)] = True
    miss = np.where(broken, np.nan, rng.uniform(0.0, 1.0, n))
    reasons = np.array(["entry, 12.0 s: took too long" if b else None for b in broken], object)
    return Records.of(
        {"run": np.arange(n), "failed": broken, "success": ~broken, "failure": reasons, "open_miss_km": miss,
         "peak_load_g": 3.0 + miss, "range_m": 300.0 - 50.0 * miss, "draw_drag": rng.normal(size=n)},
        {"columns": []}, "some where",
    )  # fmt: skip


def one(text, held):
    return judge(held, [parse(text)])[0]


def test_a_percentile_is_met_undecided_or_not_met():
    held = records()
    ordered = np.sort(held["open_miss_km"])
    met = one("open_miss_km p99 <= 1.0 at 95 % confidence", held)
    assert met.verdict == "met" and met.value == ordered[1979]
    # 1,988 is the least rank r with P(Bin(2000, 0.99) <= r - 1) >= 0.95.
    assert met.bound == ordered[1987] and met.margin == pytest.approx(1.0 - ordered[1987])
    assert met.confidence > 0.9999
    assert one("open_miss_km p99 <= 0.9", held).verdict == "not met"
    unsure = one("open_miss_km p99 <= 0.9905 at 95 %", held)
    assert unsure.verdict == "undecided" and unsure.margin < 0.0
    assert unsure.runs_to_decide is None or unsure.runs_to_decide > 2000


def test_a_limit_from_below_is_the_mirror_image():
    held = records()
    below = one("range_m p1 >= 250 at 95 % confidence", held)
    assert below.verdict == "met" and below.value == np.sort(held["range_m"])[20] and below.margin > 0.0
    assert [w["run"] for w in below.worst] == [int(r) for r in np.argsort(held["range_m"])[:10]]
    assert one("range_m min >= 251", held).verdict == "not met"
    assert one("peak_load_g max <= 4.0", held).verdict == "met"


def test_failed_runs_are_infinitely_bad_and_come_first():
    held = records(1000, failed=(7, 123, 500, 501))
    told = one("open_miss_km p99.7 <= 2 at 95 % confidence", held)
    assert told.value is None and told.bound is None and told.margin is None
    assert told.verdict == "undecided" and told.kept == 996
    assert [w["run"] for w in told.worst[:4]] == [7, 123, 500, 501]
    assert told.worst[0]["failure"] == "entry, 12.0 s: took too long" and told.worst[0]["value"] is None
    assert told.worst[0]["replay"] == "homeward replay 'some where' 7"


def test_shares_and_counts():
    held = records(1000, failed=(7, 123))
    share = one("success share >= 99 % at 95 % confidence", held)
    assert share.verdict == "met" and share.value == 0.998
    # Clopper and Pearson, one-sided, 998 of 1000: 1 - beta.ppf(0.95, 3, 998)
    assert share.bound == pytest.approx(0.99372, abs=1e-5)
    assert [w["run"] for w in share.worst] == [7, 123]
    assert one("failed share <= 0.01 at 95 % confidence", held).verdict == "met"
    assert one("failed count <= 1", held).verdict == "not met"
    assert one("success count >= 998", held).verdict == "met"
    none = one("failed count <= 0", records(300))
    assert none.verdict == "met" and none.confidence is None
    assert none.share_shown == pytest.approx(0.05 ** (1 / 300))


def test_wilks_number_is_what_one_needs_without_a_miss():
    told = one("open_miss_km p95 <= 2 at 95 % confidence", records(58))
    assert told.verdict == "undecided" and told.runs_to_decide == 59
    assert one("open_miss_km p95 <= 2 at 95 % confidence", records(59)).verdict == "met"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("open_miss p99 <= 1", "did you mean open_miss_km?"),
        ("draw_drag p99 <= 1", "was not recorded"),
        ("success p99 <= 1", "has share or count"),
        ("open_miss_km share >= 0.9", "has a percentile"),
    ],
)
def test_a_quantity_that_is_not_recorded_is_refused(text, words):
    with pytest.raises(InputError) as error:
        judge(records(10), [parse(text, "mine.toml: requirements[2]")])
    assert words in str(error.value) and "mine.toml: requirements[2]" in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("open_miss_km", "expected QUANTITY"),
        ("open_miss_km shar >= 0.9", "did you mean share instead of shar?"),
        ("open_miss_km p100 <= 1", "between p0 and p100"),
        ("open_miss_km p99 <= 5 %", "in the unit of open_miss_km"),
        ("success share >= 100 %", "between 0 and 1"),
        ("peak_load_g max >= 5", "max with <="),
        ("open_miss_km p99 <= 1 at 100 % confidence", "from 50 % to less than 100 %"),
        ("open_miss_km p99 <= nan", "expected QUANTITY"),
    ],
)
def test_sentences_that_cannot_be_read_are_refused(text, words):
    with pytest.raises(InputError) as error:
        parse(text, "mine.toml: requirements[0]")
    assert words in str(error.value) and str(error.value).startswith("mine.toml: requirements[0]: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("requirement = []", "did you mean requirements?"),
        ("requirements = []", "at least one entry"),
        ("requirements = [3]", "requirements[0]: expected a sentence"),
        ("requirements = [{id='a'}]", "requirements[0].text: this key is missing"),
        ("requirements = [{text='a p1 <= 1', why=2}]", "requirements[0].why: expected a text"),
        ("requirements = [", "not valid TOML"),
    ],
)
def test_files_that_are_wrong_are_refused(tmp_path, content, words):
    file = tmp_path / "mine.toml"
    file.write_text(content)
    with pytest.raises(InputError) as error:
        read_requirements(file)
    assert words in str(error.value) and str(file) in str(error.value)
    with pytest.raises(InputError, match="cannot be read"):
        read_requirements(tmp_path / "none.toml")


def test_what_ships_can_be_read():
    files = sorted(FOLDER.glob("*.toml"))
    assert {f.name.split(".")[0] for f in files} - {"return", "rendezvous"} <= set(shipped_names())
    for file in files:
        assert len({r.id for r in read_requirements(file)}) == len(read_requirements(file))
    assert "tumbled" not in {r.quantity for r in default_requirements("shenzhou-15", "return", "point-mass")}
    assert "tumbled" in {r.quantity for r in default_requirements("shenzhou-15", "return", "six-dof")}
    assert default_requirements("of my own", "return")


def test_until_stops_when_the_interval_is_narrow_enough():
    rule = parse_until("p50(open_miss_km) +-5%")
    assert rule.relative and rule.width == 0.05
    held = records(4000)
    enough = [n for n in looks(128, 4000) if rule.look(held.first(n)).enough]
    # Half the interval of the median of n uniform numbers is about 1.96 / (2 sqrt(n)): 5 % of 0.5 at 1,537.
    assert 1100 < enough[0] < 2100
    assert not rule.look(held.first(128)).enough
    assert rule.look(records(200, failed=range(150))).half_width == np.inf
    share = parse_until("share(success) ± 1 %")
    assert not share.relative and share.look(records(500)).enough and not share.look(records(100)).enough
    assert not parse_until("p99(open_miss_km) +-0.001").relative


def test_the_looks_are_whole_blocks_and_end_with_all():
    counts = list(looks(128, 10_000))
    assert counts[0] == 128 and counts[-1] == 10_000 and counts == sorted(set(counts))
    assert all(n % 128 == 0 for n in counts[:-1])
    assert list(looks(8192, 10_000)) == [8192, 10_000] and list(looks(64, 50)) == [50]


@pytest.mark.parametrize(
    "text", ["p99 open_miss_km", "p99(open_miss_km) +-0", "p0(x) +-1", "share(success) +-100%"]
)
def test_rules_that_cannot_be_read_are_refused(text):
    with pytest.raises(InputError, match="--until"):
        parse_until(text)
