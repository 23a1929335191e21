"""Sensors of a turning ship, true and believed, from a scenario's figures."""

from typing import Any

import numpy as np
from scipy.stats import norm

from homeward.earth.constants import WGS84_A
from homeward.earth.ephemeris import sun_direction
from homeward.earth.orientation import AbstractOrientation
from homeward.earth.time import Epoch
from homeward.flight.executive.coast_attitude import Waiting
from homeward.flight.navigation.coarse_attitude import CoarseBelief
from homeward.flight.navigation.gnss_antennas import MARGIN, AntennaBelief
from homeward.flight.navigation.inertial_navigation import StrapdownNavigation
from homeward.flight.navigation.mechanization import ZonalEarth
from homeward.flight.navigation.sensor_parameters import AidBelief, RangeBelief
from homeward.scenario.build.imu_fdi import build_voting, combined_belief
from homeward.scenario.build.sensor_units import per_second
from homeward.scenario.build.world import ARCSECOND, build_ellipsoid, number, numbers
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.schema.sensors import SensorFigures, Sensors
from homeward.typing import Array, Float, Scalar
from homeward.world.sensors.aiding import AidSensors, GammaAltimeter, PressureAltimeter, SatelliteReceiver
from homeward.world.sensors.gnss_antennas import Antennas
from homeward.world.sensors.gnss_constellation import navigation_satellites
from homeward.world.sensors.gnss_pseudorange import RangeReceiver
from homeward.world.sensors.imu import InertialUnit, Triad
from homeward.world.sensors.latency import Delivery
from homeward.world.sensors.star_tracker import StarHeads, StarTracker
from homeward.world.sensors.sun_and_horizon import CoarseSensors

DRAWS = 27  # standard normal numbers of a plain inertial unit
# Of the star tracker's heads, B. The stack stands still among the stars while the Earth goes round it, and
# the capsule enters with its +z up: looking opposite ways, but not quite, one of them sees the sky.
BORESIGHTS = ((0.0, -0.6, -0.8), (0.0, 0.8, 0.6))
CLOCK, DRIFT = 1e5, 100.0  # m, m/s: the receiver's clock at the start, 1 sigma
ORBIT_SEEN = 0.45  # of a broadcast orbit's error along its track: 0.4 up, a sixth of 1 along and 0.75 across
RANGE_WALK = 1.0e-3  # m/s/sqrt(s): gravity's walk where ranges are followed closely
ZONALS = (1.08262668e-3, -2.5327e-6, -1.6196e-6)  # J2, J3, J4 of EGM96
GRAVITY_WALK = 2e-3  # m/s/sqrt(s): what the zonal field leaves out
DRIFT_RATE = 0.8  # deg/s at which the ship turns while it drifts: the star tracker sees up to 1 deg/s
GROUND_SIGMA, MEMORY, GATE, PATIENCE = 10.0, 100.0, 5.0, 10.0


def alternating(count: int) -> Float[Array, " n"]:
    """A nominal flight carries the 1-sigma figures themselves, with alternating signs."""
    return numbers(np.where(np.arange(count) % 2 == 0, 1.0, -1.0))


def nominal_draws() -> Float[Array, " n"]:
    """The draws of a plain unit in a nominal flight."""
    return alternating(DRAWS)


def inertial_unit(scenario: Scenario, draws: Float[Array, " n"]) -> InertialUnit:
    """The unit of a flight that drew these standard normal numbers."""
    s = scenario.truth.sensors
    k, f = s.imu_noise_scale, per_second(s)

    def triad(kind: str, n: Float[Array, "12"]) -> Triad:
        return Triad(
            k * f[f"{kind}_bias"] * n[0:3], k * f[f"{kind}_scale"] * n[3:6], k * f["crossed"] * n[6:12],
            number(k * f[f"{kind}_walk"]),
        )  # fmt: skip

    return InertialUnit(
        triad("gyro", draws[0:12]), triad("accelerometer", draws[12:24]), k * f["mounting"] * draws[24:27]
    )


def star_heads(scenario: Scenario, sun_I: np.ndarray) -> StarHeads:
    """Both heads of the star tracker; ``sun_I`` is the unit vector to the Sun."""
    s = scenario.truth.sensors

    def head(boresight: tuple[float, float, float]) -> StarTracker:
        return StarTracker(
            number(ARCSECOND * s.star_cross_arcsec), number(ARCSECOND * s.star_roll_arcsec),
            numbers(boresight), number(s.star_lowest_m), number(np.radians(s.star_rate_deg_s)),
        )  # fmt: skip

    first, second = BORESIGHTS
    return StarHeads(
        (head(first), head(second)), numbers(sun_I), number(np.radians(s.star_sun_deg)),
        number(np.radians(s.star_limb_deg)), number(WGS84_A),
    )  # fmt: skip


def antennas_of(s: Sensors) -> Antennas:
    """The antennas of the satellite receiver as they are."""
    return Antennas(
        navigation_satellites(), numbers(np.array(s.antennas)),
        number(np.cos(np.radians(s.antenna_cone_deg))), number(np.sin(np.radians(s.elevation_mask_deg))),
        number(WGS84_A), number(s.reacquisition_s),
    )  # fmt: skip


def receiver(scenario: Scenario, band: tuple[float, float]) -> SatelliteReceiver | RangeReceiver:
    """The satellite receiver that a scenario asks for; ``band`` as below."""
    s = scenario.truth.sensors
    hidden = (number(band[0]), number(band[1])), number(scenario.truth.navigation.blackout_speed_m_s)
    if s.satellite_receiver == "fix":
        return SatelliteReceiver(
            number(s.satellite_position_m), number(s.satellite_velocity_m_s), number(s.satellite_time_s),
            number(s.satellite_position_noise_m), number(s.satellite_velocity_noise_m_s), *hidden,
            antennas_of(s),
        )  # fmt: skip
    return RangeReceiver(
        antennas_of(s), number(s.range_slow_m),
        number(s.range_slow_time_s), number(s.multipath_m), number(s.multipath_time_s),
        number(s.broadcast_orbit_m), number(s.ionosphere_m), number(s.ionosphere_time_s),
        number(s.ionosphere_length_m), number(s.range_noise_m),
        number(s.range_rate_noise_m_s), number(s.clock_walk_m_sqrt_s), number(s.clock_drift_walk_m_s_sqrt_s),
        number(CLOCK), number(DRIFT), *hidden,
    )  # fmt: skip


def aid_sensors(
    scenario: Scenario, band: tuple[float, float], pressure: Scalar, sun_I: np.ndarray
) -> AidSensors:
    """The other sensors; ``band`` [kg/m3] are the densities between which plasma hides satellites.

    ``pressure`` is the standard normal number drawn for the scale of static pressure, ``sun_I`` as above.
    """
    s, retro = scenario.truth.sensors, scenario.truth.retro
    return AidSensors(
        star_heads(scenario, sun_I),
        receiver(scenario, band),
        PressureAltimeter(
            number(s.pressure_sigma_m), s.pressure_scale * pressure, number(s.pressure_highest_m)
        ),
        GammaAltimeter(number(0.0 if retro is None else retro.altimeter_sigma_m), number(s.gamma_highest_m)),
        Delivery(
            number(s.star_delay_s), number(s.satellite_delay_s), number(float(norm.isf(s.out_of_order)))
        ),
        CoarseSensors(
            number(np.radians(s.sun_sensor_deg)), number(np.radians(s.horizon_sensor_deg)), numbers(sun_I),
            number(WGS84_A), number(s.star_lowest_m),
        ),
    )  # fmt: skip


def _lasting_range(told: SensorFigures) -> float:
    """1-sigma [m] of what lasts of a satellite's range: one figure for all that the filter cannot tell apart.

    Multipath goes by the square of a sine, over a half sphere 8/15 in the mean of its square; of a broadcast
    orbit a ship sees the error up, and a quarter at most of those along and across.
    """
    orbit = told.broadcast_orbit_m * ORBIT_SEEN
    return float(np.sqrt(told.range_slow_m**2 + 8.0 / 15.0 * told.multipath_m**2 + orbit**2))


def _of_satellites(told: SensorFigures, kind: str) -> dict[str, Any]:
    """What is believed of the receiver that is on board."""
    if kind == "fix":
        return {
            "satellite_position": number(told.satellite_position_m),
            "satellite_velocity": number(told.satellite_velocity_m_s),
            "satellite_time": number(told.satellite_time_s),
            "satellite_position_noise": number(told.satellite_position_noise_m),
            "satellite_velocity_noise": number(told.satellite_velocity_noise_m_s),
        }

    return {
        "satellite_position": number(0.0), "satellite_velocity": number(0.0),
        "satellite_time": number(told.range_slow_time_s),
        "satellite_position_noise": number(told.range_noise_m),
        "satellite_velocity_noise": number(told.range_rate_noise_m_s),
        "ranges": RangeBelief(
            number(told.range_noise_m), number(_lasting_range(told)), number(told.range_slow_time_s),
            number(told.ionosphere_m), number(told.ionosphere_time_s), number(told.ionosphere_length_m),
            number(told.range_rate_noise_m_s), number(told.clock_walk_m_sqrt_s),
            number(told.clock_drift_walk_m_s_sqrt_s),
        ),
        "antennas": AntennaBelief(
            numbers(np.array(told.antennas)),
            number(np.cos(np.radians(min(told.antenna_cone_deg + MARGIN, 180.0)))),
        ),
    }  # fmt: skip


def build_waiting(scenario: Scenario, epoch: Epoch) -> Waiting:
    """How the ship lies while it drifts, by the onboard data and the almanac of the day."""
    s = scenario.as_believed().truth.sensors
    return Waiting(
        numbers(np.array(BORESIGHTS)), numbers(sun_direction(epoch)), number(np.radians(s.star_sun_deg)),
        number(np.radians(s.star_limb_deg)), number(WGS84_A), number(np.radians(DRIFT_RATE)),
    )  # fmt: skip


def build_strapdown(
    scenario: Scenario, orientation: AbstractOrientation, epoch: Epoch
) -> StrapdownNavigation:
    """The filter, loaded with the figures it believes in and the almanac of the day."""
    told, own = scenario.flight.navigation.sensors, scenario.as_believed()
    gravity = scenario.onboard_data.gravity
    mu, radius = gravity.mu_m3_s2 or 3.986004415e14, 6378136.3
    flat = 0.0 if gravity.model == "central" else ZONALS[0]
    zonals = ZONALS if gravity.model == "egm96" else (flat, 0.0, 0.0)
    kind = own.truth.sensors.satellite_receiver
    unit = combined_belief(told, RANGE_WALK if kind == "ranges" else GRAVITY_WALK)
    aids = AidBelief(
        star_cross=number(ARCSECOND * told.star_cross_arcsec),
        star_roll=number(ARCSECOND * told.star_roll_arcsec), boresights_B=numbers(np.array(BORESIGHTS)),
        **_of_satellites(told, kind),
        pressure_sigma=number(told.pressure_sigma_m), pressure_scale=number(told.pressure_scale),
        height_sigma=number(GROUND_SIGMA), ground_altitude=number(own.site.altitude_m),
        altitude_memory=number(MEMORY), gate=number(GATE), patience=number(PATIENCE),
        coarse=CoarseBelief(
            numbers(sun_direction(epoch)),
            number(np.radians(np.hypot(told.sun_sensor_deg, told.horizon_sensor_deg))),
        ),
    )  # fmt: skip
    earth = ZonalEarth(number(mu), number(radius), numbers(zonals))
    return StrapdownNavigation(orientation, build_ellipsoid(own), earth, unit, aids, build_voting(told))
