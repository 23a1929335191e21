"""Opening and snatch loads: Pflanz's closed form, the canopies that fly, two bodies on a spring; clusters."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from homeward.errors import InputError
from homeward.missions.canopy_loads import canopies_told, canopy_numbers
from homeward.scenario import load
from homeward.sim.core.parachute_sequence import SetOff, canopy_loads
from homeward.vehicle.parameters import Parachutes
from homeward.world.actuators.opening_loads import ballistic_parameter, opening_reduction, snatch_force
from homeward.world.actuators.parachute import DROGUE, MAIN, REEFED, canopy_area
from homeward.world.fault_schedule import Faults
from homeward.world.state import initial_truth, no_canopy_loads

P = Parachutes(*(jnp.asarray(x) for x in (24.0, 1.0, 16.0, 900.0, 0.06, 8.0, 4.0, 380.0, 300.0, 6000.0)))
WHOLE = Faults(jnp.asarray(0.0), jnp.asarray(0.0))
MASS, DENSITY = 2900.0, 0.9
ON = {"truth.canopies.loads": "true"}


def flown(area_at: Callable[[np.ndarray], np.ndarray], speed: float, seconds: float) -> float:
    """Greatest drag [N] of an area over time on a mass that nothing else slows."""
    time = seconds * np.linspace(0.0, 1.0, 4001) ** 2

    def rate(t: float, v: np.ndarray) -> np.ndarray:
        return -0.5 * DENSITY * v * v * area_at(np.asarray(t)) / MASS

    found = solve_ivp(rate, (0.0, seconds), [speed], t_eval=time, rtol=1e-9, max_step=seconds / 400.0)
    return float(np.max(0.5 * DENSITY * found.y[0] ** 2 * area_at(time)))


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("parameter", [0.05, 0.5, 5.0, 1e6])
def test_pflanzs_factor_is_the_peak_of_the_motion(power, parameter):
    speed, filling = 60.0, 2.0
    area = 2.0 * MASS / (DENSITY * parameter * speed * filling)
    told = opening_reduction(parameter, power)
    peak = flown(lambda t: area * (t / filling) ** power, speed, filling)
    assert peak == pytest.approx(told * area * 0.5 * DENSITY * speed**2, rel=1e-3)
    assert ballistic_parameter(MASS, DENSITY, area, speed, filling) == pytest.approx(parameter)
    assert told < 1.0 if parameter < 100.0 else told == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("stage", "full", "filling"), [(DROGUE, 24.0, 1.0), (REEFED, 54.0, 2.0)])
def test_the_canopies_that_fly_open_as_pflanz_has_it_for_the_square_of_time(stage, full, filling):
    speed = 90.0
    at = np.linspace(0.0, filling, 201)
    areas = np.array([float(canopy_area(P, WHOLE, jnp.asarray(stage), jnp.asarray(t))) for t in at])
    peak = flown(lambda t: np.interp(t, at, areas), speed, filling)
    a = ballistic_parameter(MASS, DENSITY, full, speed, filling)
    assert peak == pytest.approx(opening_reduction(a, 2.0) * full * 0.5 * DENSITY * speed**2, rel=2e-3)


def test_the_snatch_is_that_of_two_bodies_and_a_spring():
    pressure, pack, body, lines = 1500.0, (90.0, 0.5), (2900.0, 4.0), (35.0, 2e4)
    told = snatch_force(np.array([pressure]), pack, (np.array([body[0]]), body[1]), lines)[0]

    def rate(_: float, y: np.ndarray) -> list[float]:  # way and speed by which the pack falls behind
        apart = pressure * (pack[1] / pack[0] - body[1] / body[0]) if y[0] < lines[0] else 0.0
        pull = lines[1] * max(y[0] - lines[0], 0.0)
        return [y[1], apart - pull * (1.0 / pack[0] + 1.0 / body[0])]

    found = solve_ivp(rate, (0.0, 12.0), [0.0, 0.0], rtol=1e-9, max_step=2e-3)
    assert told == pytest.approx(lines[1] * (found.y[0].max() - lines[0]), rel=2e-3)
    light = snatch_force(np.array([pressure]), (90.0, 0.01), (np.array([2900.0]), 4.0), lines)
    assert light[0] == 0.0  # a pack that is slowed less than the body never falls behind


def tick(stage: int, changed: bool = False, thrust: float = 0.0) -> SetOff:
    zero = jnp.zeros(())
    return SetOff(jnp.asarray(stage), jnp.asarray(changed), zero, zero, jnp.asarray(thrust), zero)


def test_the_worst_of_each_stage_is_kept_apart():
    kept = no_canopy_loads()
    for done, q, area in (
        (tick(DROGUE, changed=True), 3000.0, 0.0), (tick(DROGUE), 2800.0, 20.0), (tick(DROGUE), 1000.0, 24.0),
        (tick(REEFED, changed=True), 900.0, 24.0), (tick(REEFED), 850.0, 54.0),
        (tick(MAIN), 20.0, 900.0), (tick(MAIN, thrust=1e5), 400.0, 900.0),
    ):  # fmt: skip
        kept = canopy_loads(kept, done, jnp.asarray(area), jnp.asarray(q))
    assert kept is not None
    assert np.asarray(kept.pressure) == pytest.approx([3000.0, 900.0, 0.0, 0.0])
    assert np.asarray(kept.force) == pytest.approx([5.6e4, 850.0 * 54.0, 1.8e4, 0.0])
    assert canopy_loads(None, tick(DROGUE), jnp.ones(()), jnp.ones(())) is None


def lane(force: list[float], pressure: list[float], area: list[float]):
    truth = initial_truth(0.0, jnp.zeros(3), jnp.zeros(3), MASS)

    rows = (jnp.asarray([x]) for x in (force, pressure, area))
    loads = no_canopy_loads()
    loads = eqx.tree_at(lambda c: (c.force, c.pressure, c.area), loads, tuple(rows))
    truth = eqx.tree_at(lambda t: t.extremes.canopy, truth, loads, is_leaf=lambda x: x is None)
    return eqx.tree_at(lambda t: t.mass, truth, jnp.asarray([MASS]))


FLOWN = ([5e4, 9e4, 8e4, 0.0], [2500.0, 1500.0, 500.0, 0.0], [24.0, 60.0, 300.0, 0.0])


def test_a_cluster_shares_the_load_and_the_first_bears_more():
    alone = canopy_numbers(load("apollo-10", ON), lane(*FLOWN))
    assert alone["canopy_opening_reefed"] == pytest.approx([1.1 * 9e4])
    assert alone["canopy_one_reefed"] == alone["canopy_opening_reefed"]
    three = canopy_numbers(load("apollo-10", ON | {"truth.canopies.mains": "3"}), lane(*FLOWN))
    assert three["canopy_one_main"] == pytest.approx([1.1 * 8e4 * 1.2 / 3.0])
    sets = {"truth.canopies.mains": "3", "truth.canopies.mains_failed": "1"}
    two = canopy_numbers(load("apollo-10", ON | sets), lane(*FLOWN))
    assert two["canopy_one_main"] == pytest.approx([1.1 * 8e4 * 1.2 / 2.0])
    assert two["canopy_factor_main"] == pytest.approx([1.1 * 8e4 / (500.0 * 300.0)])
    told = canopies_told({k: v[0] for k, v in two.items()}, load("apollo-10", ON | sets).truth.canopies)
    assert told["open"] == {"drogues": 1, "mains": 2} and "backup" not in told
    assert told["greatest_main_n"] == pytest.approx(float(two["canopy_load_main"][0]))
    assert canopy_numbers(load("apollo-10"), initial_truth(0.0, jnp.zeros(3), jnp.zeros(3), MASS)) == {}
    assert canopies_told({}, load("apollo-10").truth.canopies) == {}


def test_more_canopies_fail_than_there_are():
    with pytest.raises(InputError, match="mains_failed of at most mains = 1"):
        load("apollo-10", {"truth.canopies.mains_failed": "2"})
    with pytest.raises(InputError, match="loads = true where"):
        load("apollo-10", {"truth.limits.main_canopy_n": "1e5"})
