"""What passed between the world and the flight software of a six-DOF vehicle: for recording and replaying."""

import equinox as eqx

from homeward.icd import Command, Measurements, TickReadings
from homeward.typing import Array, Bool, Flag


class Messages(eqx.Module):
    """All that passed between world and flight software in a cycle; those of the ticks are stacked.

    A call that was not ``taken`` is of a lane that stands at its leg's end: nothing came of it.
    """

    taken: Flag
    sensors: Measurements
    command: Command
    tick_taken: Bool[Array, " t"]
    tick_sensors: TickReadings
    tick_command: Command
