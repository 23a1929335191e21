"""``homeward/Docking-v0``: push a ship along the port's axis, from 20 m to the latches.

Observation: what relative navigation believes, nothing true (``docking_lanes.SEEN``). Action: a push within
+-1 along each axis of the port, times what the thrusters give in a second (``most``), each second anew for
``hold_s`` seconds; the ship holds its attitude itself. Reward: see ``reward``.
"""

from typing import Any

import numpy as np

from homeward.rl.docking_lanes import SEEN, DockingLanes
from homeward.rl.lane_env import Judged, LaneEnv, LaneVectorEnv
from homeward.scenario.schema.scenario import Scenario

NEARER = 0.05  # of the reward for a metre nearer to the port
SPENT = 0.5  # of it for each m/s that the thrusters give
LONGEST = 1200.0  # s after which an approach is cut off


def reward(
    nearer: np.ndarray, spent: np.ndarray, docked: np.ndarray, inside: np.ndarray, lost: np.ndarray
) -> np.ndarray:
    """Reward of a step of every lane.

    Docked within the contact box 2, outside it 0.5; -2 for a collision, a failure or an approach that the
    ship's computer gives up (out of the corridor, askew before the contact). In every step 0.05 for each m
    by which the ports have come nearer, and less 0.5 for each m/s that the thrusters gave.
    """
    end = np.where(docked, np.where(inside, 2.0, 0.5), np.where(lost, -2.0, 0.0))
    return end + NEARER * nearer - SPENT * spent


class DockingVectorEnv(LaneVectorEnv):
    """``num_envs`` final translations in the lanes of one compiled program.

    ``scenario`` is a shipped name, a file, or a checked scenario with a rendezvous; ``hold_s`` how many
    seconds (guidance cycles) a push goes on. Seeds, bits and episodes are as in ``EntryGuidanceVectorEnv``.
    ``info`` holds, of lanes that are over, ``reason`` (one of ``reasons``), ``success`` (docked within the
    box), ``closing_m_s`` and ``lateral_m`` at the contact, ``delta_v_m_s``, ``duration_s``, true figures.
    """

    reasons = ("docked", "collided", "gave up", "failed", "too long")
    longest_hold = 10

    def __init__(
        self, num_envs: int = 1, scenario: str | Scenario = "shenzhou-21", hold_s: int = 1,
        render_mode: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(num_envs, scenario, hold_s, render_mode, 3, len(SEEN))

    def lanes_of(self, scenario: Scenario, lanes: int, cycles: int) -> Any:
        return DockingLanes(scenario, lanes, cycles)

    def asked(self, actions: np.ndarray) -> np.ndarray:
        return actions * self.lanes.most

    def judged(self, before: Any, last: np.ndarray, command: np.ndarray) -> Judged:
        told = self.lanes.told
        docked, collided, failed = (np.asarray(x) for x in (told.captured, told.collided, told.failed))
        docked = docked & ~failed
        gave_up = np.asarray(told.gave_up) & ~docked & ~collided & ~failed
        late = (np.asarray(told.elapsed) > LONGEST) & ~docked & ~collided & ~failed & ~gave_up
        ended = np.asarray(told.done) & ~docked & ~collided & ~gave_up & ~late
        apart = [np.linalg.norm(np.asarray(x.place), axis=1) for x in (before, told)]
        nearer = np.nan_to_num(apart[0] - apart[1])
        spent = np.nan_to_num(np.asarray(told.delta_v) - np.asarray(before.delta_v))
        lost = collided | gave_up | failed | ended
        reason = np.select([docked, collided, gave_up, failed | ended, late], [0, 1, 2, 3, 4], -1)
        return Judged(reward(nearer, spent, docked, np.asarray(told.inside), lost), reason)

    def facts(self, reason: np.ndarray) -> dict[str, np.ndarray]:
        told = self.lanes.told
        return {
            "success": (reason == 0) & np.asarray(told.inside), "closing_m_s": np.asarray(told.closing),
            "lateral_m": np.asarray(told.lateral), "delta_v_m_s": np.asarray(told.delta_v),
            "duration_s": np.asarray(told.elapsed),
        }  # fmt: skip


class DockingEnv(LaneEnv):
    """One final translation: ``DockingVectorEnv`` of one lane."""

    def __init__(
        self, scenario: str | Scenario = "shenzhou-21", hold_s: int = 1, render_mode: str | None = None
    ) -> None:
        super().__init__(DockingVectorEnv(1, scenario, hold_s, render_mode))


__all__ = ["DockingEnv", "DockingVectorEnv", "reward"]
