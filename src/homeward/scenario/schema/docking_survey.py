"""`[rendezvous.survey]`: how far ports, cameras and targets are from where the flight computer was told."""

from typing import Annotated

from pydantic import Field

from homeward.scenario.schema.base import NonNegative, Real, Section

Shift = Annotated[Real, Field(ge=-1.0, le=1.0)]
Turn = Annotated[Real, Field(ge=-3.0, le=3.0)]
Error = Annotated[NonNegative, Field(le=1.0)]
TurnError = Annotated[NonNegative, Field(le=3.0)]
Shifts = tuple[Shift, Shift, Shift]
Turns = tuple[Turn, Turn, Turn]
NONE = (0.0, 0.0, 0.0)


class Survey(Section):
    """What is built less what is drawn: errors by which flights are dispersed (3-sigma an axis, normal; all
    assumed), and offsets of every flight. The flight computer is told the errors, never the offsets."""

    port_error_m: Error = Field(default=0.03, description="place of the station's port in the station")
    port_error_deg: TurnError = Field(default=0.1, description="axes of the station's port")
    dock_error_m: Error = Field(default=0.03, description="the ship's port from its centre of mass")
    target_error_m: Error = Field(default=0.003, description="the camera's target from the station's port")
    target_error_deg: TurnError = Field(default=0.1, description="axes of that target")
    reflector_error_m: Error = Field(
        default=0.01, description="the lidar's reflector from the station's port"
    )
    camera_error_m: Error = Field(default=0.003, description="the camera from the ship's port")
    camera_error_deg: TurnError = Field(default=0.1, description="boresight and roll of the camera")
    lidar_error_m: Error = Field(default=0.01, description="the lidar from the ship's port")
    lidar_error_deg: TurnError = Field(default=0.1, description="axes of the lidar")
    star_error_deg: TurnError = Field(default=0.05, description="axes of the star tracker")
    port_offset_m: Shifts = Field(
        default=NONE,
        description="of the station's port, axes of the port, x outward",
        examples=[(0.0, 0.05, 0.0)],
    )  # fmt: skip
    port_offset_deg: Turns = Field(default=NONE, description="turn of the station's port about its axes")
    dock_offset_m: Shifts = Field(default=NONE, description="of the ship's port, axes of the ship")
    target_offset_m: Shifts = Field(default=NONE, description="of the target, axes of the station's port")
    target_offset_deg: Turns = Field(default=NONE, description="turn of the target about those axes")
    reflector_offset_m: Shifts = Field(default=NONE, description="of the reflector, axes of that port")
    camera_offset_m: Shifts = Field(default=NONE, description="of the camera, axes of the ship")
    camera_offset_deg: Turns = Field(default=NONE, description="turn of the camera about the ship's axes")
    lidar_offset_m: Shifts = Field(default=NONE, description="of the lidar, axes of the ship")
    lidar_offset_deg: Turns = Field(default=NONE, description="turn of the lidar about the ship's axes")
    star_offset_deg: Turns = Field(default=NONE, description="turn of the star tracker about the ship's axes")
