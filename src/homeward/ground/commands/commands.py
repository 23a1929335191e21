"""What the ground may ask of a ship: the commands, their octets, and what each may be at all.

These bounds are the command's own: what is outside them is no command. What is sane for this ship at this
time its executive decides (``executive.py``).
"""

import dataclasses
import itertools
import math
import struct
from collections.abc import Callable
from typing import Any, Literal

from homeward.errors import InputError
from homeward.io.columns import read_columns
from homeward.scenario.schema.rendezvous import PLANS as PLAN_ROWS

Word = Literal["GO", "HOLD", "RETREAT", "ABORT"]
PLANS = tuple(PLAN_ROWS)
WORDS: tuple[Word, ...] = ("GO", "HOLD", "RETREAT", "ABORT")
MOST_LEVELS = 40


class NoCommand(Exception):  # noqa: N818
    """These octets or words are no command; one sentence says why."""


@dataclasses.dataclass(frozen=True)
class Order:
    """GO on, HOLD at the next hold point, RETREAT to the one before, ABORT and leave."""

    word: Word


@dataclasses.dataclass(frozen=True)
class LandingSite:
    """Come down here: geodetic place [deg], altitude of the ground [m]."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float


@dataclasses.dataclass(frozen=True)
class PlanSwitch:
    """Go on by another plan of the rendezvous."""

    plan: str


@dataclasses.dataclass(frozen=True)
class Winds:
    """A new forecast at the landing site: altitude [m], wind toward north and east [m/s], a row a level."""

    levels: tuple[tuple[float, float, float], ...]


@dataclasses.dataclass(frozen=True)
class Burn:
    """Burn so: start [s since the epoch], velocity change [m/s], pitch and yaw from retrograde [rad]."""

    start_s: float
    delta_v_m_s: float
    pitch_rad: float
    yaw_rad: float


Command = Order | LandingSite | PlanSwitch | Winds | Burn
CODES: dict[type, int] = {Order: 1, LandingSite: 2, PlanSwitch: 3, Winds: 4, Burn: 5}


def encode(command: Command) -> bytes:
    """The octets of a command; raises NoCommand for one that cannot be."""
    _check(command)
    head = bytes([CODES[type(command)]])
    match command:
        case Order(word):
            return head + bytes([WORDS.index(word)])
        case LandingSite(latitude, longitude, altitude):
            return head + struct.pack(">3d", latitude, longitude, altitude)
        case PlanSwitch(plan):
            return head + bytes([PLANS.index(plan)])
        case Winds(levels):
            flat = [x for level in levels for x in level]
            return head + bytes([len(levels)]) + struct.pack(f">{len(flat)}d", *flat)
        case Burn(start, delta_v, pitch, yaw):
            return head + struct.pack(">4d", start, delta_v, pitch, yaw)


def decode(octets: bytes) -> Command:
    """The command of these octets; raises NoCommand, and nothing else, where they are none."""
    if not octets:
        raise NoCommand("no octets")
    body = octets[1:]
    try:
        match octets[0]:
            case 1:
                (index,) = struct.unpack(">B", body)
                command: Command = Order(WORDS[index])
            case 2:
                command = LandingSite(*struct.unpack(">3d", body))
            case 3:
                (index,) = struct.unpack(">B", body)
                command = PlanSwitch(PLANS[index])
            case 4:
                flat = struct.unpack(f">{3 * body[0]}d", body[1:])
                command = Winds(tuple(zip(flat[0::3], flat[1::3], flat[2::3], strict=True)))
            case 5:
                command = Burn(*struct.unpack(">4d", body))
            case code:
                raise NoCommand(f"there is no command {code}")
    except (struct.error, IndexError):
        raise NoCommand("not of the length or the words of its kind") from None
    _check(command)
    return command


def _check(command: Command) -> None:
    match command:
        case LandingSite(latitude, longitude, altitude):
            _within("latitude", latitude, -90.0, 90.0)
            _within("longitude", longitude, -180.0, 180.0)
            _within("altitude", altitude, -500.0, 9000.0)
        case Winds(levels):
            if not 2 <= len(levels) <= MOST_LEVELS:
                raise NoCommand(f"expected 2 to {MOST_LEVELS} levels of wind, not {len(levels)}")
            for level in levels:
                _check_level(*level)
            if any(b[0] <= a[0] for a, b in itertools.pairwise(levels)):
                raise NoCommand("the altitudes of the wind do not increase")
        case Burn(start, delta_v, pitch, yaw):
            _within("start of the burn", start, 0.0, 1e7)
            _within("velocity change", delta_v, 0.0, 500.0)
            _within("pitch", pitch, -math.pi / 2, math.pi / 2)
            _within("yaw", yaw, -math.pi, math.pi)
        case Order() | PlanSwitch():
            pass


def _check_level(altitude: float, north: float, east: float) -> None:
    _within("altitude of the wind", altitude, -500.0, 120e3)
    _within("wind", math.hypot(north, east), 0.0, 200.0)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # false for what is not a number
        raise NoCommand(f"{name}: {value:g} is not from {low:g} to {high:g}")


def words_of(command: Command) -> str:
    """The command as a person reads it."""
    match command:
        case Order(word):
            return word
        case LandingSite(latitude, longitude, altitude):
            return f"landing site {latitude:.4f}, {longitude:.4f}, {altitude:.0f} m"
        case PlanSwitch(plan):
            return f"plan {plan}"
        case Winds(levels):
            return f"winds at {len(levels)} levels"
        case Burn(start, delta_v, pitch, yaw):
            turned = f"pitch {math.degrees(pitch):.2f}, yaw {math.degrees(yaw):.2f} deg"
            return f"burn of {delta_v:.2f} m/s at {start:.1f} s, {turned}"


def parse(words: list[str], read_winds: Callable[[str], Any] | None = None) -> Command:
    """A command from the words of a command line; raises InputError where they are none."""
    usage = (
        "expected go, hold, retreat, abort, site LAT LON ALT, plan WORD, winds FILE.csv, "
        "winds ALT,NORTH,EAST ALT,NORTH,EAST ..., or burn START DV PITCH_DEG YAW_DEG"
    )
    try:
        match [words[0].lower(), *words[1:]] if words else []:
            case [word] if word.upper() in WORDS:
                command: Command = Order(next(w for w in WORDS if w == word.upper()))
            case ["site", latitude, longitude, altitude]:
                command = LandingSite(float(latitude), float(longitude), float(altitude))
            case ["plan", plan] if plan in PLANS:
                command = PlanSwitch(plan)
            case ["winds", *rows] if len(rows) > 1:
                levels = [tuple(float(x) for x in row.split(",")) for row in rows]
                if any(len(level) != 3 for level in levels):
                    raise InputError("command winds: expected ALT,NORTH,EAST in each level: m, m/s, m/s")
                command = Winds(tuple((a, n, e) for a, n, e in levels))
            case ["winds", file] if read_winds is not None:
                command = Winds(read_winds(file))
            case ["burn", start, delta_v, pitch, yaw]:
                turned = math.radians(float(pitch)), math.radians(float(yaw))
                command = Burn(float(start), float(delta_v), *turned)
            case _:
                raise InputError(f"command {' '.join(words)[:100]!r}: {usage}")
        encode(command)
    except ValueError:
        raise InputError(f"command {' '.join(words)[:100]!r}: expected numbers; {usage}") from None
    except NoCommand as error:
        raise InputError(f"command {words[0]}: {error}") from None
    return command


def read_winds(path: str) -> tuple[tuple[float, float, float], ...]:
    """Levels from lines ``altitude_m, north_m_s, east_m_s``, with or without a line of names.

    Raises InputError with file and line.
    """
    names = ("altitude_m", "north_m_s", "east_m_s")
    columns = read_columns(path, names, what="a table of winds", rows=(2, MOST_LEVELS), header=False)
    levels = tuple(zip(*(columns[name] for name in names), strict=True))
    for row, level in enumerate(levels, start=1):
        try:
            _check_level(*level)
        except NoCommand as error:
            raise InputError(f"{path}: row {row}: {error}") from None
    return levels
