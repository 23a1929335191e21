"""`[dispersion]`: how far each thing strays in dispersed flights."""

from typing import Annotated

from pydantic import Field, model_validator

from homeward.scenario.schema.base import NonNegative, Positive, Rising, Section, same_length
from homeward.scenario.schema.distribution import Distribution, refuse_twins

Part = Annotated[NonNegative, Field(le=3.0)]
SpeedSpread = Annotated[NonNegative, Field(le=500.0)]
Offset = Annotated[NonNegative, Field(le=10.0)]  # m
Turn = Annotated[NonNegative, Field(le=45.0)]  # deg
Length = Annotated[Positive, Field(ge=1.0, le=1e6)]


class Dispersion(Section):
    """Spreads of dispersed flights: 3-sigma, normal, untruncated, unless a distribution is told."""

    density_bias: Part = Field(default=0.10, description="of the whole density profile, as a part of it")
    density_profile_low: Part = Field(default=0.05, description="of the random profile from 0 to 30 km")
    density_profile_high: Part = Field(default=0.30, description="of the random profile at 100 km")
    density_length_m: Length = Field(
        default=8000.0, description="height over which that profile is correlated"
    )
    wind_altitude_m: Rising = Field(
        default=(0.0, 10000.0, 15000.0, 30000.0, 60000.0), description="altitudes of wind_m_s, increasing"
    )
    wind_m_s: tuple[SpeedSpread, ...] = Field(
        default=(15.0, 30.0, 30.0, 20.0, 60.0),
        description="of the wind about the mean, an axis, at each altitude",
    )
    wind_length_m: Length = Field(default=3000.0, description="height over which the wind is correlated")
    forecast_error_m_s: SpeedSpread = Field(
        default=10.0, description="of the wind about its forecast, an axis"
    )
    forecast_length_m: Length = Field(
        default=3000.0, description="height over which that error is correlated"
    )
    drag: Part = Field(default=0.10, description="of the drag coefficient, as a part of it")
    lift_to_drag: Part = Field(default=0.10, description="of L/D, as a part of it")
    mass: Part = Field(default=0.02, description="of the capsule's mass, as a part of it")
    thrust: Part = Field(default=0.02, description="of the main engine's thrust, as a part of it")
    thrust_pointing_deg: Annotated[NonNegative, Field(le=90.0)] = Field(
        default=1.0, description="of the thrust's direction, an axis"
    )
    state_position_m: Annotated[NonNegative, Field(le=1e6)] = Field(
        default=50.0, description="of the known position in orbit, an axis"
    )
    state_velocity_m_s: Annotated[NonNegative, Field(le=1e3)] = Field(
        default=0.05, description="of the known velocity in orbit, an axis"
    )
    insertion_position_m: Annotated[NonNegative, Field(le=1e6)] = Field(
        default=5000.0, description="of the position at the insertion, an axis of the orbital frame"
    )
    insertion_velocity_m_s: Annotated[NonNegative, Field(le=1e3)] = Field(
        default=5.0, description="of the velocity at the insertion, along track and along the vertical"
    )
    insertion_cross_velocity_m_s: Annotated[NonNegative, Field(le=1e3)] = Field(
        default=3.0, description="of the velocity at the insertion, out of plane"
    )
    interface_angle_deg: Annotated[NonNegative, Field(le=10.0)] = Field(
        default=0.10, description="of the entry angle, where a flight starts at the interface"
    )
    interface_speed_m_s: Annotated[NonNegative, Field(le=1e3)] = Field(
        default=10.0, description="of the speed, where a flight starts at the interface"
    )
    forecast_bias_m_s: SpeedSpread = Field(
        default=10.0, description="of the wind about its forecast, the same at all heights, an axis (assumed)"
    )
    center_of_mass_m: tuple[Offset, Offset, Offset] = Field(
        default=(0.015, 0.012, 0.0),
        description="of the capsule's centre of mass x, y, z; upward it moves with lift_to_drag (assumed)",
    )
    inertia: Part = Field(default=0.06, description="of each moment of inertia, as a part of it (assumed)")
    product_of_inertia: Part = Field(
        default=0.03, description="of each product, as a part of the mean of its moments (assumed)"
    )
    drag_by_mach: tuple[Part, Part, Part] = Field(
        default=(0.03, 0.06, 0.10),
        description="of all air forces above Mach 5, from 1.2 to 5, below 1.2; besides drag (assumed)",
    )
    normal_force_by_mach: tuple[Part, Part, Part] = Field(
        default=(0.10, 0.15, 0.20), description="of the normal force in the same bands (assumed)"
    )
    trim_by_mach_deg: tuple[Turn, Turn, Turn] = Field(
        default=(1.0, 2.0, 3.0), description="of the trim angle in the same bands (assumed)"
    )
    pitch_damping: tuple[Part, Part] = Field(
        default=(0.10, 0.15),
        description="of the pitch damping coefficient above and below Mach 2, where it may drive (assumed)",
    )
    thruster_thrust: Part = Field(default=0.06, description="of each attitude thruster's thrust (assumed)")
    thruster_direction_deg: Turn = Field(
        default=1.0, description="of each attitude thruster's direction, an axis (assumed)"
    )
    parachute_area: Part = Field(default=0.06, description="of each canopy's CD x S (assumed)")
    parachute_fill: Part = Field(default=0.30, description="of each filling time (assumed)")
    reefed_fraction: Part = Field(default=0.15, description="of the reefed part of the main (assumed)")
    retro_thrust: Part = Field(default=0.06, description="of the landing rockets' thrust (assumed)")
    retro_delay_s: Annotated[NonNegative, Field(le=1.0)] = Field(
        default=0.015, description="of the landing rockets' ignition; never early (assumed)"
    )
    altimeter_bias_m: Annotated[NonNegative, Field(le=50.0)] = Field(
        default=0.10, description="of the height that the gamma altimeter gives (assumed)"
    )
    barometer_bias_m: Annotated[NonNegative, Field(le=5e3)] = Field(
        default=50.0, description="of the altitude by static pressure, 6 hPa (assumed)"
    )
    ground_slope_deg: Turn = Field(
        default=6.0, description="of the ground's slope at touchdown, an axis (assumed)"
    )
    swing_deg: Turn = Field(
        default=15.0, description="of the swing under the main of a point mass, an axis (assumed)"
    )
    wave_height: Part = Field(
        default=0.3, description="of the swell's significant height, as a part of it (assumed)"
    )
    distribution: tuple[Distribution, ...] = Field(
        default=(), description="what single quantities are drawn from instead"
    )

    @model_validator(mode="after")
    def _check_table(self) -> "Dispersion":
        same_length(self, "wind_altitude_m", "wind_m_s")
        refuse_twins(self.distribution)
        return self
