"""An entry whose guidance cannot be trusted, flown to the ground: the fall-back on board brings it down."""

import json

import jax.numpy as jnp
import pytest

from homeward.campaigns.faults.fault_campaign import FaultMatrices
from homeward.campaigns.faults.return_classes import ABORT_OFF
from homeward.campaigns.faults.returns import return_faults
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.icd import EntryCommand
from homeward.missions.return_flight import fly
from homeward.scenario import load
from homeward.scenario.return_limits import BALLISTIC_LOAD


class Jumping(AbstractEntryGuidance):
    """Holds a bank, and foretells another end every cycle."""

    def init(self, target):
        return jnp.zeros(())

    def step(self, state, navigation, target):
        one = jnp.ones_like(state)
        return state + 1.0, EntryCommand(one, one, one, 1e6 * jnp.mod(state, 2.0))


@pytest.mark.slow
def test_steering_is_given_up_and_the_capsule_comes_down_where_it_foretold():
    summary = fly(load("shenzhou-15"), guidance=Jumping(), fidelity="six-dof").summary
    told = summary["executive"]
    assert told["mode"] == "ballistic" and "jumped" in told["cause"]
    assert told["prediction_off_km"] <= ABORT_OFF / 1e3
    assert summary["entry"]["peak_load_g"] <= BALLISTIC_LOAD and summary["success"] is False
    assert summary["touchdown"]["vertical_speed_m_s"] <= 3.0


@pytest.mark.slow
def test_failures_of_a_watched_return_are_told_as_json():
    """Numbers that a flight without them never had are left out, and are no word that JSON lacks."""
    scenario = load("shenzhou-15")
    matrix = return_faults(scenario, 0, only=lambda s: s.words == "main fails")
    told = json.loads(json.dumps(FaultMatrices(scenario, 0, [matrix]).summary(), allow_nan=False))
    assert told["counts"]["degraded"] == told["cases"] == 5 and told["counts"]["lost"] == 0
    assert "touchdown_miss" in told["halves"]["return"]["unfaulted"]
