"""What fails on a flight, as data: which lane has which failure is a number, so that all fly one program.

A failure takes a slot: its kind, which one of several, how much, and from when to when. ``active_faults``
looks at all slots at one instant, once a guidance cycle: a failure begins with the first cycle after its
time.
"""

from enum import IntEnum

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.typing import Array, Count, Flag, Float, Int, Scalar, Vec3

SLOTS = 4  # failures that one flight can have
HEADS = 2  # of the star tracker
INSTRUMENTS = 6  # gyros, and accelerometers; a ship with a plain triad has the first three


class Kind(IntEnum):
    """Kinds of failures; ``size`` means what stands beside each."""

    NONE = 0
    THRUSTER_OFF = 1  # gives nothing
    THRUSTER_ON = 2  # its valve does not shut
    ENGINE_OUT = 3  # share of the main engines' thrust that is lost
    GYRO_DEAD = 4
    GYRO_BIASED = 5  # rad/s
    GYRO_DRIFTING = 6  # rad/s2
    ACCELEROMETER_DEAD = 7
    ACCELEROMETER_BIASED = 8  # m/s2
    ACCELEROMETER_DRIFTING = 9  # m/s3
    STAR_BLIND = 10
    SATELLITE_LOST = 11
    SATELLITE_SPOOFED = 12  # m/s2 with which the told place is led away
    DENSITY = 13  # relative change of the air's density
    WIND = 14  # share of the gale
    LIFT = 15  # share of the shift of the centre of mass
    DROGUE = 16
    MAIN = 17  # share of its area that is lost
    ALTIMETER = 18
    CLOCK = 19  # s that the onboard clock is ahead
    COMPUTER = 20
    LIDAR_LOST = 21
    CAMERA_LOST = 22
    CAMERA_WRONG = 23  # m that the camera's place is off
    LINK_LOST = 24
    STAR_HEAD_BLIND = 25  # one head of the star tracker


def _none(value: float) -> Array:
    return jnp.full(SLOTS, value)


class Faults(eqx.Module):
    """Slots of failures. ``drogue``, ``main`` (1 fails), ``density`` and ``gale`` are as they stand now.

    ``start`` and ``end`` [s since the epoch] are infinite while a failure waits for its ``leg`` (-1: none),
    ``offset`` [s] into which it comes to last ``lasts`` [s]; see ``due``. Thrusters are numbered through: the
    stack's first, then the capsule's.
    ``shift_B`` [m] is what a failure of the lift moves the centre of mass by; ``storm`` [m/s, north and east]
    are rows at the altitudes of the world's wind.
    """

    drogue: Scalar
    main: Scalar
    density: Scalar = eqx.field(default_factory=lambda: jnp.ones(()))
    gale: Float[Array, "2"] = eqx.field(default_factory=lambda: jnp.zeros(2))
    kind: Int[Array, " s"] = eqx.field(default_factory=lambda: jnp.zeros(SLOTS, int))
    which: Int[Array, " s"] = eqx.field(default_factory=lambda: jnp.zeros(SLOTS, int))
    size: Float[Array, " s"] = eqx.field(default_factory=lambda: _none(0.0))
    start: Float[Array, " s"] = eqx.field(default_factory=lambda: _none(np.inf))
    end: Float[Array, " s"] = eqx.field(default_factory=lambda: _none(np.inf))
    leg: Int[Array, " s"] = eqx.field(default_factory=lambda: jnp.full(SLOTS, -1))
    offset: Float[Array, " s"] = eqx.field(default_factory=lambda: _none(0.0))
    lasts: Float[Array, " s"] = eqx.field(default_factory=lambda: _none(np.inf))
    shift_B: Vec3 = eqx.field(default_factory=lambda: jnp.zeros(3))
    storm: Float[Array, "n 2"] = eqx.field(default_factory=lambda: jnp.zeros((2, 2)))


def due(faults: Faults, leg: int, time: np.ndarray) -> Faults:
    """The failures of all lanes (lane axis first) as a leg begins at ``time`` [s, (lanes,)]."""
    waits = np.asarray(faults.leg) == leg
    start = np.where(waits, time[:, None] + np.asarray(faults.offset), np.asarray(faults.start))
    end = np.where(waits, start + np.asarray(faults.lasts), np.asarray(faults.end))
    return eqx.tree_at(lambda f: (f.start, f.end), faults, (start, end))


def onsets(faults: Faults, known: Float[Array, " s"], leg: Count, time: Scalar) -> Float[Array, " s"]:
    """When each failure of one lane came [s], infinite until its leg begins; ``leg`` is the present one."""
    begins = (faults.leg >= 0) & (leg >= faults.leg) & ~jnp.isfinite(known)
    return jnp.where(begins, time + faults.offset, known)


def set_off(faults: Faults, onset: Float[Array, " s"]) -> Faults:
    """The failures, those that waited for their legs at the times found."""
    told = jnp.isfinite(onset)
    start = jnp.where(told, onset, faults.start)
    return eqx.tree_at(
        lambda f: (f.start, f.end), faults, (start, jnp.where(told, onset + faults.lasts, faults.end))
    )


class ActiveFaults(eqx.Module):
    """What has failed at one instant; 1 or 0 unless a unit is given."""

    off: Float[Array, " n"]  # thrusters that give nothing
    on: Float[Array, " n"]  # thrusters that do not stop
    engine: Scalar  # share of the main engines' thrust that is left
    gyro_works: Float[Array, "6"]
    gyro_bias: Float[Array, "6"]  # rad/s
    accelerometer_works: Float[Array, "6"]
    accelerometer_bias: Float[Array, "6"]  # m/s2
    star: Scalar  # blind, all of it
    heads: Float[Array, "2"]  # blind heads of it
    satellite: Scalar  # lost
    spoof: tuple[Scalar, Scalar]  # m and m/s
    density: Scalar  # factor
    wind: Scalar  # share of the storm
    lift: Scalar  # share of the shift
    drogue: Scalar
    main: Scalar
    altimeter: Scalar
    clock: Scalar  # s
    computer: Scalar
    lidar: Scalar
    camera: Scalar
    pose: Scalar  # m
    link: Scalar


def active_faults(f: Faults, time: Scalar, thrusters: int) -> ActiveFaults:
    """What has failed at ``time`` [s since the epoch]."""
    active = (time >= f.start) & (time < f.end)
    since = jnp.where(active, time - f.start, 0.0)

    def total(kind: Kind, values: Float[Array, " s"]) -> Scalar:
        return jnp.sum(jnp.where(active & (f.kind == kind), values, 0.0))

    def has(kind: Kind) -> Scalar:
        return jnp.minimum(total(kind, jnp.ones(SLOTS)), 1.0)

    def each(kind: Kind, count: int, values: Float[Array, " s"]) -> Float[Array, " n"]:
        there = (f.which[:, None] == jnp.arange(count)[None, :]) & (active & (f.kind == kind))[:, None]
        return jnp.sum(jnp.where(there, values[:, None], 0.0), axis=0)

    one = jnp.ones(SLOTS)
    gyro = each(Kind.GYRO_BIASED, INSTRUMENTS, f.size) + each(Kind.GYRO_DRIFTING, INSTRUMENTS, f.size * since)
    accelerometer = each(Kind.ACCELEROMETER_BIASED, INSTRUMENTS, f.size)
    accelerometer = accelerometer + each(Kind.ACCELEROMETER_DRIFTING, INSTRUMENTS, f.size * since)
    return ActiveFaults(
        off=jnp.minimum(each(Kind.THRUSTER_OFF, thrusters, one), 1.0),
        on=jnp.minimum(each(Kind.THRUSTER_ON, thrusters, one), 1.0),
        engine=jnp.maximum(1.0 - total(Kind.ENGINE_OUT, f.size), 0.0),
        gyro_works=1.0 - jnp.minimum(each(Kind.GYRO_DEAD, INSTRUMENTS, one), 1.0),
        gyro_bias=gyro,
        accelerometer_works=1.0 - jnp.minimum(each(Kind.ACCELEROMETER_DEAD, INSTRUMENTS, one), 1.0),
        accelerometer_bias=accelerometer,
        star=has(Kind.STAR_BLIND),
        heads=jnp.minimum(each(Kind.STAR_HEAD_BLIND, HEADS, one), 1.0),
        satellite=has(Kind.SATELLITE_LOST),
        spoof=(
            total(Kind.SATELLITE_SPOOFED, 0.5 * f.size * since * since),
            total(Kind.SATELLITE_SPOOFED, f.size * since),
        ),
        density=1.0 + total(Kind.DENSITY, f.size),
        wind=total(Kind.WIND, f.size),
        lift=total(Kind.LIFT, f.size),
        drogue=jnp.maximum(f.drogue, has(Kind.DROGUE)),
        main=jnp.maximum(f.main, jnp.minimum(total(Kind.MAIN, f.size), 1.0)),
        altimeter=has(Kind.ALTIMETER),
        clock=total(Kind.CLOCK, f.size),
        computer=has(Kind.COMPUTER),
        lidar=has(Kind.LIDAR_LOST),
        camera=has(Kind.CAMERA_LOST),
        pose=total(Kind.CAMERA_WRONG, f.size),
        link=has(Kind.LINK_LOST),
    )  # fmt: skip


def computer_down(a: ActiveFaults) -> Flag:
    """Whether the flight computer is restarting."""
    return a.computer > 0.5


__all__ = ["HEADS", "SLOTS", "ActiveFaults", "Faults", "Kind", "active_faults", "computer_down", "due",
           "onsets",
           "set_off"]  # fmt: skip
