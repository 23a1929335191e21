"""Whole flights from the interface: failures that are told, a user's law, a coast where nothing acts."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import fly_plan, plan_of

from homeward.campaigns.execution.return_batch import fly_many
from homeward.flight.interfaces import AbstractEntryGuidance, bank_only
from homeward.missions.return_flight import fly
from homeward.scenario import load
from homeward.sim.core.legs import COAST, leg
from homeward.sim.mission import MissionLeg
from homeward.world.environment.interfaces import AbstractAtmosphere, Air

MU = 3.98600435507e14  # m3/s2, of the scenario
# The fourth-order step of 5 s loses some 1e-12 of the energy a step, rounding far less.
ENERGY_LIMIT = 1e-9
MOMENTUM_LIMIT = 1e-9


class HeldBank(AbstractEntryGuidance):
    """Holds a bank angle and, from a time on, says nothing sensible."""

    bank: float = 1.0
    until: float = 1e9

    def init(self, target):
        return ()

    def step(self, state, navigation, target):
        return state, bank_only(jnp.where(navigation.time < self.until, self.bank, jnp.nan))


class BrokenAir(AbstractAtmosphere):
    """Exponential air that has no value from 40 to 60 km."""

    def at(self, altitude):
        density = 1.225 * jnp.exp(-altitude / 7143.0)
        density = jnp.where((altitude > 40e3) & (altitude < 60e3), jnp.nan, density)
        t = jnp.full_like(density, 250.0)
        return Air(density, t, 287.05 * t * density, jnp.full_like(density, 317.0))


@pytest.fixture(scope="module")
def scenario():
    return load("apollo-10", {"return.legs.end": "opening", "simulation.lanes": "4"})


def test_a_law_that_says_nan_fails_the_flight_with_leg_and_time(scenario):
    flight = fly(scenario, guidance=HeldBank(until=50.0), fidelity="point-mass")
    assert flight.summary["success"] is False
    assert flight.summary["failure"]["leg"] == "entry"
    assert 50.0 <= flight.summary["failure"]["time_s"] <= 52.0
    for name, values in flight.history.items():
        # What the law said is told as it was; the truth never takes it over.
        assert name == "bank_command" or np.all(np.isfinite(np.asarray(values, float))), name


def test_air_that_is_nan_fails_the_flight_with_leg_and_time(scenario):
    flight = fly(scenario, atmosphere=BrokenAir(), fidelity="point-mass")
    assert flight.summary["success"] is False
    assert flight.summary["failure"]["leg"] == "entry"
    assert flight.history["altitude"][-1] == pytest.approx(60e3, abs=2e3)
    assert flight.summary["failure"]["time_s"] == pytest.approx(flight.history["time"][-1], abs=1.5)
    for name in ("r_BI_I", "v_BI_I", "bank", "heat_load"):
        assert np.all(np.isfinite(flight.history[name])), name


def test_a_failed_flight_is_counted_and_never_averaged(scenario):
    many = fly_many(scenario, runs=4, seed=0, guidance=HeldBank(until=50.0))
    assert many.summary["failed"] == 4
    assert many.summary["success"] == 0
    assert many.percentile("open_miss", 0.5) == np.inf


def test_the_first_command_does_not_know_the_true_mass():
    plan = plan_of(return__legs__end="opening")
    heavy = eqx.tree_at(lambda w: w.capsule.mass, plan.world, plan.world.capsule.mass * 1.2)
    truth = eqx.tree_at(lambda t: t.mass, plan.truth, plan.truth.mass * 1.2)
    light, other = fly_plan(plan), fly_plan(plan, world=heavy, truth=truth)
    told = [f.history["bank_command"] for f in (light, other)]
    assert told[0][0] == told[1][0]
    assert told[0][300] != told[1][300]  # by then the sensed drag has told it


def test_a_held_bank_is_flown_and_named(scenario):
    flight = fly(scenario, guidance=HeldBank(bank=-0.9), fidelity="point-mass")
    assert flight.summary["guidance"] == "HeldBank"
    assert flight.history["bank"][30:] == pytest.approx(-0.9, abs=1e-6)
    # One sign change at most: the flight begins with the wings level.
    assert flight.summary["entry"]["bank_reversals"] <= 1


def test_energy_and_angular_momentum_are_kept_in_a_coast_without_air():
    plan = plan_of(return__legs__end="opening")
    r = np.array([6778e3, 0.0, 0.0])
    v = 1.01 * np.sqrt(MU / 6778e3) * np.array([0.0, np.cos(0.7), np.sin(0.7)])
    no_density = plan.world.thin_air.rows.at[:, 0].set(-700.0)  # the logarithm of nothing much
    empty = eqx.tree_at(lambda w: w.thin_air.rows, plan.world, no_density)
    truth = eqx.tree_at(lambda t: (t.r_BI_I, t.v_BI_I), plan.truth, (jnp.asarray(r), jnp.asarray(v)))
    legs = [MissionLeg("coast", leg(COAST, 0, 5.0, end_time=1800.0))]
    end = fly_plan(plan, world=empty, truth=truth, legs=legs).end("coast")
    assert end.time == pytest.approx(1800.0)
    turned = np.degrees(np.arccos(r @ end.r_BI_I / np.linalg.norm(r) / np.linalg.norm(end.r_BI_I)))
    assert turned > 90.0

    def energy(r, v):
        return 0.5 * v @ v - MU / np.linalg.norm(r)

    h0, h1 = np.cross(r, v), np.cross(end.r_BI_I, end.v_BI_I)
    assert energy(end.r_BI_I, end.v_BI_I) == pytest.approx(energy(r, v), rel=ENERGY_LIMIT)
    assert np.linalg.norm(h1 - h0) < MOMENTUM_LIMIT * np.linalg.norm(h0)
    assert end.mass == plan.truth.mass
