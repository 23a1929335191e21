"""Every failure in words: what it strikes, how large it is, and what on board is there to notice it."""

import dataclasses
import math
from typing import Any

from homeward.errors import InputError
from homeward.scenario.faults.catalogue import DEGREE, FAILURES, Failure
from homeward.world.fault_schedule import Kind

# What the size of a kind counts, and what one of that unit is in SI; the others have no size.
UNITS = {
    Kind.GYRO_BIASED: ("deg/h", DEGREE / 3600.0), Kind.GYRO_DRIFTING: ("deg/h each second", DEGREE / 3600.0),
    Kind.ACCELEROMETER_BIASED: ("mm/s2", 1e-3), Kind.ACCELEROMETER_DRIFTING: ("um/s2 each second", 1e-6),
    Kind.SATELLITE_SPOOFED: ("mm/s2, place and velocity led away", 1e-3),
    Kind.DENSITY: ("of the density", 1.0), Kind.WIND: ("times the 3-sigma wind", 1.0),
    Kind.LIFT: ("of the shift of the centre of mass that costs a quarter of L/D", 1.0),
    Kind.MAIN: ("of the area lost", 1.0), Kind.CLOCK: ("s", 1.0), Kind.CAMERA_WRONG: ("m", 1.0),
}  # fmt: skip
LEAST_AIR = 0.95  # of the density that a failure may take: a flight needs some
THRUSTERS = "thruster monitor, by gyros, accelerometers and flow: feed shut, other thrusters (health)"
VOTE = "vote among the six of its kind (imu_fdi)"
BURN = "velocity gained in the burn: thrusters make the rest"
NOTICED = {
    Kind.THRUSTER_OFF: THRUSTERS, Kind.THRUSTER_ON: THRUSTERS, Kind.ENGINE_OUT: BURN,
    Kind.GYRO_DEAD: VOTE, Kind.GYRO_BIASED: VOTE, Kind.GYRO_DRIFTING: VOTE,
    Kind.ACCELEROMETER_DEAD: VOTE, Kind.ACCELEROMETER_BIASED: VOTE, Kind.ACCELEROMETER_DRIFTING: VOTE,
    Kind.STAR_BLIND: "no reading: attitude by gyros, Sun and horizon; burn put off",
    Kind.STAR_HEAD_BLIND: "no reading of that head: the other's is taken",
    Kind.SATELLITE_LOST: "no reading: place by inertia; burn put off",
    Kind.SATELLITE_SPOOFED: "sum of its corrections, and its refusals: dropped (gnss_spoofing)",
    Kind.DENSITY: "estimate of drag and lift of the entry",
    Kind.LIFT: "estimate of drag and lift of the entry",
    Kind.WIND: "estimate of the wind; vote and filter where instruments are at their limit",
    Kind.DROGUE: "rate of descent: no more waiting for the main",
    Kind.MAIN: "rate of descent: backup where it brakes more (sequencer)",
    Kind.ALTIMETER: "no reading: height by navigation",
    Kind.CLOCK: "time of the satellites: put right after three differences",
    Kind.COMPUTER: "itself: goes on from the state of the last cycle", Kind.LIDAR_LOST: "no reading: camera",
    Kind.CAMERA_LOST: "no reading: by inertia",
    Kind.CAMERA_WRONG: "lidar and gate: dropped (sensor_fdi)", Kind.LINK_LOST: "no word: by its own sensors",
}  # fmt: skip


def size_words(failure: Failure) -> str:
    """How large a failure is, with its unit; empty where it has no size."""
    if failure.kind not in UNITS:
        return ""
    unit, one = UNITS[failure.kind]
    return f"{failure.size / one:g} {unit}"


def to_redundant_readings(failure: Failure, size: float | None, lasts: float | None, key: str) -> Failure:
    """A failure of another ``size``, in its own unit, or that ``lasts`` another time [s]; None: as listed.

    ``key`` is where the file tells it. Raises ``InputError`` for a size of what has none, and for more of a
    canopy or of the air than there is.
    """
    if lasts is not None:
        failure = dataclasses.replace(failure, lasts=lasts)
    if size is None:
        return failure
    if failure.kind not in UNITS:
        raise InputError(f"{key}.size: {failure.what} {failure.how} has no size; expected none")
    value = math.copysign(size * UNITS[failure.kind][1], failure.size)
    if failure.kind == Kind.MAIN and value > 1.0:
        raise InputError(f"{key}.size: expected a share of the main's area, 1 at most, not {size:g}")
    if failure.kind == Kind.DENSITY and value < -LEAST_AIR:
        raise InputError(f"{key}.size: expected {LEAST_AIR:g} of the density lost at most, not {size:g}")
    return dataclasses.replace(failure, size=value)


def failures_told() -> list[dict[str, Any]]:
    """Every failure as ``homeward faults --list`` tells it, in the order of the one list.

    ``strikes`` are the legs of a return that the matrix strikes, ``rendezvous`` whether it means anything
    there, ``lasts_s`` how long it lasts, None for good.
    """
    return [
        {
            "what": f.what + (" N" if f.count else ""), "how": f.how, "size": size_words(f),
            "lasts_s": None if math.isinf(f.lasts) else f.lasts, "strikes": list(f.return_legs),
            "rendezvous": f.rendezvous, "noticed_by": NOTICED[f.kind],
        }
        for f in FAILURES
    ]  # fmt: skip


__all__ = ["NOTICED", "UNITS", "failures_told", "size_words", "to_redundant_readings"]
