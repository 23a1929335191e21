"""The tables of an open-loop file: body, start, attitude, earth, gravity, air, wind, stop, output."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from homeward.scenario.schema.atmosphere_table import COLUMNS, read_air_table
from homeward.scenario.schema.base import (
    AirAltitude,
    Altitude,
    EpochUtc,
    ExistingFile,
    Flag,
    Heading,
    Latitude,
    Longitude,
    NonNegative,
    Positive,
    Real,
    Rising,
    Scale,
    Section,
    Slope,
    Speed,
    Whole,
    WindSpeed,
    existing_file,
    rising,
    same_length,
    table_of,
)
from homeward.scenario.schema.body import check_inertia

NOT_SQUARE = 1e-6  # what the rows of a rotation matrix may miss: files carry seven digits
Vector = tuple[Real, Real, Real]
Angle = Annotated[Real, Field(ge=-360.0, le=360.0)]


class OpenBody(Section):
    """What flies: mass, area and coefficients, or a ballistic coefficient."""

    mass_kg: Positive | None = Field(default=None, description="mass")
    area_m2: Positive | None = Field(default=None, description="reference area of the coefficients")
    diameter_m: Positive | None = Field(default=None, description="its circle is the area, if none is given")
    ballistic_coefficient_kg_m2: Positive | None = Field(
        default=None, description="mass over CD times area, instead of area and coefficients"
    )
    aero: Literal["constant", "apollo"] = Field(
        default="constant", description="constant coefficients, or the published trim table against Mach"
    )
    drag_coefficient: NonNegative | None = Field(default=None, description="CD, where aero is constant")
    lift_coefficient: Real | None = Field(default=None, description="CL, where aero is constant")
    lift_to_drag: Real | None = Field(
        default=None, description="L/D instead of CL (apollo: at Mach 10, the table is scaled to it)"
    )
    drag_scale: Scale = Field(default=1.0, description="factor on the drag, L/D kept")
    bank_deg: Angle = Field(default=0.0, description="constant bank angle; positive turns right")
    nose_radius_m: Positive = Field(default=1.0, description="radius for the heating at the stagnation point")

    @model_validator(mode="after")
    def _complete(self) -> "OpenBody":
        if self.ballistic_coefficient_kg_m2 is not None:
            given = [
                k
                for k in ("area_m2", "diameter_m", "drag_coefficient", "lift_coefficient")
                if getattr(self, k)
            ]
            if given or self.aero != "constant":
                what = given[0] if given else 'aero = "apollo"'
                raise ValueError(f"expected ballistic_coefficient_kg_m2 or {what}, not both")
            return self
        if self.mass_kg is None or (self.area_m2 is None) == (self.diameter_m is None):
            raise ValueError(
                "expected ballistic_coefficient_kg_m2, or mass_kg with one of area_m2 and diameter_m"
            )
        if self.aero == "constant" and self.drag_coefficient is None:
            raise ValueError("expected drag_coefficient, since aero is constant")
        if self.lift_coefficient is not None and self.lift_to_drag is not None:
            raise ValueError("expected lift_coefficient or lift_to_drag, not both")
        return self


class OpenInitial(Section):
    """Where it starts: geodetic with a speed and angles or a velocity, or Cartesian."""

    latitude_deg: Latitude | None = Field(default=None, description="geodetic latitude")
    longitude_deg: Longitude | None = Field(default=None, description="longitude, east positive")
    altitude_m: Altitude | None = Field(default=None, description="altitude above the ellipsoid")
    speed_m_s: Speed | None = Field(default=None, description="speed")
    flight_path_angle_deg: Slope = Field(default=0.0, description="above the horizontal")
    heading_deg: Heading = Field(default=90.0, description="from north toward east")
    north_m_s: Real | None = Field(default=None, description="velocity toward north, instead of a speed")
    east_m_s: Real | None = Field(default=None, description="velocity toward east")
    down_m_s: Real | None = Field(default=None, description="velocity toward the ground")
    position_m: Vector | None = Field(default=None, description="Cartesian position, instead of geodetic")
    velocity_m_s: Vector | None = Field(default=None, description="Cartesian velocity")
    relative_to: Literal["earth", "inertial"] = Field(
        default="earth",
        description="earth: relative to the turning Earth; inertial: to the frame that is Earth's at time 0",
    )

    @model_validator(mode="after")
    def _complete(self) -> "OpenInitial":
        geodetic = [self.latitude_deg, self.longitude_deg, self.altitude_m]
        components = [self.north_m_s, self.east_m_s, self.down_m_s]
        if self.position_m is not None or self.velocity_m_s is not None:
            if None in (self.position_m, self.velocity_m_s) or any(v is not None for v in geodetic):
                raise ValueError("expected position_m with velocity_m_s, or latitude, longitude and altitude")
            return self
        if any(v is None for v in geodetic):
            raise ValueError("expected latitude_deg, longitude_deg and altitude_m, or position_m")
        full = all(v is not None for v in components)
        if full == (self.speed_m_s is not None) or (not full and any(v is not None for v in components)):
            raise ValueError("expected either speed_m_s, or north_m_s, east_m_s and down_m_s")
        return self


class OpenAttitude(Section):
    """How it is turned and turns: by the gravity gradient, and damped by the air, or freely."""

    yaw_deg: Angle = Field(default=0.0, description="from north, about down, first")
    pitch_deg: Slope = Field(default=0.0, description="nose up, second")
    roll_deg: Angle = Field(default=0.0, description="about the nose, third")
    body_from_inertial: tuple[Vector, Vector, Vector] | None = Field(
        default=None,
        description="rows of the matrix that takes components in the inertial frame (Earth's at time 0) to "
        "body axes, instead of angles",
    )
    gravity_gradient: Flag = Field(default=True, description="false: gravity does not turn the body")
    rates_deg_s: tuple[Real, Real, Real] = Field(
        default=(0.0, 0.0, 0.0), description="roll, pitch and yaw rate in body axes"
    )
    rates_relative_to: Literal["earth", "inertial"] = Field(
        default="inertial", description="what the rates are relative to"
    )
    inertia_kg_m2: tuple[Positive, Positive, Positive] = Field(
        default=(1.0, 1.0, 1.0), description="moments of inertia about the body axes"
    )
    products_of_inertia_kg_m2: Vector = Field(
        default=(0.0, 0.0, 0.0), description="products of inertia xy, xz, yz: integrals of x y dm and so on"
    )
    damping: Vector = Field(
        default=(0.0, 0.0, 0.0),
        description="roll, pitch and yaw damping: derivative of each moment's coefficient by rate x length / "
        "2 speed; negative damps",
    )
    reference_lengths_m: tuple[Positive, Positive, Positive] | None = Field(
        default=None, description="lengths of the roll, pitch and yaw coefficients, where there is damping"
    )

    @model_validator(mode="after")
    def _check_turning(self) -> "OpenAttitude":
        check_inertia(self.inertia_kg_m2, self.products_of_inertia_kg_m2)
        if self.body_from_inertial is not None:
            if self.yaw_deg or self.pitch_deg or self.roll_deg:
                raise ValueError("expected body_from_inertial or angles, not both")
            C = np.asarray(self.body_from_inertial)
            if np.abs(C @ C.T - np.eye(3)).max() > NOT_SQUARE or np.linalg.det(C) < 0.0:
                raise ValueError(
                    "expected a rotation: rows of body_from_inertial at right angles, of length 1"
                )
        if any(self.damping) and self.reference_lengths_m is None:
            raise ValueError("expected reference_lengths_m, since there is damping")
        return self


class OpenEarth(Section):
    """Shape and turning of the planet."""

    shape: Literal["wgs84", "sphere", "ellipsoid"] = Field(
        default="wgs84", description="what altitude is above"
    )
    radius_m: Positive = Field(default=6378137.0, description="radius of a sphere, equator of an ellipsoid")
    flattening: Annotated[Real, Field(ge=0.0, le=0.5)] = Field(default=0.0, description="of an ellipsoid")
    rotation_rate_rad_s: Annotated[Real, Field(ge=-1.0, le=1.0)] = Field(
        default=7.292115e-5, description="rate of turning about the pole"
    )


class OpenGravity(Section):
    """What pulls."""

    model: Literal["none", "central", "j2", "egm96"] = Field(default="j2", description="the gravity field")
    mu_m3_s2: Annotated[float, Field(gt=0.0, le=1e22, strict=True, allow_inf_nan=False)] | None = Field(
        default=None, description="gravitational parameter, if not EGM96's"
    )
    j2: Real | None = Field(default=None, description="second zonal coefficient, if not EGM96's")
    radius_m: Positive | None = Field(default=None, description="reference radius of j2, if not EGM96's")
    degree: Annotated[Whole, Field(ge=2, le=21)] = Field(default=8, description="degree kept of egm96")


class OpenAir(Section):
    """What it flies through."""

    model: Literal["none", "us1976", "exponential", "table", "msis"] = Field(
        default="us1976", description="the air"
    )
    density_scale: Scale = Field(default=1.0, description="factor on the model's density")
    surface_density_kg_m3: Positive = Field(default=1.225, description="exponential: density at altitude 0")
    scale_height_m: Positive = Field(default=7200.0, description="exponential: height of a factor e")
    interpolation: Literal["linear", "cubic", "log-cubic"] = Field(
        default="linear",
        description="table: linear in the logarithm, or a spline through densities or their logarithms",
    )
    file: ExistingFile | None = Field(default=None, description="table: a file with the columns below")
    altitude_m: Rising | None = Field(default=None, description="table: altitudes, increasing")
    density_kg_m3: tuple[Positive, ...] | None = Field(default=None, description="table: densities")
    temperature_k: tuple[Positive, ...] | None = Field(
        default=None, description="table: temperatures; US 1976 if left out"
    )
    epoch_utc: EpochUtc = Field(default="2023-06-03T22:00:00", description="msis: time of the air")
    f107: Annotated[Positive, Field(ge=50.0, le=500.0)] = Field(default=150.0, description="msis: solar flux")
    ap: Annotated[NonNegative, Field(le=400.0)] = Field(default=15.0, description="msis: geomagnetic index")

    @model_validator(mode="before")
    @classmethod
    def _read_file(cls, data: Any, info: Any) -> Any:
        table = table_of(data)
        if table is None or not isinstance(table.get("file"), str):
            return data
        if any(name in table for name in COLUMNS):
            raise ValueError("expected the table in a file or as columns here, not both")
        path = existing_file(table["file"], info)
        columns = read_air_table(path, rising=False)
        order = sorted(range(len(columns["altitude_m"])), key=columns["altitude_m"].__getitem__)
        return {**table, "file": path, **{k: [v[i] for i in order] for k, v in columns.items()}}

    @model_validator(mode="after")
    def _check_table(self) -> "OpenAir":
        if self.model != "table":
            return self
        if self.altitude_m is None or self.density_kg_m3 is None:
            raise ValueError("a table of air needs a file, or both altitude_m and density_kg_m3")
        if self.interpolation != "linear" and len(self.altitude_m) < 4:
            raise ValueError("expected at least 4 rows, since interpolation is a spline")
        same_length(self, "altitude_m", "density_kg_m3")
        if self.temperature_k is not None:
            same_length(self, "altitude_m", "temperature_k")
        return self


class OpenWind(Section):
    """Wind that blows toward +north and +east; a single row is the same at every altitude."""

    model: Literal["none", "table"] = Field(
        default="none", description="no wind, or a table against altitude"
    )
    altitude_m: tuple[AirAltitude, ...] = Field(
        default=(0.0,), min_length=1, description="altitudes, increasing"
    )
    north_m_s: tuple[WindSpeed, ...] = Field(default=(0.0,), description="toward north, at each altitude")
    east_m_s: tuple[WindSpeed, ...] = Field(default=(0.0,), description="toward east, at each altitude")
    gust_m_s: Annotated[NonNegative, Field(le=100.0)] = Field(
        default=0.0, description="1-sigma of gusts on top"
    )
    gust_length_m: Annotated[Positive, Field(ge=100.0, le=1e5)] = Field(
        default=500.0, description="height over which gusts are correlated"
    )
    seed: Whole = Field(default=0, description="of the gusts")

    @model_validator(mode="after")
    def _check_table(self) -> "OpenWind":
        same_length(self, "altitude_m", "north_m_s", "east_m_s")
        rising(self.altitude_m)
        return self


class OpenStop(Section):
    """When the flight ends: at the time, or at the descent through the altitude if that is earlier.

    Without an altitude it ends 500 m below the ellipsoid, where no ground is lower.
    """

    time_s: Annotated[Positive, Field(le=1e8)] = Field(description="time after the start")
    altitude_m: Altitude | None = Field(default=None, description="altitude, on the way down")


class OpenOutput(Section):
    """Integration step, and what is told."""

    step_s: Annotated[Positive, Field(le=600.0)] = Field(default=0.1, description="fixed Runge-Kutta step")
    record_s: Positive | None = Field(default=None, description="time between rows; about 1 s if left out")
    crossings_m: tuple[Altitude, ...] = Field(default=(), description="altitudes whose passages are told")
