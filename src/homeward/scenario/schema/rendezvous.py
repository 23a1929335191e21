"""`[rendezvous.*]`: the launch, the ship in orbit, the station, and how the one comes to the other."""

import itertools
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from homeward.scenario.schema.base import (
    EpochUtc,
    Latitude,
    Longitude,
    Mass,
    NonNegative,
    Positive,
    Real,
    Scale,
    Seconds,
    Section,
)
from homeward.scenario.schema.body import check_inertia
from homeward.scenario.schema.docking_survey import Survey
from homeward.scenario.schema.returns import KINDS, Initial, Interface

#: Time from insertion to capture [s] of every plan: that of the flown kind less ten minutes of ascent.
PLANS = {
    "1rev": 5040.0, "2h": 7020.0, "3.5h": 12000.0, "6.5h": 22800.0, "1d": 85800.0, "2d": 172200.0,
}  # fmt: skip
PLAN_WORDS = (*PLANS, "auto")
PORTS = ("aft", "forward", "nadir")
Plan = Literal["1rev", "2h", "3.5h", "6.5h", "1d", "2d", "auto"]
TimedPlan = Literal["1rev", "2h", "3.5h", "6.5h", "1d", "2d"]
Port = Literal["aft", "forward", "nadir"]
Sensor = Literal["star", "satellite", "station", "relative", "radar", "lidar", "camera"]

Length = Annotated[Positive, Field(le=1e3)]
Tilt = Annotated[Real, Field(ge=-30.0, le=30.0)]
TurnRate = Annotated[Real, Field(ge=-5.0, le=5.0)]
Spot = Annotated[Positive, Field(le=1e5)]
Moments = tuple[Positive, Positive, Positive]


class Launch(Section):
    """The launch, and the orbit that it inserts into."""

    time_utc: EpochUtc = Field(
        description="lift-off; `homeward opportunities --kind launch` finds it",
        examples=["2023-09-12T02:14:30Z"],
    )
    latitude_deg: Latitude = Field(default=40.96, description="geodetic latitude of the launch site")
    longitude_deg: Longitude = Field(default=100.29, description="longitude of the site, east positive")
    heading: Literal["north", "south"] = Field(
        default="north", description="which way the ascent crosses the site: the two chances of a day"
    )
    ascent_s: Seconds = Field(default=600.0, description="from lift-off to insertion")
    ascent_arc_deg: Annotated[Positive, Field(le=90.0)] = Field(
        default=20.0, description="angle flown over the ground meanwhile, as seen from the Earth's centre"
    )
    perigee_altitude_m: Annotated[Positive, Field(ge=1.2e5, le=2e6)] = Field(
        default=200e3, description="of the insertion orbit above the equatorial radius; inserted there"
    )
    apogee_altitude_m: Annotated[Positive, Field(ge=1.2e5, le=2e6)] = Field(
        default=330e3, description="of the insertion orbit above the equatorial radius"
    )

    @model_validator(mode="after")
    def _check_order(self) -> "Launch":
        if self.apogee_altitude_m < self.perigee_altitude_m:
            raise ValueError("apogee_altitude_m: expected at least perigee_altitude_m")
        return self


class Ship(Section):
    """The ship as inserted: propulsion module, descent module and orbital module."""

    mass_kg: Mass = Field(default=8080.0, description="at the insertion, propellant included")
    propellant_kg: Annotated[Mass, Field(le=1e5)] = Field(default=1000.0, description="of all tanks")
    length_m: Length = Field(default=8.8, description="of the hull")
    radius_m: Annotated[Length, Field(le=50.0)] = Field(default=1.25, description="of the hull")
    center_of_mass_m: Length = Field(default=4.2, description="of the centre of mass, from the rear end")
    inertia_kg_m2: Moments = Field(default=(9e3, 54e3, 54e3), description="moments about x, y and z")
    drag_area_m2: NonNegative = Field(default=12.0, description="frontal area, solar panels included")
    drag_coefficient: NonNegative = Field(default=2.2, description="of that area")
    axial_thrust_n: Annotated[Positive, Field(le=1e5)] = Field(
        default=150.0, description="of each thruster that pushes forward or backward"
    )
    lateral_thrust_n: Annotated[Positive, Field(le=1e5)] = Field(
        default=25.0, description="of each thruster that pushes sideways"
    )
    specific_impulse_s: Annotated[Positive, Field(le=1000.0)] = Field(
        default=285.0, description="of the thrusters"
    )
    minimum_pulse_s: Annotated[Positive, Field(le=0.1)] = Field(
        default=0.02, description="shortest pulse of a thruster"
    )

    @model_validator(mode="after")
    def _check(self) -> "Ship":
        check_inertia(self.inertia_kg_m2, (0.0, 0.0, 0.0))
        if self.propellant_kg >= self.mass_kg:
            raise ValueError("propellant_kg: expected less than mass_kg")
        if self.center_of_mass_m >= self.length_m:
            raise ValueError("center_of_mass_m: expected less than length_m")
        return self


class Orbit(Initial):
    """Where the station is: exactly one of the five kinds. It is flown on to the insertion from there."""

    kinds: ClassVar[tuple[str, ...]] = tuple(kind for kind in KINDS if kind != "interface")

    # What only a return's start has is no part of the file here.
    interface: SkipJsonSchema[Interface | None] = Field(default=None, exclude=True)
    epoch_utc: SkipJsonSchema[EpochUtc | None] = Field(default=None, exclude=True)

    @field_validator("interface", mode="before")
    @classmethod
    def _no_interface(cls, value: object) -> object:
        if value is not None:
            raise ValueError(f"a station is in orbit; expected one of {', '.join(cls.kinds)}")
        return value

    @field_validator("epoch_utc", mode="before")
    @classmethod
    def _no_clock(cls, value: object) -> object:
        if value is not None:
            raise ValueError("expected none: the mission clock starts at the insertion")
        return value


class Station(Section):
    """The station: its orbit, and what of it matters to a ship that comes."""

    orbit: Orbit = Field(description="where it is")
    mass_kg: Mass = Field(default=90e3, description="mass")
    drag_area_m2: NonNegative = Field(default=300.0, description="frontal area, solar panels included")
    drag_coefficient: NonNegative = Field(default=2.2, description="of that area")
    half_size_m: tuple[Length, Length, Length] = Field(
        default=(9.0, 18.0, 3.0),
        description="half its extent along track, across it and along the vertical; the ports stand there",
    )
    offset_deg: tuple[Tilt, Tilt, Tilt] = Field(
        default=(0.2, -0.3, 0.2), description="constant turn against the orbital frame, about x, y and z"
    )
    swing_deg: tuple[Tilt, Tilt, Tilt] = Field(
        default=(0.2, 0.3, 0.2), description="amplitude of its own small motion"
    )
    swing_period_s: tuple[Seconds, Seconds, Seconds] = Field(
        default=(800.0, 1100.0, 950.0), description="period of that motion"
    )
    tumble_deg_s: tuple[TurnRate, TurnRate, TurnRate] = Field(
        default=(0.0, 0.0, 0.0), description="steady turn against the orbital frame: a slow tumble"
    )
    tumble_from_s: Real = Field(
        default=0.0,
        description="time since the insertion at which a tumbling station stands as `offset_deg` says",
    )
    keep_out_radius_m: Annotated[Positive, Field(le=1e4)] = Field(
        default=200.0, description="of the sphere that nothing enters outside the corridor"
    )
    corridor_deg: Annotated[Positive, Field(lt=90.0)] = Field(
        default=10.0, description="half angle of the corridor's cone, from the port"
    )


class Hold(Section):
    """One hold point; `[[rendezvous.holds]]` stands once for each, from far to near."""

    distance_m: Spot = Field(description="port to port; the first is along track", examples=[400.0])
    seconds: NonNegative = Field(default=30.0, description="how long the ship stays at least")
    go_s: NonNegative | None = Field(
        default=None, examples=[9000.0],
        description="time since the insertion at which GO is given, one beyond the flight's end for never; "
        "no GO needed if left out",
    )  # fmt: skip


class RendezvousSensors(Section):
    """Factors on the 1-sigma errors of the sensors, the camera's latency, and which of them work."""

    satellite: Scale = Field(default=1.0, description="satellite navigation of both")
    relative: Scale = Field(default=1.0, description="relative satellite navigation")
    radar: Scale = Field(default=1.0, description="radar")
    lidar: Scale = Field(default=1.0, description="lidar")
    camera: Scale = Field(default=1.0, description="camera")
    camera_latency_s: Annotated[NonNegative, Field(le=1.0)] = Field(
        default=0.2, description="from the camera's exposure to its message; 0: none"
    )
    camera_tag_error_s: Annotated[Real, Field(ge=-1.0, le=1.0)] = Field(
        default=0.0, description="of the age that the message tells; the flight computer does not know of it"
    )
    failed: tuple[Sensor, ...] = Field(default=(), description="those that do not work")


class RendezvousGuidance(Section):
    """What flies the rendezvous."""

    law: Literal["mpc", "glideslope"] = Field(default="mpc", description="law of the last 200 m")
    aim_behind_m: Annotated[Positive, Field(le=5e5)] = Field(
        default=50e3, description="where far guidance ends: along the orbit behind the station"
    )
    aim_below_m: Annotated[Positive, Field(le=1e5)] = Field(default=14e3, description="and below it")
    homing_s: Seconds = Field(default=2400.0, description="from there to the first hold point")
    side_m: Annotated[Real, Field(ge=-5e3, le=5e3)] = Field(
        default=1600.0, description="how far beside the orbit the first hold point lies: passive safety"
    )
    hop_s: Seconds = Field(default=1800.0, description="from the first to the second hold point")
    contact_speed_m_s: Annotated[Positive, Field(le=0.5)] = Field(default=0.07, description="closing speed")
    axis_speed_m_s: Annotated[Positive, Field(le=3.0)] | None = Field(
        default=None, examples=[1.5],
        description="fastest along the port's axis; by the port if left out: 1, nadir 2",
    )  # fmt: skip
    axis_time_constant_s: Annotated[Positive, Field(ge=100.0, le=1000.0)] | None = Field(
        default=None, examples=[160.0],
        description="distance over speed there, beyond the contact speed; by the port if left out: 333, "
        "nadir 769",
    )  # fmt: skip
    fallback: Literal["1rev", "2h", "3.5h", "6.5h", "1d", "2d", "none"] | tuple[TimedPlan, ...] = Field(
        default="none",
        description="other plan, or a list of them from short to long, taken in flight where the chosen one "
        "gets too dear (the first that the budget bears, else the cheapest), or if ordered (the first)",
    )
    budget_factor: Annotated[Positive, Field(ge=1.0, le=10.0)] = Field(
        default=1.5, description="delta-v up to the aim point over that of two impulses, beyond which that is"
    )
    approaches: Annotated[int, Field(strict=True, ge=1, le=5)] = Field(
        default=2, description="how often the last part is tried"
    )

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """The other plans, in the order in which they are looked at."""
        if isinstance(self.fallback, str):
            return () if self.fallback == "none" else (self.fallback,)
        return self.fallback

    @model_validator(mode="after")
    def _check_fallbacks(self) -> "RendezvousGuidance":
        times = [PLANS[name] for name in self.fallbacks]
        if any(b <= a for a, b in itertools.pairwise(times)):
            raise ValueError("fallback: expected plans from short to long, each once")
        return self


class Faults(Section):
    """What fails or is ordered on this flight."""

    thruster: Annotated[int, Field(strict=True, ge=-1, le=63)] = Field(
        default=-1, description="number of the thruster that fails; -1: none"
    )
    thruster_s: NonNegative = Field(default=0.0, description="time since the insertion at which it does")
    abort_distance_m: NonNegative = Field(
        default=0.0, description="distance at which a collision-avoidance manoeuvre is ordered; 0: none"
    )
    abort_s: NonNegative | None = Field(
        default=None, examples=[7000.0],
        description="time since the insertion at which it is ordered, in any leg; none if left out",
    )  # fmt: skip
    retreat_distance_m: NonNegative = Field(
        default=0.0, description="distance at which one retreat is ordered; 0: none"
    )
    missed_captures: Annotated[int, Field(strict=True, ge=0, le=9)] = Field(
        default=0, description="contacts, the first ones, at which the latches do not catch"
    )
    switch_s: NonNegative | None = Field(
        default=None, examples=[1500.0],
        description="time since the insertion at which the other plan is ordered, `guidance.fallback`",
    )  # fmt: skip


class Withdrawal(Section):
    """How the ship leaves again, if the flight ends so; springs and burn: `[truth.separation]`."""

    docked_s: Annotated[NonNegative, Field(le=172800.0)] = Field(
        default=5400.0, description="from capture to undocking"
    )
    speed_m_s: Annotated[Positive, Field(ge=0.05, le=2.0)] = Field(
        default=0.4, description="along the port's axis at most"
    )
    distance_m: Annotated[Positive, Field(ge=30.0, le=2000.0)] = Field(
        default=220.0, description="port to port: where the ship stops and makes the departure burn"
    )
    seconds: NonNegative = Field(default=10.0, description="how long it stays there at least")


class Rendezvous(Section):
    """One rendezvous: from the insertion to a docked hatch, and away again if so asked."""

    plan: Plan = Field(default="6.5h", description="how long it may take")
    port: Port = Field(default="forward", description="where the ship docks")
    ends: Literal["docked", "withdrawn"] = Field(
        default="docked", description="where the flight ends: docked, or undocked again and safely away"
    )
    launch: Launch = Field(description="launch and insertion")
    station: Station = Field(description="the station")
    ship: Ship = Field(default_factory=Ship, description="the ship")
    holds: Annotated[tuple[Hold, ...], Field(min_length=2, max_length=6)] = Field(
        default=(
            Hold(distance_m=5000.0, seconds=120.0), Hold(distance_m=400.0, seconds=60.0),
            Hold(distance_m=200.0, seconds=30.0), Hold(distance_m=30.0, seconds=60.0),
        ),
        description="hold points, from far to near",
    )  # fmt: skip
    guidance: RendezvousGuidance = Field(default_factory=RendezvousGuidance, description="what flies it")
    sensors: RendezvousSensors = Field(default_factory=RendezvousSensors, description="how well it sees")
    survey: Survey = Field(default_factory=Survey, description="how far what is built is from its drawings")
    withdrawal: Withdrawal = Field(default_factory=Withdrawal, description="how the ship leaves again")
    faults: Faults = Field(default_factory=Faults, description="what goes wrong")

    @model_validator(mode="after")
    def _check_holds(self) -> "Rendezvous":
        distances = [hold.distance_m for hold in self.holds]
        for far, near in itertools.pairwise(distances):
            if near >= far:
                raise ValueError(
                    f"holds: expected distances that fall from hold to hold, but {near:g} m follows {far:g} m"
                )
        if self.faults.switch_s is not None and self.guidance.fallbacks[:1] in ((), (self.plan,)):
            raise ValueError("faults.switch_s: expected guidance.fallback to name another plan")
        if self.guidance.aim_behind_m <= distances[0]:
            raise ValueError(
                f"guidance.aim_behind_m: expected more than the first hold's distance, {distances[0]:g} m"
            )
        return self
