"""``homeward/EntryGuidance-v0``: steer a capsule by its bank from the entry interface to the parachute.

Observation: what navigation believes, nothing true (``entry_lanes.SEEN``). Action: the bank in [-1, 1] times
180 deg, positive turns right, held for ``hold_s`` seconds; an actuator with its limits flies it. Reward: see
``reward``.
"""

from typing import Any

import numpy as np

from homeward.rl.entry_lanes import SEEN, EntryLanes
from homeward.rl.lane_env import Judged, LaneEnv, LaneVectorEnv
from homeward.scenario.schema.scenario import Scenario

REACHED = 10e3  # m from the aim point within which an entry is a success
SKIPPED = 30e3  # m above the interface at which a climbing entry counts as lost
TURN = 0.02  # of the reward for a turn of 180 deg within a step
OVER = 0.2  # of it for each g of a new peak above the limit
LONGEST = 3600.0  # s after which an entry is cut off


def reward(
    miss: np.ndarray, new_peak_over: np.ndarray, turned: np.ndarray, opened: np.ndarray, lost: np.ndarray
) -> np.ndarray:
    """Reward of a step of every lane.

    At the opening ``1 - log10(1 + miss / km)``: 1 at the aim point, 0 at 9 km, -1 at 99 km; -3 for an entry
    that skips out or fails. In every step less 0.2 for each g by which the peak load has risen above the
    limit, and less 0.02 for each 180 deg that the command has turned.
    """
    end = np.where(opened, 1.0 - np.log10(1.0 + miss / 1e3), np.where(lost, -3.0, 0.0))
    return end - OVER * new_peak_over - TURN * turned


class EntryGuidanceVectorEnv(LaneVectorEnv):
    """``num_envs`` entries in the lanes of one compiled program.

    ``scenario`` is a shipped name, a file, or a checked scenario; ``hold_s`` how many seconds (guidance
    cycles) a command is held. A seed fixes every draw: the same seed and actions give the same bits with the
    same ``num_envs``. A lane that is over begins its next episode, another run of the seed, with the next
    step. ``info`` holds, of lanes that are over, ``reason`` (one of ``reasons``), ``success``, ``miss_km``,
    ``peak_load_g`` and ``peak_heat_rate_w_m2``, which are true figures.
    """

    reasons = ("opened", "skipped out", "failed", "too long")

    def __init__(
        self, num_envs: int = 1, scenario: str | Scenario = "shenzhou-15", hold_s: int = 5,
        render_mode: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(num_envs, scenario, hold_s, render_mode, 1, len(SEEN))

    def lanes_of(self, scenario: Scenario, lanes: int, cycles: int) -> Any:
        return EntryLanes(scenario, lanes, cycles)

    def asked(self, actions: np.ndarray) -> np.ndarray:
        return np.pi * actions[:, 0]

    def judged(self, before: Any, last: np.ndarray, command: np.ndarray) -> Judged:
        told, limit = self.lanes.told, self.scenario.truth.limits.load_g
        failed = np.asarray(told.failed)
        opened = np.asarray(told.done) & ~failed
        top = self.scenario.flight.guidance.interface_altitude_m + SKIPPED
        skipped = (np.asarray(told.altitude) > top) & np.asarray(told.climbing) & ~opened & ~failed
        late = (np.asarray(told.elapsed) > LONGEST) & ~opened & ~failed & ~skipped
        over = np.maximum(np.asarray(told.load) - limit, 0.0)
        over = np.maximum(over - np.maximum(np.asarray(before.load) - limit, 0.0), 0.0)
        turned = np.abs((command - last + np.pi) % (2.0 * np.pi) - np.pi) / np.pi
        miss = np.where(opened, np.asarray(told.miss), 0.0)
        reason = np.select([opened, skipped, failed, late], [0, 1, 2, 3], -1)
        return Judged(reward(miss, over, turned, opened, skipped | failed), reason)

    def facts(self, reason: np.ndarray) -> dict[str, np.ndarray]:
        told, limit = self.lanes.told, self.scenario.truth.limits.load_g
        miss, load = np.asarray(told.miss), np.asarray(told.load)
        return {
            "success": (reason == 0) & (miss <= REACHED) & (load <= limit), "miss_km": miss / 1e3,
            "peak_load_g": load, "peak_heat_rate_w_m2": np.asarray(told.heat_rate),
        }  # fmt: skip


class EntryGuidanceEnv(LaneEnv):
    """One entry: ``EntryGuidanceVectorEnv`` of one lane."""

    def __init__(
        self, scenario: str | Scenario = "shenzhou-15", hold_s: int = 5, render_mode: str | None = None
    ) -> None:
        super().__init__(EntryGuidanceVectorEnv(1, scenario, hold_s, render_mode))


__all__ = ["EntryGuidanceEnv", "EntryGuidanceVectorEnv", "reward"]
