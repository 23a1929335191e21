"""A process that flies the ship, seen from the simulation: what it may do wrong, and when a command acts."""

import contextlib
import socket
import threading
import time

import numpy as np
import pytest

from homeward._aot.cache import source_fingerprint
from homeward.codegen.layout import Field
from homeward.codegen.library import COMMAND, PARAMETERS, SENSORS
from homeward.codegen.record import CYCLE, TICK
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.flight_link import messages as m
from homeward.flight_link.connection import Connection, address_of
from homeward.flight_link.delivery import Delivery
from homeward.flight_link.process import MISSED, Lost, Process
from homeward.io.cuc_time import Clock
from homeward.io.space_packet import Packet, pack, unpack

REAL, WHOLE, YES = np.dtype(float), np.dtype(np.int64), np.dtype(bool)
NAMES = {"bank": REAL, "ends_in": REAL, "deploy": WHOLE, "drop_heat_shield": YES, "fire_retro": YES}
VALVES = Field("thruster_seconds", (3,), REAL, "s")
MESSAGES = m.Messages(
    {
        PARAMETERS: [Field("gain", (70,), REAL, "")],
        SENSORS[CYCLE]: [Field("time", (), REAL, "s"), Field("valid", (2,), YES, "")],
        SENSORS[TICK]: [Field("time", (), REAL, "s")],
        COMMAND: [*(Field(n, (), d, "") for n, d in NAMES.items()), VALVES],
    },
    ("air", "orbit"),
)  # fmt: skip
CLOCK = Clock.of(Epoch.from_iso("2022-01-17T12:00:00"))
SCENARIO = "ab" * 32


def _hello(**told):
    row = np.zeros((), m.HELLO_KIND)
    given = {"version": m.VERSION, "messages": MESSAGES.fingerprint, "scenario": SCENARIO,
             "source": source_fingerprint(), "name": "stand-in"} | told  # fmt: skip
    for name, value in given.items():
        row[name] = value
    return _told(m.HELLO, row.tobytes())


def _told(apid, data):
    return pack(Packet(apid, 0, 0.0, data), CLOCK)


def _command(call, **values):
    row = np.zeros((), MESSAGES.answer)
    row["call"], row["v_ends_in"] = call, np.inf
    for name, value in values.items():
        row[name] = value
    return _told(m.ANSWER, row.tobytes())


@pytest.fixture
def pair():
    """A process as the simulation sees it, waiting for 0.2 s, and the other end of its connection."""
    here, there = socket.socketpair()
    there.settimeout(5.0)
    yield Process("tcp://it", Connection(here, CLOCK), MESSAGES, 0.2, 60.0), there
    here.close()
    there.close()


def _row(at=1.0):
    row = np.zeros((), MESSAGES.calls[CYCLE])
    row["v_time"] = at
    return row


def test_a_call_arrives_as_it_was_sent_and_its_answer_too(pair):
    process, there = pair
    there.sendall(_command(1, v_bank=0.5, v_deploy=2))
    row = _row(1234.5)
    row["v_valid"] = [True, False]
    told = process.call(CYCLE, "orbit", 1234.5, row)
    assert (told["v_bank"], told["v_deploy"]) == (0.5, 2)
    packet = unpack(there.recv(4096), CLOCK)
    assert (packet.apid, packet.command) == (m.CALL_CYCLE, True)
    assert packet.time == pytest.approx(1234.5, abs=1e-7)
    seen = np.frombuffer(packet.data, MESSAGES.calls[CYCLE])[0]
    assert (seen["call"], seen["mode"], seen["v_time"], list(seen["v_valid"])) == (1, 1, 1234.5, [1, 0])


def test_all_parameters_are_loaded_by_blocks(pair):
    process, there = pair
    there.sendall(_told(m.READY, np.array(70, ">u4").tobytes()))

    numbers = np.arange(70.0)
    process._messages = MESSAGES
    rows = MESSAGES.loads({"gain": numbers})
    assert [(int(r["field"]), int(r["first"]), int(r["count"])) for r in rows] == [(0, 0, 64), (0, 64, 6)]
    np.testing.assert_array_equal(np.concatenate([r["values"][: int(r["count"])] for r in rows]), numbers)
    process.load({"gain": numbers}, 0.0)
    assert there.recv(65536)


def test_one_that_has_not_taken_all_parameters_is_refused(pair):
    process, there = pair
    there.sendall(_told(m.READY, np.array(69, ">u4").tobytes()))
    with pytest.raises(InputError, match="69 parameters of 70"):
        process.load({"gain": np.zeros(70)}, 0.0)


@pytest.mark.parametrize(("told", "word"), [
    ({"messages": "0" * 64}, "the messages"), ({"messages": ""}, "the messages"),
    ({"version": 7}, "the link"),
    ({"scenario": "cd" * 32}, "scenario or fidelity"), ({"source": "0" * 12}, "the package"),
])  # fmt: skip
def test_a_process_of_something_else_is_refused(pair, told, word):
    process, there = pair
    there.sendall(_hello(**told))
    with pytest.raises(InputError, match=word):
        process.greet(SCENARIO)


def test_a_process_that_names_no_scenario_is_for_any(pair):
    process, there = pair
    there.sendall(_hello(scenario="", source=""))
    assert process.greet(SCENARIO) == "stand-in"


@pytest.mark.parametrize("octets", [b"HTTP/1.1 200 OK\r\n\r\n", b"\0" * 40, _command(1), b""],
                         ids=["a web server", "zeros", "a command", "nothing"])  # fmt: skip
def test_what_greets_with_something_else_is_refused(pair, octets):
    process, there = pair
    there.sendall(octets)
    there.close()
    with pytest.raises(InputError, match="tcp://it"):
        process.greet(SCENARIO)


@pytest.mark.parametrize(("values", "word"), [
    ({"v_bank": np.nan}, "no number .bank"), ({"v_ends_in": np.nan}, "no number .ends_in"),
    ({"v_bank": 1e30}, "no actuator can do .bank 1e.30"), ({"v_deploy": 17}, "deploy 17"),
    ({"v_ends_in": -1.0}, "ends_in -1"), ({"v_thruster_seconds": [0, np.inf, 0]}, "thruster_seconds inf"),
    ({"says": 2}, "refuses its sensors"), ({"says": 99}, "says 99"),
])  # fmt: skip
def test_a_command_that_is_none_loses_the_process(pair, values, word):
    process, there = pair
    there.sendall(_command(1, **values))
    with pytest.raises(Lost, match=word):
        process.call(CYCLE, "air", 1.0, _row())


@pytest.mark.parametrize("octets", [
    b"", b"nonsense, and a good deal of it", b"\x08\x67\xc0\0\0\x10" + b"\0" * 17, _told(m.ANSWER, b"short"),
    _command(9), _told(m.READY, b"\0\0\0\1"), _command(1)[:-1] + b"\0", _command(1)[:20],
], ids=["nothing", "text", "no check", "short", "another call", "kind", "damaged", "cut"])  # fmt: skip
def test_what_is_no_answer_is_missed_three_times_and_then_lost(pair, octets):
    process, there = pair
    began = time.monotonic()
    for _ in range(MISSED - 1):
        there.sendall(octets)
        assert process.call(CYCLE, "air", 1.0, _row()) is None
    there.sendall(octets)
    with pytest.raises(Lost, match="3 times in a row"):
        process.call(CYCLE, "air", 1.0, _row())
    assert time.monotonic() - began < 3 * 0.2 + 0.5


def test_a_late_answer_is_passed_over_and_the_next_one_taken(pair):
    process, there = pair
    assert process.call(CYCLE, "air", 1.0, _row()) is None
    there.sendall(_command(1, v_bank=1.0) + _command(2, v_bank=2.0))
    assert process.call(CYCLE, "air", 2.0, _row())["v_bank"] == 2.0
    assert process.missed == 1


def test_one_that_is_gone_is_lost_at_once(pair):
    process, there = pair
    there.close()
    with pytest.raises(Lost, match=r"closed|gone"):
        for _ in range(3):
            process.call(CYCLE, "air", 1.0, _row())


def test_all_waiting_together_has_an_end():
    here, there = socket.socketpair()
    process = Process("tcp://it", Connection(here, CLOCK), MESSAGES, 0.2, 0.3)

    def slowly():
        with contextlib.suppress(OSError):  # it is given up before it has answered all
            for k in range(1, 9):
                there.recv(4096)
                time.sleep(0.12)
                there.sendall(_command(k))

    thread = threading.Thread(target=slowly, daemon=True)
    thread.start()
    with pytest.raises(Lost, match=r"waiting_s|in a row|in time"):
        for k in range(8):
            process.call(CYCLE, "air", float(k), _row())
    there.close()
    here.close()


@pytest.mark.parametrize(
    "text", ["tcp://", "tcp://host", "tcp://:1", "tcp://h:0", "tcp://h:65536", "tcp://h:x"]
)
def test_an_address_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="expected tcp://HOST:PORT"):
        address_of(text)


def test_addresses():
    assert address_of("tcp://localhost:4711") == ("localhost", 4711)
    assert address_of("TCP://[::1]:80/") == ("::1", 80)


def _answer(**values):
    row = np.zeros((), MESSAGES.answer)
    row["v_ends_in"] = np.inf
    for name, value in values.items():
        row[name] = value
    return row


def test_without_latency_a_command_acts_at_once():
    way = Delivery(MESSAGES.answer, 0.0, 0.0, (0,))
    way.sent(TICK, 1.0, _answer(v_bank=1.0, v_ends_in=0.25))
    told = way.arrived(TICK, 1.0)
    assert (told["v_bank"], told["v_ends_in"]) == (1.0, 0.25)


def test_with_latency_a_command_acts_later_and_an_end_keeps_its_time():
    way = Delivery(MESSAGES.answer, 0.25, 0.0, (0,))
    way.sent(TICK, 1.0, _answer(v_bank=1.0, v_ends_in=0.75))
    assert way.arrived(TICK, 1.0)["v_bank"] == 0.0
    assert way.arrived(TICK, 1.2)["v_ends_in"] == np.inf
    told = way.arrived(TICK, 1.25)
    assert (told["v_bank"], told["v_ends_in"]) == (1.0, pytest.approx(0.5))


def test_an_end_that_arrives_too_late_is_now_and_ends_one_step_only():
    way = Delivery(MESSAGES.answer, 0.5, 0.0, (0,))
    way.sent(TICK, 1.0, _answer(v_ends_in=0.0))
    way.sent(TICK, 1.1, _answer(v_ends_in=0.0))
    assert way.arrived(TICK, 1.5)["v_ends_in"] == 0.0
    assert way.arrived(TICK, 1.6)["v_ends_in"] == np.inf  # said before the step ended: it is the same end


def test_what_does_not_arrive_leaves_the_bank_and_shuts_the_valves():
    way = Delivery(MESSAGES.answer, 0.0, 0.0, (0,))
    way.sent(TICK, 1.0, _answer(v_bank=1.0, v_thruster_seconds=[0.1, 0.0, 0.1]))
    assert way.arrived(TICK, 1.0)["v_thruster_seconds"].tolist() == [0.1, 0.0, 0.1]
    told = way.arrived(TICK, 1.1)
    assert told["v_bank"] == 1.0
    assert told["v_thruster_seconds"].tolist() == [0.0, 0.0, 0.0]


def test_packets_are_lost_by_their_share_and_by_the_seed():
    some = [[way.drops() for _ in range(4000)]
            for way in (Delivery(MESSAGES.answer, 0.0, 0.1, (s,)) for s in (1, 1, 2))]  # fmt: skip
    assert some[0] == some[1] != some[2]
    assert np.mean(some[0]) == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 4000))


def test_orders_that_come_once_are_assured():
    way = Delivery(MESSAGES.answer, 0.0, 0.5, (0,))
    assert not way.assured(_answer(v_bank=1.0))
    for once in ({"v_ends_in": 0.5}, {"v_deploy": 1}, {"v_drop_heat_shield": 1}, {"v_fire_retro": 1}):
        assert way.assured(_answer(**once))
