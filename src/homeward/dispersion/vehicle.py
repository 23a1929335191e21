"""Dispersions of the ship about what is believed of it: mass properties, aerodynamics, thrusters, canopies.

Every quantity has a stream of its own by its name. Sizes come from the scenario as arrays, so that another
number compiles nothing anew.
"""

from typing import Any, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.brief_jit import brief_jit
from homeward.dispersion.streams import Draws
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.schema.dispersion import Dispersion
from homeward.typing import Array
from homeward.world.aerodynamics.six_dof import BodyAerodynamics, _fade, plane, trim
from homeward.world.environment.random_profiles import SMALLEST_FACTOR
from homeward.world.state import TruthState
from homeward.world.world import World

SIGMAS = 3.0  # the scenario's figures are three of them
SUBSONIC, HYPERSONIC = 1.2, 5.0  # Mach numbers that part the bands of the aerodynamics
DAMPED = 2.0  # Mach number below which a blunt capsule may be driven rather than damped
Numbers = dict[str, np.ndarray]


def sizes_of(d: Dispersion, thrusters: tuple[int, int]) -> dict[str, Array]:
    """1-sigma sizes by name of stream; ``thrusters`` are the numbers of a capsule's and a stack's."""
    capsule, stack = thrusters
    angle = np.radians(d.thruster_direction_deg)
    told: dict[str, Any] = {
        "parachute_area": [d.parachute_area] * 3, "parachute_fill": [d.parachute_fill] * 2,
        "reefed_fraction": [d.reefed_fraction], "retro_thrust": [d.retro_thrust],
        "retro_delay": [d.retro_delay_s], "altimeter_bias": [d.altimeter_bias_m],
        "barometer_bias": [d.barometer_bias_m], "center_of_mass": d.center_of_mass_m,
        "inertia": [d.inertia] * 3 + [d.product_of_inertia] * 3, "drag_by_mach": d.drag_by_mach,
        "normal_force_by_mach": d.normal_force_by_mach, "trim_by_mach": np.radians(d.trim_by_mach_deg),
        "pitch_damping": d.pitch_damping, "capsule_thrust": [d.thruster_thrust] * capsule,
        "stack_thrust": [d.thruster_thrust] * stack, "capsule_direction": [angle] * (3 * capsule),
        "stack_direction": [angle] * (3 * stack),
    }  # fmt: skip
    return {name: jnp.asarray(np.array(value, float) / SIGMAS) for name, value in told.items()}


@brief_jit
def _numbers(key: Array, runs: Array, draws: Draws, sizes: dict[str, Array]) -> dict[str, Array]:
    def one(run: Array, standard: dict[str, Array]) -> dict[str, Array]:
        k = jax.random.fold_in(key, run)
        draw = Draws(draws.laws, standard)
        return {name: draw(k, name, size, size.shape) for name, size in sizes.items()}

    return jax.vmap(one)(runs, draws.standard)


def ship_numbers(plan: ReturnPlan, seed: int, runs: np.ndarray, draws: Draws) -> Numbers:
    """What the given runs have drawn of the ship, by name: arrays (lanes, n) of departures."""
    body = plan.world.body
    count = (0, 0) if body is None else tuple(
        int(t.thrust.shape[0]) for t in (body.capsule_thrusters, body.stack_thrusters)
    )  # fmt: skip
    sizes = sizes_of(plan.scenario.dispersion, cast(tuple[int, int], count))
    drawn = _numbers(jax.random.key(seed), jnp.asarray(runs), draws, sizes)
    return {name: np.asarray(value) for name, value in drawn.items()}


def disperse_canopies(world: World, truth: TruthState, n: Numbers) -> tuple[World, TruthState]:
    """Canopies and landing rockets, of a point mass too."""
    p = world.parachutes
    area, fill = (_factor(n[name]) for name in ("parachute_area", "parachute_fill"))
    reefed = np.minimum(p.main_reefed_fraction * _factor(n["reefed_fraction"])[:, 0], 1.0)
    world = eqx.tree_at(
        lambda w: (
            w.parachutes.drogue_area, w.parachutes.main_area, w.parachutes.backup_area,
            w.parachutes.drogue_fill, w.parachutes.main_fill, w.parachutes.main_reefed_fraction,
            w.retro.thrust,
        ),
        world,
        (
            p.drogue_area * area[:, 0], p.main_area * area[:, 1], p.backup_area * area[:, 2],
            p.drogue_fill * fill[:, 0], p.main_fill * fill[:, 1], reefed,
            world.retro.thrust * _factor(n["retro_thrust"])[:, 0],
        ),
    )  # fmt: skip
    # The rockets' clock starts before they burn: they light late. None lights before its order.
    late = np.maximum(n["retro_delay"][:, 0], 0.0)
    return world, eqx.tree_at(lambda t: t.retro_time, truth, -late)


def disperse_ship(plan: ReturnPlan, world: World, truth: TruthState, n: Numbers) -> tuple[World, TruthState]:
    """Mass properties, aerodynamics, thrusters and altimeters of a ship that turns."""
    nominal, body = plan.world.body, world.body
    assert nominal is not None and body is not None and truth.body is not None
    off = n["center_of_mass"]
    # Whatever stands fixed in the ship is told from its centre of mass.
    capsule, stack = body.capsule_thrusters, body.stack_thrusters
    body = eqx.tree_at(
        lambda b: (
            b.aero.table, b.aero.center_of_mass, b.riser_place, b.capsule_thrusters.place,
            b.capsule_thrusters.thrust, b.capsule_thrusters.direction, b.stack_thrusters.thrust,
            b.stack_thrusters.direction, b.aids.gamma.bias, b.aids.pressure.bias,
        ),
        body,
        (
            departed_table(nominal.aero, np.asarray(body.aero.table), n),
            body.aero.center_of_mass + off, body.riser_place - off, capsule.place - off[:, None, :],
            capsule.thrust * _factor(n["capsule_thrust"]), _turned(capsule.direction, n["capsule_direction"]),
            stack.thrust * _factor(n["stack_thrust"]), _turned(stack.direction, n["stack_direction"]),
            n["altimeter_bias"][:, 0], n["barometer_bias"][:, 0],
        ),
    )  # fmt: skip
    inertia = np.asarray(truth.body.inertia)
    inertia = inertia + inertia_errors(n["inertia"]) * _moments(inertia)
    world = eqx.tree_at(lambda w: w.body, world, body)
    return world, eqx.tree_at(lambda t: t.body.inertia, truth, inertia)


def inertia_errors(drawn: np.ndarray) -> np.ndarray:
    """Relative errors (lanes, 3, 3) of an inertia tensor, of the moments xx, yy, zz and products xy, xz, yz.

    In parts of a moment, of the products in parts of the mean of both moments.
    """
    xx, yy, zz, xy, xz, yz = np.moveaxis(drawn, -1, 0)
    return np.stack([np.stack(row, -1) for row in ((xx, xy, xz), (xy, yy, yz), (xz, yz, zz))], -2)


def _moments(inertia: np.ndarray) -> np.ndarray:
    diagonal = np.diagonal(inertia, axis1=-2, axis2=-1)
    return np.sqrt(diagonal[..., :, None] * diagonal[..., None, :])


def departed_table(aero: BodyAerodynamics, table: np.ndarray, n: Numbers) -> np.ndarray:
    """Rows (lanes, m, 5) of the aerodynamics with the departures of each Mach band.

    Drag is a factor on all forces, normal force a part of what it is at trim, and the trim angle is turned by
    a moment increment ``-dCm/dtilt * angle / sine``; damping is added to.
    """
    mach = np.asarray(aero.mach)
    band = np.where(mach > HYPERSONIC, 0, np.where(mach >= SUBSONIC, 1, 2))
    normal, moment = (np.asarray(x) for x in _levers(aero, aero.mach))
    table = np.array(table)
    table[:, :, :3] *= _factor(n["drag_by_mach"])[:, band, None]
    table[:, :, 1] += n["normal_force_by_mach"][:, band] * normal
    table[:, :, 2] += n["trim_by_mach"][:, band] * moment
    table[:, :, 3] += n["pitch_damping"][:, np.where(mach > DAMPED, 0, 1)]
    return table


@brief_jit
def _levers(aero: BodyAerodynamics, mach: Array) -> tuple[Array, Array]:
    """Increments of normal force that double it, and of moment that turn trim by 1 rad, per Mach number."""

    def one(m: Array) -> tuple[Array, Array]:
        row, tilt = aero.at_mach(m), jnp.pi - trim(aero, m)[0]
        x, sine = -jnp.cos(tilt), jnp.sin(tilt)
        near = _fade(x)
        slope = jax.grad(lambda t: plane(aero, row, t)[2])(tilt)
        _, normal, _ = aero.coefficients(row, x, sine)
        # Without trim, or without lift, there is nothing to turn.
        held = jnp.isfinite(tilt) & (sine > 1e-3)
        safe = jnp.where(held, near * sine, 1.0)
        return jnp.where(held, normal / near, 0.0), jnp.where(held, -slope / safe, 0.0)

    return jax.vmap(one)(mach)


def _factor(change: np.ndarray) -> np.ndarray:
    return np.maximum(1.0 + change, SMALLEST_FACTOR)


def _turned(direction: Any, drawn: np.ndarray) -> np.ndarray:
    """Unit directions (lanes, n, 3) turned by small angles [rad] about each axis."""
    d = np.asarray(direction)
    turned = d + np.cross(drawn.reshape(d.shape), d)
    return turned / np.linalg.norm(turned, axis=-1, keepdims=True)
