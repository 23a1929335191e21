"""``homeward/Docking-v0`` without flights: what is rewarded and told, by lanes that follow a script."""

import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="gymnasium not installed")

import gymnasium

import homeward.rl
from homeward.errors import InputError
from homeward.rl import docking_env
from homeward.rl.docking_env import DockingEnv, DockingVectorEnv, reward
from homeward.rl.docking_lanes import SEEN, Told

MOST = np.array([0.03, 0.01, 0.02])
NO = np.zeros(3, bool)


class Script:
    """Lanes that do as they are told."""

    def __init__(self, scenario, lanes, cycles):
        self.lanes, self.cycles, self.most = lanes, cycles, MOST
        self.renewed, self.pushes, self.episode = [], [], np.zeros(lanes, int)

    def say(self, **facts):
        n, zero = self.lanes, np.zeros(self.lanes)
        told = dict.fromkeys(("done", "captured", "inside", "collided", "failed", "gave_up"), zero > 0)
        told |= dict.fromkeys(("elapsed", "delta_v", "closing", "lateral"), zero)
        told |= {"seen": np.zeros((n, len(SEEN))), "place": np.tile([10.0, 0.0, 0.0], (n, 1))}
        self.told = Told(**{k: jnp.asarray(v) for k, v in (told | facts).items()})
        return self.told

    def begin(self, seed):
        return self.say()

    def renew(self, lanes):
        self.renewed.append(lanes.copy())
        self.say(place=np.tile([20.0, 0.0, 0.0], (self.lanes, 1)))

    def step(self, push, still):
        self.pushes.append((push.copy(), still.copy()))
        return self.told


@pytest.fixture
def many(monkeypatch):
    monkeypatch.setattr(docking_env, "DockingLanes", Script)
    env = DockingVectorEnv(3)
    env.reset(seed=5)
    return env


def step(env, action=0.0, **facts):
    env.lanes.say(**facts)
    return env.step(np.full((env.num_envs, 3), action, np.float32))


def lane(k):
    return np.arange(3) == k


def test_a_push_is_a_share_of_what_the_thrusters_give(many):
    step(many, 0.5)
    np.testing.assert_allclose(many.lanes.pushes[-1][0], np.tile(0.5 * MOST, (3, 1)))
    step(many, -9.0)
    np.testing.assert_allclose(many.lanes.pushes[-1][0], np.tile(-MOST, (3, 1)))


def test_the_reward_is_what_its_text_says(many):
    none, no, yes = np.zeros(1), np.array([False]), np.array([True])
    assert reward(none, none, yes, yes, no)[0] == 2.0 and reward(none, none, yes, no, no)[0] == 0.5
    assert reward(none, none, no, no, yes)[0] == -2.0
    assert reward(np.array([3.0]), np.array([0.1]), no, no, no)[0] == pytest.approx(0.15 - 0.05)
    nearer = np.array([[8.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
    _, given, *_ = step(many, place=nearer, delta_v=np.array([0.0, 0.2, 0.0]))
    assert given == pytest.approx([0.1, -0.1, 0.0])


@pytest.mark.parametrize(
    ("facts", "word", "given"),
    [
        ({"captured": lane(0), "done": lane(0), "inside": lane(0)}, "docked", 2.0),
        ({"captured": lane(0), "done": lane(0)}, "docked", 0.5),
        ({"collided": lane(0), "done": lane(0)}, "collided", -2.0),
        ({"gave_up": lane(0)}, "gave up", -2.0),
        ({"failed": lane(0), "done": lane(0)}, "failed", -2.0),
        ({"done": lane(0)}, "failed", -2.0),
        ({"elapsed": np.array([1201.0, 1199.0, 0.0])}, "too long", 0.0),
    ],
)
def test_how_an_approach_ends_is_told(many, facts, word, given):
    _, rewards, ended, cut, info = step(many, **facts)
    assert info["reason"].tolist() == [word, None, None] and rewards[0] == pytest.approx(given)
    assert (ended[0], cut[0]) == ((False, True) if word == "too long" else (True, False))
    assert info["success"].tolist() == [given == 2.0, False, False]
    _, rewards, ended, _, info = step(many)
    assert many.lanes.renewed[-1].tolist() == [True, False, False] and rewards[0] == 0.0 and info == {}


def test_misuse_is_one_sentence(monkeypatch):
    monkeypatch.setattr(docking_env, "DockingLanes", Script)
    with pytest.raises(InputError, match="hold_s: expected a whole number from 1 to 10"):
        DockingVectorEnv(1, hold_s=11)
    env = gymnasium.make("homeward/Docking-v0", hold_s=2)
    assert isinstance(env.unwrapped, DockingEnv)
    many = gymnasium.make_vec(homeward.rl.DOCKING, num_envs=2, vectorization_mode="vector_entry_point")
    assert isinstance(many, DockingVectorEnv) and many.action_space.shape == (2, 3)
