"""The heat shield: its layers, its face, and the points at which its temperatures are told."""

from typing import Annotated

from pydantic import Field, model_validator

from homeward.scenario.schema.base import NonNegative, Positive, Real, Section

Kelvin = Annotated[Positive, Field(le=1e4)]
Part = Annotated[NonNegative, Field(le=1.0)]


class ShieldLayer(Section):
    """One material of the shield."""

    thickness_m: Annotated[Positive, Field(le=1.0)] = Field(description="thickness", examples=[0.03])
    density_kg_m3: Annotated[Positive, Field(le=3e4)] = Field(description="density", examples=[512.0])
    specific_heat_j_kg_k: Annotated[Positive, Field(le=1e4)] = Field(
        description="specific heat", examples=[1600.0]
    )
    conductivity_w_m_k: Annotated[Positive, Field(le=1e3)] = Field(
        description="thermal conductivity", examples=[0.24]
    )


def _ablator() -> ShieldLayer:
    return ShieldLayer(
        thickness_m=0.03, density_kg_m3=512.0, specific_heat_j_kg_k=1600.0, conductivity_w_m_k=0.24
    )


def _structure() -> ShieldLayer:
    return ShieldLayer(
        thickness_m=0.002, density_kg_m3=7800.0, specific_heat_j_kg_k=460.0, conductivity_w_m_k=15.0
    )


class ShieldPoint(Section):
    """A place on the capsule: by its angle on the spherical shield, or by a share of the heating."""

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9 _-]+$")] = Field(
        description="what it is called", examples=["centre"]
    )
    angle_deg: Annotated[Real, Field(ge=-90.0, le=90.0)] | None = Field(
        default=None,
        description="on the shield from its middle, toward the windward rim; laminar heating of a sphere",
        examples=[0.0],
    )
    share: Part | None = Field(
        default=None,
        description="convective heating over that of the stagnation point, instead of an angle",
        examples=[0.05],
    )

    @model_validator(mode="after")
    def _check_one(self) -> "ShieldPoint":
        if (self.angle_deg is None) == (self.share is None):
            raise ValueError("expected either angle_deg or share")
        return self


class HeatShield(Section):
    """What keeps the entry's heat from the capsule. The figures are assumed unless the scenario says else."""

    ablator: ShieldLayer = Field(default_factory=_ablator, description="the outer layer, which ablates")
    structure: ShieldLayer = Field(default_factory=_structure, description="what it lies on")
    emissivity: Annotated[Positive, Field(le=1.0)] = Field(default=0.85, description="of the face")
    ablation_temperature_k: Kelvin = Field(default=2200.0, description="at which the face recedes")
    heat_of_ablation_j_kg: Positive = Field(
        default=1.2e7, description="taken up by each kilogram that leaves"
    )
    blowing: Part = Field(
        default=0.5, description="share of the stream's enthalpy that gas blown off keeps from the face"
    )
    start_temperature_k: Annotated[Kelvin, Field(ge=100.0, le=1000.0)] = Field(
        default=290.0, description="throughout, as the entry begins"
    )
    back_face_limit_k: Kelvin = Field(
        default=600.0, description="of the structure's inner face, told beside what is reached"
    )
    point: tuple[ShieldPoint, ...] = Field(
        default=(),
        max_length=20,
        description="points told besides the stagnation point; left out: centre, rims and sides",
    )

    @model_validator(mode="after")
    def _check_names(self) -> "HeatShield":
        names = [p.name for p in self.point]
        if len(set(names)) != len(names) or "stagnation" in names:
            raise ValueError('expected a name of its own for each point, none of them "stagnation"')
        return self


__all__ = ["HeatShield", "ShieldLayer", "ShieldPoint"]
