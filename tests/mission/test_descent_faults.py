"""From 10 km to the ground: the parachutes' sequence and failures, the landing rockets, the drift in wind."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import fly_plan, plan_of

from homeward.world.actuators.parachute import BACKUP, DROGUE, MAIN, NONE, REEFED
from homeward.world.environment.wind import wind_table

SOFT = 3.0  # m/s at touchdown
TORN = 7.5  # m/s under the backup or as much of the main
DRAWS = 20  # of the altimeter's noise
STEADY_SHARE = (
    0.7  # of the ideal drift: part of the descent goes by before the air has taken the capsule along
)
RADIUS = 6.378137e6  # m, of the scenario's sphere


@pytest.fixture(scope="module")
def plan():
    """The default capsule at 10 km over a simple Earth without wind."""
    return plan_of(
        "shenzhou-15",
        truth__earth__orientation="uniform", truth__earth__shape="sphere", truth__gravity__model="central",
        truth__gravity__sun_and_moon="false", truth__wind__model="none",
        # The flight software has the same Earth: on another one it would be kilometres off in altitude.
        onboard__earth__orientation="uniform", onboard__earth__shape="sphere",
        onboard__gravity__model="central", onboard__gravity__sun_and_moon="false",
        onboard__wind__model="none",
        return__initial__interface__epoch_utc="2023-09-07T23:52:50Z",
        return__initial__interface__latitude_deg="41.6", return__initial__interface__longitude_deg="100.1",
        return__initial__interface__altitude_m="10000.0", return__initial__interface__speed_m_s="200.0",
        return__initial__interface__flight_path_angle_deg="-80.0",
        return__initial__interface__heading_deg="80.0", return__initial__interface__relative="true",
        return__legs__start="interface",
    )  # fmt: skip


@pytest.fixture(scope="module")
def drop(plan):
    legs = [item for item in plan.legs if item.name != "entry"]

    def fly(change=lambda w: w, seed=0):
        return fly_plan(plan, world=change(plan.world), legs=legs, seed=seed)

    return fly


@pytest.fixture(scope="module")
def nominal(drop):
    return drop()


def _with(where, value):
    return lambda world: eqx.tree_at(where, world, jnp.asarray(value))


def _touchdown_speed(flown):
    end = flown.end("touchdown")
    return abs(float(end.v_BI_I @ end.r_BI_I) / np.linalg.norm(end.r_BI_I))


def _stages(flown):
    return [int(s) for s in np.unique(flown.history["parachute_stage"])]


def test_the_sequence_opens_all_and_drops_the_shield(plan, nominal):
    end = nominal.end("touchdown")
    assert not end.failed
    assert _stages(nominal) in ([NONE, DROGUE, REEFED, MAIN], [DROGUE, REEFED, MAIN])
    assert float(end.mass) == pytest.approx(float(plan.world.capsule.mass) - 300.0)
    assert 0.0 < float(end.retro_time) <= 0.2


def test_touchdown_is_soft_whatever_the_altimeter_says(drop):
    speeds = [_touchdown_speed(drop(seed=seed)) for seed in range(DRAWS)]
    assert max(speeds) <= SOFT
    assert len(set(speeds)) > 1  # the noise does reach the rockets


def test_without_rockets_it_lands_harder(drop, nominal):
    hard = drop(_with(lambda w: w.retro.thrust, 0.0))
    assert _touchdown_speed(hard) > _touchdown_speed(nominal) + 2.0


def test_a_failed_drogue_leaves_the_main(drop, nominal):
    flown = drop(_with(lambda w: w.faults.drogue, 1.0))
    assert _stages(flown)[-1] == MAIN
    assert _touchdown_speed(flown) <= SOFT
    assert flown.end("descent").time < nominal.end("descent").time


def test_a_failed_main_opens_the_backup(drop, nominal):
    flown = drop(_with(lambda w: w.faults.main, 1.0))
    assert _stages(flown)[-1] == BACKUP
    before = [-f.history["vertical_speed"][f.history["altitude"] > 1100.0][-1] for f in (flown, nominal)]
    assert 1.2 < before[0] / before[1] < 2.0  # as the root of the areas' ratio


@pytest.mark.parametrize(("torn", "last"), [(0.6, MAIN), (0.65, BACKUP), (0.75, BACKUP)])
def test_a_main_that_brakes_less_than_the_backup_is_changed_for_it(drop, torn, last):
    """A quarter of the main lands at 10.2 m/s, rockets and all; the backup at 5.9, two fifths at 6.9."""
    flown = drop(_with(lambda w: w.faults.main, torn))
    assert _stages(flown)[-1] == last
    assert _touchdown_speed(flown) < TORN


@pytest.mark.parametrize(("north", "east"), [(0.0, 10.0), (0.0, -10.0), (10.0, 0.0)])
def test_the_capsule_drifts_where_the_wind_goes(drop, nominal, north, east):
    steady = wind_table([0.0, 90e3], [north, north], [east, east], step=500.0)
    blown = drop(lambda w: eqx.tree_at(lambda w: w.wind, w, steady))
    took = float(blown.end("touchdown").time)
    a, b = nominal.history, blown.history
    moved_east = (b["longitude"][-1] - a["longitude"][-1]) * np.cos(b["latitude"][-1]) * RADIUS
    moved_north = (b["latitude"][-1] - a["latitude"][-1]) * RADIUS
    for moved, speed in ((moved_east, east), (moved_north, north)):
        if speed:
            assert STEADY_SHARE < moved / (speed * took) < 1.05
        else:
            assert abs(moved) < 100.0
