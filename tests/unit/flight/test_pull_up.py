"""The load that a roll to lift-up would still meet, against small steps in the same air."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from onboard_sphere import MODEL

from homeward.earth.constants import G0
from homeward.flight.entry.load_guard import guard_load
from homeward.flight.entry.predictor_dynamics import PredictorStart
from homeward.flight.entry.pull_up_load import pull_up_load

RATE, ACCELERATION, DELAY = np.radians(15.0), np.radians(6.0), 1.0
AREA, RATIO, SCALE = 0.002, 0.3, 7200.0
RADIUS, MU, SPIN = (float(x) for x in (MODEL.equatorial_radius, MODEL.mu, MODEL.rotation))
CLOSE = 0.06  # of the load


@jax.jit
def all_told(altitude, climb, level, bank, away):
    """Load met and load here [g], and growth [1/s]."""
    model = jax.tree.map(lambda x: x.astype(jnp.float32), MODEL)
    low = [jnp.asarray(x, jnp.float32) for x in (0.0, 1.0, DELAY, RATE, ACCELERATION)]
    zero, one, delay, rate, acceleration = low
    altitude, climb, level, bank = (x.astype(jnp.float32) for x in (altitude, climb, level, bank))
    start = PredictorStart((one, zero, zero), altitude, (climb, level, zero), bank)
    speed = jnp.sqrt(climb * climb + level * level)
    away = away.astype(jnp.float32)
    return pull_up_load(model, start, speed, one, one, delay, rate, acceleration, away)


def told(altitude, climb, level, bank, away=0.0):
    return all_told(*(jnp.asarray(x, float) for x in (altitude, climb, level, bank, away)))[0]


def rolled(t: float, bank: float, away: float) -> float:
    """Bank [rad] after ``t`` [s]: on for ``DELAY``, then to lift-up as the limits allow."""
    if t < DELAY:
        return bank + away * t
    t, bank = t - DELAY, bank + away * DELAY
    slowing = (away + RATE) / ACCELERATION  # s until it rolls back at its fastest
    s = min(t, slowing)
    return max(bank + away * s - 0.5 * ACCELERATION * s * s - RATE * max(t - slowing, 0.0), 0.0)


def flown(altitude: float, climb: float, level: float, bank: float, away: float = 0.0) -> float:
    """Peak load in steps of 0.05 s."""
    h, c, m, t, dt, peak = altitude, climb, level, 0.0, 0.05, 0.0
    while c < 0.0 or t < 20.0:
        v = np.hypot(c, m)
        d = 0.5 * 1.225 * np.exp(-h / SCALE) * AREA * v
        up = d * RATIO * np.cos(rolled(t, abs(bank), away))
        r = RADIUS + h
        dc = up * m - d * c - MU / r**2 + m * m / r + 2.0 * SPIN * m
        dm = -up * c - d * m - c * m / r
        peak = max(peak, d * v * np.sqrt(1.0 + RATIO**2) / G0)
        c, m, h, t = c + dt * dc, m + dt * dm, h + dt * c, t + dt
        if t > 300.0:
            break
    return peak


# From orbit: high up, about to be met, and late; from the Moon: steep and nearly caught.
@pytest.mark.parametrize(
    "altitude, climb, level, bank_deg",
    [
        (70e3, -250.0, 7350.0, 137.0), (62e3, -290.0, 7200.0, 115.0), (58e3, -220.0, 6900.0, 60.0),
        (52e3, -150.0, 5500.0, 0.0), (70e3, -600.0, 10800.0, 30.0), (62e3, -300.0, 10400.0, 80.0),
    ],
)  # fmt: skip
def test_the_load_is_that_of_small_steps(altitude, climb, level, bank_deg):
    wanted = flown(altitude, climb, level, np.radians(bank_deg))
    assert wanted > 1.5
    for side in (1.0, -1.0):
        numbers = (altitude, climb, level, side * np.radians(bank_deg))
        assert float(told(*numbers)) == pytest.approx(wanted, rel=CLOSE)


def test_the_longer_a_dive_is_held_the_more_load_it_will_meet():
    loads = [flown(62e3, -290.0, 7200.0, np.radians(b)) for b in (0.0, 60.0, 137.0)]
    seen = [float(told(62e3, -290.0, 7200.0, np.radians(b))) for b in (0.0, 60.0, 137.0)]
    assert loads[0] < loads[1] < loads[2] and seen[0] < seen[1] < seen[2]


@pytest.mark.parametrize("away_deg", [-15.0, -8.0, 8.0, 15.0])
def test_a_roll_under_way_is_reckoned_with(away_deg):
    case = (55e3, -240.0, 6800.0, np.radians(70.0), np.radians(away_deg))
    wanted, still = flown(*case), flown(*case[:4])
    assert abs(wanted - still) > 0.05
    assert float(told(*case)) == pytest.approx(wanted, rel=CLOSE)


# Passing the lowest point of a steep dip with lift up; before it; and a bank that would take it down again.
@pytest.mark.parametrize(
    "altitude, climb, bank_deg, free",
    [(58.3e3, 30.0, 0.0, True), (58.9e3, -150.0, 0.0, False), (58.3e3, -60.0, 120.0, False)],
)  # fmt: skip
def test_lift_up_is_given_up_once_the_most_is_behind(altitude, climb, bank_deg, free):
    here = all_told(*(jnp.asarray(x, float) for x in (altitude, climb, 9600.0, np.radians(bank_deg), 0.0)))[1]
    # A limit beneath what is felt: only that the load falls can free the bank.
    low = {
        "guard_on": 0.8 * float(here), "guard_width": 0.05 * float(here), "cycle": 1.0, "rate_limit": RATE,
        "acceleration_limit": ACCELERATION,
    }  # fmt: skip
    s = SimpleNamespace(**{k: jnp.asarray(v, jnp.float32) for k, v in low.items()})
    model = jax.tree.map(lambda x: x.astype(jnp.float32), MODEL)
    zero, one, h, c, m, bank = (
        jnp.asarray(x, jnp.float32) for x in (0.0, 1.0, altitude, climb, 9600.0, np.radians(bank_deg))
    )
    start = PredictorStart((one, zero, zero), h, (c, m, zero), bank)
    share = float(guard_load(s, model, start, jnp.sqrt(c * c + m * m), one, one, bank))
    assert share == pytest.approx(1.0 if free else 0.0)
