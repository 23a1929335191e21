"""The scenario: everything that a return needs to be told, as typed and checked values."""

from typing import Annotated, Any

from pydantic import Field, model_validator

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
