"""`[flight.*]`: what would fly, what it aims for and what it believes."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from homeward.scenario.schema.base import (
    AngularRate,
    ExistingFile,
    Info,
    Mass,
    NonNegative,
    Positive,
    Real,
    Scale,
    Section,
    Text,
    existing_file,
)
from homeward.scenario.schema.link import Link
from homeward.scenario.schema.sensors import Control, OnboardNavigation

LAWS = ("predictive", "predictive-v1", "reference", "fnpeg", "ballistic")


def split_law(text: str) -> tuple[str, str] | None:
    """File and class of ``FILE.py:CLASS``, None for a text of another form."""
    file, colon, name = text.rpartition(":")
    return (file, name) if colon and file.endswith(".py") and name.isidentifier() else None


def _law(text: str, info: Info) -> str:
    """A law of Homeward's own, or FILE.py:CLASS with the file's absolute path."""
    parts = split_law(text)
    if parts is not None:
        return f"{existing_file(parts[0], info)}:{parts[1]}"
    if text not in LAWS:
        raise ValueError(f"expected {', '.join(LAWS)} or FILE.py:CLASS")
    return text


class Guidance(Section):
    """The entry guidance."""

    law: Annotated[Text, AfterValidator(_law)] = Field(
        default="predictive",
        description="predictive, predictive-v1 (one bank parameter, as it was before), reference (the first "
        "generation), fnpeg (as published by Lu), ballistic (fall-back), or FILE.py:CLASS",
    )
    rate_hz: Annotated[Positive, Field(ge=0.1, le=100.0)] = Field(
        default=1.0, description="guidance cycles a second"
    )
    load_limit_g: Annotated[Positive, Field(le=100.0)] = Field(
        default=3.6, description="load factor above which guidance lifts up"
    )
    entry_angle_deg: Annotated[Real, Field(ge=-30.0, lt=0.0)] = Field(
        default=-1.6,
        description="inertial, geocentric flight-path angle wanted at the interface",
    )
    interface_altitude_m: Annotated[Positive, Field(ge=8e4, le=2e5)] = Field(
        default=120000.0, description="altitude that is called the entry interface"
    )
    bank_nominal_deg: Annotated[NonNegative, Field(le=180.0)] = Field(
        default=62.0, description="bank magnitude at the start of the profile that planning assumes"
    )
    bank_end_deg: Annotated[NonNegative, Field(le=180.0)] = Field(
        default=50.0, description="bank magnitude at the end of the profile"
    )
    bank_fast_deg: Annotated[NonNegative, Field(le=180.0)] = Field(
        default=165.0, description="law predictive-v1: largest bank while faster than circular speed"
    )
    early_share: Annotated[Positive, Field(le=0.99)] = Field(
        default=0.9, description="share of the speed down to which a range error is to be corrected"
    )
    predictor_steps: Annotated[int, Field(ge=12, le=1000)] | None = Field(
        default=None,
        description="steps of a prediction; left out: 12 from orbit, faster than 9 km/s 48 on each of three "
        "plans (predictive-v1: 96)",
        examples=[16],
    )
    reference_gain: Annotated[Positive, Field(le=50.0)] = Field(
        default=5.0, description="law reference: over-control of the range error"
    )
    reference_dead_band: Annotated[Positive, Field(le=1.0)] = Field(
        default=0.2,
        description="law reference: share of the sideways reach that its end may be off to one side",
    )
    reference_terminal_speed_m_s: Annotated[NonNegative, Field(le=1200.0)] = Field(
        default=480.0, description="law reference: below it the lift is turned every way; 0: never"
    )
    roll_rate_deg_s: Annotated[Positive, Field(le=90.0)] = Field(
        default=15.0, description="law ballistic: the steady roll, as far as the capsule can"
    )


def _opportunity(value: object) -> "str | int":
    is_index = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**6
    if value in ("first", "nearest") or is_index:
        return value  # type: ignore[return-value]
    raise ValueError("expected first, nearest or an index of `homeward opportunities`")


class Plan(Section):
    """Which landing opportunity is flown, and what planning may spend."""

    days: Annotated[Positive, Field(le=60.0)] = Field(
        default=3.0, description="days of opportunities to look at"
    )
    cross_range_limit_m: Annotated[Positive, Field(le=2e6)] = Field(
        default=60000.0, description="largest distance of the site from the ground track"
    )
    return_revolutions: Annotated[int, Field(strict=True, ge=0, le=1000)] = Field(
        default=5, description="revolutions from undocking to the burn"
    )
    opportunity: Annotated[str | int, BeforeValidator(_opportunity)] = Field(
        default="first", description="first, nearest, or an index of `homeward opportunities`"
    )
    delta_v_limit_m_s: Annotated[Positive, Field(le=2e4)] = Field(
        default=250.0, description="largest deorbit burn"
    )


class Believed(Section):
    """Single figures that win over the onboard data set; a key left out is as `[onboard]` has it."""

    mass_kg: Mass | None = Field(
        default=None, description="mass of the capsule at the interface", examples=[3200.0]
    )
    lift_to_drag: Annotated[NonNegative, Field(le=5.0)] | None = Field(
        default=None, description="trim L/D", examples=[0.3]
    )
    drag_scale: Scale | None = Field(
        default=None, description="factor on the drag coefficient", examples=[1.0]
    )
    bank_rate_limit_deg_s: AngularRate | None = Field(
        default=None, description="fastest roll", examples=[15.0]
    )
    bank_acceleration_limit_deg_s2: AngularRate | None = Field(
        default=None, description="strongest roll acceleration", examples=[6.0]
    )
    density_scale: Scale | None = Field(
        default=None, description="factor on the onboard air's density", examples=[1.0]
    )
    thrust_n: Annotated[Positive, Field(le=1e7)] | None = Field(
        default=None, description="thrust of each engine", examples=[2500.0]
    )
    specific_impulse_s: Annotated[Positive, Field(ge=50.0, le=1000.0)] | None = Field(
        default=None, description="specific impulse of the main engine", examples=[290.0]
    )
    wind: Literal["forecast", "none"] = Field(
        default="forecast",
        description="forecast: the mean wind is known; none: the flight reckons without wind",
    )


class Descent(Section):
    """The sequence under the parachutes, as far as the flight computer may choose."""

    main_order: Literal["timer", "wind"] = Field(
        default="timer",
        description="timer: the main after the drogue's time; wind: when the drift to come ends at the site",
    )
    main_earliest_s: Annotated[NonNegative, Field(le=600.0)] = Field(
        default=12.0, description="shortest time under the drogue, where main_order is wind"
    )
    main_lowest_m: Annotated[NonNegative, Field(le=3e4)] = Field(
        default=4000.0, description="height above the site at which the main is ordered in any case"
    )
    wind_estimate: Literal["none", "main", "aim"] = Field(
        default="main",
        description="main: the wind's departure from its forecast, estimated from the entry on, times the "
        "main; aim: and moves the entry's aim point; none: the forecast and the wind met under the drogue",
    )
    arm_margin_m: Annotated[NonNegative, Field(le=3e4)] = Field(
        default=3000.0,
        description="above the opening altitude: deployment is armed below it, by navigation",
    )
    pressure_sigma_m: Annotated[Positive, Field(le=3000.0)] = Field(
        default=250.0, description="1-sigma of the altitude by static pressure: mostly the weather"
    )
    deployment_load_g: Annotated[Positive, Field(le=50.0)] = Field(
        default=2.0, description="back-up of the arming: load that has to have come and gone"
    )
    deployment_timer_s: Annotated[Positive, Field(le=600.0)] = Field(
        default=90.0,
        description="back-up without navigation and pressure: deploys that long after the load has gone",
    )


class Flight(Section):
    """What would fly."""

    data_set: ExistingFile | None = Field(
        default=None,
        description="file of the onboard data set, in place of [onboard]; without either, belief is what the "
        "scenario file says under [truth]",
        examples=["mine.onboard.toml"],
    )
    guidance: Guidance = Field(default_factory=Guidance, description="entry guidance")
    descent: Descent = Field(default_factory=Descent, description="under the parachutes")
    plan: Plan = Field(default_factory=Plan, description="the plan of the return")
    believed: Believed = Field(default_factory=Believed, description="what the flight computer believes")
    navigation: OnboardNavigation = Field(
        default_factory=OnboardNavigation, description="navigation of a ship that turns"
    )
    control: Control = Field(default_factory=Control, description="attitude control of a ship that turns")


class Simulation(Section):
    """Steps of the truth integration; halving them must not change the answer."""

    coast_step_s: Annotated[Positive, Field(le=120.0)] = Field(default=10.0, description="coasting in orbit")
    powered_step_s: Annotated[Positive, Field(le=10.0)] = Field(default=0.1, description="engine burning")
    entry_step_s: Annotated[Positive, Field(le=10.0)] = Field(default=0.5, description="entry")
    descent_step_s: Annotated[Positive, Field(le=10.0)] = Field(
        default=0.1, description="under the parachute"
    )
    touchdown_step_s: Annotated[Positive, Field(le=1.0)] = Field(default=0.005, description="last metres")
    control_step_s: Annotated[Positive, Field(le=1.0)] = Field(
        default=0.1, description="control tick of a ship that turns, a tenth of its guidance cycle"
    )
    lanes: Annotated[int, Field(strict=True, ge=1, le=65536)] = Field(
        default=128, description="flights computed side by side"
    )
    link: Link = Field(default_factory=Link, description="to a flight software in a process of its own")
