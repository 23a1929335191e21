"""`[truth.sensors]` and `[flight.navigation]`: figures of the sensors, true and believed."""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from homeward.scenario.schema.base import NonNegative, Positive, Real, Scale, Seconds, Section


def _unit(direction: tuple[float, float, float]) -> tuple[float, float, float]:
    """Of length one; refused where it points nowhere."""
    length = math.hypot(*direction)
    if not 1e-3 < length < 1e3:
        raise ValueError(f"expected a direction, a vector of about length one, not {list(direction)}")
    return (direction[0] / length, direction[1] / length, direction[2] / length)


Figure = Annotated[NonNegative, Field(le=1e6)]
Direction = Annotated[tuple[Real, Real, Real], AfterValidator(_unit)]
Delay = Annotated[NonNegative, Field(le=1.0)]


class SensorFigures(Section):
    """1-sigma figures of a data sheet. The truth's and the filter's are two values of one type."""

    gyro_bias_deg_h: Figure = Field(default=0.0035, description="gyro bias, constant over a flight")
    gyro_walk_deg_sqrt_h: Figure = Field(default=0.002, description="angle random walk")
    gyro_instability_deg_h: Figure = Field(default=0.001, description="gyro bias that wanders in flight")
    gyro_scale_ppm: Figure = Field(default=5.0, description="error of a gyro's scale")
    accelerometer_bias_ug: Figure = Field(default=25.0, description="accelerometer bias (1e-6 of gravity)")
    accelerometer_instability_ug: Figure = Field(
        default=5.0, description="accelerometer bias that wanders in flight"
    )
    accelerometer_walk_m_s_sqrt_s: Figure = Field(default=1e-4, description="velocity random walk")
    accelerometer_scale_ppm: Figure = Field(default=100.0, description="error of an accelerometer's scale")
    misalignment_arcsec: Figure = Field(default=5.0, description="of one sensor's axis against another's")
    gyro_pulse_arcsec: Annotated[Positive, Field(le=1e5)] = Field(
        default=0.1, description="turn that one pulse of a gyro stands for"
    )
    accelerometer_pulse_m_s: Annotated[Positive, Field(le=1e3)] = Field(
        default=1e-4, description="velocity that one pulse of an accelerometer stands for"
    )
    gyro_limit_deg_s: Annotated[Positive, Field(le=1e4)] = Field(
        default=300.0, description="fastest turn that a gyro tells"
    )
    accelerometer_limit_g: Annotated[Positive, Field(le=1e3)] = Field(
        default=30.0, description="largest force that an accelerometer tells"
    )
    mounting_arcsec: Figure = Field(default=20.0, description="of the inertial unit against the star tracker")
    star_cross_arcsec: Annotated[Positive, Field(le=1e5)] = Field(
        default=5.0, description="star tracker across its boresight"
    )
    star_roll_arcsec: Annotated[Positive, Field(le=1e5)] = Field(
        default=20.0, description="star tracker about its boresight"
    )
    sun_sensor_deg: Figure = Field(default=0.5, description="Sun sensors, an axis; most of it lasts a flight")
    horizon_sensor_deg: Figure = Field(default=0.5, description="horizon scanner, the same")
    satellite_position_m: Figure = Field(
        default=10.0, description="satellite navigation: slow part of position"
    )
    satellite_velocity_m_s: Figure = Field(default=0.05, description="slow part of velocity")
    satellite_time_s: Seconds = Field(default=300.0, description="Gauss-Markov time of both")
    satellite_position_noise_m: Annotated[Positive, Field(le=1e6)] = Field(
        default=3.0, description="white part of position"
    )
    satellite_velocity_noise_m_s: Annotated[Positive, Field(le=1e3)] = Field(
        default=0.02, description="white part of velocity"
    )
    range_noise_m: Annotated[Positive, Field(le=1e6)] = Field(
        default=1.0, description="noise of a satellite's pseudo-range"
    )
    range_rate_noise_m_s: Annotated[Positive, Field(le=1e3)] = Field(
        default=0.03, description="noise of its rate"
    )
    range_slow_m: Figure = Field(default=2.5, description="slow error of each satellite's range")
    range_slow_time_s: Seconds = Field(default=600.0, description="Gauss-Markov time of it")
    multipath_m: Figure = Field(
        default=1.5, description="multipath of a satellite at right angles to an antenna's boresight"
    )
    multipath_time_s: Seconds = Field(default=100.0, description="Gauss-Markov time of it")
    broadcast_orbit_m: Figure = Field(
        default=2.0, description="error of a satellite's broadcast orbit along its track"
    )
    ionosphere_m: Figure = Field(default=1.0, description="error of the ionosphere's delay straight up")
    ionosphere_time_s: Seconds = Field(default=3600.0, description="time over which it changes")
    ionosphere_length_m: Annotated[Positive, Field(le=1e9)] = Field(
        default=4e6, description="way flown over which it changes"
    )
    clock_walk_m_sqrt_s: Annotated[Positive, Field(le=1e3)] = Field(
        default=0.1, description="random walk of the receiver's clock, times the speed of light"
    )
    clock_drift_walk_m_s_sqrt_s: Annotated[Positive, Field(le=1e3)] = Field(
        default=0.2, description="random walk of its rate, times the speed of light"
    )
    antennas: Annotated[tuple[Direction, ...], Field(min_length=1, max_length=2)] = Field(
        default=((0.0, 0.0, 1.0), (0.0, 0.0, -1.0)),
        description="boresights of the satellite receiver's one or two antennas, axes of the ship, x forward",
    )
    antenna_cone_deg: Annotated[Positive, Field(le=180.0)] = Field(
        default=85.0, description="angle from a boresight up to which satellites are heard"
    )
    pressure_sigma_m: Annotated[Positive, Field(le=1e5)] = Field(
        default=25.0, description="static-pressure altimeter"
    )
    pressure_scale: Annotated[NonNegative, Field(le=0.5)] = Field(
        default=0.01, description="error of its scale"
    )


class Sensors(SensorFigures):
    """The sensors as they are: figures, and where they work."""

    satellite_receiver: Literal["ranges", "fix"] = Field(
        default="fix",
        description="ranges: pseudo-ranges to all satellites in view; fix: a position with one error",
    )
    elevation_mask_deg: Annotated[NonNegative, Field(le=60.0)] = Field(
        default=5.0, description="angle above the Earth's limb from which a satellite is followed"
    )
    star_delay_s: Delay = Field(
        default=0.2, description="from the stars' light to the message; read in the next guidance cycle"
    )
    satellite_delay_s: Delay = Field(default=0.1, description="the same of the satellite receiver")
    out_of_order: Annotated[NonNegative, Field(le=0.5)] = Field(
        default=0.01, description="share of delayed messages that are overtaken by the next one"
    )
    star_lowest_m: Figure = Field(default=100e3, description="altitude down to which stars are seen")
    star_rate_deg_s: Annotated[Positive, Field(le=100.0)] = Field(
        default=1.0, description="fastest turn at which stars are seen"
    )
    star_sun_deg: Annotated[NonNegative, Field(le=90.0)] = Field(
        default=35.0, description="angle from the Sun within which a head of the star tracker is blind"
    )
    star_limb_deg: Annotated[NonNegative, Field(le=90.0)] = Field(
        default=20.0, description="angle from the Earth's limb within which a head is blind"
    )
    reacquisition_s: Annotated[NonNegative, Field(le=1e4)] = Field(
        default=5.0,
        description="from a satellite's coming into view, or back into it, until it is followed",
    )
    pressure_highest_m: Figure = Field(
        default=8000.0, description="altitude of the static-pressure port's use"
    )
    gamma_highest_m: Figure = Field(default=100.0, description="height up to which the gamma altimeter works")
    instability_time_s: Seconds = Field(
        default=1000.0, description="Gauss-Markov time of the biases that wander"
    )
    vibration: Annotated[NonNegative, Field(le=1.0)] = Field(
        default=0.05, description="rms vibration over the specific force"
    )
    vibration_hz: Annotated[Positive, Field(le=1e4)] = Field(default=100.0, description="its frequency")
    rectification_ug_g2: Figure = Field(
        default=50.0, description="accelerometer bias by vibration (1e-6 of gravity per g2)"
    )
    imu_noise_scale: Scale = Field(default=1.0, description="factor on all figures of the inertial unit")


class Vent(Section):
    """How the pressure behind the heat shield follows that of the air."""

    pressure_coefficient: Annotated[Real, Field(ge=-1.0, le=1.0)] = Field(
        default=-0.15,
        description="pressure coefficient at the vent in the capsule's wake, below Mach 2; assumed",
    )
    lag_s: Annotated[Positive, Field(le=60.0)] = Field(
        default=0.3, description="time constant of the vented cavity; assumed"
    )


class DeploymentFigures(Section):
    """1-sigma figures of the parachute deployment unit's sensors."""

    transducer_bias_pa: Figure = Field(
        default=150.0, description="bias of each static-pressure transducer; 0.15 % of a range of 100 kPa"
    )
    transducer_scale: Annotated[NonNegative, Field(le=0.5)] = Field(
        default=0.002, description="scale error of each transducer"
    )
    transducer_noise_pa: Figure = Field(default=20.0, description="white noise of each transducer")
    vent_pressure_coefficient_sigma: Annotated[NonNegative, Field(le=1.0)] = Field(
        default=0.03, description="what the vent's coefficient is off in a flight; assumed"
    )
    accelerometer_scale: Annotated[NonNegative, Field(le=0.5)] = Field(
        default=0.01, description="scale error of each accelerometer of the unit; assumed"
    )


class OnboardNavigation(Section):
    """What navigates a ship that turns, and what it was told of its sensors."""

    law: Literal["filter", "error-model"] = Field(
        default="filter",
        description="filter: strapdown navigation; error-model: a fix with the errors of truth.navigation",
    )
    sensors: SensorFigures = Field(default_factory=SensorFigures, description="believed 1-sigma figures")


class Control(Section):
    """Attitude control of a ship that turns."""

    angle_band_deg: Annotated[NonNegative, Field(le=45.0)] = Field(
        default=1.0, description="half of the dead band of an angle"
    )
    rate_band_deg_s: Annotated[Positive, Field(le=45.0)] = Field(
        default=0.2, description="past a switching line before anything is fired"
    )
    air_rate_band_deg_s: Annotated[Positive, Field(le=90.0)] = Field(
        default=1.0, description="the same of pitch and yaw where the air holds the capsule"
    )
    rate_limit_deg_s: Annotated[Positive, Field(le=90.0)] = Field(
        default=2.0, description="fastest turn in orbit, and of pitch and yaw"
    )
    acceleration_share: Annotated[Positive, Field(le=1.0)] = Field(
        default=0.6, description="part of the thrusters' torque that a turn is planned with"
    )
    unused_stack: tuple[int, ...] = Field(default=(), description="stack thrusters not to be used, from 0")
    unused_capsule: tuple[int, ...] = Field(
        default=(), description="capsule thrusters not to be used, from 0"
    )
