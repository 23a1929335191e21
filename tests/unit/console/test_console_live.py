"""The process that flies for the console, without a flight: its clock, its rows, its commands."""

import json
import multiprocessing
import threading
import time

import numpy as np
import pytest
from ground_flight import record
from synthetic_pair import synthetic_pair

from homeward.console.flight import Flight, Leg
from homeward.console.landing import LandingWatch
from homeward.console.live_worker import Worker
from homeward.console.setting import Setting
from homeward.earth.time import Epoch
from homeward.ground.commands.authentication import Sealer
from homeward.ground.commands.commands import LandingSite, Order, decode
from homeward.icd import channels
from homeward.icd.rendezvous_messages import PairFrame
from homeward.io.cuc_time import Clock
from homeward.scenario.load import load
from homeward.sim.listeners import begun, tell, watching

KEY = bytes(range(32))
EPOCH = Epoch.from_iso("2026-09-20T05:41:44Z")
PACE = 200.0  # times real time


def chunk(first, last):
    """Rows of the synthetic rendezvous as a chunk hands them over, with an axis of one lane."""
    _, history, _ = synthetic_pair()
    rows = object.__new__(PairFrame)  # which checks the shapes of one row
    for c in channels(PairFrame):
        object.__setattr__(rows, c.name, np.asarray(history[c.name])[None, first:last])
    return rows


def sent(pipe):
    told = []
    while pipe.poll(0.0):
        told.append(pipe.recv())
    return told


def test_nobody_listens_unless_asked_to():
    begun(EPOCH, ["far guidance"])
    tell(chunk(0, 2))


@pytest.fixture
def ends():
    here, there = multiprocessing.Pipe()
    yield here, Worker(there, load("shenzhou-21"), KEY, PACE)
    here.close()


def test_a_chunk_takes_its_time_and_what_stands_still_is_not_sent_twice(ends):
    pipe, worker = ends
    with watching(worker):
        begun(EPOCH, ["far guidance", "homing"])
        began = time.monotonic()
        tell(chunk(0, 12))
        # 110 s of flight, less what is begun before it is due.
        assert time.monotonic() - began >= 110.0 / PACE - 0.26
        tell(chunk(0, 12))
        tell(chunk(10, 16))
    told = sent(pipe)
    assert told[0] == ("begun", EPOCH.to_iso(6), ["far guidance", "homing"], worker.ship.ship)
    rows = [t for t in told if t[0] == "rows"]
    assert [len(when) for _, when, _ in rows] == [12, 4]
    assert all(len(v) == 4 for v in rows[1][2].values())
    assert {"cabin_pressure_pa", "port_position_x_d_m"} <= rows[0][2].keys()
    assert ("leg", 0, 0.0) in told
    assert worker.now() <= worker.until


def test_commands_are_judged_while_it_flies_and_forged_ones_are_not_taken(ends):
    pipe, worker = ends
    word = f"{worker.chosen.name}@{EPOCH.to_iso(6)}"
    with watching(worker):
        begun(EPOCH, ["far guidance"])
        flying = threading.Thread(target=worker.hear, args=(chunk(0, 12),))
        flying.start()
        for key in (KEY, bytes(32)):
            _, packet = Sealer(key, word, Clock.of(EPOCH), worker.ship.ship).seal(Order("HOLD"), 1.0)
            pipe.send(("octets", packet))
        flying.join(10.0)
    answers = [p for t in sent(pipe) if t[0] == "answers" for p in t[1]]
    reader = Sealer(KEY, word, Clock.of(EPOCH))
    assert [reader.read(a).outcome for a in answers] == ["refused"]
    assert [entry.outcome for entry in worker.ship.log] == ["refused", "forged"]
    assert worker.ship.take() == []


class Orders:
    """What is asked before each chunk, without a flight."""

    def __init__(self):
        self.done, self.refused, self.burn, self.due = [], [], None, []

    def __call__(self, *asked):
        for kept, entry in self.due:
            kept.append(entry)
        self.due = []
        return asked


def test_what_orders_did_and_the_burn_to_come_are_told_once(ends):
    pipe, worker = ends
    worker.orders = orders = Orders()
    assert worker.between("leg", 1, 2, 3) == ("leg", 1, 2, 3) and sent(pipe) == []
    orders.burn = (38000.0, 119.0)
    orders.due = [
        (orders.done, (10.0, LandingSite(41.0, 102.0, 1000.0))),
        (orders.refused, (11.0, Order("HOLD"), "there is no approach to order")),
    ]
    worker.between("leg", 1, 2, 3)
    worker.between("leg", 1, 2, 3)
    acts, burn, refused = sent(pipe)
    assert acts[:2] == ("acts", 10.0) and decode(acts[3]) == LandingSite(41.0, 102.0, 1000.0)
    assert burn == ("burn", 38000.0, 119.0)
    assert refused == ("refused", 11.0, "HOLD", "there is no approach to order")


def test_the_landing_is_foretold_from_the_rows_that_came_and_kept(tmp_path):
    """The made-up return as if it flew now: nothing before the burn, nothing in the dark, then a new one."""
    chosen = load("shenzhou-15")
    told = record().tables["flight"]
    names = list(told)
    flight = Flight("shenzhou-15", "return", record().epoch, names, Setting(chosen, ""))
    for leg in record().legs:
        flight.legs.append(Leg(str(leg["name"]), float(leg["start"]), float(leg["end"])))
    stage, time = np.asarray(told["parachute_stage"]), np.asarray(told["time_s"])
    dark = np.flatnonzero(np.asarray(told["blackout"]) > 0.5)
    low = int(np.flatnonzero(stage == 3)[20])
    watch = LandingWatch(flight, chosen, tmp_path)
    watch.stop()
    made = []
    for first, last in ((0, 3), (3, int(dark[5])), (int(dark[5]), low)):
        flight.take(time[first:last], {n: np.asarray(v)[first:last] for n, v in told.items()})
        made.append(watch.look())
    assert made == [False, False, True] and not watch.look()  # of the same row there is nothing new
    (kept,) = (tmp_path / "forecasts.jsonl").read_text().splitlines()
    assert json.loads(kept) == flight.landing[0]
    assert flight.landing[0]["made_s"] == pytest.approx(time[low - 1])
