"""Ships that stand at the port, without the hours of flight that brought them there."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import homeward as hw
from homeward.dispersion.rendezvous import disperse_pair
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.sim.rendezvous import proximity_lanes


def docked(name, lanes=1, seed=0, **settings):
    """``(plan, world, carry, keys)`` of ships docked to the station of a scenario at its insertion.

    One lane is the nominal ship, more are dispersed. ``settings`` are dotted keys with ``__`` for the dot.
    """
    scenario = hw.load(name, {k.replace("__", "."): str(v) for k, v in settings.items()})
    made = plan_rendezvous(scenario)
    runs = np.arange(lanes)
    world, far = disperse_pair(made, seed, runs, dispersed=lanes > 1)
    orders = jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes,)), made.close.orders)
    carry = proximity_lanes._begin(made.close, far, np.zeros((lanes, 6)), orders)
    caught = jnp.ones(lanes, bool)
    carry = eqx.tree_at(lambda c: (c.truth.contact.captured, c.truth.done), carry, (caught, caught))
    return made, world, carry, pair_keys(seed, runs)
