"""The predictor-corrector as published: its prediction against another integrator, its steps, its sides."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from onboard_sphere import EARTH, MODEL, n
from scipy.integrate import solve_ivp

import homeward
from homeward.earth.constants import G0
from homeward.flight.entry.fnpeg import FAR, FnpegEntryGuidance, FnpegSettings
from homeward.icd import EntryTarget, Navigation

ALTITUDE = 10e3
STEPS_LEAVE = 1.0e3  # m of range that 160 steps leave to an adaptive integrator
BANK_END = 0.87
LAW = FnpegEntryGuidance(
    MODEL, FnpegSettings(*(n(x) for x in (BANK_END, 0.087, 2.88, 0.14, 0.008, 200.0, 20.0, 3.6, 1.0)))
)
UP = n([1.0, 0.0, 0.0])


def target(arc, across=0.0):
    flat = np.array([np.cos(arc), np.sin(arc), 0.0]) * np.cos(across)
    return EntryTarget(n((EARTH + ALTITUDE) * (flat + np.array([0.0, 0.0, np.sin(across)]))), n(ALTITUDE))


def at(speed=7500.0, angle=-1.6, height=120e3, force=(0.0, 0.0, 0.0), bank=0.0):
    gamma = np.radians(angle)
    r, v = np.array([EARTH + height, 0.0, 0.0]), speed * np.array([np.sin(gamma), np.cos(gamma), 0.0])
    return Navigation(n(0.0), n(r), n(v), n(force), n(bank), jnp.asarray(False))


@cache
def ranges():
    """Range [m] and stretched time [s] of a bank, the length of the steps found as in flight."""

    @jax.jit
    def one(start, bank, length):
        state = LAW.init(target(0.6))
        return LAW._range(state, start, UP, bank, n(ALTITUDE), length)

    return one


def predicted(bank, speed=7500.0, angle=-1.6):
    start, length = n([120e3, speed, np.radians(angle), 0.0]), n(1800.0)
    for _ in range(4):
        flown, length = ranges()(start, n(bank), length)
    return float(flown)


def integrated(bank, speed=7500.0, angle=-1.6):
    """The same equations by an adaptive integrator of SciPy's, to the altitude itself."""
    first = 0.5 * speed**2 + G0 * 120e3
    last = 0.5 * 150.0**2 + G0 * ALTITUDE
    pull0 = float(MODEL.mu)
    air = jax.jit(lambda h, v: (MODEL.density(h), *MODEL.aerodynamics(v)))

    def rates(_, x):
        h, v, g, _ = x
        density, area, ratio = (float(y) for y in air(n(h), n(v)))
        drag = 0.5 * density * area * v * v
        part = np.clip((0.5 * v * v + G0 * h - last) / (first - last), 0.0, 1.0)
        up = np.cos(BANK_END + (bank - BANK_END) * part)
        r = EARTH + h
        pull = pull0 / r**2 - float(MODEL.rotation) ** 2 * r
        turn = (drag * ratio * up + (v * v / r - pull) * np.cos(g)) / v
        return [v * np.sin(g), -drag - pull * np.sin(g), turn, v * np.cos(g) * EARTH / r]

    def down(_, x):
        return x[0] - ALTITUDE

    down.terminal = True
    told = solve_ivp(rates, (0.0, 4000.0), [120e3, speed, np.radians(angle), 0.0], "DOP853", events=down,
                     rtol=1e-8, atol=1e-6)  # fmt: skip
    return told.y_events[0][0][3]


@pytest.mark.parametrize("bank", [0.7, 1.2])
def test_the_prediction_is_that_of_another_integrator(bank):
    assert predicted(bank) == pytest.approx(integrated(bank), abs=STEPS_LEAVE)


def test_a_larger_bank_comes_down_shorter_and_lift_up_from_the_moon_is_gone():
    told = [predicted(bank) for bank in (0.3, 0.8, 1.3, 1.8)]
    assert np.all(np.diff(told) < -20e3)
    assert predicted(0.0, 11000.0, -5.5) == FAR


@cache
def stepping():
    return jax.jit(lambda state, navigation, target: LAW.step(state, navigation, target))


def steered(arc, across=0.0, cycles=25, **kind):
    where, state = target(arc, across), LAW.init(target(arc, across))
    for _ in range(cycles):
        state, command = stepping()(state, at(**kind), where)
    return float(command.bank), float(command.predicted_miss)


def test_the_bank_is_that_whose_prediction_ends_at_the_target():
    arc = predicted(1.1) / EARTH
    bank, miss = steered(arc)
    assert abs(bank) == pytest.approx(1.1, abs=0.02)
    assert miss < 500.0


def test_a_mirrored_target_has_the_mirrored_bank():
    arc = predicted(1.1) / EARTH
    right, left = steered(arc, -0.01)[0], steered(arc, 0.01)[0]
    assert right == pytest.approx(-left, abs=1e-9) and right > 1.0


def test_it_begins_on_the_targets_side_within_the_corridor_too():
    arc = predicted(1.1) / EARTH
    assert steered(arc, -0.003, cycles=2)[0] > 0.5 and steered(arc, 0.003, cycles=2)[0] < -0.5


def test_load_lifts_it_up():
    calm = steered(0.55, speed=6500.0, angle=-1.0, height=60e3, force=(0.0, -2.0 * G0, 0.0))[0]
    loaded = steered(0.55, speed=6500.0, angle=-3.0, height=60e3, force=(0.0, -4.5 * G0, 0.0))[0]
    assert abs(loaded) < 0.5 * abs(calm)


def test_it_keeps_the_contract_of_a_law():
    homeward.check_guidance(LAW)
