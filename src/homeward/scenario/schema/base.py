"""What every section of a scenario is made of: strict numbers with bounds, times, paths, tables.

A key carries its unit in its name; a number must be finite; an unknown key is refused.
"""

import datetime
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from homeward.errors import InputError
from homeward.textfile import STANDARD_INPUT, full_path, is_readable

if TYPE_CHECKING:
    from pydantic import ValidationInfo as Info
else:
    Info = Any  # a protocol that no run-time check can test a value against


_FRACTION = re.compile(r":\d{2}\.(\d+)")


class Section(BaseModel):
    """A table of the scenario file: frozen, and every key in it is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


def table_of(value: object) -> dict[str, Any] | None:
    """The value as a table of the file, None where it is none."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def context_of(info: Info) -> dict[str, Any]:
    """What the reader tells the schema of the file: ``directory`` and ``stem``; empty without a file."""
    return table_of(cast(object, info.context)) or {}


def _wrap_longitude(value: float) -> float:
    return value - 360.0 if value > 180.0 else value


def _utc(value: object) -> str:
    """Canonical UTC text of a TOML date-time or of an ISO 8601 text with ``Z``, an offset or neither."""
    from homeward.earth.time import Epoch  # takes a tenth of a second, which others need not wait

    expected = "expected a UTC time such as 2022-01-17T12:00:00Z or 2022-01-17T20:00:00+08:00"
    if isinstance(value, datetime.datetime):
        value = value.isoformat(timespec="microseconds")
    if not isinstance(value, str) or len(value) > 60:
        raise ValueError(expected)
    try:
        epoch = Epoch.from_iso(value)
    except InputError as error:
        reason = str(error).rpartition("': ")[2]
        told = {"expected a year": reason, "expected a date": expected}
        raise ValueError(told.get(reason[:15], f"{expected}: {reason}")) from None
    fraction = _FRACTION.search(value)
    digits = min(len(fraction[1]), 9) if fraction else 0
    return epoch.to_iso(digits).removesuffix("Z")


def existing_file(value: str, info: Info) -> str:
    """Absolute path of a file named relative to the scenario file."""
    directory: Path = context_of(info).get("directory", Path())
    if not value or "\0" in value:
        raise ValueError("expected the path of a file")
    if value == STANDARD_INPUT:
        return value
    path = directory / Path(value)
    if not is_readable(path):
        raise ValueError(f"expected a file, but there is none at {path}")
    return full_path(path)


def rising(values: tuple[float, ...]) -> tuple[float, ...]:
    """Refuse a column of a table that does not rise strictly."""
    for lower, upper in itertools.pairwise(values):
        if not upper > lower:
            raise ValueError(f"expected numbers that increase, but {upper:g} follows {lower:g}")
    return values


def same_length(section: Any, *columns: str) -> None:
    """Refuse a table whose columns differ in length."""
    lengths = {name: len(getattr(section, name)) for name in columns}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        raise ValueError(f"expected columns of one length, but {told}")


# Bounds are physical sanity, wide enough for any capsule; a limit of the models stands in their pages.
_real: dict[str, Any] = {"strict": True, "allow_inf_nan": False}
Real = Annotated[float, Field(ge=-1e12, le=1e12, **_real)]
Positive = Annotated[float, Field(gt=0.0, le=1e12, **_real)]
NonNegative = Annotated[float, Field(ge=0.0, le=1e12, **_real)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0, **_real)]
Scale = Annotated[float, Field(gt=0.0, le=100.0, **_real)]
Mass = Annotated[float, Field(gt=0.0, le=1e6, **_real)]
OptionalMass = Annotated[float, Field(ge=0.0, le=1e6, **_real)]
Seconds = Annotated[float, Field(gt=0.0, le=1e7, **_real)]
Step = Annotated[float, Field(gt=0.0, le=120.0, **_real)]
Speed = Annotated[float, Field(ge=0.0, le=2e4, **_real)]
WindSpeed = Annotated[float, Field(ge=-500.0, le=500.0, **_real)]
Altitude = Annotated[float, Field(ge=-500.0, le=1e9, **_real)]
AirAltitude = Annotated[float, Field(ge=-5000.0, le=2e6, **_real)]
GroundAltitude = Annotated[float, Field(ge=-500.0, le=9000.0, **_real)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0, **_real)]
Longitude = Annotated[float, Field(ge=-180.0, le=360.0, **_real), AfterValidator(_wrap_longitude)]
Heading = Annotated[float, Field(ge=-360.0, le=360.0, **_real)]
Slope = Annotated[float, Field(ge=-90.0, le=90.0, **_real)]
AngularRate = Annotated[float, Field(gt=0.0, le=360.0, **_real)]
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True, ge=0, le=10**9)]
Text = Annotated[str, Field(strict=True, max_length=400)]
EpochUtc = Annotated[str, BeforeValidator(_utc)]
ExistingFile = Annotated[str, AfterValidator(existing_file)]
Rising = Annotated[tuple[AirAltitude, ...], Field(min_length=2), AfterValidator(rising)]
