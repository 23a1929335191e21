"""Commands: what is sealed with the key acts once; forged, replayed, stale or insane it changes nothing."""

import binascii
import copy
import os
import secrets
import time

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from homeward.cli.app import main
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.commands.authentication import SKEW, VALID, WINDOW, Answer, Opener, Refusal, Sealer
from homeward.ground.commands.commands import (
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
from homeward.ground.commands.keys import make_key, read_key
from homeward.ground.commands.onboard_executive import Executive, Situation
from homeward.io.cuc_time import Clock

KEY, OTHER = bytes(range(32)), bytes(32)
CLOCK = Clock.of(Epoch.from_iso("2023-06-03T17:00:00Z"))
CALM = ((1000.0, 1.0, 2.0), (12000.0, 10.0, 20.0))
EVERY = [
    Order("GO"), Order("HOLD"), Order("RETREAT"), Order("ABORT"), LandingSite(41.7, 100.2, 1000.0),
    PlanSwitch("3.5h"), Winds(CALM), Burn(5000.0, 110.0, 0.1, -0.2),
]  # fmt: skip
DOCKING = Situation(docking=True, executes=(Order,))


def ship(situation: Situation = DOCKING) -> Executive:
    return Executive(Opener(KEY, "flight", CLOCK), lambda: situation)


def station(executive: Executive, utc=time.time_ns) -> Sealer:
    return Sealer(KEY, "flight", CLOCK, executive.ship, utc=utc)


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
    ground = station(executive)
    number, packet = ground.seal(Order("HOLD"), 100.0)
    (answer,) = executive.uplink(packet, 101.0)
    assert ground.read(answer) == Answer(number, "accepted", "")
    assert [c for _, c in executive.take()] == [Order("HOLD")] and not executive.take()
    (answer,) = executive.uplink(packet, 102.0)
    assert ground.read(answer) == Answer(number, "replayed", "it was accepted before", "accepted")
    assert not executive.take() and outcomes(executive) == ["accepted", "replayed"]


def test_what_is_not_the_key_s_this_flight_s_or_this_ship_s_is_forged_and_not_answered():
    executive = ship()
    for sealer in (
        Sealer(OTHER, "flight", CLOCK, executive.ship), Sealer(KEY, "another flight", CLOCK, executive.ship),
        Sealer(KEY, "flight", CLOCK, bytes(16)),
    ):  # fmt: skip
        assert executive.uplink(sealer.seal(Order("ABORT"), 10.0)[1], 10.0) == []
    assert not executive.take() and outcomes(executive) == ["forged"] * 3


def repaired(octets: bytes | bytearray) -> bytes:
    """The packet with its checksum made right, so that the cipher alone stands in the way."""
    body = bytes(octets[:-2])
    return body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")


def test_every_octet_of_a_sealed_command_counts():
    executive = ship()
    _, packet = station(executive).seal(Order("GO"), 10.0)
    reached = set()
    for k in range(len(packet) - 2):
        for change in (0x01, 0x55, 0x80):
            changed = bytearray(packet)
            changed[k] ^= change
            with pytest.raises(Refusal) as refused:
                executive._opener.open(repaired(changed), 10.0)
            assert refused.value.outcome in ("forged", "malformed") and refused.value.salt is None, k
            if refused.value.outcome == "forged":
                reached.add(k)
    for k in range(len(packet)):
        executive.uplink(packet[:k], 10.0, sender=1000 + k)
    # All but what says that this is a command of this length with a time: there the cipher was reached.
    assert reached >= {*range(7, len(packet) - 2)}
    assert not executive.take()
    executive.uplink(packet, 10.0, sender=9999)  # none of that has used the command up
    assert [c for _, c in executive.take()] == [Order("GO")]


def test_another_time_cannot_be_written_on_a_sealed_command():
    executive = ship()
    _, packet = station(executive).seal(Order("GO"), 10.0)
    later = bytearray(packet)
    later[6:14] = CLOCK.encode(7210.0)
    assert executive.uplink(repaired(later), 7210.0) == []
    assert outcomes(executive) == ["forged"] and not executive.take()


def test_every_octet_of_an_answer_and_of_a_beacon_counts():
    executive = ship()
    ground = station(executive)
    number, packet = ground.seal(Order("GO"), 10.0)
    (answer,), beacon = executive.uplink(packet, 10.0), executive.beacon(10.0)
    for whole, read in ((answer, ground.read), (beacon, ground.hear)):
        for k in range(len(whole) - 2):
            changed = bytearray(whole)
            changed[k] ^= 0x11
            assert read(repaired(changed)) is None
        for other in (Sealer(OTHER, "flight", CLOCK), Sealer(KEY, "another flight", CLOCK)):
            assert other.read(whole) is None and other.hear(whole) is None
    assert ground.read(beacon) is None and ground.hear(answer) is None
    assert ground.read(answer).number == number and ground.hear(beacon).time == pytest.approx(10.0)


def test_no_key_and_nonce_are_ever_used_twice(monkeypatch):
    used, sealed = [], AESGCM.encrypt

    class Spy:
        def __init__(self, key):
            self.key = key

        def encrypt(self, nonce, data, bound):
            used.append((self.key, nonce))
            return sealed(AESGCM(self.key), nonce, data, bound)

        def decrypt(self, nonce, data, bound):
            return AESGCM(self.key).decrypt(nonce, data, bound)

    monkeypatch.setattr("homeward.ground.commands.session_keys.AESGCM", Spy)
    # Two stations, one started again, and a copy restored from a backup: with the same state and clock.
    executive = ship()
    stations = [Sealer(KEY, "flight", CLOCK, executive.ship, utc=lambda: 10**18) for _ in range(3)]
    stations.append(copy.deepcopy(stations[0]))
    for _ in range(20):
        for sealer in stations:
            executive.uplink(sealer.seal(Order("HOLD"), 10.0)[1], 10.0)
        executive.beacon(10.0)
    again = Executive(Opener(KEY, "flight", CLOCK, utc=lambda: 10**18), lambda: DOCKING)
    again.beacon(10.0)
    assert len(used) > 150
    assert len({key for key, _ in used}) == len(used) and len({nonce for _, nonce in used}) == len(used)


def test_a_command_that_was_kept_back_is_stale_or_expired():
    executive = ship()
    ground = station(executive)
    for now in (10.0 + WINDOW + 1.0, 10.0 - WINDOW - 1.0, float("nan")):
        _, packet = ground.seal(Order("GO"), 10.0)
        executive.uplink(packet, now)
    assert outcomes(executive) == ["stale"] * 3 and not executive.take()
    # By the clock on the wall, too: a flight that is played slowly does not keep it valid.
    for late in (VALID + SKEW + 1.0, -SKEW - 1.0):
        other = Sealer(
            KEY, "flight", CLOCK, executive.ship, utc=lambda late=late: time.time_ns() - int(late * 1e9)
        )
        (answer,) = executive.uplink(other.seal(Order("GO"), 10.0)[1], 10.0)
        assert other.read(answer).outcome == "expired"
    assert not executive.take()


@pytest.mark.parametrize("late", [5.0, -5.0, 25.0])
def test_a_station_whose_clock_is_some_seconds_off_commands_beside_another(late):
    executive = ship()
    right, slow = station(executive), station(executive, lambda: time.time_ns() - int(late * 1e9))
    for ground in (right, slow, right, slow):
        assert ground.hear(executive.beacon(10.0)) is not None
        _, packet = ground.seal(Order("HOLD"))
        (answer,) = executive.uplink(packet, 10.0)
        assert ground.read(answer).outcome == "accepted"


def test_a_station_whose_clock_is_far_off_does_not_believe_the_ship():
    executive = ship()
    wrong = Sealer(KEY, "flight", CLOCK, utc=lambda: time.time_ns() - int(100e9))
    assert wrong.hear(executive.beacon(10.0)).ahead == pytest.approx(100.0, abs=1.0)
    with pytest.raises(NoCommand, match="no ship"):
        wrong.seal(Order("GO"))


def test_a_command_that_others_have_overtaken_is_void():
    executive = ship()
    first, second = station(executive), station(executive)
    _, kept_back = first.seal(Order("GO"), 10.0)
    number, packet = second.seal(Order("HOLD"), 10.0)
    assert second.read(executive.uplink(packet, 10.0)[0]) == Answer(number, "accepted", "")
    (answer,) = executive.uplink(kept_back, 11.0)
    assert first.read(answer).outcome == "overtaken"
    # Whoever knows of it may go on, and one station's commands may follow each other without a wait.
    first.hear(executive.beacon(11.0))
    early, late = first.seal(Order("RETREAT"), 11.0)[1], first.seal(Order("ABORT"), 11.0)[1]
    assert first.read(executive.uplink(late, 11.0)[0]).outcome == "accepted"
    assert first.read(executive.uplink(early, 11.0)[0]).outcome == "overtaken"
    assert [c for _, c in executive.take()] == [Order("HOLD"), Order("ABORT")]


def test_a_beacon_that_is_kept_back_turns_no_time_back():
    executive = ship()
    ground = Sealer(KEY, "flight", CLOCK)
    old = executive.beacon(10.0)
    assert ground.hear(executive.beacon(20.0)) is not None and ground.time == pytest.approx(20.0)
    ground.hear(old)
    assert ground.time == pytest.approx(20.0)


def test_one_command_sent_again_and_again_is_answered_a_few_times_only():
    executive = ship()
    _, packet = station(executive).seal(Order("HOLD"), 10.0)
    assert sum(len(executive.uplink(packet, 10.0)) for _ in range(50)) < 10
    for _ in range(2000):
        executive.uplink(b"noise", 10.0)
    assert len(executive.log) <= 1000


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
    ground = station(executive)
    number, packet = ground.seal(command, 900.0)
    told = ground.read(executive.uplink(packet, 900.0)[0])
    assert (told.number, told.outcome) == (number, "refused") and reason in told.reason
    assert not executive.take()


def test_keys_are_read_by_their_owner_only(tmp_path):
    make_key(tmp_path / "key")
    assert len(read_key(tmp_path / "key")) == 32
    assert (tmp_path / "key.used").stat().st_mode & 0o077 == 0
    octets = (tmp_path / "key").read_bytes()
    (tmp_path / "edited").write_bytes(b"\xef\xbb\xbf" + octets.replace(b"\n", b"\r\n"))
    (tmp_path / "edited").chmod(0o600)
    assert read_key(tmp_path / "edited") == read_key(tmp_path / "key")
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
    key.chmod(0o600)
    assert main(["command", "hold", "--key", str(key)]) == 2
    assert main(["command", "hold", "--key", str(key), "--flight", "shenzhou-15"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 10 and all("--flight" in line and "NAME@EPOCH" in line for line in told[-2:])
    assert parse(["RETREAT"]) == Order("RETREAT")


def test_every_salt_is_drawn_by_the_system_s_random_generator(monkeypatch):
    """A counter, or a salt kept from the start on, would come again after a restart or from a backup."""
    drawn = []

    def draw(octets):
        drawn.append(os.urandom(octets))
        return drawn[-1]

    monkeypatch.setattr(secrets, "token_bytes", draw)
    executive = ship()
    ground = station(executive)
    salts = []
    for _ in range(3):
        _, packet = ground.seal(Order("HOLD"), 10.0)
        sealed = (packet, *executive.uplink(packet, 10.0), executive.beacon(10.0))
        salts += [octets[30:46] for octets in sealed]
    assert len(salts) == len(set(salts)) == 9
    assert {*salts, executive.ship} <= set(drawn)
