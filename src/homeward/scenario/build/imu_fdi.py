"""What navigation believes of a redundant inertial unit: each instrument, and all of them together."""

import numpy as np

from homeward.earth.constants import G0
from homeward.flight.navigation.imu_fdi import SetBelief, Voting
from homeward.flight.navigation.sensor_parameters import InertialBelief
from homeward.scenario.build.sensor_units import per_second
from homeward.scenario.build.world import number, numbers
from homeward.scenario.schema.sensors import SensorFigures
from homeward.world.sensors.redundant_imu import dodecahedron

GATE = 8.0  # sigmas: a worse unit than believed must not be voted down
MEMORY = 30.0  # s over which slow errors of an instrument are looked for

# Six axes on a dodecahedron: sums over them of c^2 are 2, of c^4 are 6/5, of c^2 c'^2 (at right angles) 2/5,
# where c are cosines with any direction. Least squares takes half of each: variances are a quarter of these.
ALONG = (0.3, 0.2)  # of the square of the scale factor and of the misalignment, along what is sensed
ACROSS = (0.1, 0.4)  # the same across it


def combined_belief(told: SensorFigures, gravity_walk: float) -> InertialBelief:
    """The figures of six instruments of each kind told together; ``gravity_walk`` in m/s/sqrt(s)."""
    f = per_second(told)
    half = np.sqrt(0.5)

    def relative(kind: str, share: tuple[float, float]) -> float:
        scale, crossed = share
        return float(np.sqrt(scale * f[f"{kind}_scale"] ** 2 + crossed * f["crossed"] ** 2))

    return InertialBelief(
        gyro_bias=number(half * np.hypot(f["gyro_bias"], f["gyro_instability"])),
        gyro_walk=number(half * f["gyro_walk"]),
        gyro_scale=number(np.hypot(relative("gyro", ALONG), relative("gyro", ACROSS))),
        accelerometer_bias=number(half * np.hypot(f["accelerometer_bias"], f["accelerometer_instability"])),
        accelerometer_walk=number(half * f["accelerometer_walk"]),
        force_scale=number(relative("accelerometer", ALONG)),
        force_cross=number(relative("accelerometer", ACROSS)),
        mounting=number(f["mounting"]), gravity_walk=number(gravity_walk),
    )  # fmt: skip


def build_voting(told: SensorFigures) -> Voting:
    """The vote, loaded with what is believed of each instrument."""
    f = per_second(told)
    limits = {"gyro": np.radians(told.gyro_limit_deg_s), "accelerometer": G0 * told.accelerometer_limit_g}

    def one(kind: str) -> SetBelief:
        return SetBelief(
            numbers(dodecahedron().T), number(np.hypot(f[f"{kind}_bias"], f[f"{kind}_instability"])),
            number(f[f"{kind}_walk"]), number(np.hypot(f[f"{kind}_scale"], f["crossed"])),
            number(f[f"{kind}_quantum"]), number(limits[kind]),
        )  # fmt: skip

    return Voting(one("gyro"), one("accelerometer"), number(GATE), number(MEMORY))
