"""`[truth.canopies]`: clusters, and the figures by which snatch and opening loads are reckoned."""

from typing import Annotated

from pydantic import Field, model_validator

from homeward.scenario.schema.base import Flag, NonNegative, Positive, Section, Whole

Number = Annotated[Whole, Field(ge=1, le=20)]
Failed = Annotated[Whole, Field(ge=0, le=20)]
Coefficient = Annotated[Positive, Field(ge=0.5, le=3.0)]
Kilograms = Annotated[Positive, Field(le=1e4)]
Stiffness = Annotated[Positive, Field(ge=1.0, le=1e9)]


class Canopies(Section):
    """How many canopies share an area, which of them fail, and how they open. Figures are assumed."""

    loads: Flag = Field(
        default=False, description="loads of snatch and opening are kept and told, canopy by canopy"
    )
    drogues: Number = Field(default=1, description="canopies that share the drogue's area")
    mains: Number = Field(default=1, description="canopies that share the main's area")
    drogues_failed: Failed = Field(default=0, description="of the drogues, never open")
    mains_failed: Failed = Field(default=0, description="of the mains, never open")
    drogue_overshoot: Coefficient = Field(
        default=1.05, description="opening-force coefficient Cx of the drogue: a ribbon canopy's"
    )
    main_overshoot: Coefficient = Field(
        default=1.10, description="the same of main and backup: a ringsail canopy's"
    )
    uneven: Annotated[NonNegative, Field(le=2.0)] = Field(
        default=0.2, description="part by which the first of several canopies bears more than its share"
    )
    drogue_pack_kg: Kilograms = Field(default=15.0, description="of one drogue with its lines")
    main_pack_kg: Kilograms = Field(default=90.0, description="of one main, or of the backup, with its lines")
    drogue_pack_area_m2: Annotated[Positive, Field(le=10.0)] = Field(
        default=0.1, description="CD x S of a packed drogue that is thrown into the air"
    )
    main_pack_area_m2: Annotated[Positive, Field(le=10.0)] = Field(
        default=0.5, description="the same of a packed main and of what pulls it out"
    )
    drogue_lines_m: Annotated[Positive, Field(le=200.0)] = Field(
        default=15.0, description="riser and lines of a drogue"
    )
    main_lines_m: Annotated[Positive, Field(le=200.0)] = Field(
        default=35.0, description="riser and lines of a main"
    )
    drogue_stiffness_n_m: Stiffness = Field(
        default=2.0e4, description="of a drogue's riser and lines together"
    )
    main_stiffness_n_m: Stiffness = Field(default=2.0e4, description="of a main's riser and lines together")

    @model_validator(mode="after")
    def _check_failed(self) -> "Canopies":
        for name, count, failed in (
            ("drogues", self.drogues, self.drogues_failed),
            ("mains", self.mains, self.mains_failed),
        ):
            if failed > count:
                raise ValueError(f"expected {name}_failed of at most {name} = {count}, not {failed}")
        return self


__all__ = ["Canopies"]
