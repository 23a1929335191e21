"""The memory of used commands: restarts, power cuts, full disks, copies and damage never make it forget."""

import errno
import os
import shutil

import pytest

from homeward.cli.app import main
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.commands import replay_memory
from homeward.ground.commands.authentication import Opener, Sealer
from homeward.ground.commands.commands import Order
from homeward.ground.commands.keys import make_key, memory_of, read_key
from homeward.ground.commands.onboard_executive import Executive, Situation
from homeward.ground.commands.replay_memory import MemoryNotWrittenError, ReplayMemory, new_memory
from homeward.io.cuc_time import Clock

KEY = bytes(range(32))
CLOCK = Clock.of(Epoch.from_iso("2023-06-03T17:00:00Z"))
SALT = bytes(range(16))
SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND


@pytest.fixture
def memory(tmp_path):
    path = tmp_path / "key.used"
    new_memory(KEY, path)
    return path


def ship(memory):
    situation = Situation(docking=True, executes=(Order,))
    return Executive(Opener(KEY, "flight", CLOCK, memory), lambda: situation)


def test_what_was_used_is_used_after_a_restart(memory):
    first = ReplayMemory(KEY, memory)
    assert not first.used(SALT, NOW)
    first.use(SALT, NOW, NOW - SECOND)
    first.close()
    again = ReplayMemory(KEY, memory)
    assert again.used(SALT, NOW) and not again.used(bytes(16), NOW)
    assert memory.stat().st_mode & 0o077 == 0
    assert [p.name for p in memory.parent.iterdir() if p.name.startswith(".")] == []


def test_a_command_is_refused_by_the_ship_that_starts_again(memory):
    flown = ship(memory)
    sealer = Sealer(KEY, "flight", CLOCK, flown.ship)
    _, packet = sealer.seal(Order("HOLD"), 10.0)
    flown.uplink(packet, 10.0)
    run = flown.ship
    flown._opener._memory.close()
    again = ship(memory)
    assert again.ship != run
    again.uplink(packet, 11.0)
    assert not again.take() and again.log[-1].outcome == "forged"  # it is for the run before
    again._opener.ship = run  # and were it not, the memory would know it
    again.uplink(packet, 11.0)
    assert not again.take() and again.log[-1].outcome == "replayed"


def test_what_is_too_old_to_be_valid_is_forgotten_and_stays_used(memory):
    kept = ReplayMemory(KEY, memory)
    kept.use(SALT, NOW, NOW - SECOND)
    kept.use(bytes(16), NOW + 10 * SECOND, NOW + 5 * SECOND)
    kept.close()
    again = ReplayMemory(KEY, memory)
    assert again.floor == NOW and again.used(SALT, NOW) and again.used(b"x" * 16, NOW)
    assert SALT.hex() not in memory.read_text()


def test_its_size_is_bounded_and_what_falls_out_stays_used(memory, monkeypatch):
    monkeypatch.setattr(replay_memory, "MOST", 5)
    kept = ReplayMemory(KEY, memory)
    for k in range(12):
        kept.use(bytes([k]) * 16, NOW + k, 0)
    kept.close()
    again = ReplayMemory(KEY, memory)
    assert all(again.used(bytes([k]) * 16, NOW + k) for k in range(12))
    assert len(memory.read_text().splitlines()) < 10


@pytest.mark.parametrize("damage", ["lost", "empty", "number", "cut", "bit", "folder", "other key", "binary"])
def test_one_that_is_lost_or_damaged_is_never_an_empty_one(memory, damage):
    kept = ReplayMemory(KEY, memory)
    kept.use(SALT, NOW, 0)
    kept.close()
    octets = memory.read_bytes()
    memory.unlink()
    match damage:
        case "empty":
            memory.write_bytes(b"")
        case "number":
            memory.write_text("1700000000000000000")
        case "cut":
            memory.write_bytes(octets[: len(octets) // 2])
        case "bit":
            memory.write_bytes(octets[:30] + bytes([octets[30] ^ 1]) + octets[31:])
        case "folder":
            memory.mkdir()
        case "other key":
            new_memory(bytes(32), memory)
        case "binary":
            memory.write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match=r"key\.used: the memory of used commands"):
        ReplayMemory(KEY, memory)


def test_two_programs_never_share_one(memory):
    first = ReplayMemory(KEY, memory)
    with pytest.raises(InputError, match="another program takes commands with this key"):
        ReplayMemory(KEY, memory)
    first.close()
    ReplayMemory(KEY, memory)


def test_two_ships_with_one_key_do_not_both_take_a_command(memory, tmp_path):
    # Even where the memory was copied: a backup restored on another machine.
    shutil.copy(memory, tmp_path / "copy.used")
    one, two = ship(memory), ship(tmp_path / "copy.used")
    _, packet = Sealer(KEY, "flight", CLOCK, one.ship).seal(Order("HOLD"), 10.0)
    one.uplink(packet, 10.0)
    two.uplink(packet, 10.0)
    assert [c for _, c in one.take()] == [Order("HOLD")] and two.take() == []


def test_a_full_disk_stops_commands_and_leaves_the_memory_as_it_was(memory, monkeypatch):
    flown = ship(memory)
    before, sync = memory.read_bytes(), os.fsync

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    ground = Sealer(KEY, "flight", CLOCK, flown.ship)
    monkeypatch.setattr(os, "fsync", full)
    _, packet = ground.seal(Order("HOLD"), 10.0)
    told = ground.read(flown.uplink(packet, 10.0)[0])
    assert told.outcome == "refused" and "No space left" in told.reason and not flown.take()
    assert memory.read_bytes() == before
    assert sorted(p.name for p in memory.parent.iterdir()) == ["key.used", "key.used.lock"]
    monkeypatch.setattr(os, "fsync", sync)
    assert ground.read(flown.uplink(packet, 10.0)[0]).outcome == "replayed"  # it is used up nevertheless
    _, packet = ground.seal(Order("GO"), 10.0)
    assert ground.read(flown.uplink(packet, 10.0)[0]).outcome == "accepted"


def test_it_is_on_the_disk_file_and_folder_before_the_command_acts(memory, monkeypatch):
    steps, sync, put = [], os.fsync, os.replace
    folder = memory.parent.stat().st_ino

    def fsync(handle):
        steps.append("folder" if os.fstat(handle).st_ino == folder else "file")
        sync(handle)

    def replace(old, new):
        assert os.path.getsize(old) > 0
        steps.append("rename")
        put(old, new)

    flown = ship(memory)
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    accept = flown._opener.accept
    monkeypatch.setattr(flown._opener, "accept", lambda opened: (steps.append("acts"), accept(opened)))
    flown.uplink(Sealer(KEY, "flight", CLOCK, flown.ship).seal(Order("HOLD"), 10.0)[1], 10.0)
    assert steps == ["file", "rename", "folder", "acts"]


def test_a_key_and_its_memory_are_made_together_or_not_at_all(tmp_path, monkeypatch):
    key = tmp_path / "key"

    def full(path, text):
        raise MemoryNotWrittenError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(replay_memory, "write_memory", full)
        with pytest.raises(InputError, match="No space left"):
            make_key(key)
    assert list(tmp_path.iterdir()) == []
    make_key(key)
    ReplayMemory(read_key(key), memory_of(key))
    with pytest.raises(InputError, match="memory of another key"):
        key.unlink()
        make_key(key)


def test_telemetry_with_a_lost_memory_is_one_sentence(tmp_path, capsys, monkeypatch):
    from ground_flight import record

    import homeward.cli.telemetry as cli

    monkeypatch.setattr(cli, "recording_of", lambda *_: (record(), None))
    key = tmp_path / "key"
    make_key(key)
    memory_of(key).unlink()
    assert main(["telemetry", str(tmp_path), "--key", str(key), "--port", "0"]) == 2
    told = capsys.readouterr().err
    assert "memory of used commands is missing" in told and len(told.splitlines()) == 1
