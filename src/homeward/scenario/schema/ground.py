"""`[ground]`: the link to the ground, the cabin as it behaves, and who tracks."""

from typing import Annotated, Literal

from pydantic import Field

from homeward.scenario.schema.base import ExistingFile, NonNegative, Positive, Section

Share = Annotated[NonNegative, Field(le=1.0)]
Pause = Annotated[NonNegative, Field(le=3600.0)]
Moment = Annotated[float, Field(ge=-1.0, le=1e7)]


class Link(Section):
    """The way of a packet to the ground."""

    drop: Share = Field(default=0.0, description="part of the packets that never arrive")
    duplicate: Share = Field(default=0.0, description="part of the packets that arrive twice")
    delay_s: Pause = Field(default=0.3, description="from sending to arrival")
    jitter_s: Pause = Field(default=0.05, description="mean of a further random delay, exponential")
    through_blackout: bool = Field(default=False, description="packets arrive during the black-out too")
    seed: Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)] = Field(
        default=0, description="seed of what the link does"
    )


class Cabin(Section):
    """The cabin's air, heat and power; a fault that begins at -1 never comes."""

    volume_m3: Annotated[Positive, Field(le=1e3)] = Field(default=6.0, description="air within")
    crew: Annotated[int, Field(strict=True, ge=0, le=7)] = Field(default=3, description="people aboard")
    leak_mm2: Annotated[NonNegative, Field(le=1e5)] = Field(default=10.0, description="area of the leak")
    leak_from_s: Moment = Field(default=-1.0, description="time since the epoch at which it opens")
    cooling_left: Share = Field(default=0.0, description="part of the cooling that its fault leaves")
    cooling_fails_s: Moment = Field(default=-1.0, description="time since the epoch of that fault")
    bus_fails: Literal["a", "b"] = Field(default="a", description="power bus that fails")
    bus_fails_s: Moment = Field(default=-1.0, description="time since the epoch of its failure")


class GroundSegment(Section):
    """What the ground has, beside people."""

    link: Link = Field(default_factory=Link, description="the way of a packet to the ground")
    cabin: Cabin = Field(default_factory=Cabin, description="air, heat and power of the cabin")
    network: tuple[Literal["ssc", "ksat", "nen", "relay", "site"], ...] = Field(
        default=("ssc", "relay", "site"), description="stations that track, by the sets that are shipped"
    )
    stations_file: ExistingFile | None = Field(
        default=None, description="GeoJSON of further stations, with their masks"
    )
