"""A redundant inertial unit as it is: six gyros and six accelerometers, each with errors of its own.

Axes stand on the faces of a dodecahedron: any three of them span space, and all six together see every
direction alike. Each instrument counts pulses: what is left of one is told with the next. Groves (2013),
section 4.4; for the arrangement Gilmore and McKern (1972), A redundant strapdown inertial reference unit
(SIRU), J. Spacecraft and Rockets 9(1).
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.icd import InertialReadings
from homeward.math.quantize import whole
from homeward.math.triples import Triple, add, cross, dot, scale, split
from homeward.typing import Array, Float, Scalar, Vec3

COUNT = 6  # instruments of a kind
NOISES = 2 * COUNT + 3  # standard normal numbers a tick: walks, and how the block shakes
CYCLE_NOISES = 2 * COUNT  # a cycle: the biases that wander
GOLDEN = 0.5 * (1.0 + np.sqrt(5.0))


def dodecahedron() -> np.ndarray:
    """Unit vectors (6, 3) along the sensitive axes, in the unit's own axes; no two lie along one line."""
    axes = np.array(
        [
            [0.0, 1.0, GOLDEN], [0.0, -1.0, GOLDEN], [1.0, GOLDEN, 0.0],
            [-1.0, GOLDEN, 0.0], [GOLDEN, 0.0, 1.0], [GOLDEN, 0.0, -1.0],
        ]
    )  # fmt: skip
    return axes / np.sqrt(1.0 + GOLDEN**2)


class InstrumentSet(eqx.Module):
    """Six instruments of one kind: this flight's draws, the noise, and what has failed.

    Units: rad for gyros, m/s for accelerometers, each over time for rates. ``sensitive`` holds what each
    makes of the three axes, scale and misalignment put in. ``works`` (1, or 0 for a dead one) and ``off``
    (a bias on top) are as they stand now: whoever injects failures sets them.
    """

    sensitive: Float[Array, "3 n"]
    bias: Float[Array, " n"]  # constant over the flight
    wander_sigma: Scalar  # of the bias that wanders: Gauss-Markov
    wander_time: Scalar  # s
    walk: Scalar  # over sqrt(s)
    quantum: Scalar  # of one pulse
    limit: Scalar  # largest rate or force that is told
    rectified: Float[Array, " n"]  # bias per square of the shaking force, s2/m for accelerometers
    works: Float[Array, " n"]
    off: Float[Array, " n"]

    def sense(
        self, true: Triple, shake: Triple | None, force2: Scalar, wander: Float[Array, " n"],
        left: Float[Array, " n"], duration: Scalar, noise: Float[Array, " n"],
    ) -> tuple[Float[Array, " n"], Float[Array, " n"]]:  # fmt: skip
        """What the set tells of a tick's true sum, and what is left of each one's last pulse.

        ``force2`` [m2/s4] is the square of the specific force; ``shake`` the block's own motion at the tick's
        end, which the next tick takes back.
        """
        bias = self.bias + wander + self.rectified * force2
        summed = self._along(true) + duration * bias + (self.walk * jnp.sqrt(duration)) * noise
        most = self.limit * duration
        summed = self.works * jnp.maximum(jnp.minimum(summed, most), -most) + duration * self.off
        total = left + summed
        if shake is not None:
            total = total + self.works * self._along(shake)
        told = self.quantum * whole(total / self.quantum)
        return told, left + summed - told

    def wandered(
        self, wander: Float[Array, " n"], dt: Scalar, noise: Float[Array, " n"]
    ) -> Float[Array, " n"]:
        """The wandering biases one cycle of ``dt`` [s] on; exact for any."""
        decay = jnp.exp(-dt / self.wander_time)
        return decay * wander + (jnp.sqrt(1.0 - decay * decay) * self.wander_sigma) * noise

    def _along(self, x: Triple) -> Float[Array, " n"]:
        rows = self.sensitive
        return rows[0] * x[0] + rows[1] * x[1] + rows[2] * x[2]


class UnitState(eqx.Module):
    """What the unit carries on: wandering biases, and what is left of each instrument's last pulse."""

    gyro_wander: Float[Array, " n"]  # rad/s
    force_wander: Float[Array, " n"]  # m/s2
    gyro_left: Float[Array, " n"]  # rad
    force_left: Float[Array, " n"]  # m/s


class RedundantUnit(eqx.Module):
    """Both sets on one block. ``mounting`` [rad] is the block's small turn against body axes.

    Components in the unit's axes are ``x + mounting x x`` of components in B.
    """

    gyro: InstrumentSet
    accelerometer: InstrumentSet
    mounting: Vec3
    shaking: Scalar  # s: 1-sigma velocity of the vibrating block over the specific force

    def sample(
        self, state: UnitState, turn: Vec3, delta_velocity: Vec3, duration: Scalar, noise: Float[Array, "15"]
    ) -> tuple[UnitState, InertialReadings]:
        """The message of one tick.

        ``turn`` [rad, B] is the true rotation vector of the tick (``turn_between``), ``delta_velocity`` [m/s]
        the true specific force integrated in body axes as they stood at its start, ``duration`` in s,
        ``noise`` standard normal. Errors in proportion act on these sums, not within the tick.
        """
        gained = self._mounted(delta_velocity)
        inverse = jnp.where(duration > 0.0, 1.0 / jnp.where(duration > 0.0, duration, 1.0), 0.0)
        force2 = dot(gained, gained) * inverse * inverse
        shake = scale(self.shaking * jnp.sqrt(force2), split(noise[12:15]))
        angles, gyro_left = self.gyro.sense(
            self._mounted(turn), None, force2, state.gyro_wander, state.gyro_left, duration, noise[0:6]
        )
        velocities, force_left = self.accelerometer.sense(
            gained, shake, force2, state.force_wander, state.force_left, duration, noise[6:12]
        )
        state = UnitState(state.gyro_wander, state.force_wander, gyro_left, force_left)
        return state, InertialReadings(angles, velocities, duration)

    def wandered(self, state: UnitState, dt: Scalar, noise: Float[Array, "12"]) -> UnitState:
        """The unit one cycle of ``dt`` [s] on."""
        return UnitState(
            self.gyro.wandered(state.gyro_wander, dt, noise[:COUNT]),
            self.accelerometer.wandered(state.force_wander, dt, noise[COUNT:]),
            state.gyro_left,
            state.force_left,
        )

    def _mounted(self, x: Vec3) -> Triple:
        parts = split(x)
        return add(parts, cross(split(self.mounting), parts))


def first_unit(unit: RedundantUnit, noise: Float[Array, "12"]) -> UnitState:
    """Wandering biases in their steady spread; no pulse begun."""
    none = jnp.zeros(COUNT)
    return UnitState(
        unit.gyro.wander_sigma * noise[:COUNT], unit.accelerometer.wander_sigma * noise[COUNT:], none, none
    )


def forward(readings: InertialReadings) -> Scalar:
    """Velocity gained along x [m/s] by plain least squares over all accelerometers of the message."""
    return jnp.sum(jnp.asarray(0.5 * dodecahedron()[:, 0]) * readings.velocities)


__all__ = [
    "COUNT",
    "CYCLE_NOISES",
    "NOISES",
    "InstrumentSet",
    "RedundantUnit",
    "UnitState",
    "dodecahedron",
    "first_unit",
    "forward",
]
