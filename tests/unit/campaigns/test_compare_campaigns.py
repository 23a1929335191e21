"""Two campaigns side by side: differences that are there, and none where there are none."""

import json

import numpy as np
import pytest

from homeward.campaigns.report.compare_campaigns import holm, side_by_side
from homeward.campaigns.store.records import Records
from homeward.errors import InputError

COLUMNS = [{"name": n, "unit": "km", "text": "", "metric": True} for n in ("miss_km", "load_g")]


def campaign(seed, shift=0.0, n=400, failed=(), kind="return", noise=0):
    rng, own = np.random.default_rng(99), np.random.default_rng(noise)
    common = rng.exponential(size=n) if seed == 1 else np.random.default_rng(seed).exponential(size=n)
    broken = np.isin(np.arange(n), failed)
    miss = np.where(broken, np.nan, common + shift + 0.01 * own.normal(size=n))
    manifest = {"kind": kind, "scenario": "toy", "seed": seed, "sampling": "random", "columns": COLUMNS}
    values = {"run": np.arange(n), "failed": broken, "success": ~broken, "miss_km": miss}
    values["load_g"] = own.normal(size=n)
    return Records.of(values, manifest, f"seed{seed}")


def row(found, name):
    return next(r for r in found.rows if r["quantity"] == name)


def test_a_small_difference_shows_run_for_run_and_not_between_samples():
    found = side_by_side(campaign(1, 0.0, noise=3), campaign(1, -0.01, noise=4))
    miss = row(found, "miss_km")
    assert found.paired and miss["verdict"] == "second better" and miss["test"] == "sign"
    low, high = miss["ci95_difference"]
    assert low < -0.01 < high < 0.0 and miss["difference"] == pytest.approx(-0.01, abs=0.002)
    assert miss["unpaired_probability"] > 0.05
    assert row(found, "load_g")["verdict"] == "no difference shown"
    json.dumps(found.told(), allow_nan=False)


def test_other_seeds_are_two_samples():
    found = side_by_side(campaign(2), campaign(3, 0.5))
    assert not found.paired and "other seeds" in found.why
    assert row(found, "miss_km")["verdict"] == "first better"
    assert row(found, "miss_km")["difference"] is None


def test_failed_runs_make_a_campaign_worse():
    found = side_by_side(campaign(1), campaign(1, failed=range(12)))
    assert row(found, "failed")["verdict"] == row(found, "success")["verdict"] == "first better"
    # McNemar, exact: 12 runs lost, none gained: 2 / 2^12.
    assert row(found, "failed")["probability"] == pytest.approx(2.0**-11)
    assert (
        row(found, "miss_km")["second_worse_runs"] == 12 and row(found, "failed")["second"]["share"] == 0.03
    )


def test_no_difference_is_shown_of_the_same():
    found = side_by_side(campaign(1), campaign(1))
    assert {r["verdict"] for r in found.rows} == {"no difference shown"}
    assert all(r["probability"] == 1.0 for r in found.rows)


def test_false_alarms_are_as_rare_as_they_say():
    """Of 60 pairs of campaigns that differ in nothing, about one in twenty shows any difference."""
    alarms = [
        any(r["verdict"] != "no difference shown"
            for r in side_by_side(campaign(k, n=60), campaign(k + 1000, n=60, noise=k + 1)).rows)
        for k in range(2, 62)
    ]  # fmt: skip
    assert np.mean(alarms) <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / 60)


def test_holm():
    """Holm's own steps: 0.01, 0.04, 0.03 become 0.03, 0.06, 0.06."""
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])


def test_a_return_is_not_compared_with_a_rendezvous():
    with pytest.raises(InputError, match="expected a campaign of a return"):
        side_by_side(campaign(1), campaign(1, kind="rendezvous"))
