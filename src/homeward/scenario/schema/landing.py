"""`[truth.landing]`: the surface, the pulse and the crew's seats, for what is told of a touchdown."""

from typing import Annotated, Literal

from pydantic import Field

from homeward.scenario.schema.base import Flag, NonNegative, Positive, Real, Section

Angle = Annotated[Real, Field(ge=-45.0, le=45.0)]


class Landing(Section):
    """What a touchdown is assessed by. The figures are assumed unless the scenario says else."""

    assessed: Flag = Field(
        default=False,
        description="tilt, slope, tipping over, landing pulse and the crew's dose are told of a touchdown",
    )
    surface: Literal["ground", "sea"] = Field(default="ground", description="what is landed on")
    slope_deg: Angle = Field(
        default=0.0, description="mean slope of the ground, downhill in the direction of the drift"
    )
    friction: Annotated[NonNegative, Field(le=5.0)] = Field(
        default=0.5, description="push along the ground over that into it, until the drift has ended"
    )
    wave_height_m: Annotated[NonNegative, Field(le=30.0)] = Field(
        default=2.0, description="significant height of the swell, at sea"
    )
    wave_period_s: Annotated[Positive, Field(ge=2.0, le=30.0)] = Field(
        default=8.0, description="period of the swell"
    )
    hang_angle_deg: Angle = Field(
        default=0.0,
        description="tilt at which a point mass hangs, apex toward the feet; six-DOF flies its own",
    )
    suspension_m: Annotated[Positive, Field(le=200.0)] = Field(
        default=30.0, description="length of the pendulum under the main, of a point mass"
    )
    base_radius_m: Annotated[Positive, Field(le=50.0)] | None = Field(
        default=None, description="of the edge it may tip over; left out: half the diameter", examples=[1.1]
    )
    pulse: Literal["half-sine", "trapezoid"] = Field(
        default="half-sine", description="shape of the pulse on ground"
    )
    rise: Annotated[Positive, Field(le=0.5)] = Field(
        default=0.2, description="part of its duration in which a trapezoid rises, and falls again"
    )
    stroke_m: Annotated[Positive, Field(ge=1e-3, le=5.0)] = Field(
        default=0.1, description="stopping distance on ground: soil, crushed structure and seats together"
    )
    seat_angle_deg: Annotated[Real, Field(ge=-90.0, le=90.0)] = Field(
        default=0.0, description="by which the seats' backs are raised, head up; 0: backs to the heat shield"
    )
    dose_level: Literal["low", "moderate", "high"] = Field(
        default="low", description="probability of injury that the dose of 1 stands for"
    )
    dose_limits: tuple[Positive, Positive, Positive, Positive, Positive] | None = Field(
        default=None,
        description="limits of the response instead: eyeballs out, in, to the side, up, down",
        examples=[(28.0, 35.0, 14.0, 13.4, 15.2)],
    )


__all__ = ["Landing"]
