"""The ship's end of the uplink: opens what comes up, judges it, acknowledges it, and hands it to the flight.

The executive has checks of its own: a command that is well sealed and well formed may still be insane here
and now. Whatever is not accepted changes nothing and is logged.
"""

import dataclasses
import math
from collections.abc import Callable

from homeward.ground.commands.authentication import Opener, Refusal
from homeward.ground.commands.commands import (
    Burn,
    Command,
    LandingSite,
    Order,
    PlanSwitch,
    Winds,
    words_of,
)
from homeward.ground.telemetry.dictionary import COMMAND_APID
from homeward.ground.telemetry.packets import Splitter

GROUND_STEP = 50.0  # m that the ground at another site may be higher or lower
LEAST_NOTICE = 300.0  # s before a burn after which it stands: the orbital module is left then
LONGEST_COMMAND = 1200  # octets: a table of winds of 40 levels, sealed
MOST_ENTRIES = 1000  # of the log: anybody may send what is no command


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
    """Takes octets from below; keeps the commands that are to be carried out, and the log of all of them.

    Only whoever has the key is answered, with a sealed answer that names the command. What is forged or no
    packet at all changes nothing and is a line of the log.
    """

    def __init__(self, opener: Opener, look: Callable[[], Situation]) -> None:
        self._opener, self._look = opener, look
        self._splitters: dict[int, Splitter] = {}
        self._sent = 0
        self.waiting: list[tuple[float, Command]] = []
        self.log: list[Entry] = []

    def uplink(self, octets: bytes, now: float, sender: int = 0) -> list[bytes]:
        """What has come up from a sender at the ship's time [s]; returns an answer for each sealed command.

        ``sender`` numbers the connection: no number must come twice unless it was hung up.
        """
        splitter = self._splitters.setdefault(sender, Splitter(None, {COMMAND_APID: LONGEST_COMMAND}))
        skipped = splitter.skipped
        answers = [self._one(whole, now) for whole in splitter.feed(octets)]
        if splitter.skipped > skipped:
            self._enter(now, "malformed", "", f"{splitter.skipped - skipped} octets of no packet")
        return [answer for answer in answers if answer is not None]

    def hang_up(self, sender: int, now: float = math.nan) -> None:
        """A connection has ended: what it left unfinished is no packet, and belongs to nobody else."""
        splitter = self._splitters.pop(sender, None)
        if splitter is not None:
            skipped = splitter.skipped
            splitter.finish()
            if splitter.skipped > skipped:
                self._enter(now, "malformed", "", f"{splitter.skipped - skipped} octets of no packet")

    def take(self) -> list[tuple[float, Command]]:
        """The commands to be carried out now; they are handed over once."""
        taken, self.waiting = self.waiting, []
        return taken

    def beacon(self, now: float) -> bytes:
        """The ship's clocks, sealed, at its time [s]: what a station needs to seal a command for it."""
        self._sent += 1
        return self._opener.beacon(now if math.isfinite(now) else 0.0, self._sent)

    @property
    def ship(self) -> bytes:
        """The name of this run of the ship's end."""
        return self._opener.ship

    def _one(self, whole: bytes, now: float) -> bytes | None:
        try:
            opened = self._opener.open(whole, now)
        except Refusal as refusal:
            self._enter(now, refusal.outcome, "", refusal.reason)
            if refusal.salt is None:
                return None  # who has not the key is told nothing
            return self._answer(refusal.salt, refusal.outcome, refusal.reason, now, refusal.first)
        reason = objection(opened.command, self._look(), now)
        outcome = "refused" if reason else "accepted"
        self._enter(now, outcome, words_of(opened.command), reason)
        if not reason:
            self._opener.accept(opened)
            self.waiting.append((now, opened.command))
        return self._answer(opened.salt, outcome, reason, now)

    def _answer(self, salt: bytes, outcome: str, reason: str, now: float, first: str = "") -> bytes:
        self._sent += 1
        when = now if math.isfinite(now) else 0.0
        return self._opener.answer(salt, outcome, reason, when, self._sent, first)

    def _enter(self, now: float, outcome: str, command: str, reason: str) -> None:
        self.log.append(Entry(now, outcome, command, reason))
        del self.log[:-MOST_ENTRIES]
