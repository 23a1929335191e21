"""Far guidance: the cheapest set of burns that brings the ship to a point near the station at a given time.

Candidate burns stand at evenly spaced nodes. To first order every one of them moves the arrival by its part
of the transition matrix, and the cheapest set of burns that closes the gap to the wanted arrival is a sum of
lengths under six linear equations. It is solved by reweighted least squares: each round weighs a node by
the burn that it had in the round before, and what is not worth burning dies out. What is left after that are
the few burns of the optimum (at most six; Neustadt 1964). The path is then flown again with them, by the
flight's own gravity and drag, and the round repeats until the arrival is met.

Source of the reweighting: E. J. Candes, M. B. Wakin, S. P. Boyd, J. Fourier Anal. Appl. 14 (2008) 877.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.pair_model import PairModel, fly, fly_with_impulses
from homeward.math.lvlh import to_curvilinear, to_lvlh
from homeward.math.numerics import norm
from homeward.math.relative_motion import orbit_shape
from homeward.typing import Array, Count, Float, Scalar, Vec3

NODES = 192  # candidate burns; the last is the arrival's
ROUNDS = 10  # path flown, burns solved
WEIGHINGS = 32  # of the burns in a round
SETTLED = 5  # rounds of least propellant; after them neighbouring burns are drawn together
SHARP = 1.15  # power of a burn's size that it is then weighed by
MOST_BURNS = 6
LEAD = 60.0  # s before the first burn: time to turn the ship


class BurnPlan(eqx.Module):
    """Burns to come: times [s] and velocity changes [m/s, I]; those that are not used are zero.

    ``cost`` [m/s] is their sum, ``miss`` [m] what is left at the arrival, ``lowest`` [m] the least distance
    from the Earth's centre, ``arrival`` [s] the end.
    """

    times: Float[Array, " k"]
    burns: Float[Array, "k 3"]
    cost: Scalar
    miss: Scalar
    lowest: Scalar
    arrival: Scalar


def relative(r_T: Vec3, v_T: Vec3, state: Float[Array, "6"]) -> Float[Array, "6"]:
    """Curvilinear place [m] and rate [m/s] of an inertial state about the station's."""
    radius = norm(r_T)
    climb = jnp.sum(r_T * v_T) / radius
    place, rate = to_curvilinear(*to_lvlh(r_T, v_T, state[:3], state[3:]), radius, climb)
    return jnp.concatenate([place, rate])


def plan_burns(
    model: PairModel,
    ship: tuple[Vec3, Vec3],
    station: tuple[Vec3, Vec3],
    drags: tuple[Scalar, Scalar],
    start: Scalar,
    arrival: Scalar,
    aim: Float[Array, "6"],
    substeps: int = 2,
) -> BurnPlan:
    """The cheapest burns from ``start`` to ``arrival`` [s], ending at ``aim``.

    ``ship`` and ``station`` are positions and velocities [m, m/s, I] at ``start``; ``drags`` CD A / m
    [m2/kg] of both; ``aim`` the wanted place and rate at the arrival in the station's curvilinear frame
    (``relative``). No burn is set within ``LEAD``. Valid for phase angles up to half a revolution at the
    arrival of a flight without burns, and for flights within a day.
    """
    h = (arrival - start) / (NODES - 1)
    r_T, v_T = fly(model, *station, drags[1], arrival - start, NODES * substeps)
    scales = 1.0 / jnp.array([1e4, 1e4, 1e4, 10.0, 10.0, 10.0])
    allowed = jnp.where(h * jnp.arange(NODES, dtype=float) >= LEAD, 1.0, 0.0)

    def round_(carry, number: Count):
        burns, weights = carry
        states, matrices = fly_with_impulses(model, *ship, drags[0], h, burns, substeps)
        end = states[-1]
        to_aim = jax.jacfwd(lambda x: relative(r_T, v_T, x))(end)
        gap = (aim - relative(r_T, v_T, end)) * scales
        effects = _effects(matrices, to_aim * scales[:, None])
        wanted = gap + jnp.sum(effects * burns[:, None, :], axis=(0, 2))
        weights = jnp.where(number == 0, allowed, weights)
        burns, weights = _solve(effects, wanted, weights, jnp.where(number < SETTLED, 1.0, SHARP))
        return (burns, weights), None

    (burns, _), _ = jax.lax.scan(round_, (jnp.zeros((NODES, 3)), allowed), jnp.arange(ROUNDS))
    states, _ = fly_with_impulses(model, *ship, drags[0], h, burns, substeps)
    miss = norm((aim - relative(r_T, v_T, states[-1]))[:3])
    sizes = jnp.sqrt(jnp.sum(burns * burns, axis=1))
    _, used = jax.lax.top_k(sizes, MOST_BURNS)
    used = jnp.sort(used)
    return BurnPlan(
        times=start + h * used.astype(float),
        burns=burns[used],
        cost=jnp.sum(sizes),
        miss=miss,
        lowest=_lowest(states, model),
        arrival=arrival,
    )


def _effects(matrices: Float[Array, "m 6 6"], to_aim: Float[Array, "6 6"]) -> Float[Array, "m 6 3"]:
    """What a velocity change at each node does at the end, in the coordinates of the aim.

    The transition matrix from node k to the end is ``M_end M_k^-1``, and that of a gradient field is
    symplectic: its inverse is a rearrangement of itself.
    """
    a, b = matrices[:, :3, :3], matrices[:, :3, 3:]
    # Right half of the inverse of [[A, B], [C, D]]: [-B^T; A^T].
    right = jnp.concatenate([-jnp.swapaxes(b, 1, 2), jnp.swapaxes(a, 1, 2)], axis=1)
    return jnp.einsum("ij,mjk->mik", to_aim @ matrices[-1], right)


def _solve(
    effects: Float[Array, "m 6 3"], wanted: Float[Array, "6"], weights: Float[Array, " m"], power: Scalar
) -> tuple[Float[Array, "m 3"], Float[Array, " m"]]:
    """Burns of least total size with ``sum(effects burns) = wanted``, by reweighted least squares."""
    squares = jnp.einsum("mij,mkj->mik", effects, effects)

    def weigh(_: Count, carry):
        _, weights = carry
        system = jnp.einsum("m,mik->ik", weights, squares)
        # So little that it moves nothing, and a system of fewer than six burns can still be solved.
        ridge = 1e-12 * jnp.trace(system)
        push = jnp.linalg.solve(system + ridge * jnp.eye(6), wanted)
        burns = weights[:, None] * jnp.einsum("mij,i->mj", effects, push)
        sizes = jnp.sqrt(jnp.sum(burns * burns, axis=1) + 1e-16)
        return burns, sizes**power

    return jax.lax.fori_loop(0, WEIGHINGS, weigh, (jnp.zeros((NODES, 3)), weights))


def _lowest(states: Float[Array, "m 6"], model: PairModel) -> Scalar:
    """Least perigee distance [m] of the conics flown between the burns."""
    orbits = jax.vmap(lambda x: orbit_shape(model.earth.mu, x[:3], x[3:]))(states)
    return jnp.min(orbits.p / (1.0 + orbits.e))
