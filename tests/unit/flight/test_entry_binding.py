"""Which constraint is told of those that bind at once, and for how long each bound a flight."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.entry.active_constraint import binding
from homeward.flight.entry.load_guard import heat_floor
from homeward.icd import CONSTRAINTS
from homeward.missions.return_flight import bound_seconds


def test_the_strongest_is_told():
    for flags in itertools.product((False, True), repeat=len(CONSTRAINTS) - 1):
        told = int(binding(*(jnp.asarray(x) for x in flags)))
        assert told == (1 + flags.index(True) if any(flags) else 0)


def test_seconds_are_those_of_the_entry_alone():
    history = {
        "time": np.array([0.0, 10.0, 11.0, 12.0, 13.0, 14.0]),
        "guidance_constraint": np.array([1, 0, 4, 4, 1, 1]),
    }
    legs = [{"name": "entry", "start": 10.0, "end": 13.5}, {"name": "descent", "start": 13.5, "end": 20.0}]
    assert bound_seconds(history, legs) == pytest.approx({"load": 1.0, "range": 2.0})


class Limit:
    heated_most = jnp.asarray(1.0)
    bank_maximum = jnp.asarray(2.8)


def test_the_least_bank_rises_while_too_much_heat_would_be_taken_and_falls_again():
    floor = jnp.asarray(0.5)
    sure = jnp.asarray(True)
    assert heat_floor(Limit, floor, jnp.asarray(1.01), sure) > floor
    assert heat_floor(Limit, floor, jnp.asarray(0.9), sure) < floor
    assert heat_floor(Limit, floor, jnp.asarray(5.0), jnp.asarray(False)) == floor
    assert heat_floor(Limit, jnp.asarray(2.8), jnp.asarray(5.0), sure) == jnp.asarray(2.8)
