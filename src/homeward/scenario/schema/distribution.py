"""`[[dispersion.distribution]]`: what a quantity is drawn from, where it is not the plain normal law."""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from homeward.scenario.schema.base import AirAltitude, NonNegative, Positive, Real, Section, Text, rising

#: Unit words of each kind of quantity, and what one of them is in the unit of the flight's own.
UNITS_OF: dict[str, dict[str, float]] = {
    "part": {"1": 1.0, "percent": 0.01},
    "length": {"m": 1.0, "km": 1e3},
    "speed": {"m/s": 1.0, "km/s": 1e3},
    "angle": {"rad": 1.0, "deg": math.pi / 180.0, "arcsec": math.pi / 648000.0},
    "rate": {"rad/s": 1.0, "deg/s": math.pi / 180.0},
    "time": {"s": 1.0, "ms": 1e-3},
    "acceleration": {"m/s2": 1.0, "ug": 9.80665e-6},
}
#: Dispersed quantities by the name of their random stream: kind of unit, and how many numbers a run draws.
RETURN_DRAWS: dict[str, tuple[str, int]] = {
    "density_bias": ("part", 1), "drag": ("part", 1), "lift_to_drag": ("part", 1), "mass": ("part", 1),
    "thrust": ("part", 1), "thrust_pointing": ("angle", 3), "accelerometer_bias": ("acceleration", 3),
    "imu_misalignment": ("angle", 3), "navigation_position": ("length", 3),
    "navigation_velocity": ("speed", 3), "state_position": ("length", 3), "state_velocity": ("speed", 3),
    "interface_angle": ("angle", 1), "interface_speed": ("speed", 1), "tip_off": ("rate", 3),
    "forecast_bias": ("speed", 2), "center_of_mass": ("length", 3), "inertia": ("part", 6),
    "drag_by_mach": ("part", 3), "normal_force_by_mach": ("part", 3), "trim_by_mach": ("angle", 3),
    "pitch_damping": ("part", 2), "parachute_area": ("part", 3), "parachute_fill": ("part", 2),
    "reefed_fraction": ("part", 1), "retro_thrust": ("part", 1), "retro_delay": ("time", 1),
    "altimeter_bias": ("length", 1), "barometer_bias": ("length", 1),
}  # fmt: skip
PAIR_DRAWS: dict[str, tuple[str, int]] = {
    "insertion_position": ("length", 3), "insertion_velocity": ("speed", 3),
    "station_position": ("length", 3), "station_velocity": ("speed", 3), "ship_mass": ("part", 1),
    "ship_drag": ("part", 1), "station_drag": ("part", 1), "thrust": ("part", 1),
    "trim_thrust": ("part", 1), "pointing": ("angle", 3),
}  # fmt: skip
#: Correlated profiles against altitude: kind of unit.
PROFILES: dict[str, str] = {"density_profile": "part", "wind": "speed", "forecast_error": "speed"}
DRAWS = RETURN_DRAWS | PAIR_DRAWS
NEEDS: dict[str, tuple[str, ...]] = {
    "normal": ("sigma",), "truncated": ("sigma", "low", "high"), "uniform": ("low", "high"),
    "table": ("values",), "profile": ("altitude_m", "sigma_at", "length_m"),
}  # fmt: skip
TAKES = {
    kind: {*keys, *(("mean",) if kind in ("normal", "truncated") else ())} for kind, keys in NEEDS.items()
}
OPTIONAL = ("mean", "sigma", "low", "high", "values", "altitude_m", "sigma_at", "length_m")


class Distribution(Section):
    """What one quantity is drawn from, in place of its spread in `[dispersion]`; an axis each of a vector."""

    of: Text = Field(description="the quantity, by the name of its stream", examples=["drag"])
    kind: Literal["normal", "truncated", "uniform", "table", "profile"] = Field(
        description="the law: values of a table are equally likely", examples=["uniform"]
    )
    unit: Text = Field(
        description="of the numbers below: 1 and percent are parts of it", examples=["percent"]
    )
    mean: Real | None = Field(
        default=None, description="of a normal or truncated law; 0 if left out", examples=[0.0]
    )
    sigma: NonNegative | None = Field(
        default=None, description="standard deviation before truncation", examples=[5.0]
    )
    low: Real | None = Field(default=None, description="least value", examples=[-10.0])
    high: Real | None = Field(default=None, description="greatest value", examples=[15.0])
    values: Annotated[tuple[Real, ...], Field(min_length=1)] | None = Field(
        default=None, description="of a table", examples=[(-5.0, 0.0, 5.0)]
    )
    altitude_m: Annotated[tuple[AirAltitude, ...], Field(min_length=2)] | None = Field(
        default=None, description="altitudes of a profile, increasing", examples=[(0.0, 30000.0)]
    )
    sigma_at: tuple[NonNegative, ...] | None = Field(
        default=None, description="standard deviation of a profile at each altitude", examples=[(0.02, 0.05)]
    )
    length_m: Positive | None = Field(
        default=None, description="height over which a profile is correlated", examples=[8000.0]
    )

    @model_validator(mode="after")
    def _check(self) -> "Distribution":
        known = PROFILES if self.kind == "profile" else DRAWS
        if self.of not in known:
            raise ValueError(f'of = "{self.of}": expected {", ".join(known)} for kind = "{self.kind}"')
        if self.unit not in self.units:
            raise ValueError(f'unit = "{self.unit}": expected {", ".join(self.units)} for {self.of}')
        for key in OPTIONAL:
            given = getattr(self, key) is not None
            if key in NEEDS[self.kind] and not given:
                raise ValueError(f'{key}: kind = "{self.kind}" needs it')
            if given and key not in TAKES[self.kind]:
                raise ValueError(f'{key}: kind = "{self.kind}" has none')
        self._check_numbers()
        return self

    def _check_numbers(self) -> None:
        if self.low is not None and self.high is not None and not self.high > self.low:
            raise ValueError(f"expected high above low, but {self.high:g} is not above {self.low:g}")
        if self.kind == "truncated" and self.sigma == 0.0:
            raise ValueError("sigma: a truncated law needs one above 0")
        if self.altitude_m is not None and self.sigma_at is not None:
            rising(self.altitude_m)
            if len(self.altitude_m) != len(self.sigma_at):
                raise ValueError("expected as many entries in sigma_at as in altitude_m")

    @property
    def units(self) -> dict[str, float]:
        """Unit words that this quantity can be given in."""
        return UNITS_OF[PROFILES[self.of] if self.kind == "profile" else DRAWS[self.of][0]]

    @property
    def scale(self) -> float:
        """What one of ``unit`` is in the flight's own unit."""
        return self.units[self.unit]


def refuse_twins(distributions: tuple[Distribution, ...]) -> None:
    """Refuse a quantity that is told twice."""
    names = [d.of for d in distributions]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f'distribution: expected one of "{name}", but there are {names.count(name)}')
