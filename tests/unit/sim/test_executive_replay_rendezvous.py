"""The rendezvous' executive alone: recorded messages give the recorded commands bit for bit, with no world.

Every leg is flown for some cycles over its end by the simulation's own loop, in this process; the
messages are then replayed in another one that has neither ``homeward.world`` nor ``homeward.sim``.
"""

import os
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import numpy as np
import pytest
from pair_legs import close_leg, close_legs, far_legs, fly_close_leg, fly_far_leg, made_plan, step_by_step
from replay_messages import bits, replayed, restored, save

from homeward.scenario.build.rendezvous_flight import build_withdrawal

SCRIPT = Path(__file__).parents[2] / "helpers" / "replay_messages.py"
CYCLES = 4


def _calls(log):
    """Parameters, first state, and the calls with message and answer."""
    parameters, state = log[0][1][:2]
    return parameters, state, [(name, *(given[2:] or (None,)), told) for name, given, told in log]


@pytest.fixture(scope="module")
def recorded():
    """By leg what ``replay_messages.save`` takes, and the truth and state that the leg ended with."""
    plan, world, start = made_plan()
    far, close = far_legs(plan, world, start), close_legs(plan, world, start)
    away, names = build_withdrawal(plan.scenario, plan.told, plan.close)
    legs, ends = {}, {}

    def keep(name, log, carry):
        legs[name], ends[name] = _calls(log), carry

    with pytest.MonkeyPatch.context() as patch:
        log = []
        with step_by_step(patch, log):
            for name, carry in far.items():
                keep(name, log, fly_far_leg(plan, world, carry, CYCLES))
                log.clear()
            for name, carry in close.items():
                keep(name, log, fly_close_leg(plan.close, world, carry, CYCLES))
                log.clear()
            for k, name in enumerate(names):
                carry = close_leg(plan, away, world, start, k)
                keep(name, log, fly_close_leg(away, world, carry, CYCLES))
                log.clear()
    return plan, legs, ends


def test_every_leg_is_in_the_recording_and_comes_to_its_end(recorded):
    plan, legs, ends = recorded
    for k, name in enumerate(plan.steps[:-1]):
        assert int(ends[name].flight.step) > k, name
    assert bool(ends["final translation"].truth.contact.captured)
    assert int(ends["far guidance, its end"].flight.stage) == 1
    assert int(ends["homing, its end"].flight.stage) == 2 and bool(ends["homing, its end"].truth.done)
    assert int(ends["departure"].flight.mode) == 1
    for name in ("far guidance", "homing"):
        assert float(ends[name].truth.delta_v) > 0.1
    for name, (_, _, calls) in legs.items():
        fired = [told[1].seconds for call, _, told in calls if call == "tick"]
        assert np.any(np.asarray(fired) > 0.0) or name.startswith(("far", "homing")), name


def test_messages_alone_give_the_same_commands_with_no_world_in_the_process(recorded, tmp_path):
    _, legs, _ = recorded
    path = tmp_path / "messages.npz"
    save(path, legs)
    told = subprocess.run(
        [sys.executable, str(SCRIPT), str(path)], capture_output=True, text=True, env=dict(os.environ)
    )
    assert told.returncode == 0, told.stdout + told.stderr[-3000:]
    assert told.stdout.startswith(f"{sum(len(calls) for _, _, calls in legs.values())} calls agree")


def test_a_message_that_differs_is_noticed(recorded, tmp_path):
    """The comparison is one: a velocity felt, changed by a millionth, changes a command or a belief."""
    _, legs, _ = recorded
    parameters, state, calls = legs["19 m hold"]
    save(tmp_path / "one.npz", {"19 m hold": (parameters, state, calls[:12])})
    other = restored(tmp_path / "one.npz")
    parameters, state, calls = other["19 m hold"]
    assert bits(calls) == bits(legs["19 m hold"][2][:12])
    k = next(k for k, call in enumerate(calls) if k > 0 and call[0] == "tick")
    name, message, told = calls[k]
    calls[k] = (
        name,
        eqx.tree_at(lambda m: m.inertial.velocities, message, replace_fn=lambda x: x + 1e-6),
        told,
    )
    assert replayed({"19 m hold": (parameters, state, calls)})[0]
