"""Which bank the law settles on: a range that falls with it, without bound where the air is left."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.entry.bank_solver import Bracket, bracketed, first_bracket, newton_step

LEAST, MOST = (jnp.asarray(np.radians(x), jnp.float32) for x in (10.0, 165.0))
LEAVES = np.radians(70.0)  # the bank below which a made-up skip never comes back
CYCLES = 25


def skip_error(bank: np.ndarray, wanted: float) -> tuple[np.ndarray, np.ndarray]:
    """Range beyond the aim [m] of a made-up skip: 2,000 km and, near ``LEAVES``, as much as one likes."""
    gone = bank <= LEAVES
    ranges = 2e6 + 2e5 / np.where(gone, 1.0, bank - LEAVES)
    return np.where(gone, 3e7, ranges - wanted), gone


@jax.jit
def follow(bracket, banks, errors, gone, wanted):
    return bracketed(bracket, banks, errors, bracket.length, gone, wanted, LEAST, MOST)


def settle(wanted: float, start_deg: float):
    bracket = first_bracket(jnp.asarray(np.radians(start_deg), jnp.float32), 3)
    commands = []
    for _ in range(CYCLES):
        banks = bracket.banks(LEAST, MOST)
        assert np.all(np.diff(np.asarray(banks)) >= 0.0)
        errors, gone = skip_error(np.asarray(banks, float), wanted)
        bracket, bank, pick, _ = follow(
            bracket,
            banks,
            jnp.asarray(errors, jnp.float32),
            jnp.asarray(gone),
            jnp.asarray(wanted, jnp.float32),
        )
        commands.append(float(bank))
        if not gone.all():
            # Never one that is seen to leave while another is seen to stay.
            stays = np.asarray(banks)[~gone].min()
            assert float(bank) >= min(stays, LEAVES) - 1e-6 and float(bank) > LEAVES
        assert 0 <= int(pick) < 3
    return np.array(commands)


@pytest.mark.parametrize("start_deg", [20.0, 62.0, 100.0, 160.0])
@pytest.mark.parametrize("wanted", [2.5e6, 5.9e6, 1.0e7])
def test_a_skip_of_any_length_is_found_from_anywhere(wanted, start_deg):
    root = LEAVES + 2e5 / (wanted - 2e6)
    commands = settle(wanted, start_deg)
    assert commands[-1] == pytest.approx(root, abs=1e-3)


def test_what_is_out_of_reach_is_flown_as_near_as_can_be():
    assert settle(1.0e6, 62.0)[-1] == pytest.approx(float(MOST), abs=1e-6)


@pytest.mark.parametrize("slope", [0.0, 1.0, -2e6, 3e30, -3e38, np.inf])
@pytest.mark.parametrize("error", [-2e7, 1e3, 3e7])
def test_no_slope_overflows_in_single_precision(slope, error):
    step = newton_step(jnp.asarray(error, jnp.float32), jnp.asarray(slope, jnp.float32))
    assert np.isfinite(float(step))


def test_newtons_step_is_the_error_over_the_slope():
    step = newton_step(jnp.asarray(1e4, jnp.float32), jnp.asarray(-2e6, jnp.float32))
    assert float(step) == pytest.approx(1e4 / -2e6, rel=1e-3)


def test_lengths_are_read_between_the_plans_flown():
    n = jnp.asarray([0.5, 1.0, 1.5], jnp.float32)
    bracket = Bracket(jnp.asarray(1.0, jnp.float32), jnp.asarray(0.5, jnp.float32), n, 100.0 * n)
    told = bracket.lengths(jnp.asarray([0.4, 0.75, 1.6], jnp.float32))
    assert np.asarray(told) == pytest.approx([50.0, 75.0, 150.0])
