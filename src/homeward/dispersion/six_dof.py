"""Dispersions of a ship that turns: its centre of mass, its sensors, and what the separations leave."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.brief_jit import brief_jit
from homeward.dispersion.streams import Draws, normal
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.build.redundant_imu import UNIT_DRAWS, redundant_unit
from homeward.scenario.build.world import numbers
from homeward.typing import Array
from homeward.world.sensors.aiding import INITIAL_NOISES, initial_aids
from homeward.world.sensors.redundant_imu import CYCLE_NOISES, first_unit
from homeward.world.state import TruthState
from homeward.world.world import World


def disperse_body(
    plan: ReturnPlan, seed: int, runs: np.ndarray, world: World, truth: TruthState, drag: np.ndarray,
    lift_to_drag: np.ndarray, draws: Draws,
) -> tuple[World, TruthState]:  # fmt: skip
    """The draws of the given runs put into world and truth, which have a lane axis.

    ``drag`` and ``lift_to_drag`` (lanes,) are the factors drawn for a point mass too: drag acts on all air
    forces, the ratio comes about as it would, by the centre of mass off its place.
    """
    nominal = plan.world.body
    assert nominal is not None and world.body is not None and truth.body is not None
    tip_off = np.radians(np.array(plan.scenario.truth.separation.tip_off_deg_s)) / 3.0
    told = (
        nominal.aero, nominal.aids, numbers(tip_off), jnp.asarray(drag), jnp.asarray(lift_to_drag), draws,
    )  # fmt: skip
    drawn = jax.tree.map(np.asarray, _draw(told, jax.random.key(seed), jnp.asarray(runs)))
    table, center, kicks, sensors, figures, pressure, wander = drawn
    unit = jax.vmap(lambda n: redundant_unit(plan.scenario, n))(jnp.asarray(figures))
    wandering = jax.vmap(first_unit)(unit, jnp.asarray(wander))
    lanes = len(runs)
    share = np.asarray(world.capsule.mass) / float(plan.world.capsule.mass)
    body = eqx.tree_at(
        lambda b: (b.aero.table, b.aero.center_of_mass, b.inertial, b.aids.pressure.scale_factor),
        world.body,
        (
            table,
            center,
            jax.tree.map(np.asarray, unit),
            pressure * plan.scenario.truth.sensors.pressure_scale,
        ),
    )
    state = truth.body
    # A stack's inertia is mostly that of the modules; a capsule that flies alone from the start is its own.
    alone = plan.planner is None
    inertia = np.asarray(state.inertia) * (share[:, None, None] if alone else np.ones((lanes, 1, 1)))
    unit_state = jax.tree.map(np.asarray, wandering)
    return eqx.tree_at(lambda w: w.body, world, body), eqx.tree_at(
        lambda t: (t.body.tip_off, t.body.sensors, t.body.inertia, t.body.unit),
        truth,
        (kicks, sensors, inertia, unit_state),
    )


@brief_jit
def _draw(told: tuple[Any, ...], key: Array, runs: Array) -> tuple[Any, ...]:
    aero, aids, tip_off, drag, lift_to_drag, draws = told

    def one(run: Array, drag: Array, ratio: Array, standard: dict[str, Array]) -> tuple[Any, ...]:
        k = jax.random.fold_in(key, run)
        moved = aero.scaled(drag, ratio)
        return (
            moved.table,
            moved.center_of_mass,
            Draws(draws.laws, standard)(k, "tip_off", tip_off, (3,)),
            initial_aids(aids, normal(k, "satellite_errors", (INITIAL_NOISES,))),
            normal(k, "instruments", (UNIT_DRAWS,)),
            normal(k, "pressure_scale"),
            normal(k, "instruments_wander", (CYCLE_NOISES,)),
        )

    return jax.vmap(one)(runs, drag, lift_to_drag, draws.standard)
