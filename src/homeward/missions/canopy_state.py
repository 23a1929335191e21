"""Whether a parachute is truly open at a flight's end: a canopy that drags more than the capsule does."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.sim.lanes import spread_leg
from homeward.sim.mission import Outcome
from homeward.sim.point_mass.tick import BLUNT_DRAG
from homeward.world.actuators.parachute import MAIN, canopy_area
from homeward.world.fault_schedule import Faults, Kind


@program
def _areas(parachutes, faults, stage, time):
    return jax.vmap(canopy_area)(parachutes, faults, stage, time)


def canopy_open(world: Any, outcome: Outcome) -> np.ndarray:
    """Of every lane: main or backup is out, and its CD x area exceeds that of the capsule itself.

    A main that has failed, or a backup of no area, is out by its stage and open to nobody.
    """
    truth = outcome.truth
    stage = np.asarray(truth.stage)
    lanes = stage.shape[0]

    def broad(tree: Any) -> Any:
        return jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes,)), tree)

    now = np.asarray(truth.time)[:, None]
    f = outcome.faults
    came = (np.asarray(f.kind) == Kind.MAIN) & (np.asarray(f.start) <= now) & (now <= np.asarray(f.end))
    main = np.maximum(broad(world.faults.main), came.any(axis=1).astype(float))
    none = spread_leg(Faults(jnp.zeros(()), jnp.zeros(())), lanes)
    faults = eqx.tree_at(lambda x: (x.drogue, x.main), none, (broad(world.faults.drogue), main))
    area = np.asarray(_areas(broad(world.parachutes), faults, stage, np.asarray(truth.stage_time)))
    return (stage >= MAIN) & (area > BLUNT_DRAG * broad(world.capsule.area))


__all__ = ["canopy_open"]
