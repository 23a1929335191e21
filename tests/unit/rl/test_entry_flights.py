"""``homeward/EntryGuidance-v0`` in flight: gymnasium's own check, bits, what the ship knows, baselines."""

import equinox as eqx
import jax
import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="gymnasium not installed")

from gymnasium.utils.env_checker import check_env

from homeward.rl.baselines import OwnEntryLaw, RandomActions, fly_policy
from homeward.rl.entry_env import EntryGuidanceEnv, EntryGuidanceVectorEnv
from homeward.rl.entry_lanes import SEEN

pytestmark = pytest.mark.slow
LANES, STEPS = 4, 140
AT = [name for name, _, _ in SEEN]


@pytest.fixture(scope="module")
def many():
    return EntryGuidanceVectorEnv(LANES)


def flown(env, seed, bank, steps):
    observed = [env.reset(seed=seed)[0]]
    observed += [env.step(np.full((env.num_envs, 1), bank, np.float32))[0] for _ in range(steps)]
    return np.stack(observed)


def test_gymnasium_finds_no_fault():
    check_env(EntryGuidanceEnv(), skip_render_check=True)


def test_a_seed_fixes_every_bit_and_another_changes_them(many):
    one, again, other = (flown(many, seed, 0.3, 30) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one[-1] != other[-1]).any()
    assert (one[:, 0] != one[:, 1]).any(), "each lane has draws of its own"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bank_to_the_right_turns_to_the_right(many, seed):
    cross = AT.index("cross_range")
    right, left = (flown(many, seed, bank, 100)[-1, :, cross] for bank in (0.25, -0.25))
    assert (right < left).all(), "what lies to the right comes nearer, or passes to the left"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_ship_s_own_law_comes_home_and_random_banks_do_not(many, seed):
    own = fly_policy(many, OwnEntryLaw(many), STEPS, seed)
    random = fly_policy(many, RandomActions(many, seed), STEPS, seed)
    assert own["success"].all() and len(own["miss_km"]) == LANES and np.median(own["miss_km"]) < 2.0
    assert not random["success"].any() and own["return"].min() > random["return"].max()


def test_a_lane_s_episodes_do_not_depend_on_the_others(many):
    """The second episode of a lane has the same bits whenever the other lanes end theirs."""

    def second(banks):
        many.reset(seed=7)
        episode, seen = 0, []
        for _ in range(2 * STEPS):
            observed, _, ended, _, _ = many.step(banks)
            if episode == 1:
                seen.append(observed[0])
            episode += bool(ended[0])
            if len(seen) == 20:
                return np.stack(seen)
        raise AssertionError("lane 0 never ended")

    calm = np.full((LANES, 1), 0.2, np.float32)
    steep = calm.copy()
    steep[1:] = 1.0
    np.testing.assert_array_equal(second(calm), second(steep))


def test_another_truth_behind_the_same_belief_is_not_seen(many):
    """What is seen comes of what navigation believes: the truth moved by 50 km changes no bit of it."""
    many.reset(seed=1)
    many.step(np.zeros((LANES, 1), np.float32))
    from homeward.rl.entry_lanes import _told
    from homeward.sim.lanes import flight_axes, world_axes

    lanes = many.lanes
    moved = eqx.tree_at(lambda c: c.truth.r_BI_I, lanes.carry, lanes.carry.truth.r_BI_I + 50e3)
    axes = (world_axes(lanes.world), flight_axes(lanes.flight), 0, 0)
    first, second = (
        jax.vmap(_told, in_axes=axes)(lanes.world, lanes.flight, carry, lanes.leg.patience)
        for carry in (lanes.carry, moved)
    )
    np.testing.assert_array_equal(np.asarray(first.seen), np.asarray(second.seen))
    assert (np.abs(np.asarray(first.altitude) - np.asarray(second.altitude)) > 1e3).any()
