"""``compare_guidance``: a law's landing proves a run in reach for all, and the bound is asked last."""

import types

import numpy as np
import pytest

from homeward.campaigns.analysis import compare_guidance
from homeward.campaigns.execution.return_batch import Flights
from homeward.scenario import load

RUNS = 6


@pytest.fixture
def flown(monkeypatch):
    """The keywords of every call of ``fly_large_changes``, which flies nothing here."""
    calls = []
    lands = iter([[0, 1, 2], [1, 3]])

    def fly(scenario, runs, seed, **told):
        calls.append(told | {"in_reach": told["in_reach"].copy()})
        landed = np.isin(np.arange(runs), next(lands))
        miss = np.where(landed, 100.0, 9e3)
        every = Flights(scenario, seed, np.arange(runs), {"failed": miss < 0.0, "open_miss": miss}, 0.0)
        # The bound lands run 4, and is asked with the last law.
        out = np.flatnonzero(~landed & ~told["in_reach"] & (np.arange(runs) != 4)) if told["judged"] else []
        return types.SimpleNamespace(every=every, landed=landed, unreachable=np.asarray(out, int))

    monkeypatch.setattr(compare_guidance, "fly_large_changes", fly)
    none = Flights(load("shenzhou-15"), 3, np.arange(0), {}, 0.0)
    monkeypatch.setattr(compare_guidance, "fly_many", lambda s, *_, **__: none)
    return calls


def test_what_any_law_landed_counts_for_all(flown):
    result = compare_guidance.compare_guidance(load("shenzhou-15"), RUNS, 3)
    assert [c["judged"] for c in flown] == [False, True]
    assert not np.any(flown[0]["in_reach"])
    assert list(np.flatnonzero(flown[1]["in_reach"])) == [0, 1, 2]
    assert list(result.unreachable) == [5]
    for law in ("predictive", "reference"):
        assert list(result.large_changes[law].runs) == [0, 1, 2, 3, 4]
    assert np.sum(result.large_changes["reference"].numbers["open_miss"] > 1e3) == 3
