"""`[reliability]`: how often each failure comes, how long the flight is exposed, where that is from."""

from typing import Annotated

from pydantic import Field, model_validator

from homeward.scenario.schema.base import Flag, Fraction, NonNegative, Seconds, Section, Text

Named = Annotated[Text, Field(min_length=1)]
PerHour = Annotated[NonNegative, Field(le=1e3)]
RATES = ("per_hour", "per_demand")


class FailureRate(Section):
    """Rate of one kind of failure, of each one where there are several; it replaces the shipped one."""

    what: Named = Field(description="what fails, as `homeward faults --list` tells it", examples=["gyro"])
    how: Text = Field(default="", description="how it fails; the first way if left out", examples=["dead"])
    per_hour: PerHour | None = Field(
        default=None, description="failures an hour of exposure", examples=[1e-5]
    )
    per_demand: Fraction | None = Field(
        default=None, description="probability a flight, in place of per_hour", examples=[1e-4]
    )
    legs: tuple[Named, ...] = Field(
        default=(),
        description="exposure; without any, the legs that the fault matrix strikes",
        examples=[("entry",)],
    )
    exposure_s: Seconds | None = Field(
        default=None,
        description="exposed for so long of each leg, from its start; all of it if left out",
        examples=[600.0],
    )
    source: Named = Field(description="where the rate is from, or assumed", examples=["assumed"])

    @model_validator(mode="after")
    def _check(self) -> "FailureRate":
        _one_of(self, RATES)
        return self


class CommonCause(Section):
    """One cause that fails several things at once, such as a power bus."""

    name: Named = Field(description="name of the group", examples=["bus a"])
    members: Annotated[tuple[Named, ...], Field(min_length=2, max_length=4)] = Field(
        description="what fails together: numbered where there are several, then how",
        examples=[("satellite lost", "gyro 0 dead")],
    )
    per_hour: PerHour | None = Field(default=None, description="events an hour of exposure", examples=[1e-6])
    per_demand: Fraction | None = Field(
        default=None, description="probability a flight, in place of per_hour", examples=[1e-6]
    )
    beta: Fraction | None = Field(
        default=None,
        description="part of the least hourly rate of its members, in place of both",
        examples=[0.05],
    )
    legs: tuple[Named, ...] = Field(
        default=(),
        description="exposure; without any, the legs that all members share",
        examples=[("entry",)],
    )
    source: Named = Field(description="where the rate is from, or assumed", examples=["assumed"])

    @model_validator(mode="after")
    def _check(self) -> "CommonCause":
        _one_of(self, (*RATES, "beta"))
        return self


class Reliability(Section):
    """Failure rates of `homeward risk`: the shipped set, changed by what stands here."""

    shipped: Flag = Field(default=True, description="begin with the set that ships; false: these alone")
    rate: Annotated[tuple[FailureRate, ...], Field(max_length=200)] = Field(
        default=(), description="a rate; `[[reliability.rate]]` stands once for each kind"
    )
    group: Annotated[tuple[CommonCause, ...], Field(max_length=50)] = Field(
        default=(), description="a common cause; one of a shipped name replaces that"
    )


def _one_of(section: Section, keys: tuple[str, ...]) -> None:
    """Refuse a rate that is absent or told twice."""
    given = [key for key in keys if getattr(section, key) is not None]
    if len(given) != 1:
        raise ValueError(f"expected one of {', '.join(keys)}, but there are {len(given)}")


__all__ = ["CommonCause", "FailureRate", "Reliability"]
