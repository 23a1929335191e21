"""`[truth.earth]`, `[truth.gravity]`, `[truth.air]` and `[truth.wind]`: the world as it is."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from homeward.scenario.schema.atmosphere_table import COLUMNS, read_air_table
from homeward.scenario.schema.base import (
    ExistingFile,
    Flag,
    Info,
    NonNegative,
    Positive,
    Real,
    Rising,
    Scale,
    Section,
    Whole,
    WindSpeed,
    existing_file,
    same_length,
    table_of,
)

Density = Annotated[Positive, Field(le=100.0)]
Temperature = Annotated[Positive, Field(le=1e4)]


class Earth(Section):
    """How the Earth turns and what shape it has."""

    orientation: Literal["iers", "uniform"] = Field(
        default="iers", description="iers: measured orientation; uniform: turns about z at a constant rate"
    )
    shape: Literal["wgs84", "sphere"] = Field(
        default="wgs84", description="the body that altitude is measured from"
    )
    radius_m: Annotated[Positive, Field(ge=6.0e6, le=6.6e6)] = Field(
        default=6378137.0, description="radius, where the shape is a sphere"
    )
    rotation_rate_rad_s: Annotated[Real, Field(ge=-1e-3, le=1e-3)] = Field(
        default=7.292115e-5, description="rate of turning, where the orientation is uniform"
    )


class Gravity(Section):
    """The gravity field that pulls the capsule."""

    model: Literal["egm96", "j2", "central"] = Field(
        default="egm96", description="spherical harmonics, J2 or a point"
    )
    degree: Annotated[Whole, Field(ge=2, le=21)] = Field(
        default=8, description="degree and order kept of egm96"
    )
    sun_and_moon: Flag = Field(default=True, description="add the pull of the Sun and the Moon")
    mu_m3_s2: Annotated[Positive, Field(ge=1e14, le=1e15)] | None = Field(
        default=None,
        description="gravitational parameter, if not the model's own",
        examples=[3.986004415e14],
    )


class Air(Section):
    """The air between the capsule and the ground."""

    model: Literal["us1976", "exponential", "table", "msis"] = Field(
        default="us1976",
        description="US Standard 1976, an exponential, your own table, or MSIS (needs pymsis)",
    )
    density_scale: Scale = Field(default=1.0, description="factor on the model's density")
    surface_density_kg_m3: Density = Field(default=1.225, description="exponential: density at altitude 0")
    scale_height_m: Annotated[Positive, Field(ge=1000.0, le=1e5)] = Field(
        default=7200.0, description="exponential: height in which density falls by e"
    )
    file: ExistingFile | None = Field(
        default=None,
        description="table: a text file with the columns altitude_m, density_kg_m3 and temperature_k",
        examples=["air.csv"],
    )
    altitude_m: Rising | None = Field(
        default=None,
        description="table: altitudes above the ellipsoid, increasing",
        examples=[[0.0, 50000.0, 150000.0]],
    )
    density_kg_m3: tuple[Density, ...] | None = Field(
        default=None, description="table: density at each altitude", examples=[[1.2, 1e-3, 2e-9]]
    )
    temperature_k: tuple[Temperature, ...] | None = Field(
        default=None,
        description="table: temperature at each altitude; US 1976 if left out",
        examples=[[288.0, 270.0, 630.0]],
    )
    f107: Annotated[Positive, Field(ge=50.0, le=500.0)] = Field(
        default=150.0, description="msis: solar flux at 10.7 cm (1e-22 W/m2/Hz)"
    )
    ap: Annotated[NonNegative, Field(le=400.0)] = Field(default=15.0, description="msis: geomagnetic index")

    @model_validator(mode="before")
    @classmethod
    def _read_file(cls, data: Any, info: Info) -> Any:
        table = table_of(data)
        if table is None or not isinstance(table.get("file"), str):
            return data
        if any(name in table for name in COLUMNS):
            raise ValueError("expected the table in a file or as columns here, not both")
        # The columns take the file's place, so that a checked scenario needs no further file.
        columns = read_air_table(existing_file(table["file"], info))
        return {**{key: value for key, value in table.items() if key != "file"}, **columns}

    @model_validator(mode="after")
    def _check_table(self) -> "Air":
        if self.model != "table":
            return self
        if self.altitude_m is None or self.density_kg_m3 is None:
            raise ValueError("a table of air needs a file, or both altitude_m and density_kg_m3")
        same_length(self, "altitude_m", "density_kg_m3")
        if self.temperature_k is not None:
            same_length(self, "altitude_m", "temperature_k")
        return self


class Turbulence(Section):
    """Dryden turbulence by MIL-F-8785C, frozen, horizontal, drawn in dispersed flights."""

    model: Literal["none", "dryden"] = Field(default="none", description="none, or Dryden's")
    wind_20ft_m_s: Annotated[NonNegative, Field(le=50.0)] = Field(
        default=7.7, description="mean wind at 20 ft, which makes it up to 1000 ft; 7.7 light, 15.4 moderate"
    )
    high_m_s: Annotated[NonNegative, Field(le=50.0)] = Field(
        default=1.5, description="1-sigma above 2000 ft, an axis; 1.5 light, 3 moderate"
    )


class Wind(Section):
    """The mean wind: blows toward +north and +east."""

    model: Literal["none", "table"] = Field(
        default="none", description="no wind, or a table against altitude"
    )
    altitude_m: Rising = Field(
        default=(0.0, 90000.0), description="altitudes above the ellipsoid, increasing"
    )
    north_m_s: tuple[WindSpeed, ...] = Field(default=(0.0, 0.0), description="toward north, at each altitude")
    east_m_s: tuple[WindSpeed, ...] = Field(default=(0.0, 0.0), description="toward east, at each altitude")
    gust_m_s: Annotated[NonNegative, Field(le=100.0)] = Field(
        default=0.0, description="1-sigma of the gusts on top (Gauss-Markov in height)"
    )
    gust_length_m: Annotated[Positive, Field(ge=1.0, le=1e5)] = Field(
        default=500.0, description="height over which gusts are correlated"
    )

    @model_validator(mode="after")
    def _check_table(self) -> "Wind":
        same_length(self, "altitude_m", "north_m_s", "east_m_s")
        return self
