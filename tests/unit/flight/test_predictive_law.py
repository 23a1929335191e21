"""The predictive law by itself: mirrored worlds, odd states, and plans that leave the air."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from onboard_sphere import EARTH, MODEL

from homeward.flight.entry.drag_lift_estimation import predictor_start
from homeward.flight.entry.load_guard import onset
from homeward.flight.entry.predictor import Factors, predict
from homeward.flight.entry.predictor_corrector import PredictiveEntryGuidance, PredictiveSettings
from homeward.icd import EntryTarget, Navigation

RATE, ACCELERATION = np.radians(15.0), np.radians(6.0)
MOST = np.radians(165.0)
SETTINGS = {
    "bank_start": np.radians(62.0), "bank_end": np.radians(50.0), "bank_minimum": np.radians(10.0),
    "bank_maximum": MOST, "bank_step": np.radians(6.0), "speed_end": 530.0, "terminal_speed": 530.0,
    "final_speed": 3200.0, "early_share": 0.9, "reversal_share": 0.3, "load_limit": 3.6, "guard_on": 4.3,
    "load_kept": 4.9, "load_held": 4.75, "heat_most": 1e12, "heated_most": 1e30,
    "drag_memory": 8.0, "lasting_memory": 40.0, "cycle": 1.0,
    "rate_limit": RATE, "acceleration_limit": ACCELERATION,
}  # fmt: skip


def n(x):
    return jnp.asarray(x, float)


@cache
def law() -> PredictiveEntryGuidance:
    settings = PredictiveSettings(**{key: n(value) for key, value in SETTINGS.items()})
    return PredictiveEntryGuidance(MODEL, settings, steps=24, plans=3)


@cache
def step():
    own = law()
    return jax.jit(lambda state, navigation, at: own.step(state, navigation, at))


def seen(speed: float, angle_deg: float, altitude: float, bank: float = 0.0, force=(0.0, 0.0, 0.0)):
    """Above the equator at longitude 0, eastward."""
    g = np.radians(angle_deg)
    return Navigation(
        n(0.0), n([EARTH + altitude, 0.0, 0.0]), n([speed * np.sin(g), speed * np.cos(g), 0.0]), n(force),
        n(bank), jnp.asarray(False),
    )  # fmt: skip


def target(range_m: float, aside_m: float) -> EntryTarget:
    a, b = range_m / EARTH, aside_m / EARTH
    aim = EARTH * np.array([np.cos(a) * np.cos(b), np.sin(a) * np.cos(b), np.sin(b)])
    return EntryTarget(n(aim), n(10e3))


def mirrored(navigation: Navigation) -> Navigation:
    flip = n([1.0, 1.0, -1.0])
    return Navigation(
        navigation.time, navigation.r_BE_E * flip, navigation.v_BE_E * flip,
        navigation.specific_force * flip, -navigation.bank, navigation.blackout,
    )  # fmt: skip


CASES = [
    (7500.0, -1.6, 118e3, 3.4e6),
    (7300.0, -2.0, 68e3, 1.6e6),
    (10600.0, -6.0, 115e3, 5.9e6),
    (10200.0, -1.0, 62e3, 5.0e6),
]


@pytest.mark.parametrize("speed, angle, altitude, far", CASES)
def test_a_mirrored_world_gets_mirrored_commands(speed, angle, altitude, far):
    one, other = law().init(target(far, 30e3)), law().init(target(far, -30e3))
    other = eqx.tree_at(lambda s: s.side, other, -other.side)
    here = seen(speed, angle, altitude, bank=0.9, force=(6.0, -8.0, 2.0))
    there = mirrored(here)
    for _ in range(6):
        one, first = step()(one, here, target(far, 30e3))
        other, second = step()(other, there, target(far, -30e3))
        assert float(first.bank) == pytest.approx(-float(second.bank), abs=2e-3)
        assert float(first.predicted_miss) == pytest.approx(float(second.predicted_miss), rel=1e-2, abs=200.0)


# Climbing away at all of a lunar return's speed, far beyond half a turn, straight down, over the aim, still.
ODD = [
    (10900.0, 8.0, 90e3, 5e6), (11300.0, -0.5, 118e3, 1.9e7), (9000.0, -80.0, 40e3, 5e6),
    (7500.0, -1.6, 118e3, 1e3), (120.0, -89.0, 11e3, 1e3), (11060.0, -5.0, 120e3, 2.4e6),
]  # fmt: skip


@pytest.mark.parametrize("speed, angle, altitude, far", ODD)
def test_no_state_makes_a_command_that_is_no_number(speed, angle, altitude, far):
    state, at = law().init(target(far, 0.0)), target(far, 0.0)
    for bank in (0.0, 2.0, -3.0):
        state, command = step()(state, seen(speed, angle, altitude, bank), at)
        for value in jax.tree.leaves((state, command)):
            assert np.all(np.isfinite(np.asarray(value)))


def test_what_leaves_the_air_is_held_down_with_all_there_is():
    """Shallow, fast and climbing: hardly a plan stays."""
    at = target(5.9e6, 0.0)
    state = law().init(at)
    for _ in range(12):
        state, _ = step()(state, seen(10300.0, 1.5, 63e3, bank=1.2, force=(2.0, -12.0, 3.0)), at)
    assert abs(float(state.bank)) > np.radians(110.0)


@cache
def leaves():
    """Whether the plans of some banks leave the air for good, by the law's own predictor, finely cut."""
    own = law()

    def told(state, navigation, banks):
        low = jax.tree.map(lambda x: x.astype(jnp.float32), own.settings)
        model = jax.tree.map(lambda x: x.astype(jnp.float32), own.model)
        start, speed = predictor_start(own.model, navigation)
        no = jnp.asarray(False)
        turn = 2.0 * state.bank / low.rate_limit + low.rate_limit / low.acceleration_limit
        plan_of = own._plans(low, state, start, speed, no, no, turn, onset(low, state.eased))
        factors = Factors(state.drag_here, state.drag_lasting, state.lift)

        def one(bank):
            length = jnp.asarray(1500.0, jnp.float32)
            for _ in range(3):  # as in flight: the length is carried from cycle to cycle
                found = predict(
                    model, start, plan_of(bank), factors, length, jnp.float32(10e3), 192, True, True
                )
                length = found.length
            return found.gone

        return jax.vmap(one)(banks)

    return jax.jit(told)


@pytest.mark.parametrize("far", [2.5e6, 5.9e6, 1e7])
@pytest.mark.parametrize("speed, angle, altitude", [
    (10900.0, -6.4, 115e3), (10900.0, -5.2, 115e3), (10900.0, -4.9, 115e3),
    (10600.0, -2.5, 68e3), (10300.0, -0.2, 60e3), (9600.0, 0.6, 62e3),
])  # fmt: skip
def test_no_plan_that_leaves_is_commanded_while_one_stays(speed, angle, altitude, far):
    """Any state of an entry from beyond orbit, from the first cycle on whose plans were all foretold."""
    at = target(far, 20e3)
    state = law().init(at)
    here = seen(speed, angle, altitude, 1.0)
    banks = jnp.asarray(np.radians(np.linspace(10.0, 165.0, 24)), jnp.float32)
    for cycle in range(10):
        state, _ = step()(state, here, at)
        if cycle < 3:
            continue
        gone = np.asarray(leaves()(state, here, jnp.append(banks, state.bank)))
        assert not gone[-1] or gone[:-1].all()


@pytest.mark.parametrize(
    "speed, angle, altitude, far", [(10900.0, -5.8, 110e3, 5.9e6), (10500.0, -3.0, 68e3, 5e6)]
)
def test_the_bank_is_continuous_where_nothing_is_decided(speed, angle, altitude, far):
    """A metre per second and a hundred metres move the plan by little."""
    at = target(far, 0.0)
    state = law().init(at)
    for _ in range(12):
        state, _ = step()(state, seen(speed, angle, altitude, 1.0), at)
    banks = [
        float(step()(state, seen(speed + push, angle, altitude + 100.0 * push, 1.0), at)[0].bank)
        for push in (0.0, 0.1, 1.0)
    ]
    assert np.ptp(banks) < np.radians(3.0)
