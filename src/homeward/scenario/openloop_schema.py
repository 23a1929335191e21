"""The file of an open-loop flight: what is in it, how it is read, and how it is flown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from homeward.errors import InputError
from homeward.scenario.load import apply_overrides, find, read_toml
from homeward.scenario.openloop_sections import (
    OpenAir,
    OpenAttitude,
    OpenBody,
    OpenEarth,
    OpenGravity,
    OpenInitial,
    OpenOutput,
    OpenStop,
    OpenWind,
)
from homeward.scenario.schema_base import Section, Text
from homeward.scenario.schema_errors import explain, one_line
from homeward.sim.openloop_run import OpenLoopResult, propagate

MOST_STEPS = 1_000_000


class OpenLoopFile(Section):
    """An open-loop flight."""

    title: Text = Field(default="", description="one line")
    schema_: Literal[1] = Field(default=1, alias="schema", description="version of this schema")
    name: Annotated[Text, Field(min_length=1)] = Field(default="open-loop", description="short name")
    body: OpenBody
    initial: OpenInitial
    attitude: OpenAttitude | None = None
    earth: OpenEarth = OpenEarth()
    gravity: OpenGravity = OpenGravity()
    air: OpenAir = OpenAir()
    wind: OpenWind = OpenWind()
    stop: OpenStop
    output: OpenOutput = OpenOutput()

    @model_validator(mode="after")
    def _count_steps(self) -> "OpenLoopFile":
        steps = self.stop.time_s / self.output.step_s
        if steps > MOST_STEPS:
            raise ValueError(
                f"stop.time_s over output.step_s makes {steps:.3g} steps; at most {MOST_STEPS:.3g}"
            )
        return self


def load_openloop(path: str | Path, overrides: Mapping[str, str] | None = None) -> OpenLoopFile:
    """The open-loop flight of a file or of a shipped name, checked.

    ``overrides`` maps dotted keys to values as they would stand in the file. Raises ``InputError``, one
    sentence with file and key, for anything that is wrong.
    """
    found, label, chosen = find(path), str(path), dict(overrides or {})
    data = read_toml(found, label)
    if "return" in data and "body" not in data:
        raise InputError(f"{one_line(label, 200)}: this is a return; fly it with `homeward return`")
    apply_overrides(data, chosen, label)
    data.setdefault("name", found.stem)
    try:
        return OpenLoopFile.model_validate(data, context={"directory": found.resolve().parent})
    except ValidationError as error:
        raise explain(error, OpenLoopFile, one_line(label, 200), list(chosen)) from None


def run_file(path: str | Path, overrides: Mapping[str, str] | None = None) -> OpenLoopResult:
    """Load, build and fly an open-loop file."""
    from homeward.scenario.openloop_build import build

    return propagate(build(load_openloop(path, overrides)))
