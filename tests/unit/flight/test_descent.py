"""The parachute sequence on board: timers, the check of the main, the heat shield, the landing rockets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.descent.sequencer import DescentSettings, descent_rate, initial_descent, step_descent
from homeward.flight.executive.flight_computer import idle
from homeward.icd import Navigation

# main judged 16 s after its order, too fast 24 m/s, shield at 6 km, rockets at 1.05 m at 8 m/s; the backup,
# full after 4 s, brakes what falls faster than 13 m/s at sea level, a third more at 5 km
SETTINGS = DescentSettings(*(jnp.asarray(x) for x in (16.0, 24.0, 6000.0, 1.05, 8.0, 13.0, 6e-5, 4.0)))
R = np.array([6.378e6, 0.0, 0.0])
ROUNDING = 1e-9


def _belief(rate, drift=0.0):
    zero, zeros = jnp.asarray(0.0), jnp.zeros(3)
    velocity = jnp.asarray([-rate, drift, 0.0])
    return Navigation(zero, jnp.asarray(R), velocity, zeros, zero, jnp.asarray(False))


DROGUE_TIME = 16.0  # s: here the main is due by the clock
_step = jax.jit(lambda s, m, n, h, dt: step_descent(SETTINGS, s, m, n, h, s.clock >= DROGUE_TIME, dt, idle()))


def _run(seconds, rate, *, drift=0.0, height=5e3, altitude=7e3, dt=1.0):
    """Orders given at each cycle, and the last command."""
    state, orders = initial_descent(), []
    for _ in range(int(seconds / dt)):
        state, command = _step(
            state, jnp.asarray(height), _belief(rate, drift), jnp.asarray(altitude), jnp.asarray(dt)
        )
        orders.append(int(command.deploy))
    return orders, command


def test_drogue_at_once_and_main_after_its_time():
    orders, _ = _run(30.0, 8.0)
    assert orders[0] == 1
    assert orders.index(2) == 16
    assert 3 not in orders


def test_the_backup_follows_a_main_that_does_not_brake():
    orders, _ = _run(40.0, 80.0)
    assert orders.index(3) == 32
    assert orders[-1] == 3


@pytest.mark.parametrize(
    ("rate", "height", "altitude", "ordered"),
    [
        (16.0, 1000.0, 0.0, True),  # a quarter of the main
        (16.0, 100.0, 0.0, False),  # no height left to change
        (30.0, 100.0, 0.0, True),  # nothing open: nothing to lose
        (11.5, 1000.0, 0.0, False),  # a sound main in air half as dense
        (16.0, 4000.0, 5000.0, False),  # in thin air the backup would not be slower
        (19.0, 4000.0, 5000.0, True),
    ],
)
def test_the_backup_is_called_for_where_it_brakes_more(rate, height, altitude, ordered):
    orders, _ = _run(40.0, rate, height=height, altitude=altitude)
    assert (3 in orders) is ordered


def test_wind_is_no_reason_for_the_backup():
    orders, _ = _run(60.0, 8.0, drift=40.0)
    assert 3 not in orders


@pytest.mark.parametrize(
    ("altitude", "seconds", "dropped"), [(7e3, 60, False), (5e3, 60, True), (5e3, 20, False)]
)
def test_the_shield_falls_below_its_altitude_under_the_main(altitude, seconds, dropped):
    _, command = _run(seconds, 8.0, altitude=altitude)
    assert bool(command.drop_heat_shield) is dropped


@pytest.mark.parametrize(
    ("rate", "height", "fires"),
    [(8.0, 1.04, True), (8.0, 1.06, False), (12.0, 2.3, True), (12.0, 2.4, False), (8.0, 500.0, False)],
)
def test_the_rockets_fire_at_the_braking_height(rate, height, fires):
    _, command = _run(20, rate, height=height)
    assert bool(command.fire_retro) is fires


def test_the_rockets_wait_for_the_main():
    _, command = _run(10, 8.0, height=0.5)
    assert not bool(command.fire_retro)


def test_descent_rate_is_down_positive_and_blind_to_drift():
    assert float(descent_rate(_belief(8.0, 40.0))) == pytest.approx(8.0, abs=ROUNDING)
