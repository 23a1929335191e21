"""``homeward/EntryGuidance-v0`` without flights: what is seen, rewarded and told, how lanes begin anew.

The lanes are stood in for by a script; the flights themselves are tested in ``test_entry_flights.py``.
"""

import sys

import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="gymnasium not installed")

import gymnasium

import homeward.rl
from homeward.earth.geodesy import Ellipsoid, from_geodetic
from homeward.errors import InputError
from homeward.icd import EntryTarget, Navigation
from homeward.rl import entry_env
from homeward.rl.entry_env import EntryGuidanceEnv, EntryGuidanceVectorEnv, reward
from homeward.rl.entry_lanes import SEEN, Told, seen

NAMES = [name for name, _, _ in SEEN]


def view(latitude, longitude, altitude, v_E, aim, bank=0.0, force=(0.0, 0.0, 0.0)):
    """What is seen from a place, by name, in its own units."""
    ellipsoid = Ellipsoid.wgs84()
    place = from_geodetic(
        ellipsoid, *(jnp.asarray(x) for x in (np.radians(latitude), np.radians(longitude), altitude))
    )
    there = from_geodetic(ellipsoid, *(jnp.asarray(np.radians(x)) for x in aim), jnp.asarray(10e3))
    told = Navigation(
        jnp.asarray(100.0), place, jnp.asarray(v_E, float), jnp.asarray(force, float), jnp.asarray(bank),
        jnp.asarray(True),
    )  # fmt: skip
    values = seen(ellipsoid, told, EntryTarget(there, jnp.asarray(10e3)))
    return {name: float(x) * size for (name, size, _), x in zip(SEEN, values, strict=True)}


def test_what_is_seen_has_its_signs_and_units():
    """Flying east over 0 N, 30 E: north is left. The aim point lies 5 deg ahead and 1 deg to the south."""
    east = np.array([-np.sin(np.radians(30.0)), np.cos(np.radians(30.0)), 0.0])
    up = np.array([np.cos(np.radians(30.0)), np.sin(np.radians(30.0)), 0.0])
    told = view(0.0, 30.0, 80e3, 7000.0 * east - 100.0 * up, (-1.0, 35.0), 0.4, (0.0, 3 * 9.80665, 0.0))
    assert told["speed"] == pytest.approx(np.hypot(7000.0, 100.0), rel=1e-9)
    assert told["altitude"] == pytest.approx(80e3, abs=1.0)
    assert told["flight_path_angle"] == pytest.approx(-np.arcsin(100.0 / told["speed"]), rel=1e-6)
    assert told["range_to_go"] == pytest.approx(np.radians(5.0) * 6371e3, rel=2e-3)
    assert told["cross_range"] == pytest.approx(np.radians(1.0) * 6371e3, rel=1e-2)  # right
    assert (told["bank_sine"], told["bank_cosine"]) == pytest.approx((np.sin(0.4), np.cos(0.4)))
    assert told["load"] == pytest.approx(3.0) and told["blackout"] == 1.0
    behind = view(0.0, 30.0, 80e3, 7000.0 * east, (1.0, 28.0))
    assert behind["range_to_go"] < 0.0 and behind["cross_range"] < 0.0


def test_the_reward_is_what_its_text_says():
    none, no, yes = np.zeros(1), np.array([False]), np.array([True])
    for miss, wanted in ((0.0, 1.0), (9e3, 0.0), (99e3, -1.0)):
        assert reward(np.array([miss]), none, none, yes, no)[0] == pytest.approx(wanted)
    assert reward(none, none, none, no, yes)[0] == -3.0
    assert reward(none, np.array([2.0]), np.array([0.5]), no, no)[0] == pytest.approx(-0.41)


class Script:
    """Lanes that do as they are told: one ``Told`` after the other, each number for every lane."""

    def __init__(self, scenario, lanes, cycles):
        self.lanes, self.cycles, self.renewed, self.banks = lanes, cycles, [], []
        self.episode = np.zeros(lanes, int)

    def say(self, **facts):
        n, zero = self.lanes, np.zeros(self.lanes)
        told = {
            "seen": np.zeros((n, len(SEEN))), "done": zero > 0, "failed": zero > 0, "elapsed": zero,
            "altitude": zero + 80e3, "climbing": zero > 0, "miss": zero + 5e3, "load": zero,
            "heat_rate": zero,
        }  # fmt: skip
        self.told = Told(**{k: jnp.asarray(v) for k, v in (told | facts).items()})
        return self.told

    def begin(self, seed):
        self.seed = seed
        return self.say()

    def renew(self, lanes):
        self.renewed.append(lanes.copy())
        self.say()

    def step(self, bank, still):
        self.banks.append((bank.copy(), still.copy()))
        return self.told


@pytest.fixture
def many(monkeypatch):
    monkeypatch.setattr(entry_env, "EntryLanes", Script)
    env = EntryGuidanceVectorEnv(3)
    env.reset(seed=5)
    return env


def step(env, action=0.0, **facts):
    env.lanes.say(**facts)
    return env.step(np.full((env.num_envs, 1), action, np.float32))


def test_an_action_is_a_share_of_half_a_turn(many):
    step(many, 0.5)
    assert many.lanes.banks[-1][0] == pytest.approx(np.full(3, np.pi / 2))
    step(many, 7.0)
    assert many.lanes.banks[-1][0] == pytest.approx(np.full(3, np.pi))


def test_a_turn_costs_the_short_way_round(many):
    step(many, 0.9)
    _, given, *_ = step(many, -0.9)
    assert given == pytest.approx(np.full(3, -0.02 * 0.2))


def test_how_an_entry_ends_is_told(many):
    up, no = np.array([True, False, False]), np.zeros(3, bool)
    _, given, ended, cut, info = step(many, done=up)
    assert ended.tolist() == [True, False, False] and not cut.any()
    assert info["reason"].tolist() == ["opened", None, None] and info["_reason"].tolist() == ended.tolist()
    assert info["success"][0] and info["miss_km"][0] == pytest.approx(5.0)
    assert given[0] == pytest.approx(1.0 - np.log10(6.0)) and given[1] == 0.0
    many.reset(seed=1)
    _, given, ended, _, info = step(many, done=up, failed=up)
    assert info["reason"][0] == "failed" and given[0] == -3.0 and ended[0] and not info["success"][0]
    many.reset(seed=1)
    _, given, ended, _, info = step(
        many, altitude=np.array([151e3, 140e3, 151e3]), climbing=np.array([True, True, False])
    )
    assert info["reason"].tolist() == ["skipped out", None, None] and given[0] == -3.0
    many.reset(seed=1)
    _, _, ended, cut, info = step(many, elapsed=np.array([4000.0, 3000.0, 0.0]))
    assert cut.tolist() == [True, False, False] and not ended.any() and info["reason"][0] == "too long"
    assert not no.any()


def test_a_miss_or_a_load_beyond_the_limit_is_no_success(many):
    up = np.ones(3, bool)
    _, given, _, _, info = step(
        many, done=up, miss=np.array([9e3, 11e3, 1e3]), load=np.array([3.0, 3.0, 6.5])
    )
    assert info["success"].tolist() == [True, False, False]
    limit = many.scenario.truth.limits.load_g
    assert given[2] == pytest.approx(1.0 - np.log10(2.0) - 0.2 * (6.5 - limit))


def test_a_lane_that_is_over_begins_anew_with_the_next_step(many):
    up = np.array([False, True, False])
    step(many, 0.3, done=up)
    _, given, ended, _, info = step(many, 0.3)
    assert many.lanes.renewed[-1].tolist() == up.tolist() and many.lanes.banks[-1][1].tolist() == up.tolist()
    assert given[1] == 0.0 and not ended.any() and info == {}
    step(many, 0.3)
    assert len(many.lanes.renewed) == 1


def test_what_is_not_finite_is_seen_as_a_number(many):
    broken = np.full((3, len(SEEN)), np.nan)
    broken[1] = np.inf
    observed, *_ = step(many, seen=broken)
    assert np.isfinite(observed).all() and many.observation_space.contains(observed)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"num_envs": 0}, "num_envs: expected a whole number from 1 to 4096"),
        ({"hold_s": 61}, "hold_s: expected a whole number from 1 to 60"),
        ({"render_mode": "human"}, "render_mode: expected None"),
        ({"scenario": "no-such"}, "no-such"),
    ],
)
def test_options_that_are_none_are_refused(monkeypatch, options, word):
    monkeypatch.setattr(entry_env, "EntryLanes", Script)
    with pytest.raises(InputError, match=word):
        EntryGuidanceVectorEnv(**options)


def test_misuse_is_one_sentence(monkeypatch, many):
    with pytest.raises(InputError, match="finite actions"):
        many.step(np.full((3, 1), np.nan))
    with pytest.raises(InputError, match="expected reset"):
        EntryGuidanceVectorEnv(2).step(np.zeros((2, 1)))
    one = EntryGuidanceEnv()
    one.reset(seed=0)
    one.many.lanes.say(done=np.ones(1, bool))
    _, _, ended, _, info = one.step(np.zeros(1))
    assert ended and info["reason"] == "opened" and isinstance(info["miss_km"], float)
    with pytest.raises(InputError, match="the episode is over"):
        one.step(np.zeros(1))


def test_gymnasium_knows_it_and_makes_either_form(monkeypatch):
    monkeypatch.setattr(entry_env, "EntryLanes", Script)
    homeward.rl.register()  # a second time
    one = gymnasium.make("homeward/EntryGuidance-v0", hold_s=2)
    assert isinstance(one.unwrapped, EntryGuidanceEnv) and one.unwrapped.many.hold_s == 2
    many = gymnasium.make_vec(
        "homeward/EntryGuidance-v0", num_envs=4, vectorization_mode="vector_entry_point"
    )
    assert isinstance(many, EntryGuidanceVectorEnv) and many.observation_space.shape == (4, len(SEEN))


def test_without_gymnasium_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    monkeypatch.delitem(sys.modules, "homeward.rl")
    with pytest.raises(InputError, match=r'pip install "homeward\[rl\]"'):
        __import__("homeward.rl")
