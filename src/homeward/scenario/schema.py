"""The scenario: everything that a return needs to be told, as typed and checked values."""

import dataclasses
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, model_validator

from homeward.scenario.schema_base import (
    GroundAltitude,
    Info,
    Latitude,
    Longitude,
    Section,
    Text,
    context_of,
    table_of,
)
from homeward.scenario.schema_dispersion import Dispersion
from homeward.scenario.schema_errors import touched
from homeward.scenario.schema_flight import Flight, Simulation
from homeward.scenario.schema_return import Return
from homeward.scenario.schema_truth import Truth

#: How finely a vehicle can be modelled.
FIDELITIES = ("six-dof", "point-mass")


class Site(Section):
    """Where the capsule is to come down."""

    name: Annotated[Text, Field(min_length=1)] = Field(default="site", description="name of the place")
    latitude_deg: Latitude = Field(description="geodetic latitude", examples=[41.6])
    longitude_deg: Longitude = Field(description="longitude, east positive", examples=[100.1])
    altitude_m: GroundAltitude = Field(default=0.0, description="of the ground above the ellipsoid")


@dataclasses.dataclass(frozen=True, eq=False)
class Origin:
    """Where a scenario was read; it does not count when two are compared."""

    file: str = ""
    overridden: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    def __hash__(self) -> int:
        return 0


class Scenario(Section):
    """One mission file, checked."""

    schema_version: Annotated[int, Field(strict=True, ge=1, le=1)] = Field(
        default=1, alias="schema", description="version of this schema"
    )
    name: Annotated[Text, Field(min_length=1)] = Field(
        default="scenario", description="short name; the file's if left out"
    )
    title: Text = Field(default="", description="one line that says what it is")
    site: Site = Field(description="the landing site")
    truth: Truth = Field(default_factory=Truth, description="the world and the vehicle as they are")
    flight: Flight = Field(default_factory=Flight, description="what would fly")
    return_: Return = Field(alias="return", description="this mission: a return")
    dispersion: Dispersion = Field(default_factory=Dispersion, description="3-sigma spreads")
    simulation: Simulation = Field(default_factory=Simulation, description="steps of the simulation")
    _origin: Origin = PrivateAttr(default_factory=lambda: Origin())

    def model_post_init(self, context: Any, /) -> None:
        """Keep what the reader said of the file, for what is found wrong with it only later."""
        told = table_of(context) or {}
        self._origin = Origin(told.get("label", ""), tuple(told.get("overridden", ())))

    def place(self, key: str) -> str:
        """File and dotted key, as a refusal begins: the file as the user named it, or the scenario's name."""
        file = self._origin.file or self.name
        return f"{file} (--set): {key}" if touched(key, self._origin.overridden) else f"{file}: {key}"

    @model_validator(mode="before")
    @classmethod
    def _name_of_the_file(cls, data: Any, info: Info) -> Any:
        table, stem = table_of(data), context_of(info).get("stem")
        return {"name": stem, **table} if table is not None and stem else data

    @model_validator(mode="after")
    def _check_heights(self) -> "Scenario":
        legs, interface = self.return_.legs, self.flight.guidance.interface_altitude_m
        if self.site.altitude_m >= legs.opening_altitude_m:
            raise ValueError("return.legs.opening_altitude_m: expected an altitude above site.altitude_m")
        if legs.separation_altitude_m < interface:
            raise ValueError(
                "return.legs.separation_altitude_m: expected an altitude at or above "
                "flight.guidance.interface_altitude_m"
            )
        steps = 1.0 / (self.flight.guidance.rate_hz * self.simulation.entry_step_s)
        if abs(steps - round(steps)) > 1e-9 or round(steps) < 1:
            raise ValueError(
                "flight.guidance.rate_hz: expected a guidance cycle of a whole number of "
                "simulation.entry_step_s"
            )
        return self
