"""What a learner is measured against: random actions, and the law that the ship itself would fly by."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.rl.docking_env import DockingVectorEnv
from homeward.rl.entry_env import EntryGuidanceVectorEnv
from homeward.rl.lane_env import LaneVectorEnv


class RandomActions:
    """Every action drawn evenly, by a seed."""

    def __init__(self, env: LaneVectorEnv, seed: int = 0) -> None:
        self.shape, self.rng = env.action_space.shape, np.random.default_rng(seed)

    def act(self) -> np.ndarray:
        """Actions of all lanes, as the environment takes them."""
        return self.rng.uniform(-1.0, 1.0, self.shape).astype(np.float32)


class OwnEntryLaw:
    """The scenario's own guidance (predictive, unless its file says otherwise), by what navigation believes.

    It is asked once a step, where the ship asks it once a second, and its bank is held: what it loses by that
    is part of the comparison. ``act`` is called after ``reset`` and after every ``step``.
    """

    def __init__(self, env: EntryGuidanceVectorEnv) -> None:
        self.env, self.state = env, None
        self.episode = np.full(env.num_envs, -1)

    def act(self) -> np.ndarray:
        """Actions of all lanes, as the environment takes them."""
        lanes = self.env.lanes
        first = _first(lanes.law, lanes.flight.target)
        self.state = first if self.state is None else self.state
        begun = jnp.asarray(lanes.episode != self.episode)
        self.episode = lanes.episode.copy()
        self.state, bank = _asked(
            lanes.law, self.state, first, begun, lanes.carry.flight.last, lanes.flight.target
        )
        return (np.asarray(bank) / np.pi).astype(np.float32)[:, None]


class OwnAxisLaw:
    """The scenario's own law of the port's axis (mpc, unless its file says otherwise), asked once a step."""

    def __init__(self, env: DockingVectorEnv) -> None:
        self.env, self.state = env, None
        self.episode = np.full(env.num_envs, -1)

    def act(self) -> np.ndarray:
        """Actions of all lanes, as the environment takes them."""
        lanes = self.env.lanes
        begun = jnp.asarray(lanes.episode != self.episode)
        self.episode = lanes.episode.copy()
        seen = lanes.carry.flight.law
        if self.state is None:
            self.state = _first_axis(lanes.law, seen.rho)
        self.state, push = _asked_axis(
            lanes.law, self.state, begun, seen.rho, seen.v, jnp.asarray(float(self.env.hold_s))
        )
        share = np.asarray(push) / (self.env.hold_s * lanes.most)
        return np.clip(share, -1.0, 1.0).astype(np.float32)


@program
def _first(law, target):
    return jax.vmap(law.init)(target)


@program
def _asked(law, state, first, begun, navigation, target):
    """The law's next state and bank [rad] of every lane; ``begun`` lanes start from ``first``."""

    def one(state: Any, first: Any, begun: Any, navigation: Any, target: Any):
        state = jax.tree.map(lambda a, b: jnp.where(begun, b, a), state, first)
        state, command = law.step(state, navigation, target)
        return state, command.bank

    return jax.vmap(one)(state, first, begun, navigation, target)


@program
def _first_axis(law, rho):
    return jax.vmap(lambda _: law.init())(rho)


@program
def _asked_axis(law, state, begun, rho, v, dt):
    """The law's next state and delta-v [m/s, D] of every lane; ``begun`` lanes start anew."""

    def one(state: Any, begun: Any, rho: Any, v: Any):
        state = jax.tree.map(lambda a, b: jnp.where(begun, b, a), state, law.init())
        return law.step(state, rho, v, jnp.zeros(()), jnp.asarray(1e3), dt)

    return jax.vmap(one)(state, begun, rho, v)


def fly_policy(env: LaneVectorEnv, policy: Any, steps: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Fly a policy (``act()`` gives actions) for some steps; the figures of every episode that ended.

    ``return`` is the sum of its rewards; the others are those of the environment's ``info``.
    """
    env.reset(seed=seed)
    found: dict[str, list[Any]] = {"return": []}
    gained = np.zeros(env.num_envs)
    for _ in range(steps):
        _, given, terminated, truncated, info = env.step(policy.act())
        gained += given
        over = terminated | truncated
        for lane in np.flatnonzero(over):
            found["return"].append(gained[lane])
            for key in info:
                if not key.startswith("_"):
                    found.setdefault(key, []).append(info[key][lane])
        gained = np.where(over, 0.0, gained)
    return {key: np.asarray(values) for key, values in found.items()}


__all__ = ["OwnAxisLaw", "OwnEntryLaw", "RandomActions", "fly_policy"]
