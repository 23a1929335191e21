"""A separation's push as the inertial unit senses it: added to the readings that the next cycle takes in."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward._aot.program import program
from homeward.icd import InertialReadings
from homeward.math.quaternion import rotate
from homeward.sim.core.carry import Carry, added
from homeward.sim.lanes import world_axes
from homeward.typing import Array
from homeward.world.fault_injection import ailing_world
from homeward.world.fault_schedule import active_faults
from homeward.world.sensors.redundant_imu import NOISES
from homeward.world.world import World

NO_TIME = 1e-6  # s: a centimetre of flight
# s over which springs push: bodies part at v on springs of the stroke x in pi/2 x/v, at 1 m/s and 6 cm in
# this time. It makes the force that the unit feels, which has to lie within its range.
PUSH_SECONDS = 0.1


def separation_impulse(world: World, carry: Carry, gained_I: Array) -> Carry:
    """Every lane after a velocity [m/s, I, (lanes, 3)] gained in no time, as its own instruments sense it."""
    if carry.truth.body is None or not isinstance(carry.inertial, InertialReadings):
        return carry
    unit, inertial = _sensed(world, carry, gained_I)
    return eqx.tree_at(lambda c: (c.truth.body.unit, c.inertial), carry, (unit, inertial))


@program
def _sensed(world, carry, gained_I):
    def one(world, carry, gained):
        truth, body = carry.truth, carry.truth.body
        a = active_faults(world.faults, truth.time, 2 * body.level.shape[0])
        failing = ailing_world(world, a, jnp.zeros(())).body
        assert failing is not None
        unit = failing.inertial
        push = rotate(body.q_BI, gained)
        # Within the push the block does not turn; scale, mounting, bias and dead instruments act as ever.
        state, readings = unit.sample(
            body.unit, jnp.zeros(3), push, jnp.asarray(PUSH_SECONDS), jnp.zeros(NOISES)
        )
        readings = eqx.tree_at(lambda r: r.duration, readings, jnp.zeros(()))
        summed = added(carry.inertial, readings)
        # A sum of no duration would count as nothing sensed; one of a millisecond moves the place by metres.
        summed = eqx.tree_at(lambda r: r.duration, summed, jnp.maximum(summed.duration, NO_TIME))
        pushed = jnp.any(gained != 0.0)
        return jax.tree.map(
            lambda x, y: jnp.where(pushed, x, y), (state, summed), (body.unit, carry.inertial)
        )

    return jax.vmap(one, in_axes=(world_axes(world), 0, 0))(world, carry, gained_I)
