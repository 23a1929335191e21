"""The ship's end of the uplink: opens what comes up, judges it, acknowledges it, and hands it to the flight.

The executive has checks of its own: a command that is well sealed and well formed may still be insane here
and now. Whatever is not accepted changes nothing and is logged.
"""

import dataclasses
import math
from collections.abc import Callable

from homeward.ground.commands import (
    Burn,
    Command,
    LandingSite,
    Order,
    PlanSwitch,
    Winds,
    words_of,
)
from homeward.ground.dictionary import ACKNOWLEDGE_APID
from homeward.ground.packets import Packet, Splitter, pack
from homeward.ground.sealing import COUNTER, Opener, Refusal
from homeward.ground.timecode import Clock

CODES = ("accepted", "refused", "forged", "replayed", "stale", "malformed")
GROUND_STEP = 50.0  # m that the ground at another site may be higher or lower
LEAST_NOTICE = 300.0  # s before a burn after which it stands: the orbital module is left then
LONGEST_COMMAND = 2048  # octets


@dataclasses.dataclass(frozen=True)
class Situation:
    """What the executive goes by: believed, as everything on board. None where a thing does not apply."""

    docking: bool = False  # a rendezvous in its last legs
    far: bool = False  # in the legs before
    leaving: bool = False  # it has been sent away already
    docked: bool = False
    site_deg: tuple[float, float] | None = None  # the landing site in force
    ground_m: float | None = None  # altitude of the ground that the flight comes down to
    parachute: bool = False
    burn_start: float | None = None  # s: of the burn to come
    acts: float = -math.inf  # s: when what is accepted now will be carried out, where that is known
    executes: tuple[type, ...] = ()  # kinds of commands that this flight can carry out at all
    plans: tuple[str, ...] = ()  # plans of a rendezvous that may still be taken
    plan: str = ""  # the one in force
    # Why the planning on board finds that a command cannot be flown; empty where it can.
    reckons: Callable[[Command], str] | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """A line of the command log: time [s], outcome, words, and the reason of a refusal."""

    time: float
    outcome: str
    command: str
    reason: str


def objection(command: Command, situation: Situation, now: float) -> str:
    """Why a command makes no sense for this ship at this time [s]; empty where it does."""
    if type(command) not in situation.executes:
        return "this flight cannot carry out a command of this kind"
    now = max(now, situation.acts)
    match command:
        case Order(word):
            if not situation.docking and not (situation.far and word == "ABORT"):
                return "there is no approach to order"
            if situation.docked:
                return "the ship is docked"
            if situation.leaving and word != "ABORT":
                return "the ship is leaving the station"
        case LandingSite(_, _, altitude):
            if situation.parachute:
                return "the parachute is open"
            if situation.site_deg is None:
                return "this flight has no landing site"
            ground = situation.ground_m
            if ground is not None and abs(altitude - ground) > GROUND_STEP:
                return f"ground at {altitude:.0f} m, and the parachutes are timed for {ground:.0f} m"
            if situation.burn_start is not None and situation.burn_start - now <= LEAST_NOTICE + 1.0:
                return f"less than {LEAST_NOTICE:.0f} s before the burn; after it the lift may still reach it"
        case Winds(levels):
            if situation.parachute:
                return "the parachute is open"
            if levels[0][0] > 3000.0 or levels[-1][0] < 10000.0:
                return "the levels do not reach from 3 to 10 km"
        case Burn(start, _, _, _):
            if situation.burn_start is None:
                return "no burn is to come"
            if min(start, situation.burn_start) - now <= LEAST_NOTICE + 1.0:
                return f"less than {LEAST_NOTICE:.0f} s before the burn"
        case PlanSwitch(plan):
            if situation.docking:
                return "the last legs have begun"
            if plan == situation.plan:
                return "it is flown already"
            if plan not in situation.plans:
                return "this flight holds no such plan ready"
    return "" if situation.reckons is None else situation.reckons(command)


class Executive:
    """Takes octets from below; keeps the commands that are to be carried out, and the log of all of them."""

    def __init__(self, opener: Opener, clock: Clock, look: Callable[[], Situation]) -> None:
        self._opener, self._clock, self._look = opener, clock, look
        self._splitters: dict[int, Splitter] = {}
        self._told = 0
        self.waiting: list[tuple[float, Command]] = []
        self.log: list[Entry] = []

    def uplink(self, octets: bytes, now: float, sender: int = 0) -> list[bytes]:
        """What has come up from a sender at the ship's time [s]; returns an answer for each command."""
        splitter = self._splitters.setdefault(sender, Splitter(longest=LONGEST_COMMAND))
        skipped = splitter.skipped
        answers = [self._one(whole, now) for whole in splitter.feed(octets)]
        if splitter.skipped > skipped:
            count = splitter.skipped - skipped
            self.log.append(Entry(now, "malformed", "", f"{count} octets of no packet"))
        return answers

    def take(self) -> list[tuple[float, Command]]:
        """The commands to be carried out now; they are handed over once."""
        taken, self.waiting = self.waiting, []
        return taken

    def _one(self, whole: bytes, now: float) -> bytes:
        try:
            counter, command = self._opener.open(whole, now)
        except Refusal as refusal:
            self.log.append(Entry(now, refusal.code, "", refusal.reason))
            # Who has not the key is told nothing but that.
            reason = refusal.reason if refusal.counter else ""
            return self._answer(refusal.counter, refusal.code, reason, now)
        reason = objection(command, self._look(), now)
        outcome = "refused" if reason else "accepted"
        self.log.append(Entry(now, outcome, words_of(command), reason))
        if not reason:
            self.waiting.append((now, command))
        return self._answer(counter, outcome, reason, now)

    def _answer(self, counter: int, outcome: str, reason: str, now: float) -> bytes:
        data = COUNTER.pack(counter) + bytes([CODES.index(outcome)]) + reason.encode()[:200]
        self._told += 1
        time = now if math.isfinite(now) else 0.0
        return pack(Packet(ACKNOWLEDGE_APID, self._told - 1, time, data), self._clock)


def read_answer(data: bytes) -> tuple[int, str, str]:
    """Counter, outcome and reason of an acknowledgement's user data; raises ValueError where it is none."""
    if len(data) < COUNTER.size + 1 or data[COUNTER.size] >= len(CODES):
        raise ValueError("no acknowledgement")
    (counter,) = COUNTER.unpack(data[: COUNTER.size])
    return counter, CODES[data[COUNTER.size]], data[COUNTER.size + 1 :].decode("utf-8", "replace")
