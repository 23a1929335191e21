"""The load that a roll to lift-up would still meet, against small steps in the same air."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from onboard_sphere import MODEL

from homeward.earth.constants import G0
from homeward.flight.entry.predictor_dynamics import PredictorStart
from homeward.flight.entry.pull_up_load import pull_up_load

RATE, ACCELERATION, DELAY = np.radians(15.0), np.radians(6.0), 1.0
AREA, RATIO, SCALE = 0.002, 0.3, 7200.0
RADIUS, MU, SPIN = (float(x) for x in (MODEL.equatorial_radius, MODEL.mu, MODEL.rotation))
CLOSE = 0.06  # of the load


@jax.jit
def told(altitude, climb, level, bank):
    model = jax.tree.map(lambda x: x.astype(jnp.float32), MODEL)
    low = [jnp.asarray(x, jnp.float32) for x in (0.0, 1.0, DELAY, RATE, ACCELERATION)]
    zero, one, delay, rate, acceleration = low
    altitude, climb, level, bank = (x.astype(jnp.float32) for x in (altitude, climb, level, bank))
    start = PredictorStart((one, zero, zero), altitude, (climb, level, zero), bank)
    speed = jnp.sqrt(climb * climb + level * level)
    return pull_up_load(model, start, speed, one, one, delay, rate, acceleration)


def flown(altitude: float, climb: float, level: float, bank: float) -> float:
    """Peak load in steps of 0.05 s."""
    h, c, m, t, dt, peak = altitude, climb, level, 0.0, 0.05, 0.0
    while c < 0.0 or t < 20.0:
        v = np.hypot(c, m)
        d = 0.5 * 1.225 * np.exp(-h / SCALE) * AREA * v
        rolling = max(t - DELAY, 0.0)
        knee = RATE / ACCELERATION
        done = RATE * (0.5 * rolling**2 / knee if rolling < knee else rolling - 0.5 * knee)
        up = d * RATIO * np.cos(max(abs(bank) - done, 0.0))
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
        assert float(told(*(jnp.asarray(x) for x in numbers))) == pytest.approx(wanted, rel=CLOSE)


def test_the_longer_a_dive_is_held_the_more_load_it_will_meet():
    loads = [flown(62e3, -290.0, 7200.0, np.radians(b)) for b in (0.0, 60.0, 137.0)]
    seen = [
        float(told(*(jnp.asarray(x) for x in (62e3, -290.0, 7200.0, np.radians(b)))))
        for b in (0.0, 60.0, 137.0)
    ]
    assert loads[0] < loads[1] < loads[2] and seen[0] < seen[1] < seen[2]
