"""What can fail and how, in words: the one list that scenario files, the matrix and the pages go by."""

import dataclasses
import math

from homeward.world.fault_schedule import HEADS, INSTRUMENTS, Kind

DEGREE = math.pi / 180.0
NEVER = math.inf
# What fails as a whole, and what is one of its parts.
WHOLES = {"engines": "engine", "star": "star tracker"}
RESTART = 8.0  # s that a flight computer takes to start anew

# Legs in words, outward: of the stack in orbit, of the capsule in the air, under the parachute.
STACK = ("coast to burn", "deorbit burn", "coast to separation")
CAPSULE = ("coast to interface", "entry")
CANOPY = ("descent",)
RETURN = (*STACK, *CAPSULE, *CANOPY)
ALIASES = {
    "burn": "deorbit burn", "separation": "coast to interface", "interface": "entry", "opening": "descent",
    "parachute": "descent",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Failure:
    """One way in which one thing fails.

    ``count`` is how many there are of it (0: one, unnumbered; -1: as many as the ship has). ``return_legs``
    are those that the matrix strikes; ``rendezvous`` whether it means anything there.
    """

    what: str
    how: str
    kind: Kind
    size: float = 1.0
    lasts: float = NEVER
    count: int = 0
    return_legs: tuple[str, ...] = ()
    rendezvous: bool = False


FAILURES = (
    Failure("stack thruster", "off", Kind.THRUSTER_OFF, count=-1, return_legs=STACK),
    Failure("stack thruster", "on", Kind.THRUSTER_ON, count=-1, return_legs=STACK),
    Failure("capsule thruster", "off", Kind.THRUSTER_OFF, count=-1, return_legs=CAPSULE),
    Failure("capsule thruster", "on", Kind.THRUSTER_ON, count=-1, return_legs=CAPSULE),
    Failure("thruster", "off", Kind.THRUSTER_OFF, count=-1, rendezvous=True),
    Failure("thruster", "on", Kind.THRUSTER_ON, count=-1, rendezvous=True),
    Failure("engine", "out", Kind.ENGINE_OUT, count=-1, return_legs=("deorbit burn",), rendezvous=True),
    Failure("engines", "cut-off", Kind.ENGINE_OUT, 1.0, return_legs=("deorbit burn",), rendezvous=True),
    Failure("gyro", "dead", Kind.GYRO_DEAD, count=INSTRUMENTS, return_legs=RETURN,
            rendezvous=True),
    Failure("gyro", "biased", Kind.GYRO_BIASED, 10.0 * DEGREE / 3600.0, count=INSTRUMENTS,
            return_legs=RETURN, rendezvous=True),
    Failure("gyro", "drifting", Kind.GYRO_DRIFTING, 0.02 * DEGREE / 3600.0, count=INSTRUMENTS,
            return_legs=RETURN, rendezvous=True),
    Failure("accelerometer", "dead", Kind.ACCELEROMETER_DEAD, count=INSTRUMENTS,
            return_legs=RETURN, rendezvous=True),
    Failure("accelerometer", "biased", Kind.ACCELEROMETER_BIASED, 5e-3, count=INSTRUMENTS,
            return_legs=RETURN, rendezvous=True),
    Failure("accelerometer", "drifting", Kind.ACCELEROMETER_DRIFTING, 1e-5, count=INSTRUMENTS,
            return_legs=RETURN, rendezvous=True),
    Failure("star", "blind", Kind.STAR_BLIND, return_legs=(*STACK, *CAPSULE), rendezvous=True),
    Failure("star tracker", "blind", Kind.STAR_HEAD_BLIND, count=HEADS, return_legs=(*STACK, *CAPSULE)),
    Failure("satellite", "lost", Kind.SATELLITE_LOST, return_legs=RETURN, rendezvous=True),
    Failure("satellite", "spoofed", Kind.SATELLITE_SPOOFED, 5e-3, return_legs=RETURN, rendezvous=True),
    Failure("density", "high", Kind.DENSITY, 0.5, return_legs=("entry", "descent")),
    Failure("density", "low", Kind.DENSITY, -0.5, return_legs=("entry", "descent")),
    Failure("wind", "strong", Kind.WIND, 2.0, return_legs=("entry", "descent")),
    Failure("lift", "low", Kind.LIFT, 1.0, return_legs=CAPSULE),
    Failure("lift", "high", Kind.LIFT, -1.0, return_legs=CAPSULE),
    Failure("drogue", "fails", Kind.DROGUE, return_legs=("entry",)),
    Failure("main", "fails", Kind.MAIN, return_legs=("entry",)),
    Failure("main", "torn", Kind.MAIN, 0.75, return_legs=("entry", "descent")),
    Failure("altimeter", "silent", Kind.ALTIMETER, return_legs=("entry", "descent")),
    Failure("clock", "fast", Kind.CLOCK, 1.0, return_legs=RETURN, rendezvous=True),
    Failure("clock", "slow", Kind.CLOCK, -1.0, return_legs=RETURN, rendezvous=True),
    Failure("computer", "restart", Kind.COMPUTER, 1.0, RESTART, return_legs=RETURN, rendezvous=True),
    Failure("lidar", "lost", Kind.LIDAR_LOST, rendezvous=True),
    Failure("camera", "lost", Kind.CAMERA_LOST, rendezvous=True),
    Failure("camera", "wrong once", Kind.CAMERA_WRONG, 1.0, 1.0, rendezvous=True),
    Failure("camera", "wrong", Kind.CAMERA_WRONG, 1.0, rendezvous=True),
    Failure("link", "lost", Kind.LINK_LOST, rendezvous=True),
)  # fmt: skip


def names(half: str) -> list[str]:
    """What can fail in a half of a mission, ``return`` or ``rendezvous``, each once."""
    return list(dict.fromkeys(f.what for f in FAILURES if applies(f, half)))


#: Names of the field for what the list calls otherwise.
ALSO_CALLED = {"gnss": "satellite", "imu": "gyro accelerometer", "parachute": "drogue main",
               "thrusters": "thruster"}  # fmt: skip


def fault_kinds(word: str, half: str) -> frozenset[str]:
    """What of ``FAILURES`` a word means in a half: one thing, or several; empty where it means nothing."""
    asked = set(ALSO_CALLED[word].split()) if word in ALSO_CALLED else {word}
    there = set(names(half))
    if word == "thrusters":
        asked |= {"stack thruster", "capsule thruster"}
    return frozenset(asked & there)


def applies(failure: Failure, half: str) -> bool:
    """Whether a failure means anything in that half."""
    return bool(failure.return_legs) if half == "return" else failure.rendezvous
