"""What `test_mutations_ground.py` takes out of the code of the ground, and the test that has to notice.

Module of ``homeward.ground``, the code as it stands, what stands there instead, file and words of the test.
"""

CTR = (
    "from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes; "
    "block = modes.CTR(secret[KEY:] + bytes([0, 0, 0, 2])); "
    "return Cipher(algorithms.AES(secret[:KEY]), block).decryptor().update(sealed[:-TAG])"
)
COUNTER = 'return next(globals().setdefault("_n", __import__("itertools").count(1))).to_bytes(SALT, "big")'
IN_PLACE = "__import__('pathlib').Path(path).write_text(text)"
COMMANDS, MEMORY = "test_ground_commands.py", "test_ground_replay_memory.py"
UPLINK, HOSTILE, LATE = "test_ground_uplink.py", "test_ground_hostile.py", "test_ground_late_start.py"
AUTHENTICATION = "commands.authentication"
KEYS = "commands.keys"
EXECUTIVE = "commands.onboard_executive"
REPLAY = "commands.replay_memory"
SESSION_KEYS = "commands.session_keys"
UPLINKED = "commands.uplink"
ARRIVAL_ORDER = "telemetry.arrival_order"
CLIENT = "telemetry.client"
DESCRIPTION = "telemetry.flight_description"
LINK = "telemetry.link"
PACKETS = "telemetry.packets"
MEASUREMENTS = "tracking.measurements"
RESIDUAL_CONSISTENCY = "tracking.residual_consistency"
MUTATIONS = {
    "a malleable cipher": (
        SESSION_KEYS,
        "return AESGCM(secret[:KEY]).decrypt(secret[KEY:], sealed, _bound(flight, bound))",
        CTR,
        COMMANDS,
        "every_octet_of_a_sealed",
    ),
    "a constant nonce": (SESSION_KEYS, "(secret[KEY:],", "(bytes(NONCE),", COMMANDS, "used_twice"),
    "a constant salt": (
        SESSION_KEYS,
        "return secrets.token_bytes(SALT)",
        "return bytes(SALT)",
        COMMANDS,
        "used_twice",
    ),
    "salts that count from 1": (
        SESSION_KEYS,
        "return secrets.token_bytes(SALT)",
        COUNTER,
        COMMANDS,
        "every_salt",
    ),
    "time not authenticated": (
        SESSION_KEYS,
        "name + bound",
        "name + bound[:6] + bound[14:]",
        COMMANDS,
        "another_time",
    ),
    "header not authenticated": (
        SESSION_KEYS,
        "name + bound",
        "name + bound[6:]",
        COMMANDS,
        "every_octet_of_a_sealed",
    ),
    "flight not in key and data": (
        SESSION_KEYS,
        "flight.encode()",
        'b""',
        COMMANDS,
        "this_flight_s",
    ),
    "file not brought to the disk": (
        REPLAY,
        "os.fsync(file.fileno())",
        "pass",
        MEMORY,
        "on_the_disk",
    ),
    "folder not brought to the disk": (
        REPLAY,
        "os.fsync(folder)",
        "pass",
        MEMORY,
        "on_the_disk",
    ),
    "memory written in place": (
        REPLAY,
        "os.replace(temporary, path)",
        IN_PLACE,
        MEMORY,
        "on_the_disk",
    ),
    "partial file left on a full disk": (
        REPLAY,
        "temporary.unlink()",
        "pass",
        MEMORY,
        "full_disk",
    ),
    "lost memory taken for empty": (
        REPLAY,
        "except FileNotFoundError:",
        "except FileNotFoundError:\n            return\n        except KeyError:",
        MEMORY,
        "lost_or_damaged",
    ),
    "damaged memory read": (
        REPLAY,
        "if not hmac.compare_digest(right, proof):",
        "if False:",
        MEMORY,
        "lost_or_damaged",
    ),
    "memory not locked": (
        REPLAY,
        "fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        MEMORY,
        "two_programs",
    ),
    "old commands forgotten, not used": (
        REPLAY,
        " or issued <= self.floor",
        "",
        MEMORY,
        "too_old or bounded",
    ),
    "replays not looked for": (
        AUTHENTICATION,
        "if self._memory.used(salt, issued):",
        "if False:",
        COMMANDS,
        "acts_once",
    ),
    "used commands not remembered": (
        AUTHENTICATION,
        "self._memory.use(salt, issued, expired_by)",
        "pass",
        MEMORY,
        "starts_again",
    ),
    "no expiry": (
        AUTHENTICATION,
        "if age > min(valid, MOST_VALID) + SKEW:",
        "if False:",
        COMMANDS,
        "kept_back_is_stale",
    ),
    "commands from the future": (
        AUTHENTICATION,
        "if age < -SKEW:",
        "if False:",
        COMMANDS,
        "kept_back_is_stale",
    ),
    "flight's time not compared": (
        AUTHENTICATION,
        "if not abs(packet.time - now) <= WINDOW:",
        "if False:",
        COMMANDS,
        "kept_back_is_stale",
    ),
    "order not looked at": (
        AUTHENTICATION,
        "if not self._in_order(session, count, seen):",
        "if False:",
        COMMANDS,
        "overtaken",
    ),
    "run of the ship not compared": (
        AUTHENTICATION,
        "if ship != self.ship:",
        "if False:",
        MEMORY,
        "two_ships",
    ),
    "clocks not compared": (
        AUTHENTICATION,
        "abs(found.ahead) <= SKEW and ",
        "",
        COMMANDS,
        "clock_is_far_off",
    ),
    "old beacons used": (
        AUTHENTICATION,
        " and utc > self._newest",
        "",
        COMMANDS,
        "beacon_that_is_kept_back",
    ),
    "beacons not authenticated to the flight": (
        AUTHENTICATION,
        'plain = _unsealed(self._key, "beacon", self._flight, octets)',
        'plain = _unsealed(self._key, "beacon", self._flight, octets) or BEACON.pack(self._utc(), 0)',
        COMMANDS,
        "answer_and_of_a_beacon",
    ),
    "replays answered for ever": (
        AUTHENTICATION,
        "> MOST_REPEATS",
        "> 10**9",
        COMMANDS,
        "again_and_again",
    ),
    "any answer taken": (
        UPLINKED,
        "answer is not None and answer.number == number",
        "answer is not None",
        UPLINK,
        "another_command",
    ),
    "streamed flight not compared": (
        UPLINKED,
        "if streamed != flight:",
        "if False:",
        UPLINK,
        "names_another_flight",
    ),
    "connections share what is left over": (
        EXECUTIVE,
        "self._splitters.pop(sender, None)",
        "self._splitters.get(sender)",
        UPLINK,
        "hang_up",
    ),
    "the forged are answered": (
        EXECUTIVE,
        "if refusal.salt is None:\n                return None",
        "if refusal.salt is None:\n                refusal.salt = bytes(16)",
        COMMANDS,
        "not_answered",
    ),
    "key read by others": (
        KEYS,
        "if mode & (stat.S_IRWXG | stat.S_IRWXO):",
        "if False:",
        COMMANDS,
        "owner_only",
    ),
    "lengths not plausible": (
        PACKETS,
        "fits = (length >= self._shortest[apid]) & (length <= self._longest[apid])",
        "fits = length > 0",
        HOSTILE,
        "another_length",
    ),
    "packets awaited in the order of their beginnings": (
        PACKETS,
        "while self._ends and self._ends[0][0] <= there:",
        "while self._ends and next(iter(self._begun.values()), 0) <= there and self._ends[0][0] <= there:",
        HOSTILE,
        "holds_back_none",
    ),
    "checks without end": (
        PACKETS,
        "if cost > self._credit:",
        "if False:",
        HOSTILE,
        "linear_time and description",
    ),
    "types not checked": (DESCRIPTION, "strict=True, ", "", HOSTILE, "wrong_types"),
    "counts not checked": (
        DESCRIPTION,
        "type(count) is not int or not 0 <= count <= MOST_PACKETS",
        "False",
        HOSTILE,
        "cannot_be",
    ),
    "a silent sender waited for": (
        CLIENT,
        "if listener.silent(silence):",
        "if time.monotonic() - began > 25.0:",
        HOSTILE,
        "never_finishes",
    ),
    "a full disk ends the reception": (
        CLIENT,
        "except OSError as error:\n            self.archive_error",
        "except KeyError as error:\n            self.archive_error",
        HOSTILE,
        "not_the_reception",
    ),
    "dates believed": (ARRIVAL_ORDER, "LEAP = 30.0", "LEAP = 1e12", LATE, "false_date"),
    "counts taken as they come": (
        ARRIVAL_ORDER,
        "missing = 0 if first is None else",
        "missing = item.sequence if first is None else",
        LATE,
        "any_count",
    ),
    "heard in the black-out": (
        LINK,
        "any(a <= time <= b for a, b in dark or ())",
        "False",
        "test_ground_packets.py",
        "blackout",
    ),
    "residuals not looked at": (
        RESIDUAL_CONSISTENCY,
        "if left_out > MOST_LEFT_OUT * total:",
        "if False:",
        "test_orbit_estimates.py",
        "holds_the_air",
    ),
    "corrections ignored": (
        MEASUREMENTS,
        " + added.get(o.keyword, 0.0)",
        "",
        "test_ground_tracking.py",
        "not_applied",
    ),
}
