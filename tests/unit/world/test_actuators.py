"""The bank actuator: never beyond its limits, the shorter way, and at rest where it was sent."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.vehicle.parameters import Capsule
from homeward.world.actuators.bank import bank_actuator

RATE, ACCELERATION = np.radians(15.0), np.radians(6.0)
OVERSHOOT = {0.1: 0.5, 0.5: 6.0}  # deg: braking begins a tick late at most, so it grows with the tick
CAPSULE = Capsule(*(jnp.asarray(x) for x in (3200.0, 5.0, 2.9, RATE, ACCELERATION)))
ROUNDING = 1e-12


@jax.jit
def _run(start, command, dt):
    def tick(carry, _):
        bank, rate, mean = bank_actuator(CAPSULE, *carry, command, dt)
        return (bank, rate), (bank, rate, mean)

    return jax.lax.scan(tick, (start, jnp.zeros_like(start)), None, length=400)[1]


def _go(start_deg, command_deg, dt=0.1):
    out = _run(jnp.asarray(np.radians(start_deg)), jnp.asarray(np.radians(command_deg)), jnp.asarray(dt))
    return [np.asarray(x) for x in out]


@pytest.mark.parametrize(("start", "command"), [(0, 60), (60, -60), (-170, 170), (10, 11), (0, 179)])
@pytest.mark.parametrize("dt", OVERSHOOT)
def test_it_arrives_and_stays_and_hardly_runs_past(start, command, dt):
    bank, rate, _ = _go(float(start), float(command), dt)
    off = np.degrees(np.angle(np.exp(1j * (bank - np.radians(command)))))
    first = np.degrees(np.angle(np.exp(1j * np.radians(start - command))))
    assert abs(off[-1]) < 1e-3
    assert abs(rate[-1]) < 1e-4
    assert np.max(-off * np.sign(first)) < OVERSHOOT[dt]


@pytest.mark.parametrize(("start", "command"), [(0, 60), (60, -60), (-170, 170), (0, 179)])
def test_rate_and_acceleration_keep_their_limits(start, command):
    _, rate, _ = _go(float(start), float(command))
    steps = np.diff(np.concatenate([[0.0], rate])) / 0.1
    assert np.max(np.abs(rate)) <= RATE + ROUNDING
    assert np.max(np.abs(steps)) <= ACCELERATION + ROUNDING


def test_it_takes_the_shorter_way_over_the_top():
    bank, _, _ = _go(-170.0, 170.0)
    assert np.min(np.abs(bank)) > np.radians(169.0)


def test_a_roll_takes_the_time_that_its_limits_allow():
    bank, _, _ = _go(60.0, -60.0)
    arrived = 0.1 * np.argmax(np.abs(bank - np.radians(-60.0)) < np.radians(1.0))
    ideal = 120.0 / 15.0 + 15.0 / 6.0  # s, at full acceleration, rate and braking
    assert ideal - 1.0 < arrived < ideal + 2.5


def test_the_mean_rate_explains_the_angle():
    bank, _, mean = _go(0.0, 60.0)
    assert np.cumsum(mean * 0.1) == pytest.approx(bank, abs=1e-12)
