"""The file of an open-loop flight: what is in it, how it is read, and how it is flown."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from homeward.earth.constants import WGS84_A
from homeward.errors import Infeasible, InputError, one_line
from homeward.scenario.files.toml import read_toml
from homeward.scenario.load import apply_overrides, find
from homeward.scenario.open_loop.sections import (
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
from homeward.scenario.schema.base import Section, Text
from homeward.scenario.schema.errors import explain
from homeward.sim.open_loop.propagate import OpenLoopResult, propagate
from homeward.textfile import STANDARD_INPUT, full_path

MOST_STEPS = 1_000_000
LIGHT = 299_792_458.0  # m/s
DEEPEST = 0.55  # of the radius: the poles of the flattest ellipsoid that a file may tell lie above it


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

    @model_validator(mode="after")
    def _check_start(self) -> "OpenLoopFile":
        position, earth = self.initial.position_m, self.earth
        radius = WGS84_A if earth.shape == "wgs84" else earth.radius_m
        # Far inside the planet neither altitude nor the fields of gravity mean anything.
        if position is not None and math.hypot(*position) < (1.0 - DEEPEST) * radius:
            raise ValueError(
                f"initial.position_m: expected a point above the ground, but it is "
                f"{math.hypot(*position) / 1e3:.6g} km from the centre"
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
    data.setdefault("name", "stdin" if label == STANDARD_INPUT else found.stem)
    try:
        return OpenLoopFile.model_validate(data, context={"directory": Path(full_path(found)).parent})
    except ValidationError as error:
        raise explain(error, OpenLoopFile, one_line(label, 200), list(chosen)) from None


def run_file(path: str | Path, overrides: Mapping[str, str] | None = None) -> OpenLoopResult:
    """Load, build and fly an open-loop file.

    Raises ``InputError`` for a file that is wrong, ``Infeasible`` for a flight that the steps cannot follow.
    """
    from homeward.scenario.open_loop.build import build

    file = load_openloop(path, overrides)
    result = propagate(build(file))
    fastest = float(max(result.table["speed_m_s"]))
    if fastest > LIGHT:
        # Explicit steps too long for a stiff drag throw the body away: finite numbers, and all wrong.
        raise Infeasible(
            f"{file.name}: the flight runs away to {fastest:.3g} m/s, faster than light; "
            f"output.step_s = {file.output.step_s:g} is too long for these forces"
        )
    return result
