"""The scenario: all that a rendezvous, a return or both need to be told, as typed and checked values."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator
from pydantic_core import PydanticKnownError

from homeward.errors import InputError
from homeward.scenario.schema.altitude_consistency import contradiction
from homeward.scenario.schema.base import (
    GroundAltitude,
    Info,
    Latitude,
    Longitude,
    Positive,
    Section,
    Text,
    context_of,
    table_of,
)
from homeward.scenario.schema.dispersion import Dispersion
from homeward.scenario.schema.errors import touched
from homeward.scenario.schema.fault import Fault
from homeward.scenario.schema.flight import Flight, Simulation
from homeward.scenario.schema.ground import GroundSegment
from homeward.scenario.schema.onboard import Onboard
from homeward.scenario.schema.onboard_data_set import data_of, merge_sensors, resolve, settle_onboard
from homeward.scenario.schema.reliability import Reliability
from homeward.scenario.schema.rendezvous import Rendezvous
from homeward.scenario.schema.returns import Return
from homeward.scenario.schema.sensors import Sensors
from homeward.scenario.schema.truth import Truth, Vehicle

#: How finely a vehicle can be modelled.
FIDELITIES = ("six-dof", "point-mass")


class Site(Section):
    """Where the capsule is to come down."""

    name: Annotated[Text, Field(min_length=1)] = Field(default="site", description="name of the place")
    latitude_deg: Latitude = Field(description="geodetic latitude", examples=[41.6])
    longitude_deg: Longitude = Field(description="longitude, east positive", examples=[100.1])
    altitude_m: GroundAltitude = Field(default=0.0, description="of the ground above the ellipsoid")
    allowed_radius_m: Annotated[Positive, Field(le=2e6)] = Field(
        default=600e3, description="about the site, within which an abort may come down"
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Origin:
    """Where a scenario was read; it does not count when two are compared."""

    file: str = ""
    overridden: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    def __hash__(self) -> int:
        return 0


#: What the schema of a file says of its two halves, for editors.
HALVES: dict[str, Any] = {
    "anyOf": [{"required": ["return"]}, {"required": ["rendezvous"]}],
    "dependentRequired": {"return": ["site"]},
}

_LACKING = object()


class Scenario(Section):
    """One mission file, checked: a rendezvous, a return or both."""

    # ``homecoming`` and ``landing_site``: what stands under ``return`` and ``site``, None where nothing does;
    # the properties ``return_`` and ``site`` are for whoever cannot do without.
    model_config = ConfigDict(json_schema_extra=HALVES)

    schema_version: Annotated[int, Field(strict=True, ge=1, le=1)] = Field(
        default=1, alias="schema", description="version of this schema"
    )
    name: Annotated[Text, Field(min_length=1)] = Field(
        default="scenario", description="short name; the file's if left out"
    )
    title: Text = Field(default="", description="one line that says what it is")
    landing_site: Site | None = Field(
        default=None, alias="site", description="the landing site; a return needs one"
    )
    backup_site: Annotated[tuple[Site, ...], Field(max_length=8)] = Field(
        default=(), description="other sites where an abort may land"
    )
    truth: Truth = Field(default_factory=Truth, description="the world and the vehicle as they are")
    onboard: Onboard = Field(
        default_factory=Onboard, description="what the flight software believes; left out: [truth] as written"
    )
    flight: Flight = Field(default_factory=Flight, description="what would fly")
    homecoming: Return | None = Field(default=None, alias="return", description="this mission: a return")
    rendezvous: Rendezvous | None = Field(default=None, description="this mission: a rendezvous")
    fault: Annotated[tuple[Fault, ...], Field(max_length=4)] = Field(
        default=(), description="what fails on this flight"
    )
    dispersion: Dispersion = Field(default_factory=Dispersion, description="3-sigma spreads")
    reliability: Reliability = Field(
        default_factory=Reliability, description="failure rates, for `homeward risk`"
    )
    ground: GroundSegment = Field(default_factory=GroundSegment, description="what the ground has")
    simulation: Simulation = Field(default_factory=Simulation, description="steps of the simulation")
    _origin: Origin = PrivateAttr(default_factory=lambda: Origin())
    _believed_under: str | None = PrivateAttr(default=None)  # set where the truth is the onboard data

    def model_post_init(self, context: Any, /) -> None:
        """Keep what the reader said of the file, for what is found wrong with it only later."""
        told = table_of(context) or {}
        self._origin = Origin(told.get("label", ""), tuple(told.get("overridden", ())))

    def place(self, key: str) -> str:
        """File and dotted key, as a refusal begins: the file as the user named it, or the scenario's name."""
        file = self._origin.file or self.name
        if self._believed_under and key.startswith("truth."):
            key = f"{self._believed_under}.{key.removeprefix('truth.')}"
        return f"{file} (--set): {key}" if touched(key, self._origin.overridden) else f"{file}: {key}"

    @property
    def return_(self) -> Return:
        """The return; raises InputError where there is none."""
        if self.homecoming is None:
            raise InputError(
                f"{self.place('return')}: this scenario holds no return; fly it with `homeward rendezvous`"
            )
        return self.homecoming

    @property
    def site(self) -> Site:
        """The landing site of the return; raises InputError where there is none."""
        if self.landing_site is None:
            raise InputError(
                f"{self.place('site')}: this scenario names no site; fly it with `homeward rendezvous`"
            )
        return self.landing_site

    @property
    def onboard_data(self) -> Onboard:
        """The onboard data set with what ``[flight.believed]`` changes in it."""
        return resolve(self.onboard, self.flight.believed)

    def as_believed(self) -> "Scenario":
        """The scenario as flight software has it: with the onboard data set in the place of the truth.

        What is built from it is built from belief. Of the true ship it holds one thing, the kind of satellite
        receiver: that is the interface between the two.
        """
        if self._believed_under:
            return self
        data = self.onboard_data
        figures = {name: getattr(data, name) for name in Vehicle.model_fields}
        kind = Sensors(satellite_receiver=self.truth.sensors.satellite_receiver)
        update: dict[str, Any] = {"truth": Truth(**figures, sensors=kind), "fault": ()}
        if self.landing_site is not None and data.site_altitude_m is not None:
            update["landing_site"] = self.landing_site.model_copy(update={"altitude_m": data.site_altitude_m})
        view = self.model_copy(update=update)
        # What is wrong in both, as in a file without a data set, is told of the key that the file has.
        view._believed_under = "truth" if self.onboard == data_of(self.truth) else "onboard"
        return view

    def required_rendezvous(self) -> Rendezvous:
        """The rendezvous; raises InputError where there is none."""
        if self.rendezvous is None:
            place = self.place("rendezvous")
            raise InputError(f"{place}: this scenario holds no rendezvous; fly it with `homeward return`")
        return self.rendezvous

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any, info: Info) -> Any:
        """The file's name where it tells none, and a mark where a return lacks its site."""
        table, stem = table_of(data), context_of(info).get("stem")
        if table is None:
            return data
        lacking = {"site": _LACKING} if "return" in table and "site" not in table else {}
        whole = {**({"name": stem} if stem else {}), **table, **lacking}
        merge_sensors(whole, onboard_wins=True)
        told = context_of(info)
        settle_onboard(whole, told.get("directory", Path()), told.get("label", "scenario"))
        return whole

    @field_validator("landing_site", mode="before")
    @classmethod
    def _check_site(cls, value: Any) -> Any:
        if value is _LACKING:
            raise PydanticKnownError("missing")
        return value

    @model_validator(mode="after")
    def _check_halves(self) -> "Scenario":
        if self.homecoming is not None:
            self._check_return()
        elif self.rendezvous is None:
            raise ValueError("expected a [rendezvous], a [return] or both, but there is neither")
        return self

    def _check_return(self) -> None:
        wrong = contradiction(self)
        if wrong is not None:
            raise ValueError(wrong)
        steps = 1.0 / (self.flight.guidance.rate_hz * self.simulation.entry_step_s)
        if abs(steps - round(steps)) > 1e-9 or round(steps) < 1:
            raise ValueError(
                "flight.guidance.rate_hz: expected a guidance cycle of a whole number of "
                "simulation.entry_step_s"
            )
