"""Dryden turbulence against its own spectrum, correlation and scales."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.dispersion.returns import _known_wind
from homeward.dispersion.turbulence import turbulence_sizes
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario import load
from homeward.scenario.build.flight_computer import forecast_of
from homeward.scenario.build.world import build_wind
from homeward.world.environment.turbulence import dryden_profile, dryden_scales, turbulent_wind

LENGTH, STEP, ROWS, LANES = 533.4, 50.0, 256, 3000


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    heights = jnp.asarray(np.arange(ROWS) * STEP)
    keys = jax.random.split(jax.random.key(5), LANES)
    one = jax.jit(jax.vmap(lambda k: dryden_profile(k, heights, jnp.full(ROWS, 2.0), jnp.full(ROWS, LENGTH))))
    return np.asarray(one(keys))


def test_the_variance_is_the_same_at_every_row(drawn):
    assert np.mean(drawn**2) == pytest.approx(4.0, rel=0.01)
    assert np.mean(drawn[:, 0] ** 2) == pytest.approx(4.0, rel=0.08)
    assert np.mean(drawn[:, -1] ** 2) == pytest.approx(4.0, rel=0.08)


@pytest.mark.parametrize("rows", [1, 5, 11, 30, 60])
def test_the_correlation_is_drydens(drawn, rows):
    x = rows * STEP / LENGTH
    told = np.mean(drawn[:, :-rows] * drawn[:, rows:]) / 4.0
    assert told == pytest.approx(np.exp(-x) * (1.0 - 0.5 * x), abs=0.01)


def test_the_spectrum_is_drydens(drawn):
    """The mean periodogram against the spectrum, folded at the rows as any sampling folds it."""
    window = np.hanning(ROWS)
    found = np.mean(np.abs(np.fft.rfft(drawn * window, axis=1)) ** 2, axis=0)
    wave = 2.0 * np.pi * np.fft.rfftfreq(ROWS, STEP)
    folded = np.abs(wave + 2.0 * np.pi / STEP * np.arange(-400, 401)[:, None])
    power = np.sum((1.0 + 3.0 * (LENGTH * folded) ** 2) / (1.0 + (LENGTH * folded) ** 2) ** 2, axis=0)
    # Both-sided: sigma^2 L (1 + 3 (L W)^2) / (1 + (L W)^2)^2 an interval of 2 pi.
    told = 4.0 * LENGTH * power / STEP * np.sum(window**2)
    lines = slice(8, ROWS // 2 - 2)  # the window mixes neighbours: not where the spectrum turns
    assert found[lines] / told[lines] == pytest.approx(np.ones(found[lines].shape), abs=0.12)
    assert np.mean(found[lines] / told[lines]) == pytest.approx(1.0, abs=0.01)


def test_the_scales_are_those_of_the_specification():
    height = np.array([10.0, 200.0, 1000.0, 1500.0, 2000.0, 20000.0]) * 0.3048
    sigma, length = dryden_scales(height, 10.0, 1.5)
    assert length[2] == pytest.approx(304.8) and sigma[2] == pytest.approx(1.0)  # 0.177 + 0.823 = 1
    assert length[1] == pytest.approx(200.0 / (0.177 + 0.1646) ** 1.2 * 0.3048)
    assert sigma[1] == pytest.approx(1.0 / (0.177 + 0.1646) ** 0.4)
    assert length[3] == pytest.approx(0.5 * (304.8 + 533.4)) and sigma[3] == pytest.approx(1.25)
    assert length[4:] == pytest.approx([533.4, 533.4]) and sigma[4:] == pytest.approx([1.5, 1.5])


def test_a_scenario_has_it_below_the_opening_and_only_where_it_is_asked_for():
    on = load("shenzhou-15", {"truth.turbulence.model": '"dryden"'})
    wind = build_wind(on)
    heights = np.asarray(wind.altitudes())
    assert np.diff(heights) == pytest.approx(np.full(len(heights) - 1, 25.0))
    sizes = turbulence_sizes(on, heights)
    opening = on.return_.legs.opening_altitude_m
    assert (np.asarray(sizes["turbulence_sigma"]) > 0.0).tolist() == (heights <= opening).tolist()
    rough = turbulent_wind(wind, jax.random.key(1), sizes["turbulence_sigma"], sizes["turbulence_length"])
    changed = np.asarray(rough.rows) - np.asarray(wind.rows)
    assert (changed[heights > opening] == 0.0).all() and np.std(changed[heights <= opening]) > 0.5
    assert len(np.asarray(build_wind(load("shenzhou-15")).altitudes())) == 181


def test_the_forecast_comes_onto_the_closer_rows():
    on = load("shenzhou-15", {"truth.turbulence.model": '"dryden"'})
    plan = object.__new__(ReturnPlan)
    object.__setattr__(plan, "scenario", on)
    object.__setattr__(plan, "world", SimpleNamespace(wind=build_wind(on)))
    known = _known_wind(plan)
    assert known.rows.shape == (3601, 2)
    assert np.asarray(known.at(jnp.asarray(4321.0))) == pytest.approx(
        np.asarray(forecast_of(on).at(jnp.asarray(4321.0))), abs=1e-9
    )
