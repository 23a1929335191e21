"""The watch over an entry: what it lets pass, when it gives steering up, when it turns the lift up."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from onboard_sphere import MODEL, n

from homeward.earth.constants import G0
from homeward.flight.entry.ballistic import LARGEST_LEAD, BallisticEntryGuidance
from homeward.flight.entry.guidance_monitor import ATTITUDE, LIFTED, PLACE, PREDICTION, ROLLING, EntryWatch
from homeward.icd import Accuracy, EntryCommand, Navigation

BANK = 1.2  # rad, what the law wants


ROLL = BallisticEntryGuidance(MODEL, n(0.2), n(0.26), n(0.1), n(1.0))
WATCH = EntryWatch(ROLL, n(50e3), n(0.17), n(200e3), n(5.0), n(1.0))


def cycle(state, load=1.0, miss=0.0, place=100.0, turn=1e-3, time=0.0, bank=0.3, speed=7000.0):
    navigation = Navigation(
        n(time), n([6450e3, 0.0, 0.0]), n([0.0, speed, 0.0]), n([0.0, -load * G0, 0.0]), n(bank),
        jnp.asarray(False),
    )  # fmt: skip
    accuracy = Accuracy(n([place] * 3), n([1.0] * 3), n([turn] * 3))
    state, command = WATCH.step(state, navigation, accuracy, EntryCommand(n(BANK), n(1.0), n(1.0), n(miss)))
    return state, float(command.bank)


def flown(cycles, **changes):
    state = WATCH.init()
    for k in range(cycles):
        now = {key: value(k) if callable(value) else value for key, value in changes.items()}
        state, bank = cycle(state, time=float(k), **now)
    return state, bank


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"place": 40e3, "turn": 0.1},
        {"miss": lambda k: 1e5 * k},  # it drifts away, and steadily: the site is out of reach, not the sense
        {"miss": lambda k: 1e6 * (k % 2), "load": 0.1},  # thin air
        {"miss": lambda k: 1e6 * (k == 7)},  # once there and back
        {"miss": lambda k: 1e7 - 4e5 * k},  # it settles, as on a return from the Moon
        {"miss": lambda k: 1e6 * (k % 2), "speed": 9000.0},
        {"place": lambda k: 1e6 * (k < 4)},  # for too short
    ],
)
def test_a_law_that_can_be_trusted_is_flown(changes):
    state, bank = flown(20, **changes)
    assert int(state.mode) != ROLLING and bank == BANK and float(state.lifted) == 0.0
    assert np.isinf(float(state.since))


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"place": 60e3}, PLACE),
        ({"turn": 0.3}, ATTITUDE),
        ({"miss": lambda k: 1e6 * (k % 2)}, PREDICTION),
    ],
)
def test_one_that_cannot_is_given_up_for_good(changes, cause):
    state, bank = flown(12, **changes)
    assert int(state.mode) == ROLLING and int(state.cause) == cause
    assert 4.0 <= float(state.since) <= 7.0
    assert np.asarray(state.r_E) == pytest.approx([6450e3, 0.0, 0.0])
    # What happens later changes neither the choice nor its time; it goes on rolling ahead of where it is.
    after, bank = cycle(state, time=50.0, bank=1.0)
    assert int(after.mode) == ROLLING and float(after.since) == float(state.since)
    assert int(after.cause) == cause and 0.1 < bank - 1.0 <= LARGEST_LEAD


def test_lift_is_turned_up_while_the_load_grows_beyond_what_the_ship_is_built_for():
    state, bank = flown(10, load=lambda k: 3.0 + 0.2 * k)  # 4.8 g, and growing
    assert bank == pytest.approx(LIFTED) and float(state.lifted) > 0.0
    state, bank = cycle(state, load=4.95)
    assert bank == pytest.approx(LIFTED)
    state, bank = cycle(state, load=4.90)
    assert bank == BANK and int(state.mode) != ROLLING


def test_for_how_long_lift_was_turned_up_is_told_in_seconds():
    fast = eqx.tree_at(lambda w: w.cycle, WATCH, n(0.5))
    state = fast.init()
    for k in range(4):
        navigation = Navigation(
            n(0.5 * k), n([6450e3, 0.0, 0.0]), n([0.0, 7e3, 0.0]), n([0.0, -(4.9 + 0.1 * k) * G0, 0.0]),
            n(0.0), jnp.asarray(False),
        )  # fmt: skip
        sure = Accuracy(n([1.0] * 3), n([1.0] * 3), n([1e-3] * 3))
        state, _ = fast.step(state, navigation, sure, EntryCommand(n(BANK), n(1.0), n(1.0), n(0.0)))
    assert float(state.lifted) == 2.0


def test_a_command_that_is_no_number_is_not_flown_around():
    state, _ = flown(3)
    quiet = Navigation(n(0), n([6450e3, 0, 0]), n([0, 7e3, 0]), n([0, -G0, 0]), n(0), jnp.asarray(False))
    sure = Accuracy(n([1.0] * 3), n([1.0] * 3), n([1e-3] * 3))
    _, command = WATCH.step(state, quiet, sure, EntryCommand(n(np.nan), n(1.0), n(1.0), n(0.0)))
    assert np.isnan(float(command.bank))


def test_the_fall_back_foretells_its_end():
    """From the same state at any bank: the lift averages out."""
    r, v = n([6498e3, 0.0, 0.0]), n([-210.0, 7500.0, 0.0])
    length = ROLL.init_length()
    for _ in range(4):
        length, end, good = ROLL.foretold(length, r, v, n(0.0), n(10e3))
    _, other, _ = ROLL.foretold(length, r, v, n(2.0), n(10e3))
    assert bool(good) and float(jnp.linalg.norm(end)) == pytest.approx(1.0)
    assert np.asarray(other) == pytest.approx(np.asarray(end), abs=1e-3)
    assert 0.15 < float(np.arctan2(end[1], end[0])) < 0.7  # rad: 1,000 to 4,500 km on
