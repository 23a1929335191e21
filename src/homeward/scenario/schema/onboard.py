"""`[onboard.*]`: the data set that the flight software is loaded with, made when the scenario is written."""

from pydantic import Field

from homeward.scenario.schema.base import GroundAltitude, Text
from homeward.scenario.schema.sensors import SensorFigures
from homeward.scenario.schema.truth import Vehicle

#: What a true ship may suffer and no data set knows beforehand: these keys are ignored on board.
FAULTS = {"parachute": ("drogue_fails", "main_fails")}
THRUSTER_FAULTS = ("dead", "leaking")


class Onboard(Vehicle):
    """The world and the ship as the flight software has them; `[truth]` changes nothing here."""

    site_altitude_m: GroundAltitude | None = Field(
        default=None,
        description="of the ground at the landing site, as the data set has it; left out: site.altitude_m",
        examples=[1000.0],
    )


class DataSet(Onboard):
    """A file of onboard data: what `[onboard]` holds, and the figures of the sensors."""

    title: Text = Field(default="", description="one line that says what it is")
    sensors: SensorFigures = Field(
        default_factory=SensorFigures,
        description="figures that navigation is told; flight.navigation.sensors wins",
    )
