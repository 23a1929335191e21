"""Flies a scenario in a process of its own, held to a clock, telling its telemetry and taking its commands.

Up the pipe come ``("octets", sealed)`` and ``("pace", times)``. Down go ``("begun", epoch, legs, ship)``,
``("rows", time, columns)``, ``("leg", number, start)``, ``("clock", time, wall, pace)``,
``("answers", packets)``, ``("burn", time, delta_v)``, ``("acts", time, words, command)``,
``("refused", time, words, why)`` and at the end ``("ended", summary)`` or ``("failed", sentence)``.
``wall`` is ``time.monotonic``, which all processes of a machine share.
"""

import json
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import jax
import numpy as np

from homeward._process.children import follow_spawner
from homeward.earth.time import Epoch
from homeward.errors import HomewardError
from homeward.ground.commands.approach_commands import ApproachOrders
from homeward.ground.commands.authentication import Opener
from homeward.ground.commands.commands import Command, encode, words_of
from homeward.ground.commands.onboard_executive import Executive
from homeward.ground.commands.return_commands import ReturnOrders
from homeward.ground.commands.uplink import flight_word
from homeward.ground.telemetry.cabin import cabin_table
from homeward.icd import Frame, channels
from homeward.icd.rendezvous_messages import PairFrame
from homeward.io.cuc_time import Clock
from homeward.missions.rendezvous_flight import rendezvous
from homeward.missions.return_flight import fly
from homeward.output.files.telemetry import table_columns
from homeward.scenario.load import load
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import lane_history
from homeward.sim.listeners import watching

LEAD = 0.25  # s of real time for which the next chunk is begun before it is due
NAP = 0.02  # s


class Worker:
    """The ship's end: its clock, its executive, and what it sends down; a listener of ``sim.listeners``."""

    def __init__(self, pipe: Connection, chosen: Scenario, key: bytes, pace: float) -> None:
        self.pipe, self.chosen, self.key, self.pace = pipe, chosen, key, pace
        self.orders: ReturnOrders | ApproachOrders = ApproachOrders(self._take, chosen)
        if chosen.homecoming is not None:
            self.orders = ReturnOrders(chosen, self._take)
        self.until = -np.inf  # s: time of the last row
        self._anchor = (0.0, time.monotonic())
        self._number = -1
        self._burn: tuple[float, float] | None = None
        self._past: list[np.ndarray] = [np.zeros(0)] * 3  # time, load, pressure outside so far: of the cabin

    def begin(self, epoch: Epoch, legs: Sequence[str]) -> None:
        """What flies: from here on commands are taken."""
        clock, told = Clock.of(epoch), epoch.to_iso(6)
        word = flight_word({"name": self.chosen.name, "epoch_utc": told})
        self.ship = Executive(Opener(self.key, word, clock), lambda: self.orders.situation)
        self.pipe.send(("begun", told, list(legs), self.ship.ship))

    def _take(self, _: float) -> list[Command]:
        return [command for _, command in self.ship.take()]

    def now(self) -> float:
        """The flight's time [s]: it stands still where the flight has not come further."""
        return min(self._raw(), self.until)

    def _raw(self) -> float:
        when, wall = self._anchor
        return when + (time.monotonic() - wall) * self.pace

    def hear(self, rows: Any) -> None:
        """The rows of a chunk: down with them, then wait until the clock has come to their end."""
        record, number = record_of(rows)
        when = np.asarray(record["time"], float)
        fresh = when > self.until
        if not fresh.any():
            return
        table = "rendezvous" if isinstance(rows, PairFrame) else "telemetry"
        told = {c.name: np.asarray(c.values(record))[fresh] for c in table_columns(record, table)}
        when, number = when[fresh], number[fresh]
        self.pipe.send(("rows", when, told | self._cabin(when, told)))
        if not np.isfinite(self.until):
            self._set(float(when[0]))
        elif self._raw() > self.until:  # the clock has had to wait for the flight
            self._set(self.until)
        self.until = float(when[-1])
        for k in np.flatnonzero(np.diff(number, prepend=self._number)):
            self.pipe.send(("leg", int(number[k]), float(when[k])))
        self._number = int(number[-1])
        while self.now() < self.until - LEAD * self.pace:
            self.look(NAP)
        self.look(0.0)

    def between(self, *asked: Any) -> Any:
        """Before each chunk that takes orders: carry out what has come up, and tell of it."""
        done, refused = len(self.orders.done), len(self.orders.refused)
        told = self.orders(*asked)
        for when, command in self.orders.done[done:]:
            self.pipe.send(("acts", when, words_of(command), encode(command)))
        burn = getattr(self.orders, "burn", None)
        if burn is not None and burn != self._burn:
            self._burn = burn
            self.pipe.send(("burn", *burn))
        for when, command, why in self.orders.refused[refused:]:
            self.pipe.send(("refused", when, words_of(command), why))
        return told

    def _set(self, when: float) -> None:
        self._anchor = (when, time.monotonic())
        self.pipe.send(("clock", *self._anchor, self.pace))

    def look(self, patience: float) -> None:
        """Take what has come up the pipe; its end means that nobody is there any more."""
        while self.pipe.poll(patience):
            what, value = self.pipe.recv()
            if what == "octets":
                self.pipe.send(("answers", self.ship.uplink(value, self.now())))
            elif what == "pace":
                here = self.now()
                self.pace = value
                self._set(here)
            patience = 0.0

    def _cabin(self, when: np.ndarray, told: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        zero = np.zeros(len(when))
        load = np.maximum(np.nan_to_num(np.asarray(told.get("load_factor_g", zero), float)), 0.0)
        air = np.nan_to_num(np.asarray(told.get("density_kg_m3", zero), float)) * 287.05 * 250.0
        parts = zip(self._past, (when, load, air), strict=True)
        self._past = [np.concatenate([a, b]) for a, b in parts]
        table = cabin_table(self.chosen.ground.cabin, self._past[0], self._past[1], self._past[2])
        return {n: v[-len(when) :] for n, v in table.items() if n != "time_s"}


def record_of(rows: Any) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The rows of the first lane as a record, channels by name, and the number of the leg of each."""
    if isinstance(rows, PairFrame):
        record = {c.name: np.asarray(getattr(rows, c.name))[0] for c in channels(PairFrame)}
        good = np.isfinite(record["time"]) & np.append(True, np.diff(record["time"]) > 1e-9)
        record = {k: v[good] for k, v in record.items()}
        return record, np.asarray(record["stage"], int)
    assert isinstance(rows, Frame)
    record = lane_history([jax.tree.map(np.asarray, rows)], -np.inf, np.inf, 0)
    return record, np.asarray(record["leg"], int)


def work(pipe: Connection, scenario: str, settings: dict[str, str], key: bytes, pace: float) -> None:
    """Fly it and tell of it: what the process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the console, which ends this process
    follow_spawner()
    try:
        chosen = load(scenario, settings)
        worker = Worker(pipe, chosen, key, pace)
        with watching(worker):
            if chosen.homecoming is not None:
                summary = fly(chosen, between=worker.between).summary
            else:
                summary = rendezvous(chosen, between=worker.between).summary
        pipe.send(("ended", json.loads(json.dumps(summary, default=str))))
        while True:  # commands are answered until the console goes
            worker.look(3600.0)
    except HomewardError as error:
        pipe.send(("failed", str(error)))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass
