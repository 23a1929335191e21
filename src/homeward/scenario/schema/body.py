"""`[truth.capsule.shape]`, thrusters and inertia: what a ship that turns needs to be told besides."""

from typing import Annotated

from pydantic import Field, model_validator

from homeward.scenario.schema.base import (
    Fraction,
    NonNegative,
    OptionalMass,
    Positive,
    Real,
    Seconds,
    Section,
    Whole,
)

Length = Annotated[Real, Field(ge=-100.0, le=100.0)]
Place = tuple[Length, Length, Length]
Inertia = tuple[Positive, Positive, Positive]
Products = tuple[Real, Real, Real]
MOST_THRUSTERS = 64


class Shape(Section):
    """Outer shape: heat shield, round shoulder, cone; diameter and nose radius are the capsule's."""

    shoulder_radius_m: Annotated[NonNegative, Field(le=50.0)] = Field(
        default=0.05, description="rounding between heat shield and cone"
    )
    cone_half_angle_deg: Annotated[NonNegative, Field(lt=90.0)] = Field(
        default=8.0, description="half-angle of the afterbody; 0 is a cylinder"
    )
    length_m: Annotated[Positive, Field(le=100.0)] = Field(
        default=2.5, description="from the heat shield's foremost point to the apex plane"
    )
    apex_radius_m: Annotated[NonNegative, Field(le=50.0)] = Field(
        default=0.6, description="rounding between cone and apex plane"
    )


class Thrusters(Section):
    """A set of attitude thrusters. Body axes: x through the apex, z upward in an entry with wings level."""

    place_m: Annotated[tuple[Place, ...], Field(max_length=MOST_THRUSTERS)] = Field(
        default=(),
        description="where each stands; a capsule's from the heat shield's foremost point, a stack's "
        "from its centre of mass. Empty: a standard ring of twelve",
    )
    direction: Annotated[tuple[Place, ...], Field(max_length=MOST_THRUSTERS)] = Field(
        default=(), description="direction of each one's force on the ship (any length)"
    )
    thrust_n: Annotated[Positive, Field(le=1e5)] = Field(default=150.0, description="thrust of each")
    specific_impulse_s: Annotated[Positive, Field(ge=20.0, le=1000.0)] = Field(
        default=220.0, description="specific impulse"
    )
    minimum_pulse_s: Annotated[NonNegative, Field(le=10.0)] = Field(
        default=0.02, description="shortest time a valve opens"
    )
    opening_s: Seconds = Field(default=0.01, description="time constant of the thrust's rise")
    closing_s: Seconds = Field(default=0.012, description="time constant of its fall")
    dead: tuple[Whole, ...] = Field(default=(), description="numbers, from 0, of those that give no thrust")
    leaking: tuple[Whole, ...] = Field(default=(), description="numbers, from 0, of those that leak")
    leak_share: Fraction = Field(default=0.02, description="part of the thrust that a leak gives")

    @model_validator(mode="after")
    def _check_rows(self) -> "Thrusters":
        if len(self.place_m) != len(self.direction):
            raise ValueError(
                f"expected as many rows in direction ({len(self.direction)}) "
                f"as in place_m ({len(self.place_m)})"
            )
        for k, row in enumerate(self.direction):
            if sum(c * c for c in row) < 1e-12:
                raise ValueError(f"direction: row {k} is zero and points nowhere")
        count = len(self.place_m) or 12
        for name, picked in (("dead", self.dead), ("leaking", self.leaking)):
            for k in picked:
                if k >= count:
                    raise ValueError(f"{name}: there is no thruster {k}; they are numbered 0 to {count - 1}")
        return self


def check_inertia(moments: Inertia, products: Products) -> None:
    """Raises ValueError unless three moments and the products xy, xz, yz are those of a body."""
    import numpy as np

    (xx, yy, zz), (xy, xz, yz) = moments, products
    principal = np.linalg.eigvalsh(np.array([[xx, -xy, -xz], [-xy, yy, -yz], [-xz, -yz, zz]]))
    if principal[0] <= 1e-9 * principal[2]:
        raise ValueError("inertia_kg_m2: the inertia is singular: every principal moment must be positive")
    if principal[0] + principal[1] < principal[2] * (1.0 - 1e-9):
        raise ValueError(
            "inertia_kg_m2: no body has such an inertia: two principal moments must add up to more "
            "than the third"
        )


class CapsuleTanks(Thrusters):
    """The capsule's own thrusters and their tank."""

    propellant_kg: OptionalMass = Field(default=60.0, description="in the capsule's own tank")
