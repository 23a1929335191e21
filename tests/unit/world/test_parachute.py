"""Canopies: filling, the reefing cutter, failures, and which order does what."""

import jax.numpy as jnp
import pytest

from homeward.vehicle.parameters import Parachutes
from homeward.world.actuators.parachute import BACKUP, DROGUE, MAIN, NONE, REEFED, canopy_area, next_stage
from homeward.world.world import Faults

P = Parachutes(*(jnp.asarray(x) for x in (24.0, 1.0, 16.0, 900.0, 0.06, 8.0, 4.0, 380.0, 300.0, 6000.0)))


def _area(stage, time, drogue=0.0, main=0.0):
    faults = Faults(jnp.asarray(drogue), jnp.asarray(main))
    return float(canopy_area(P, faults, jnp.asarray(stage), jnp.asarray(time)))


def _next(stage, time, order):
    new, changed = next_stage(P, jnp.asarray(stage), jnp.asarray(time), jnp.asarray(order))
    return int(new), bool(changed)


@pytest.mark.parametrize(
    ("stage", "time", "area"),
    [
        (NONE, 5.0, 0.0),
        (DROGUE, 0.5, 6.0),  # half the time: a quarter of the area
        (DROGUE, 5.0, 24.0),
        (REEFED, 50.0, 54.0),
        (MAIN, 0.0, 54.0),  # disreefing begins where reefing ended
        (MAIN, 2.0, 54.0 + 0.25 * 846.0),
        (MAIN, 4.0, 900.0),
        (BACKUP, 4.0, 380.0),
    ],
)
def test_area_of_each_stage(stage, time, area):
    assert _area(stage, time) == pytest.approx(area)


def test_what_fails_gives_no_area_and_the_backup_is_of_its_own():
    assert _area(DROGUE, 5.0, drogue=1.0) == 0.0
    assert _area(REEFED, 5.0, main=1.0) == _area(MAIN, 5.0, main=1.0) == 0.0
    assert _area(MAIN, 5.0, drogue=1.0) == 900.0
    assert _area(BACKUP, 5.0, drogue=1.0, main=1.0) == 380.0


@pytest.mark.parametrize(
    ("stage", "time", "order", "new"),
    [
        (NONE, 0.0, 0, NONE),
        (NONE, 0.0, 1, DROGUE),
        (NONE, 0.0, 2, NONE),  # no main without a drogue
        (NONE, 0.0, 3, NONE),
        (DROGUE, 9.0, 1, DROGUE),
        (DROGUE, 9.0, 2, REEFED),
        (REEFED, 7.9, 2, REEFED),
        (REEFED, 8.0, 2, MAIN),  # the cutter's own timer
        (MAIN, 99.0, 2, MAIN),
        (REEFED, 1.0, 3, BACKUP),
        (MAIN, 1.0, 3, BACKUP),
        (BACKUP, 99.0, 2, BACKUP),
        (BACKUP, 99.0, 3, BACKUP),
    ],
)
def test_orders(stage, time, order, new):
    assert _next(stage, time, order) == (new, new != stage)
