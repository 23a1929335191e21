"""Touchdown: the crew's response, pulses, tipping over, swell against closed forms and published numbers."""

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid, solve_ivp

from homeward.earth.constants import G0
from homeward.world.landing.dynamic_response import DAMPING, FREQUENCIES, LIMITS, dose, responses
from homeward.world.landing.pulse import half_sine, rocket_pulse, trapezoid, water_entry
from homeward.world.landing.surface import swell
from homeward.world.landing.tip_over import Base, tip_over_index

SAMPLED = 2e-3  # 800 samples of a pulse and what follows it


def test_a_steady_push_overshoots_as_a_damped_oscillator_does():
    told = responses(np.full((1, 4000, 3), G0), np.array([5e-4]))[0]
    overshoot = 1.0 + np.exp(-np.pi * DAMPING / np.sqrt(1.0 - DAMPING**2))
    assert told.max(axis=0) == pytest.approx(overshoot, rel=1e-4)
    assert told[-1] == pytest.approx(np.ones(3), abs=1e-3)


def test_a_short_kick_gives_the_published_3_96_a_metre_a_second_along_the_spine():
    """DRI = 3.96 dV is the rule quoted with the model for shocks far below 30 ms."""
    step = 1e-5
    acceleration = np.zeros((1, 6000, 3))
    acceleration[0, :51] = 2e3
    speed = np.trapezoid(acceleration[0, :, 2], dx=step)
    response = responses(acceleration, np.array([step]))[0].max(axis=0) / speed
    assert response[2] == pytest.approx(3.96, abs=0.005)
    z = DAMPING
    closed = FREQUENCIES / G0 * np.exp(-z / np.sqrt(1.0 - z**2) * np.arccos(z))
    assert response == pytest.approx(closed, rel=1e-3)


def test_lanes_of_unlike_steps_are_what_another_integrator_finds():
    pulse = half_sine(np.array([3.0, 8.0]), 0.1)
    told = responses(pulse.samples[:, :, None] * np.array([0.3, 0.1, 1.0]), pulse.step)
    for lane, share in ((0, 1.0), (1, 1.0)):
        w, z = FREQUENCIES[2], DAMPING[2]
        duration, peak = pulse.duration[lane], pulse.peak[lane]

        def rate(t: float, y: np.ndarray, w=w, z=z, T=duration, A=peak, share=share) -> list[float]:
            push = share * A * np.sin(np.pi * t / T) if t < T else 0.0
            return [y[1], push - 2.0 * z * w * y[1] - w * w * y[0]]

        found = solve_ivp(rate, (0.0, duration + 0.2), [0.0, 0.0], rtol=1e-9, atol=1e-12, max_step=1e-4)
        assert told[lane, :, 2].max() == pytest.approx(found.y[0].max() * w * w / G0, rel=SAMPLED)


def test_the_dose_is_one_at_a_limit_and_looks_at_the_sign():
    kick = np.zeros((2, 4000, 3))
    kick[0, :, 2], kick[1, :, 2] = 1.0, -1.0
    one = dose(kick, np.full(2, 2e-4), LIMITS["low"])
    assert one.response[0, 2] == pytest.approx(one.response[1, 2])
    back = 15.2 / 13.4  # the backswing of a push down is a pull up
    assert one.beta[1] / one.beta[0] == pytest.approx(back, rel=1e-9)
    again = dose(kick / one.beta[:, None, None], np.full(2, 2e-4), LIMITS["low"])
    assert again.beta == pytest.approx(np.ones(2), rel=1e-9)
    together = dose(np.ones((1, 4000, 3)), np.array([2e-4]), LIMITS["high"])
    assert together.beta[0] > max(together.response[0] / np.array([46.0, 22.0, 22.4]))


@pytest.mark.parametrize("name", ["half-sine", "trapezoid"])
def test_a_pulse_takes_out_the_speed_within_its_stroke(name):
    speed, stroke = np.array([2.0, 6.0]), 0.15
    pulse = half_sine(speed, stroke) if name == "half-sine" else trapezoid(speed, stroke, 0.2)
    t = np.arange(pulse.samples.shape[1]) * pulse.step[:, None]
    gained = cumulative_trapezoid(pulse.samples, t, axis=1, initial=0.0)
    assert gained[:, -1] == pytest.approx(speed, rel=SAMPLED)
    left = np.where(t <= pulse.duration[:, None], speed[:, None] - gained, 0.0)
    assert np.sum(left, axis=1) * pulse.step == pytest.approx(np.full(2, stroke), rel=0.02)
    form = np.pi / 4.0 if name == "half-sine" else 1.0 / (2.0 * 0.8)
    assert pulse.peak == pytest.approx(form * speed**2 / stroke)


def test_landing_rockets_push_as_long_as_they_burn():
    pulse = rocket_pulse(np.array([40.0]), 0.16)
    assert np.sum(pulse.samples[0]) * pulse.step[0] == pytest.approx(40.0 * 0.16, rel=0.01)


def test_water_entry_peaks_at_an_eighth_of_the_mass():
    """Von Karman's momentum: the peak comes where the water carried is an eighth of the capsule."""
    mass, radius, speed = 5300.0, 4.69, 9.1
    pulse = water_entry(np.array([speed]), radius, np.array([mass]))
    carried = 4.0 / 3.0 * 1025.0 * (2.0 * radius) ** 1.5

    def rate(_: float, y: np.ndarray) -> list[float]:
        return [y[1], -1.5 * carried * np.sqrt(max(y[0], 0.0)) * y[1] ** 2 / (mass + carried * y[0] ** 1.5)]

    found = solve_ivp(rate, (0.0, 0.3), [0.0, speed], rtol=1e-10, atol=1e-12, max_step=1e-4)
    decelerated = -np.array([rate(0.0, y)[1] for y in found.y.T])
    assert pulse.peak[0] == pytest.approx(decelerated.max(), rel=1e-3)
    peak_depth = found.y[0][np.argmax(decelerated)]
    assert carried * peak_depth**1.5 / mass == pytest.approx(1.0 / 8.0, rel=0.02)
    closed = 1.0535 * speed**2 * radius * (4.0 * 1025.0 / (3.0 * mass)) ** (2.0 / 3.0)
    assert pulse.peak[0] == pytest.approx(closed, rel=1e-3)
    assert 12.0 < pulse.peak[0] / G0 < 22.0  # of Apollo's sphere, flat on: the size that was met


def test_a_block_keeps_housners_rate_when_it_rocks():
    """1 - 1.5 sin^2 of the slenderness: Housner (1963), for a rectangular block."""
    half_width, half_height = 0.3, 1.1
    block = Base(half_width, half_height, np.sqrt(np.array([half_width**2 + half_height**2]) / 3.0))
    sine = half_width / np.hypot(half_width, half_height)
    assert block.restitution[0] == pytest.approx(1.0 - 1.5 * sine**2)


@pytest.mark.parametrize("slope", [0.0, 8.0, -8.0])
def test_the_least_speed_that_tips_it_over_is_what_an_integrator_finds(slope):
    base, hill = Base(1.26, 0.92, np.array([0.83])), np.radians(slope)

    def goes_over(speed: float) -> bool:
        def rate(_: float, y: np.ndarray) -> list[float]:  # turn forward from flat, rate
            back = np.arctan2(base.radius, base.height) - hill - y[0]
            return [y[1], -G0 * base.arm * np.sin(back) / base.inertia[0]]

        def fallen(_: float, y: np.ndarray) -> float:
            return np.arctan2(base.radius, base.height) - hill - y[0]

        def back_down(_: float, y: np.ndarray) -> float:
            return y[0] + 1e-9

        fallen.terminal = back_down.terminal = True
        first = speed * base.height / base.inertia[0]
        found = solve_ivp(rate, (0.0, 60.0), [0.0, first], events=[fallen, back_down], rtol=1e-10)
        return len(found.t_events[0]) > 0

    one, zero = np.ones(1), np.zeros(1)
    least = 1.0 / tip_over_index(base, one, zero, zero, np.array([hill]))[0]
    assert not goes_over(0.999 * least) and goes_over(1.001 * least)


def test_a_capsule_tips_sooner_downhill_and_stands_on_no_slope_beyond_its_own():
    base = Base(1.26, 0.92, np.full(4, 0.83))
    hill = np.radians([-10.0, 0.0, 10.0, np.degrees(np.arctan2(1.26, 0.92)) + 1.0])
    told = tip_over_index(base, np.full(4, 4.0), np.full(4, 2.0), np.zeros(4), hill)
    assert told[0] < told[1] < told[2] and told[3] == np.inf
    tall = Base(1.26, 1.6, np.full(1, 0.83))
    one = np.ones(1)
    assert tip_over_index(tall, one, one, 0.0 * one, 0.0 * one)[0] > tip_over_index(
        Base(1.26, 0.92, np.full(1, 0.83)), one, one, 0.0 * one, 0.0 * one
    )[0]  # fmt: skip
    # A leading edge that touches first is turned back by the fall, a trailing one forward.
    slim = Base(0.4, 1.4, np.full(2, 0.6))
    lean = np.radians([5.0, -5.0])
    both = tip_over_index(slim, np.zeros(2), np.full(2, 3.0), lean, np.zeros(2))
    assert both[0] == 0.0 and both[1] > 0.0


def test_a_swell_has_the_variances_of_linear_waves():
    rng = np.random.default_rng(4)
    n, height, period = 200_000, 3.0, 9.0
    toward = rng.normal(size=(n, 2))
    toward /= np.linalg.norm(toward, axis=1)[:, None]
    made = swell(np.full(n, height), period, toward, rng.normal(size=n), rng.normal(size=n))
    w = 2.0 * np.pi / period
    assert np.std(made.velocity[:, 2]) == pytest.approx(w * height / 4.0, rel=0.01)
    slope = -np.sum(made.normal[:, :2] * toward, axis=1) / made.normal[:, 2]
    assert np.std(slope) == pytest.approx(w * w / G0 * height / 4.0, rel=0.01)
    # The crest runs on with the phase speed g / w: what rises slopes down ahead.
    assert slope == pytest.approx(-made.velocity[:, 2] * w / G0)
