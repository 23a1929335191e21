"""Which calls of a flight become golden vectors."""

import random

import numpy as np
import pytest

from homeward.codegen.record import CYCLE, TICK, WINDOW, Call, Windows


def _calls(start, cycles, state=0.0, mode="air"):
    """Cycles of two ticks each, the state counting the calls."""
    calls = []
    for n in range(cycles):
        for k, kind in enumerate((CYCLE, TICK, TICK)):
            time = start + n + 0.1 * max(k - 1, 0)
            before, after = np.array(state), np.array(state + 1.0)
            calls.append(Call(kind, mode, [before], [np.array(time)], [after], []))
            state += 1.0
    return calls


def _kept(calls):
    windows = Windows()
    for call in calls:
        windows.add(call)
    return [[float(call.before[0]) for call in window] for window in windows.close()]


def test_a_long_stretch_keeps_its_first_and_last_cycles():
    states = [3.0 * 40 - 3 * WINDOW + k for k in range(3 * WINDOW)]
    assert _kept(_calls(0.0, 40)) == [[float(k) for k in range(3 * WINDOW)], states]


def test_a_short_stretch_is_kept_whole_and_another_state_begins_a_new_one():
    calls = [*_calls(0.0, 2), *_calls(10.0, 3, state=100.0), *_calls(20.0, 1, state=109.0, mode="canopy")]
    assert [len(w) for w in _kept(calls)] == [6, 9, 3]


def test_calls_of_a_lane_that_stands_still_are_left_out():
    still = [_calls(50.0, 1, state=6.0)[0] for _ in range(20)]
    assert [len(w) for w in _kept([*_calls(0.0, 2), *still])] == [7]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_calls_that_come_a_little_late_are_put_in_order(seed):
    calls, rng = _calls(0.0, 1200), random.Random(seed)
    late = sorted(calls, key=lambda call: float(call.sensors[0]) + 20.0 * rng.random())
    assert _kept(late) == _kept(calls)


def test_a_long_stretch_that_begins_with_ticks_has_no_gap_in_its_windows():
    """Its state is that of no cycle before: the ticks are left out, and each window's calls follow on."""
    kept = _kept(_calls(0.0, 41)[1:])
    assert [len(w) for w in kept] == [3 * WINDOW, 3 * WINDOW]
    for states in kept:
        assert states == [states[0] + k for k in range(3 * WINDOW)]
