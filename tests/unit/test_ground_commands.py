"""Commands: what is sealed with the key acts once; forged, replayed, stale or insane it changes nothing."""

import os
import threading

import pytest
from ground_flight import record

from homeward.cli import main
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.commands import (
    Burn,
    LandingSite,
    NoCommand,
    Order,
    PlanSwitch,
    Winds,
    decode,
    encode,
    parse,
)
from homeward.ground.executive import Executive, Situation, read_answer
from homeward.ground.keys import make_key, read_key
from homeward.ground.packets import unpack
from homeward.ground.sealing import WINDOW, Opener, Sealer
from homeward.ground.serve import Stream, serve
from homeward.ground.timecode import Clock
from homeward.ground.uplink import flight_word, send
from homeward.scenario.schema_ground import Link

KEY, OTHER = bytes(range(32)), bytes(32)
CLOCK = Clock.of(Epoch.from_iso("2023-06-03T17:00:00Z"))
CALM = ((1000.0, 1.0, 2.0), (12000.0, 10.0, 20.0))
EVERY = [
    Order("GO"), Order("HOLD"), Order("RETREAT"), Order("ABORT"), LandingSite(41.7, 100.2, 1000.0),
    PlanSwitch("3.5h"), Winds(CALM), Burn(5000.0, 110.0, 0.1, -0.2),
]  # fmt: skip
DOCKING = Situation(docking=True, executes=(Order,))


def ship(situation: Situation = DOCKING, memory=None) -> Executive:
    return Executive(Opener(KEY, "flight", CLOCK, memory), CLOCK, lambda: situation)


def outcomes(executive: Executive) -> list[str]:
    return [entry.outcome for entry in executive.log]


@pytest.mark.parametrize("command", EVERY, ids=lambda c: type(c).__name__)
def test_a_command_is_its_octets(command):
    assert decode(encode(command)) == command


@pytest.mark.parametrize(
    "command",
    [
        LandingSite(91.0, 0.0, 0.0), LandingSite(float("nan"), 0.0, 0.0), Winds(CALM[:1]), Winds(CALM[::-1]),
        Winds(((0.0, 300.0, 0.0), (12e3, 0.0, 0.0))), Burn(0.0, 501.0, 0.0, 0.0), Burn(1.0, -1.0, 0.0, 0.0),
    ],
)  # fmt: skip
def test_what_cannot_be_is_no_command(command):
    with pytest.raises(NoCommand):
        encode(command)


def test_a_sealed_command_acts_once_and_is_acknowledged():
    executive = ship()
    counter, packet = Sealer(KEY, "flight", CLOCK).seal(Order("HOLD"), 100.0)
    (answer,) = executive.uplink(packet, 101.0)
    assert read_answer(unpack(answer, CLOCK).data) == (counter, "accepted", "")
    assert [c for _, c in executive.take()] == [Order("HOLD")] and not executive.take()
    (answer,) = executive.uplink(packet, 102.0)
    assert read_answer(unpack(answer, CLOCK).data)[1] == "replayed"
    assert not executive.take() and outcomes(executive) == ["accepted", "replayed"]


def test_what_is_not_the_key_s_or_not_this_flight_s_is_forged_and_told_nothing():
    executive = ship()
    for sealer in (Sealer(OTHER, "flight", CLOCK), Sealer(KEY, "another flight", CLOCK)):
        (answer,) = executive.uplink(sealer.seal(Order("ABORT"), 10.0)[1], 10.0)
        assert read_answer(unpack(answer, CLOCK).data) == (0, "forged", "")
    assert not executive.take() and outcomes(executive) == ["forged"] * 2


def test_every_octet_of_a_sealed_command_counts():
    _, packet = Sealer(KEY, "flight", CLOCK).seal(Order("GO"), 10.0)
    executive = ship()
    for k in range(len(packet)):
        changed = bytearray(packet)
        changed[k] ^= 0x55
        executive.uplink(bytes(changed), 10.0, sender=k)
        executive.uplink(packet[:k], 10.0, sender=1000 + k)
    assert not executive.take()
    assert set(outcomes(executive)) <= {"forged", "malformed"}
    executive.uplink(packet, 10.0, sender=9999)  # none of that has used the counter up
    assert [c for _, c in executive.take()] == [Order("GO")]


def test_a_command_that_was_kept_back_is_stale():
    executive = ship()
    _, packet = Sealer(KEY, "flight", CLOCK).seal(Order("GO"), 10.0)
    executive.uplink(packet, 10.0 + WINDOW + 1.0)
    assert outcomes(executive) == ["stale"] and not executive.take()


def test_a_counter_survives_the_ship_s_restart(tmp_path):
    sealer, memory = Sealer(KEY, "flight", CLOCK), tmp_path / "used"
    _, first = sealer.seal(Order("HOLD"), 10.0)
    ship(memory=memory).uplink(first, 10.0)
    again = ship(memory=memory)
    again.uplink(first, 11.0)
    again.uplink(sealer.seal(Order("GO"), 11.0)[1], 11.0)
    assert outcomes(again) == ["replayed", "accepted"]
    assert os.stat(memory).st_mode & 0o077 == 0


FAR_SITE = Situation(site_deg=(41.6, 100.1), executes=(LandingSite, Winds, Burn), burn_start=1000.0)
LATE = Situation(site_deg=(41.6, 100.1), executes=(LandingSite,), ground_m=1000.0,
                 reckons=lambda _: "the lift reaches from 10 to 20 km ahead")  # fmt: skip
FAR_LEGS = Situation(executes=(Order, PlanSwitch), plans=("3.5h", "6.5h"), plan="3.5h")


@pytest.mark.parametrize(
    ("command", "situation", "reason"),
    [
        (Order("GO"), Situation(executes=(Order,)), "no approach"),
        (Order("GO"), Situation(docking=True, leaving=True, executes=(Order,)), "leaving"),
        (Order("HOLD"), Situation(docking=True, docked=True, executes=(Order,)), "docked"),
        (Order("HOLD"), Situation(docking=True), "cannot carry out"),
        (LandingSite(42.0, 100.1, 0.0), FAR_SITE, "less than 300 s"),
        (LandingSite(41.6, 101.0, 1000.0), LATE, "the lift reaches"),
        (LandingSite(41.6, 101.0, 0.0), LATE, "timed for 1000 m"),
        (PlanSwitch("3.5h"), FAR_LEGS, "flown already"),
        (PlanSwitch("2d"), FAR_LEGS, "no such plan"),
        (PlanSwitch("6.5h"), Situation(docking=True, executes=(PlanSwitch,)), "last legs"),
        (Winds(CALM), Situation(parachute=True, executes=(Winds,)), "parachute"),
        (Winds(((0.0, 0.0, 0.0), (5e3, 0.0, 0.0))), FAR_SITE, "3 to 10 km"),
        (Burn(5000.0, 100.0, 0.0, 0.0), FAR_SITE, "before the burn"),
    ],
)  # fmt: skip
def test_an_insane_command_changes_nothing_and_is_told_why(command, situation, reason):
    executive = ship(situation)
    counter, packet = Sealer(KEY, "flight", CLOCK).seal(command, 900.0)
    (answer,) = executive.uplink(packet, 900.0)
    told = read_answer(unpack(answer, CLOCK).data)
    assert told[:2] == (counter, "refused") and reason in told[2]
    assert not executive.take()


def test_keys_are_read_by_their_owner_only(tmp_path):
    make_key(tmp_path / "key")
    assert len(read_key(tmp_path / "key")) == 32
    with pytest.raises(InputError, match="never written over"):
        make_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(InputError, match=r"others may read it \(mode 640\)"):
        read_key(tmp_path / "key")
    (tmp_path / "short").write_text("abc")
    (tmp_path / "short").chmod(0o600)
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        read_key(tmp_path / "short")


def test_the_command_line_speaks_one_sentence(tmp_path, capsys):
    key = tmp_path / "key"
    assert main(["command", "--new-key", "--key", str(key)]) == 0
    for words in (
        [],
        ["fly"],
        ["site", "1", "2"],
        ["site", "99", "2", "3"],
        ["plan", "no"],
        ["winds", "none.csv"],
    ):
        assert main(["command", *words, "--key", str(key)]) == 2
    key.chmod(0o644)
    assert main(["command", "hold", "--key", str(key)]) == 2
    assert main(["telemetry", str(tmp_path), "--key", str(key)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 8
    assert parse(["RETREAT"]) == Order("RETREAT")


def test_a_command_goes_up_a_stream_and_its_answer_comes_down():
    flight = record()
    stream = Stream(flight, Link(), speed=30.0)
    word = flight_word(flight.about())
    executive = Executive(Opener(KEY, word, flight.clock), flight.clock, lambda: DOCKING)
    stream.uplink = executive.uplink
    ready: list[int] = []
    opened = threading.Event()
    thread = threading.Thread(
        target=serve, args=(stream, "127.0.0.1", 0, lambda p: (ready.append(p), opened.set())), daemon=True
    )
    thread.start()
    assert opened.wait(20.0)
    assert send(Order("HOLD"), KEY, "127.0.0.1", ready[0]) == ("accepted", "")
    assert send(Order("GO"), OTHER, "127.0.0.1", ready[0]) == ("forged", "")
    assert [c for _, c in executive.take()] == [Order("HOLD")]
