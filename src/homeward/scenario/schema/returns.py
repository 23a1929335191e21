"""`[return.*]`: where a return starts, and which legs are flown."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from homeward.scenario.schema.base import (
    Altitude,
    EpochUtc,
    ExistingFile,
    Flag,
    Heading,
    Latitude,
    Longitude,
    Positive,
    Real,
    Section,
    Slope,
    Text,
    table_of,
)

KINDS = ("tle", "tle_file", "oem_file", "opm_file", "state", "interface")


def _as_text(value: object) -> object:
    """A catalogue number may stand as one."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ObjectName = Annotated[Text, BeforeValidator(_as_text), Field(min_length=1, max_length=80)]
Component = Annotated[Real, Field(ge=-1e9, le=1e9)]
SpeedComponent = Annotated[Real, Field(ge=-2e4, le=2e4)]


def _outside_the_earth(position: tuple[float, float, float]) -> tuple[float, float, float]:
    radius = sum(x * x for x in position) ** 0.5
    if not 6.35e6 <= radius <= 1e9:
        raise ValueError(
            f"expected a point above the ground, but it is {radius / 1e3:.0f} km from the centre"
        )
    return position


class State(Section):
    """Position and velocity at one instant."""

    epoch_utc: EpochUtc = Field(description="the instant", examples=["2022-01-17T12:00:00Z"])
    frame: Literal["gcrf", "itrf", "eme2000"] = Field(default="gcrf", description="axes of the two vectors")
    position_m: Annotated[tuple[Component, Component, Component], AfterValidator(_outside_the_earth)] = Field(
        description="position", examples=[[545284.0, 4217457.0, 5288810.0]]
    )
    velocity_m_s: tuple[SpeedComponent, SpeedComponent, SpeedComponent] = Field(
        description="velocity; in itrf relative to the turning Earth",
        examples=[[-7636.397, 168.828, 656.343]],
    )


class Interface(Section):
    """A start at the entry interface, told as a pilot would."""

    epoch_utc: EpochUtc = Field(description="the instant", examples=["2023-09-07T14:28:00Z"])
    latitude_deg: Latitude | None = Field(
        default=None, description="geodetic latitude; or the geocentric one", examples=[41.0]
    )
    latitude_geocentric_deg: Latitude | None = Field(default=None, description="geocentric latitude")
    longitude_deg: Longitude = Field(description="longitude, east positive", examples=[70.0])
    altitude_m: Altitude | None = Field(
        default=None, description="altitude above the ellipsoid; or the radius", examples=[120000.0]
    )
    radius_m: Annotated[Positive, Field(ge=6.35e6, le=1e9)] | None = Field(
        default=None, description="distance from the centre of the Earth"
    )
    speed_m_s: Annotated[Positive, Field(le=2e4)] = Field(description="speed", examples=[7850.0])
    flight_path_angle_deg: Slope = Field(
        description="above the horizontal that `angles` names", examples=[-1.6]
    )
    heading_deg: Heading = Field(description="of the velocity, clockwise from north", examples=[75.0])
    angles: Literal["geodetic", "geocentric"] = Field(
        default="geodetic",
        description="both angles against the ellipsoid's horizontal, or the plane across the radius vector",
    )
    relative: Flag = Field(
        default=False,
        description="true: speed, angle and heading relative to the turning Earth; false: inertial",
    )

    @model_validator(mode="after")
    def _check_place(self) -> "Interface":
        if (self.latitude_deg is None) == (self.latitude_geocentric_deg is None):
            raise ValueError("expected exactly one of latitude_deg and latitude_geocentric_deg")
        if (self.altitude_m is None) == (self.radius_m is None):
            raise ValueError("expected exactly one of altitude_m and radius_m")
        return self


class Initial(Section):
    """Where the return starts: exactly one of the six kinds."""

    kinds: ClassVar[tuple[str, ...]] = KINDS

    tle: tuple[Text, ...] | None = Field(
        default=None, description="two-line elements, with or without a name line", min_length=2, max_length=3
    )
    tle_file: ExistingFile | None = Field(
        default=None,
        description="file of mean elements: two-line sets, or an OMM as KVN, XML, JSON or CSV",
        examples=["station.tle"],
    )
    oem_file: ExistingFile | None = Field(
        default=None, description="CCSDS orbit ephemeris message", examples=["station.oem"]
    )
    opm_file: ExistingFile | None = Field(
        default=None, description="CCSDS orbit parameter message", examples=["station.opm"]
    )
    state: State | None = Field(default=None, description="position and velocity at one instant")
    interface: Interface | None = Field(default=None, description="a point at the entry interface")
    object: ObjectName | None = Field(
        default=None,
        description="catalogue number or name of the object meant, where a file holds several",
        examples=["48274"],
    )
    epoch_utc: EpochUtc | None = Field(
        default=None,
        description="when the mission clock starts; the epoch of the newest elements if left out",
        examples=["2023-09-07T15:00:00Z"],
    )

    @property
    def kind(self) -> str:
        """Which of the kinds is given."""
        return next(kind for kind in self.kinds if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _check_one(self) -> "Initial":
        given = [kind for kind in self.kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            told = " and ".join(given) if given else "none"
            raise ValueError(f"expected exactly one of {', '.join(self.kinds)}, but there is {told}")
        if self.epoch_utc is not None and self.kind == "interface":
            raise ValueError("expected no epoch_utc beside interface, which holds its own")
        if self.object is not None and self.kind not in ("tle_file", "oem_file"):
            raise ValueError("expected object only beside tle_file or oem_file, which may hold several")
        return self


class Legs(Section):
    """Which part of the return is flown."""

    start: Literal["undock", "burn", "interface"] = Field(
        default="undock", description="where the flight starts; interface if the initial state is one"
    )
    separation_altitude_m: Annotated[Positive, Field(ge=8e4, le=5e5)] = Field(
        default=140000.0, description="altitude at which the service module is released"
    )
    opening_altitude_m: Annotated[Positive, Field(le=3e4)] = Field(
        default=10000.0, description="altitude at which the parachute is opened"
    )
    end: Literal["touchdown", "opening"] = Field(default="touchdown", description="where the flight ends")


class Return(Section):
    """One return: where it starts and which legs are flown."""

    initial: Initial = Field(description="where it starts")
    legs: Legs = Field(default_factory=Legs, description="the legs flown")

    @model_validator(mode="before")
    @classmethod
    def _start_where_given(cls, data: Any) -> Any:
        table = table_of(data)
        if table is None:
            return data
        initial, legs = table_of(table.get("initial")), table_of(table.get("legs", {}))
        if initial is not None and "interface" in initial and legs is not None:
            return {**table, "legs": {"start": "interface", **legs}}
        return data

    @model_validator(mode="after")
    def _check_start(self) -> "Return":
        kind, start = self.initial.kind, self.legs.start
        if kind == "interface" and start != "interface":
            raise ValueError(f'a flight whose initial state is interface cannot start with "{start}"')
        if start == "interface" and kind.startswith("tle"):
            raise ValueError('legs.start = "interface" needs an interface, a state, an OEM or an OPM')
        return self
