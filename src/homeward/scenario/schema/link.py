"""`[simulation.link]`: how an external process that flies the ship is reached."""

from typing import Annotated, Literal

from pydantic import Field

from homeward.scenario.schema.base import NonNegative, Positive, Section


class Link(Section):
    """The link to a flight software in a process of its own (`--flight-software tcp://HOST:PORT`)."""

    latency_s: Annotated[NonNegative, Field(le=5.0)] = Field(
        default=0.0, description="how much later a command acts, in time of flight"
    )
    lost_share: Annotated[NonNegative, Field(le=0.5)] = Field(
        default=0.0, description="share of the packets lost, each way; orders that end a step always arrive"
    )
    timeout_s: Annotated[Positive, Field(ge=0.01, le=60.0)] = Field(
        default=2.0, description="by the clock on the wall, for one answer; three missed in a row: lost"
    )
    waiting_s: Annotated[Positive, Field(ge=1.0, le=86400.0)] = Field(
        default=1800.0, description="by the clock on the wall, for all answers of a flight together"
    )
    on_loss: Literal["backup", "end"] = Field(
        default="backup",
        description="backup: Homeward's own flight software takes over; end: the flight ends as lost",
    )
