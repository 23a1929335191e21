"""The software that the loop calls when a process of its own flies: that process, with a back-up beside it.

The back-up is the package's own flight software on hot standby. It hears the same sensors, takes over what
was commanded as the command that acts, and follows the process from step to step of the flight plan; what
telemetry tells of belief is its belief. Once the process is lost it flies on.
"""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.codegen.layout import fields
from homeward.codegen.library import FUNCTIONS
from homeward.codegen.record import CYCLE, TICK
from homeward.flight.executive import return_executive as executive
from homeward.flight_link.delivery import Delivery
from homeward.flight_link.messages import Messages, put
from homeward.flight_link.process import Lost, Process


class Standby:
    """A process as a ``Software`` of ``sim.core``; of a single lane."""

    def __init__(self, process: Process, delivery: Delivery, messages: Messages):
        self._process, self._delivery, self._messages = process, delivery, messages
        self.lost: dict[str, Any] | None = None  # when, in which mode and why
        self.calls = 0
        self.last = 0.0  # s, onboard time of the last call

    def cycle(self, parameters, state, sensors, mode, idle):
        """A guidance cycle."""
        new, command = self._called(CYCLE, parameters, state, sensors, mode, idle)
        leaving = jnp.isfinite(command.ends_in)
        return eqx.tree_at(lambda s: (s.leaving, s.bank), new, (leaving, command.bank)), command

    def tick(self, parameters, state, sensors, mode, idle):
        """A control tick."""
        new, command = self._called(TICK, parameters, state, sensors, mode, idle)
        leaving = state.leaving | (command.ends_in <= 0.0)
        return eqx.tree_at(lambda s: (s.leaving, s.acting), new, (leaving, command)), command

    def rest(self, parameters, state, sample, mode):
        """While the computer starts anew: the process is not called."""
        return executive.rest(parameters, state, sample, mode)

    def held(self, parameters, time):
        """The back-up is spared the interpolation of the Earth's orientation."""
        return executive.held(parameters, time)

    def _called(self, kind, parameters, state, sensors, mode, idle):
        new, own = FUNCTIONS[kind](parameters, state, sensors, mode)
        names = [f.name for f in fields(sensors)], [f.name for f in fields(own)]
        leaves, tree = jax.tree.flatten(own)
        leaves = [jnp.asarray(x) for x in leaves]
        shapes = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in leaves]
        ask = partial(self._ask, kind, mode, names)
        # Each call depends on the command before, by way of the world: they come in their order.
        told = jax.pure_callback(
            ask, shapes, jnp.asarray(idle), jax.tree.leaves(sensors), leaves, vmap_method="broadcast_all"
        )
        return new, jax.tree.unflatten(tree, told)

    def _ask(self, kind: str, mode: str, names: tuple[list[str], list[str]], idle, sensors, own):
        """What is commanded: arrays with a lane axis of one in and out."""
        mine = [np.asarray(x) for x in own]
        if self.lost is not None or bool(np.asarray(idle).ravel()[0]):
            return mine
        given = [np.asarray(x)[0] if np.ndim(x) else np.asarray(x) for x in sensors]
        row = put(self._messages.calls[kind], names[0], given)
        at = float(row["v_time"])
        self.calls, self.last = self.calls + 1, at
        try:
            told = self._flown(kind, mode, at, row)
        except Lost as error:
            self.lost = {"at_s": at, "mode": mode, "why": f"{self._process.address} {error}"}
            return mine
        return [
            np.asarray(told[f"v_{n}"]).astype(x.dtype).reshape(x.shape)
            for n, x in zip(names[1], mine, strict=True)
        ]

    def _flown(self, kind: str, mode: str, at: float, row: np.ndarray) -> np.ndarray:
        if not self._delivery.drops():
            answer = self._process.call(kind, mode, at, row)
            if answer is not None and (self._delivery.assured(answer) or not self._delivery.drops()):
                self._delivery.sent(kind, at, answer)
        return self._delivery.arrived(kind, at)

    def facts(self) -> dict[str, Any]:
        """What a summary tells of the link."""
        trips = np.array(self._process.trips or [0.0]) * 1e6
        middle, high, most = (float(x) for x in np.quantile(trips, [0.5, 0.99, 1.0]))
        told = {"process": self._process.address, "calls": self.calls, "missed": self._process.missed,
                "packets_lost": self._delivery.lost,
                "round_trip_us": {"median": middle, "p99": high, "worst": most}}  # fmt: skip
        return told | {"lost": self.lost}


__all__ = ["Standby"]
