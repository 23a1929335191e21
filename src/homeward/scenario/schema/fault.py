"""`[[fault]]`: what fails on this flight, when, and how."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from homeward.scenario.schema.base import NonNegative, Positive, Section, Text

LATEST = 1e12  # s, as of every number that is not negative


def _when(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("expected seconds since the epoch, or a leg with an offset such as entry+30")
    # A number is judged here, so that the union below does not tell of it once for each of its sides.
    if not isinstance(value, str) and not 0.0 <= value <= LATEST:
        raise ValueError(f"expected seconds since the epoch, from 0 to {LATEST:g}, not {value}")
    return value


class Fault(Section):
    """One failure; `[[fault]]` stands once for each, four times at most."""

    what: Annotated[Text, Field(min_length=1)] = Field(
        description="what fails, numbered where there are several", examples=["capsule thruster 3"]
    )
    when: Annotated[NonNegative | Text, BeforeValidator(_when)] = Field(
        description="seconds since the epoch, or the leg, with an offset if any", examples=["entry+30"]
    )
    how: Text = Field(default="", description="how it fails; the first way if left out", examples=["on"])
    size: Annotated[Positive, Field(le=1e6)] | None = Field(
        default=None,
        description="how much, in the unit that `homeward faults --list` tells; that of the list if left out",
        examples=[0.75],
    )
    lasts_s: Annotated[Positive, Field(le=LATEST)] | None = Field(
        default=None, description="how long; as the list tells, which mostly is for good, if left out",
        examples=[20.0],
    )  # fmt: skip
