"""`[[fault]]`: what fails on this flight, when, and how."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from homeward.scenario.schema_base import NonNegative, Section, Text


def _when(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("expected seconds since the epoch, or a leg with an offset such as entry+30")
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
