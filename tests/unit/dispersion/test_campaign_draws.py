"""Distributions by name, and sampling plans: right laws, own streams, defaults untouched."""

import dataclasses
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from homeward.dispersion.keyed_permutation import bits_of, place_of
from homeward.dispersion.returns import _interface_error
from homeward.dispersion.sampling import RANDOM, Plan
from homeward.dispersion.streams import Draws, draws_of, factor, normal
from homeward.errors import InputError
from homeward.scenario import load
from homeward.scenario.build.flight_computer import forecast_wind, steering_wind
from homeward.scenario.build.world import build_wind
from homeward.scenario.schema.distribution import PAIR_DRAWS, RETURN_DRAWS, Distribution
from homeward.scenario.schema.scenario import Scenario
from homeward.world.environment.random_profiles import SMALLEST_FACTOR
from homeward.world.environment.wind import wind_table
from homeward.world.state import initial_truth

N = 4000
CERTAIN = 1e-4  # chance with which a right law is called wrong


def drawn(name, distributions=(), shape=(), size=1.0):
    draw = draws_of([Distribution(**d) for d in distributions], RETURN_DRAWS, {})
    keys = jax.vmap(lambda i: jax.random.fold_in(jax.random.key(5), i))(jnp.arange(N))
    return np.asarray(jax.vmap(lambda k: draw(k, name, jnp.asarray(size), shape))(keys))


@pytest.mark.parametrize(
    "told, law",
    [
        ({"kind": "normal", "unit": "percent", "mean": 1.0, "sigma": 2.0}, stats.norm(0.01, 0.02)),
        ({"kind": "uniform", "unit": "percent", "low": -5.0, "high": 10.0}, stats.uniform(-0.05, 0.15)),
        (
            {"kind": "truncated", "unit": "1", "sigma": 0.1, "low": -0.05, "high": 0.2},
            stats.truncnorm(-0.5, 2.0, 0.0, 0.1),
        ),
    ],
)
def test_a_named_law_is_that_law(told, law):
    values = drawn("drag", [{"of": "drag", **told}])
    assert stats.kstest(values, law.cdf).pvalue > CERTAIN


def test_a_table_gives_its_values_equally_often():
    values = drawn("drag", [{"of": "drag", "kind": "table", "unit": "percent", "values": (-3.0, 0.0, 7.0)}])
    found, counts = np.unique(values, return_counts=True)
    np.testing.assert_allclose(found, [-0.03, 0.0, 0.07])
    assert stats.chisquare(counts).pvalue > CERTAIN


def test_without_a_law_a_draw_is_what_it_was_and_a_law_changes_no_other():
    plain = drawn("mass", size=0.3)
    keys = jax.vmap(lambda i: jax.random.fold_in(jax.random.key(5), i))(jnp.arange(N))
    was = np.asarray(jax.vmap(lambda k: jnp.asarray(0.3) * normal(k, "mass"))(keys))
    assert np.array_equal(plain, was)
    told = [{"of": "drag", "kind": "uniform", "unit": "1", "low": 0.0, "high": 1.0}]
    assert np.array_equal(drawn("mass", told, size=0.3), was)


def test_a_law_keeps_its_parameter_on_its_stream():
    told = [{"of": "drag", "kind": "uniform", "unit": "1", "low": 0.0, "high": 1.0}]
    assert np.array_equal(np.argsort(drawn("drag", told)), np.argsort(drawn("drag")))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"kind": "normal", "sigma": -1.0}, "greater than or equal to 0"),
        ({"kind": "uniform", "low": 1.0, "high": 1.0}, "high above low"),
        ({"kind": "normal"}, "sigma: kind"),
        ({"kind": "normal", "sigma": 1.0, "values": (1.0,)}, "values: kind"),
        ({"kind": "normal", "sigma": 1.0, "unit": "km"}, "expected 1, percent for drag"),
        ({"kind": "normal", "sigma": 1.0, "of": "colour"}, "expected density_bias"),
        ({"kind": "profile", "of": "wind", "unit": "m/s", "altitude_m": (0.0, 1e4), "sigma_at": (1.0,),
          "length_m": 3e3}, "as many entries"),
    ],
)  # fmt: skip
def test_a_law_that_is_none_is_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        Distribution(**{"of": "drag", "unit": "1", **change})


def test_the_scenario_names_what_is_wrong(tmp_path):
    file = tmp_path / "mine.toml"
    text = '[[dispersion.distribution]]\nof = "drag"\nkind = "normal"\nunit = "percent"\nsigma = {}\n'
    body = '[site]\nlatitude_deg = 41.6\nlongitude_deg = 100.1\n[return.initial]\ntle = ["x", "y"]\n'
    file.write_text(body + text.format(-2.0))
    with pytest.raises(
        InputError, match=r"distribution\[0\].sigma: expected a number of at least 0, not -2.0"
    ):
        load(file)


def test_a_scenario_with_distributions_reads_back(tmp_path):
    from homeward.scenario.template import to_toml

    known = load("apollo-10")
    some = Distribution(of="wind", kind="profile", unit="m/s", altitude_m=(0.0, 3e4), sigma_at=(5.0, 9.0),
                        length_m=2e3)  # fmt: skip
    other = known.model_copy(
        update={"dispersion": known.dispersion.model_copy(update={"distribution": (some,)})}
    )
    (tmp_path / "apollo-10.toml").write_text(to_toml(other))
    assert load(tmp_path / "apollo-10.toml").dispersion == other.dispersion
    document = other.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert Scenario.model_validate(document) == other


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_a_plan_fills_every_parameter_evenly_and_gives_any_run_alone(kind):
    runs = 256
    plan = Plan(kind, 7, runs, True)
    whole = plan.standard(np.arange(runs))
    assert set(whole) == set(RETURN_DRAWS)
    for name, (_, count) in RETURN_DRAWS.items():
        assert whole[name].shape == (runs, count)
        for column in whole[name].T:
            slices = np.floor(stats.norm.cdf(column) * runs).astype(int)
            assert np.array_equal(np.sort(slices), np.arange(runs))  # each equally likely slice once
    again = Plan(kind, 7, runs, True)
    block = np.array([100, 101, 102, 102])
    for name, values in again.standard(block).items():
        assert np.array_equal(values, whole[name][block])
    other = Plan(kind, 8, runs, True).standard(block)
    assert not np.array_equal(other["drag"], again.standard(block)["drag"])


@pytest.mark.parametrize("n", [1, 2, 3, 17, 1000, 65537])
def test_a_shuffle_takes_every_place_once_and_tells_any_alone(n):
    places = place_of(np.arange(n), n, (5, 11))
    assert np.array_equal(np.sort(places), np.arange(n))
    some = np.arange(n)[:: max(n // 7, 1)]
    assert np.array_equal(place_of(some, n, (5, 11)), places[some])


def test_shuffles_of_many_keys_are_even_and_do_not_go_together():
    # All 24 orders of four are seen about as often: chi-square with 23 degrees, its 99.9 % point 49.7.
    seen = Counter(tuple(place_of(np.arange(4), 4, (seed, 3)).tolist()) for seed in range(1200))
    assert len(seen) == 24
    assert sum((k - 50.0) ** 2 / 50.0 for k in seen.values()) < 49.7
    n = 4000
    one, other = place_of(np.arange(n), n, (5, 11)), place_of(np.arange(n), n, (5, 12))
    for a, b in ((one, other), (one, np.arange(n)), (one[1:], one[:-1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4.0 / np.sqrt(n)
    inside = bits_of(np.arange(n), (5, 11)) * 2.0**-53
    assert stats.kstest(inside, "uniform").pvalue > 1e-3


def test_a_hypercube_of_a_hundred_million_runs_gives_a_block_at_once():
    block = np.arange(99_999_000, 99_999_128)
    drawn = Plan("lhs", 7, 10**8, True).standard(block)
    assert all(np.isfinite(values).all() for values in drawn.values())
    assert abs(drawn["drag"].mean()) < 0.4 and 0.8 < drawn["drag"].std() < 1.2


def test_a_random_plan_gives_nothing_and_a_plan_takes_the_place_of_the_stream():
    assert RANDOM.standard(np.arange(3)) == {}
    draw = Draws({}, {"drag": jnp.asarray([[0.5], [-1.0]])})
    got = jax.vmap(
        lambda row: dataclasses.replace(draw, standard={"drag": row})(jax.random.key(0), "drag", 2.0)
    )(draw.standard["drag"])
    assert np.asarray(got).tolist() == [1.0, -2.0]
    assert set(PAIR_DRAWS) & {"insertion_position", "thrust"}


def test_no_draw_takes_away_a_mass_or_turns_a_thrust_round():
    """Spreads of 100 % at one sigma: the factor stays positive, and one of a sane spread is untouched."""
    wide = np.asarray(factor(jnp.asarray(drawn("mass"))))
    assert wide.min() == SMALLEST_FACTOR
    sane = jnp.asarray(drawn("mass", size=0.01))
    assert np.array_equal(factor(sane), 1.0 + sane)


@pytest.mark.parametrize("lowest", [0.0, 26e3, 100e3])
def test_a_wind_table_without_rows_in_the_steering_layer_gives_the_predictor_no_wind(lowest):
    """Dispersed as undispersed: one function, and never a quotient of nothing."""
    table = wind_table([lowest, lowest + 100e3], [0.0, 0.0], [10.0, 10.0], step=500.0)
    place = jnp.asarray(0.7), jnp.asarray(1.7)
    wind = np.asarray(steering_wind(table, *place))
    speed = np.linalg.norm(wind)
    assert speed == pytest.approx(10.0 if lowest == 0.0 else 0.0, abs=1e-12)
    rows = {
        "altitude_m": f"[{lowest}, {lowest + 100e3}]",
        "north_m_s": "[0, 0.0]",
        "east_m_s": "[10.0, 10.0]",
    }
    scenario = load("shenzhou-15", {f"truth.wind.{key}": value for key, value in rows.items()})
    assert np.linalg.norm(forecast_wind(scenario, build_wind(scenario))) == pytest.approx(speed)


def test_a_flight_straight_down_disperses_to_numbers():
    truth = initial_truth(0.0, jnp.asarray([6.5e6, 0.0, 0.0]), jnp.asarray([-7e3, 0.0, 0.0]), 3000.0)
    draw = draws_of([], RETURN_DRAWS, {})
    sizes = {"angle": jnp.asarray(0.01), "speed": jnp.asarray(3.0)}
    error = np.asarray(_interface_error(jax.random.key(1), Draws(draw.laws, {}), sizes, truth))
    assert np.isfinite(error).all() and np.linalg.norm(error) > 0.0
