"""``homeward/Docking-v0`` in flight: bits, signs, baselines. A large program is compiled: minutes."""

import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="gymnasium not installed")

from gymnasium.utils.env_checker import check_env

from homeward.rl.baselines import OwnAxisLaw, RandomActions, fly_policy
from homeward.rl.docking_env import DockingVectorEnv
from homeward.rl.docking_lanes import SEEN
from homeward.rl.lane_env import LaneEnv

pytestmark = pytest.mark.slow
LANES = 4
AT = [name for name, _, _ in SEEN]


@pytest.fixture(scope="module")
def many():
    return DockingVectorEnv(LANES)


def flown(env, seed, action, steps):
    observed = [env.reset(seed=seed)[0]]
    observed += [env.step(np.tile(np.asarray(action, np.float32), (LANES, 1)))[0] for _ in range(steps)]
    return np.stack(observed)


def test_a_seed_fixes_every_bit_and_another_changes_them(many):
    one, again, other = (flown(many, seed, (-0.2, 0.0, 0.0), 15) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one[-1] != other[-1]).any() and (one[:, 0] != one[:, 1]).any()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_push_goes_where_it_says(many, axis):
    push = np.zeros(3)
    push[axis] = 0.5
    rate = AT.index("rate_x") + axis
    there, back = (flown(many, 3, sign * push, 10)[-1, :, rate] for sign in (1.0, -1.0))
    assert (there > back).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_ship_s_own_law_docks_and_random_pushes_do_not(many, seed):
    own = fly_policy(many, OwnAxisLaw(many), 400, seed)
    random = fly_policy(many, RandomActions(many, seed), 400, seed)
    assert len(own["reason"]) >= LANES and own["success"].all()
    assert not random.get("success", np.zeros(1, bool)).any()


def test_gymnasium_finds_no_fault():
    check_env(LaneEnv(DockingVectorEnv(1)), skip_render_check=True)
