"""The redundant inertial unit of a turning ship, from a scenario's figures and a flight's draws."""

import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import G0
from homeward.scenario.build.sensor_units import per_second
from homeward.scenario.build.world import number
from homeward.scenario.schema.scenario import Scenario
from homeward.typing import Array, Float
from homeward.world.sensors.redundant_imu import COUNT, InstrumentSet, RedundantUnit, dodecahedron

EACH = 5  # standard normal numbers an instrument: bias, scale, two misalignments, rectification
UNIT_DRAWS = 2 * EACH * COUNT + 3  # and three of the mounting


def redundant_unit(scenario: Scenario, draws: Float[Array, " n"]) -> RedundantUnit:
    """The unit of a flight that drew these standard normal numbers."""
    s = scenario.truth.sensors
    k, f = s.imu_noise_scale, per_second(s)
    axes = dodecahedron()
    first = np.cross(axes, np.roll(axes, 1, axis=0))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(axes, first)
    limits = {"gyro": np.radians(s.gyro_limit_deg_s), "accelerometer": G0 * s.accelerometer_limit_g}
    rectified = 1e-6 * s.rectification_ug_g2 / G0 * s.vibration**2

    def instruments(kind: str, n: Float[Array, "30"]) -> InstrumentSet:
        bias, scale, one, other, square = jnp.reshape(n, (EACH, COUNT))
        sensitive = jnp.asarray(axes) * (1.0 + k * f[f"{kind}_scale"] * scale)[:, None]
        sensitive = sensitive + (k * f["crossed"] * one)[:, None] * jnp.asarray(first)
        sensitive = sensitive + (k * f["crossed"] * other)[:, None] * jnp.asarray(second)
        ones = jnp.ones(COUNT)
        return InstrumentSet(
            sensitive=sensitive.T, bias=k * f[f"{kind}_bias"] * bias,
            wander_sigma=number(k * f[f"{kind}_instability"]), wander_time=number(s.instability_time_s),
            walk=number(k * f[f"{kind}_walk"]), quantum=number(f[f"{kind}_quantum"]),
            limit=number(limits[kind]),
            rectified=(rectified if kind == "accelerometer" else 0.0) * k * square,
            works=ones, off=jnp.zeros(COUNT),
        )  # fmt: skip

    middle = EACH * COUNT
    return RedundantUnit(
        instruments("gyro", draws[:middle]), instruments("accelerometer", draws[middle : 2 * middle]),
        k * f["mounting"] * draws[2 * middle :],
        # A force that swings at a frequency is a velocity that swings by the force over 2 pi times that.
        number(s.vibration / (2.0 * np.pi * s.vibration_hz)),
    )  # fmt: skip
