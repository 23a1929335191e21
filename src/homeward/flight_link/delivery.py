"""When a command reaches the ship: latency and lost packets of a link.

Continuous orders (bank, engine) stay as they were while nothing new arrives; valves, which are told for one
tick, fall shut. An order that ends a step, opens a parachute, drops the heat shield or fires is sent by the
assured service: it is repeated until acknowledged, and arrives.
"""

from collections import deque

import numpy as np

ONCE = ("deploy", "drop_heat_shield", "fire_retro")
MOMENTARY = ("thruster_seconds",)
SLIGHT = 1e-9  # s


class Delivery:
    """The commands on their way; rows are of the user data of an answer (``messages.Messages.answer``)."""

    def __init__(self, answer: np.dtype, latency: float, lost_share: float, seed: tuple[int, ...]):
        """``seed``: what the losses are drawn from. ``latency`` [s]."""
        self.latency, self.lost_share = latency, lost_share
        self.lost = 0
        self._rng = np.random.default_rng(seed)
        self._names = [n for n in answer.names or () if n.startswith("v_")]
        self._blank = np.zeros((), answer)
        self._blank["v_ends_in"] = np.inf
        self._waiting: dict[str, deque[tuple[float, float, np.ndarray]]] = {}
        self._held: dict[str, np.ndarray] = {}
        self._ended = -np.inf  # when the step ends that the last delivered order has ended

    def drops(self) -> bool:
        """Whether the packet that is sent now is lost."""
        lost = self.lost_share > 0.0 and self._rng.random() < self.lost_share
        self.lost += lost
        return bool(lost)

    def assured(self, row: np.ndarray) -> bool:
        """Whether a command holds an order that cannot be lost."""
        return bool(np.isfinite(row["v_ends_in"]) or any(row[f"v_{n}"] != 0 for n in ONCE))

    def sent(self, kind: str, at: float, row: np.ndarray) -> None:
        """A command that arrives is on its way since ``at`` [s]."""
        queue = self._waiting.setdefault(kind, deque())
        queue.append((at, at + float(row["v_ends_in"]), row))

    def arrived(self, kind: str, now: float) -> np.ndarray:
        """What acts from ``now`` [s] on."""
        queue, newest = self._waiting.setdefault(kind, deque()), None
        ends = np.inf
        while queue and queue[0][0] + self.latency <= now + SLIGHT:
            at, end, newest = queue.popleft()
            # What was sent before the step's end knows nothing of the next step's.
            if self.latency == 0.0 or at >= self._ended - SLIGHT:
                ends = min(ends, max(end, now))
        if newest is None:
            told = self._held.get(kind, self._blank).copy()
            for name in MOMENTARY:
                if f"v_{name}" in self._names:
                    told[f"v_{name}"] = 0.0
        else:
            told = newest.copy()
            self._held[kind] = told.copy()
        told["v_ends_in"] = ends - now if np.isfinite(ends) else np.inf
        if np.isfinite(ends):
            self._ended = ends
        return told
