"""Parachutes: drogue, reefed main, backup; filling, failures, and the heat shield's drop."""

import jax.numpy as jnp

from homeward.typing import Count, Flag, Scalar
from homeward.vehicle.parameters import Parachutes
from homeward.world.fault_schedule import Faults

NONE, DROGUE, REEFED, MAIN, BACKUP = range(5)


def canopy_area(parachutes: Parachutes, faults: Faults, stage: Count, time: Scalar) -> Scalar:
    """CD x area [m2] of what is open, ``time`` [s] after its stage began.

    A canopy fills as the square of time over its filling time: the usual fit to infinite-mass drogues and
    to mains between reefing stages (Knacke, Parachute Recovery Systems Design Manual, 1991, section 5.4).
    """
    p = parachutes

    def filled(duration: Scalar) -> Scalar:
        share = jnp.clip(time / jnp.maximum(duration, 1e-3), 0.0, 1.0)
        return share * share

    drogue = p.drogue_area * filled(p.drogue_fill) * (1.0 - faults.drogue)
    reefed_area = p.main_area * p.main_reefed_fraction
    reefed = reefed_area * filled(0.5 * p.main_fill) * (1.0 - faults.main)
    main = (reefed_area + (p.main_area - reefed_area) * filled(p.main_fill)) * (1.0 - faults.main)
    backup = p.backup_area * filled(p.main_fill)
    areas = [jnp.zeros_like(time), drogue, reefed, main, backup]
    total = areas[0]
    for k, area in enumerate(areas):
        total = jnp.where(stage == k, area, total)
    return total


def next_stage(parachutes: Parachutes, stage: Count, time: Scalar, order: Count) -> tuple[Count, Flag]:
    """Stage after this tick's order (1 open, 2 main, 3 backup) and the reefing cutter's own timer.

    Returns the stage and whether it changed.
    """
    new = jnp.where((order == 1) & (stage == NONE), DROGUE, stage)
    new = jnp.where((order == 2) & (stage == DROGUE), REEFED, new)
    new = jnp.where((order == 3) & (stage > NONE) & (stage < BACKUP), BACKUP, new)
    cut = (new == REEFED) & (stage == REEFED) & (time >= parachutes.main_reefed_time)
    new = jnp.where(cut, MAIN, new)
    return new, new != stage
