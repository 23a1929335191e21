"""Figures of the rendezvous sensors, and factors by which a flight's sensors are worse or better.

From published units where one is named (docs/models/relative_navigation.md), else assumed.
"""

import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import WGS84_A
from homeward.typing import Array, Float, Scalar
from homeward.world.sensors.gnss_antennas import Antennas
from homeward.world.sensors.gnss_constellation import navigation_satellites
from homeward.world.sensors.radar_lidar_camera import Camera, Lidar, Radar
from homeward.world.sensors.rendezvous import PairSensors, Receiver
from homeward.world.sensors.star_tracker import StarTracker

ARCSECOND = float(np.pi) / 648_000.0
ARCMINUTE = 60.0 * ARCSECOND
DEGREE = 3600.0 * ARCSECOND
SLOW = 0.9  # part of a fix's variance that lasts for minutes
RELATIVE_SLOW = 0.6  # the same of relative satellite navigation
CORRELATION_TIME = 300.0  # s

Factor = float | Scalar


def pair_sensors(
    *,
    star: Factor = 1.0,
    satellite: Factor = 1.0,
    station: Factor = 1.0,
    relative: Factor = 1.0,
    radar: Factor = 1.0,
    lidar: Factor = 1.0,
    camera: Factor = 1.0,
    camera_latency: float = 0.0,
    camera_tag_error: float = 0.0,
    told_attitude: Factor = 1.0,
    works: Float[Array, "7"] | None = None,
    antennas: Antennas | None = None,
) -> PairSensors:
    """The sensors with every 1-sigma times its factor; ``works`` (1 or 0 each) defaults to all at work,
    ``antennas`` of the satellite receiver to two, up and down. Times in s."""

    def number(value: float, factor: Factor = 1.0) -> Scalar:
        return jnp.asarray(value, float) * factor

    return PairSensors(
        star=StarTracker(
            cross_sigma=number(5.0 * ARCSECOND, star),
            roll_sigma=number(20.0 * ARCSECOND, star),
            # Away from the Earth while the ship holds its orbit's axes.
            boresight_B=jnp.asarray([0.0, 0.6, -0.8]),
            lowest_altitude=number(0.0),
            highest_rate=number(1.0 * DEGREE),
        ),
        satellite=_receiver(10.0, 0.05, SLOW, satellite),
        station=_receiver(10.0, 0.05, SLOW, station),
        common_share=number(0.3),
        relative=_receiver(10.0, 0.03, RELATIVE_SLOW, relative, velocity_slow=0.25),
        relative_nearest=number(500.0),
        relative_farthest=number(100e3),
        radar=Radar(
            range_white=number(9.5, radar),
            range_bias=number(3.0, radar),
            rate_white=number(0.0147, radar),
            rate_bias=number(0.003, radar),
            angle_white=number(14.0 * ARCMINUTE, radar),
            angle_bias=number(5.0 * ARCMINUTE, radar),
            nearest=number(200.0),
            farthest=number(100e3),
        ),
        lidar=Lidar(
            range_floor=number(0.1, lidar),
            range_part=number(5e-4, lidar),
            angle=number(0.05 * DEGREE, lidar),
            bias_share=number(0.36),
            nearest=number(5.0),
            farthest=number(5e3),
        ),
        camera=Camera(
            place=number(0.01, camera),
            turn=number(0.1 * DEGREE, camera),
            slow_share=number(0.36),
            time=number(60.0),
            farthest=number(200.0),
            field=number(30.0 * DEGREE),
            cone=number(60.0 * DEGREE),
            latency=number(camera_latency),
            tag_error=number(camera_tag_error),
        ),
        told_attitude_sigma=number(0.05 * DEGREE, told_attitude),
        told_attitude_time=number(1000.0),
        works=jnp.ones(7) if works is None else jnp.asarray(works, float),
        antennas=up_and_down() if antennas is None else antennas,
    )


def up_and_down() -> Antennas:
    """Two antennas that together hear the whole sky but for a belt of ten degrees."""
    n = jnp.asarray
    return Antennas(
        navigation_satellites(), n([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]), n(np.cos(85.0 * DEGREE)),
        n(np.sin(5.0 * DEGREE)), n(WGS84_A), n(5.0),
    )  # fmt: skip


def _receiver(
    position: float, velocity: float, slow: float, factor: Factor, *, velocity_slow: float | None = None
) -> Receiver:
    """Totals split by the part of the variance that is slow."""
    of_velocity = slow if velocity_slow is None else velocity_slow

    def number(value: float) -> Scalar:
        return jnp.asarray(value, float) * factor

    return Receiver(
        position_slow=number(position * slow**0.5),
        position_white=number(position * (1.0 - slow) ** 0.5),
        velocity_slow=number(velocity * of_velocity**0.5),
        velocity_white=number(velocity * (1.0 - of_velocity) ** 0.5),
        time=jnp.asarray(CORRELATION_TIME),
    )
