"""What the vector environments share: lanes of one program, begun anew one by one, as gymnasium asks."""

import abc
import dataclasses
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from homeward.errors import InputError
from homeward.scenario.load import load
from homeward.scenario.schema.scenario import Scenario

CLIP = 10.0  # of what is seen: beyond it a flight has long failed


@dataclasses.dataclass(frozen=True)
class Judged:
    """Of every lane: reward of the step; why it is over, an index into the reasons, -1 while it goes on."""

    reward: np.ndarray
    reason: np.ndarray


class LaneVectorEnv(VectorEnv, abc.ABC):
    """A vector environment whose lanes fly side by side.

    What derives from it gives ``reasons`` (the last of them cuts a flight off, the others end it),
    ``lanes_of``, ``asked``, ``judged`` and ``facts``.
    """

    metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012
    reasons: tuple[str, ...] = ()
    longest_hold = 60

    def __init__(
        self, num_envs: int, scenario: str | Scenario, hold_s: int, render_mode: str | None, actions: int,
        seen: int,
    ) -> None:  # fmt: skip
        for name, value, most in (("num_envs", num_envs, 4096), ("hold_s", hold_s, self.longest_hold)):
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise InputError(f"{name}: expected a whole number from 1 to {most}, not {value!r}")
        if render_mode is not None:
            raise InputError(f"render_mode: expected None, not {render_mode!r}: nothing is drawn")
        self.num_envs, self.hold_s, self.render_mode = num_envs, hold_s, render_mode
        self.scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
        self.lanes: Any = self.lanes_of(self.scenario, num_envs, hold_s)
        self.single_observation_space = Box(-CLIP, CLIP, (seen,), np.float32)
        self.single_action_space = Box(-1.0, 1.0, (actions,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._over, self._shape = np.zeros(num_envs, bool), (num_envs, actions)
        self._before: Any = None

    @abc.abstractmethod
    def lanes_of(self, scenario: Scenario, lanes: int, cycles: int) -> Any:
        """The lanes: ``begin(seed)``, ``renew(mask)``, ``step(command, still)``, ``told``."""

    @abc.abstractmethod
    def asked(self, actions: np.ndarray) -> np.ndarray:
        """The lanes' command of actions (n, k) within [-1, 1]."""

    @abc.abstractmethod
    def judged(self, before: Any, last: np.ndarray, command: np.ndarray) -> Judged:
        """What a step was worth, from what was told ``before`` it and the ``last`` command."""

    @abc.abstractmethod
    def facts(self, reason: np.ndarray) -> dict[str, np.ndarray]:
        """What is told of lanes that are over."""

    def reset(
        self, *, seed: int | list[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Every lane at its first episode; without a seed one is drawn. ``seed`` of a list is its first."""
        if isinstance(seed, list | tuple):
            seed = seed[0] if seed else None
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(2**31))
        self._before = self.lanes.begin(int(seed) % 2**32)
        self._over = np.zeros(self.num_envs, bool)
        self._last = self.asked(np.zeros(self._shape))
        return self._seen(), {}

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Every lane ``hold_s`` seconds on; those that were over begin anew instead, with reward 0."""
        if self._before is None:
            raise InputError("step: expected reset before it")
        wanted = np.asarray(actions, float).reshape(self._shape)
        if not np.isfinite(wanted).all():
            raise InputError("step: expected finite actions")
        fresh, rest = self._over.copy(), self.asked(np.zeros(self._shape))
        if fresh.any():
            self.lanes.renew(fresh)
        column = fresh[:, None] if rest.ndim > 1 else fresh
        command = np.where(column, rest, self.asked(np.clip(wanted, -1.0, 1.0)))
        told = self.lanes.step(command, fresh)
        judged = self.judged(self._before, np.where(column, rest, self._last), command)
        reason = np.where(fresh, -1, judged.reason)
        self._over, self._last, self._before = reason >= 0, command, told
        last = len(self.reasons) - 1
        given = np.where(fresh, 0.0, judged.reward)
        return self._seen(), given, (reason >= 0) & (reason < last), reason == last, self._info(reason)

    def _seen(self) -> np.ndarray:
        told = np.nan_to_num(np.asarray(self.lanes.told.seen), nan=0.0, posinf=CLIP, neginf=-CLIP)
        return np.clip(told, -CLIP, CLIP).astype(np.float32)

    def _info(self, reason: np.ndarray) -> dict[str, Any]:
        over = reason >= 0
        if not over.any():
            return {}
        words = np.array([self.reasons[k] if k >= 0 else None for k in reason], object)
        told = {key: np.where(over, value, np.zeros_like(value)) for key, value in self.facts(reason).items()}
        info = {"reason": words} | told
        return info | {f"_{key}": over for key in info}


class LaneEnv(gymnasium.Env):
    """A single environment: a vector environment of one lane, whose ``info`` has plain values."""

    metadata = {"render_modes": []}  # noqa: RUF012

    def __init__(self, many: LaneVectorEnv) -> None:
        self.many, self.render_mode = many, many.render_mode
        self.observation_space = many.single_observation_space
        self.action_space = many.single_action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """The first episode of a seed; without one, of the next that the seed before gives."""
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(2**31))
        seen, info = self.many.reset(seed=seed)
        return seen[0], info

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """``hold_s`` seconds on."""
        if self.many._over.any():
            raise InputError("step: the episode is over; expected reset before it")
        seen, given, terminated, truncated, facts = self.many.step(np.asarray(action)[None])
        info = {key: _plain(value[0]) for key, value in facts.items() if not key.startswith("_")}
        return seen[0], float(given[0]), bool(terminated[0]), bool(truncated[0]), info


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
