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

from homeward.astro.lvlh import to_curvilinear, to_lvlh
from homeward.astro.relative_motion import orbit_shape
from homeward.flight.rendezvous.maneuver_nodes import HALF, NODES, nodes_for
from homeward.flight.rendezvous.orbit_propagator import PairModel
from homeward.math.numerics import norm
from homeward.typing import Array, Count, Float, Scalar, Vec3

ROUNDS = 10  # path flown, burns solved
WEIGHINGS = 32  # of the burns in a round
SETTLED = 5  # rounds of least propellant; after them neighbouring burns are drawn together
SHARP = 1.15  # power of a burn's size that it is then weighed by
MOST_BURNS = 6
GUESSES = 5  # rounds for the first guess of a flight that drifts
DIVE = 4.0  # times as bad to go below the present orbit as above the station's
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
) -> BurnPlan:
    """The cheapest burns from ``start`` to ``arrival`` [s], ending at ``aim``.

    ``ship`` and ``station`` are positions and velocities [m, m/s, I] at ``start``; ``drags`` CD A / m
    [m2/kg] of both; ``aim`` the wanted place and rate at the arrival in the station's curvilinear frame
    (``relative``). No burn is set within ``LEAD``. A flight longer than the nodes reach drifts in its middle.
    Valid for any phase angle in such a flight, and in a shorter one for phase angles up to half a revolution
    at the arrival of a flight without burns.
    """
    nodes = nodes_for(arrival - start)
    times, first = nodes.times(), jnp.concatenate(ship)
    r_T, v_T = nodes.coast(model, *station, drags[1])
    scales = 1.0 / jnp.array([1e4, 1e4, 1e4, 10.0, 10.0, 10.0])
    allowed = jnp.where(times >= LEAD, 1.0, 0.0)
    guesses = jnp.where(nodes.drift > 0.0, GUESSES, 0)
    rough = loiter(model, ship, station, aim, arrival - start)

    def round_(number: Count, carry):
        burns, weights, raised = carry
        number = number - guesses
        path = nodes.fly(model, first, drags[0], burns)
        there = relative(r_T, v_T, path.states[-1])
        to_aim = jax.jacfwd(lambda x: relative(r_T, v_T, x))(path.states[-1])
        effects = path.effects(to_aim * scales[:, None])
        wanted = (aim - there) * scales + jnp.sum(effects * burns[:, None, :], axis=(0, 2))
        weights = jnp.where(number == 0, allowed, weights)
        solved, weighed = _solve(effects, wanted, weights, jnp.where(number < SETTLED, 1.0, SHARP))
        # A meter a second more along the track falls back by three a second.
        better = raised - (aim[0] - there[0]) / (3.0 * (times[-1] - times[HALF // 2]))
        raised = jnp.where(number == -guesses, rough, better)
        guess = _spread(raised, path.states)
        burns = jnp.where(number < 0, guess, solved)
        return burns, jnp.where(number < 0, weights, weighed), raised

    zero = (jnp.zeros((NODES, 3)), allowed, jnp.zeros(()))
    burns, _, _ = jax.lax.fori_loop(0, ROUNDS + guesses, round_, zero)
    states = nodes.fly(model, first, drags[0], burns).states
    miss = norm((aim - relative(r_T, v_T, states[-1]))[:3])
    sizes = jnp.sqrt(jnp.sum(burns * burns, axis=1))
    _, used = jax.lax.top_k(sizes, MOST_BURNS)
    used = jnp.sort(used)
    return BurnPlan(
        times=start + times[used],
        burns=burns[used],
        cost=jnp.sum(sizes),
        miss=miss,
        lowest=_lowest(states, model),
        arrival=arrival,
    )


def loiter(
    model: PairModel,
    ship: tuple[Vec3, Vec3],
    station: tuple[Vec3, Vec3],
    aim: Float[Array, "6"],
    duration: Scalar,
) -> Scalar:
    """Velocity to gain [m/s] so that the phase at the end of ``duration`` [s] is that of ``aim``, roughly.

    By Kepler's third law alone. Of the ways to come to a phase, a revolution more or less among them, the
    one that dives least, then the one that climbs least above the station.
    """
    mu = model.earth.mu
    a_B, a_T = (1.0 / (2.0 / norm(r) - jnp.sum(v * v) / mu) for r, v in (ship, station))
    behind = (aim[0] - relative(*station, jnp.concatenate(ship))[0]) / norm(station[0])
    gains = behind + 2.0 * jnp.pi * jnp.arange(-1.0, 2.0)
    rates = jnp.sqrt(mu / a_T**3) + gains / duration
    wanted = (mu / rates**2) ** (1.0 / 3.0)
    detour = jnp.maximum(wanted - a_T, 0.0) + DIVE * jnp.maximum(a_B - wanted, 0.0)
    chosen = wanted[jnp.argmin(detour)]
    return 0.5 * norm(ship[1]) * (chosen - a_B) / a_B


def _spread(speed: Scalar, states: Float[Array, "n 6"]) -> Float[Array, "n 3"]:
    """A velocity along the track [m/s], an equal part of it at each node of the first half."""
    v = states[:HALF, 3:]
    along = v / jnp.sqrt(jnp.sum(v * v, axis=1, keepdims=True))
    return jnp.zeros((NODES, 3)).at[:HALF].set(speed / HALF * along)


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
