"""What two impulses cost at least between two orbits, when time does not matter: a yardstick for rendezvous.

The least total over the place of departure, the place of arrival and the ellipse between them. The plane is
turned by either burn or by both: the ellipse's plane is that of the two places, and free where they are
opposite, which is where small turns are cheapest. Two-body gravity.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from homeward.math.triples import Triple, add, cross, dot, join, scale, split, subtract
from homeward.typing import Array, Count, Float, Scalar, Vec3

PLACES = 36  # of departure and of arrival each, in the search over all
RINGS, SPOKES = 8, 24  # around opposite places on the line of nodes, where the plane swings round
SECTIONS = 22  # of the golden section for the ellipse's shape: 2.5e-5 of its range
STARTS = 12  # best places that are followed down
DESCENTS = 40
SMOOTH = 1e-5  # m/s: rounds off the corner of a burn of nothing
GOLDEN = 0.6180339887498949


class Bound(NamedTuple):
    """Least sum of two impulses [m/s], and each of them [m/s], in the frame of the states given."""

    total: Scalar
    first: Vec3
    second: Vec3


class _Orbit(NamedTuple):
    """Semi-latus rectum, parts of the eccentricity vector along x and y; axes: x at the state given."""

    p: Scalar
    ex: Scalar
    ey: Scalar
    x: Triple
    y: Triple
    h: Triple


def impulsive_bound(mu: Scalar, r1: Vec3, v1: Vec3, r2: Vec3, v2: Vec3) -> Bound:
    """Least two-impulse cost from the orbit of ``r1, v1`` to that of ``r2, v2`` [m, m/s, inertial].

    All pairs of places on a grid, and rings of pairs about the opposite nodes, each with its best ellipse by
    golden section; the best dozen are followed down by damped Newton steps in all three unknowns. For
    many states ``vmap`` it.
    Equations: the polar form of the two-body orbit, e.g. Battin, An Introduction to the Mathematics and
    Methods of Astrodynamics, section 3.3. Valid for elliptic orbits turned against each other by less than
    90 degrees; the transfer is an ellipse.
    """
    one, two = _orbit(mu, split(r1), split(v1)), _orbit(mu, split(r2), split(v2))
    node1, node2 = _opposite_nodes(one, two)

    def places(chart: Scalar, u: Scalar, w: Scalar) -> tuple[Scalar, Scalar]:
        """Angles of departure and arrival: themselves in chart 0, around opposite nodes in 1 and 2."""
        reach = jnp.exp(jnp.minimum(w, 0.0))
        aside, beyond = reach * jnp.cos(u), reach * jnp.sin(u)
        turn = (chart - 1.0) * jnp.pi
        there = node1 + turn + aside, node2 + turn + aside + beyond
        at_nodes = chart > 0.5
        return jnp.where(at_nodes, there[0], u), jnp.where(at_nodes, there[1], w)

    def cost(chart: Scalar, u: Float[Array, "3"]) -> Scalar:
        first, second = _burns(mu, one, two, *places(chart, u[0], u[1]), u[2])
        return _length(first) + _length(second)

    def shaped(chart: Scalar, u: Scalar, w: Scalar) -> tuple[Scalar, Float[Array, "3"]]:
        C = _best_shape(lambda C: cost(chart, jnp.stack([u, w, C])), *_shapes(one, two, *places(chart, u, w)))
        return cost(chart, jnp.stack([u, w, C])), jnp.stack([u, w, C])

    charts, us, ws = _grid()
    values, points = jax.vmap(shaped)(charts, us, ws)
    _, best = jax.lax.top_k(-values, STARTS)

    def follow(chart: Scalar, point: Float[Array, "3"]) -> tuple[Scalar, Float[Array, "3"]]:
        return _descend(lambda u: cost(chart, u), point)

    totals, ends = jax.vmap(follow)(charts[best], points[best])
    k = jnp.argmin(totals)
    first, second = _burns(mu, one, two, *places(charts[best][k], ends[k, 0], ends[k, 1]), ends[k, 2])
    dv1, dv2 = join(first), join(second)
    return Bound(jnp.sqrt(jnp.sum(dv1 * dv1)) + jnp.sqrt(jnp.sum(dv2 * dv2)), dv1, dv2)


def _orbit(mu: Scalar, r: Triple, v: Triple) -> _Orbit:
    h = cross(r, v)
    h2 = dot(h, h)
    p = h2 / mu
    distance = jnp.sqrt(dot(r, r))
    x, normal = scale(1.0 / distance, r), scale(1.0 / jnp.sqrt(h2), h)
    return _Orbit(p, p / distance - 1.0, -jnp.sqrt(p / mu) * dot(x, v), x, cross(normal, x), normal)


def _opposite_nodes(one: _Orbit, two: _Orbit) -> tuple[Scalar, Scalar]:
    """Angle of a node in the first orbit and of the opposite one in the second; any where there is none."""
    line = cross(one.h, two.h)
    none = dot(line, line) < 1e-24
    x, y, z = (jnp.where(none, a, b) for a, b in zip(one.x, line, strict=True))
    node = (x, y, z)
    return (
        jnp.arctan2(dot(node, one.y), dot(node, one.x)),
        jnp.arctan2(-dot(node, two.y), -dot(node, two.x)),
    )


def _at(mu: Scalar, orbit: _Orbit, angle: Scalar) -> tuple[Scalar, Triple, Triple]:
    """Radius [m], its direction and velocity [m/s] at an angle from the state given."""
    c, s = jnp.cos(angle), jnp.sin(angle)
    out = add(scale(c, orbit.x), scale(s, orbit.y))
    on = subtract(scale(c, orbit.y), scale(s, orbit.x))
    rho = 1.0 + orbit.ex * c + orbit.ey * s
    speed = jnp.sqrt(mu / orbit.p)
    velocity = add(scale(speed * (orbit.ex * s - orbit.ey * c), out), scale(speed * rho, on))
    return orbit.p / rho, out, velocity


def _halves(one: _Orbit, two: _Orbit, out1: Triple, out2: Triple) -> tuple[Scalar, Scalar, Triple]:
    """Cosine and sine of half the angle flown, and the transfer's normal, prograde in the mean of both."""
    pole = cross(out1, out2)
    sense = jnp.where(dot(pole, add(one.h, two.h)) < 0.0, -1.0, 1.0)
    length2 = dot(pole, pole)
    told = length2 > 1e-28
    normal = scale(sense / jnp.sqrt(jnp.where(told, length2, 1.0)), pole)
    x, y, z = (jnp.where(told, a, b) for a, b in zip(normal, one.h, strict=True))
    together, away = add(out1, out2), subtract(out2, out1)
    # Kept from zero, where roots have no derivative.
    cosine = 0.5 * sense * jnp.sqrt(dot(together, together) + 1e-30)
    return cosine, 0.5 * jnp.sqrt(dot(away, away) + 1e-18), (x, y, z)


def _burns(
    mu: Scalar, one: _Orbit, two: _Orbit, angle1: Scalar, angle2: Scalar, C: Scalar
) -> tuple[Triple, Triple]:
    """Both impulses [m/s] by places of departure and arrival and the shape ``C`` of the ellipse between.

    C is the eccentricity vector's part along the middle of the angle flown. Other than the semi-latus rectum
    or the flight time it leaves nothing small to divide by where the places are opposite.
    """
    r1, out1, v1 = _at(mu, one, angle1)
    r2, out2, v2 = _at(mu, two, angle2)
    c, s, normal = _halves(one, two, out1, out2)
    total, difference = 1.0 / r1 + 1.0 / r2, 1.0 / r1 - 1.0 / r2
    p = 2.0 * jnp.maximum(1.0 + C * c, 1e-3) / total
    S = 0.5 * p * difference / s
    speed = jnp.sqrt(mu / p)
    arrive = add(scale(speed * (S * c + C * s), out2), scale(speed * p / r2, cross(normal, out2)))
    leave = add(scale(speed * (S * c - C * s), out1), scale(speed * p / r1, cross(normal, out1)))
    return subtract(leave, v1), subtract(v2, arrive)


def _shapes(one: _Orbit, two: _Orbit, angle1: Scalar, angle2: Scalar) -> tuple[Scalar, Scalar]:
    """The range of C within which the transfer is an ellipse: never empty."""
    unit = jnp.ones_like(angle1)
    r1, out1, _ = _at(unit, one, angle1)
    r2, out2, _ = _at(unit, two, angle2)
    c, s, _ = _halves(one, two, out1, out2)
    d = (r2 - r1) / ((r1 + r2) * s)
    k = 1.0 + d * d * c * c
    half = jnp.sqrt(jnp.maximum(1.0 - d * d * s * s, 0.0))
    return (-d * d * c - half) / k, (-d * d * c + half) / k


def _best_shape(cost, low: Scalar, high: Scalar) -> Scalar:
    """Golden section, a fixed number of times."""

    def narrower(_: Count, state):
        low, high, a, b, fa, fb = state
        left = fa < fb
        low, high = jnp.where(left, low, a), jnp.where(left, b, high)
        new = jnp.where(left, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        f = cost(new)
        a, b = jnp.where(left, new, b), jnp.where(left, a, new)
        return low, high, a, b, jnp.where(left, f, fb), jnp.where(left, fa, f)

    a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    low, high, *_ = jax.lax.fori_loop(0, SECTIONS, narrower, (low, high, a, b, cost(a), cost(b)))
    return 0.5 * (low + high)


def _grid() -> tuple[Float[Array, " n"], Float[Array, " n"], Float[Array, " n"]]:
    """Chart and first two unknowns of every start."""
    around = 2.0 * jnp.pi * (jnp.arange(PLACES, dtype=float) + 0.31) / PLACES
    a, b = jnp.meshgrid(around, around, indexing="ij")
    reach = jnp.linspace(-15.0, -1.0, RINGS)
    spoke = 2.0 * jnp.pi * (jnp.arange(SPOKES, dtype=float) + 0.5) / SPOKES
    k, w, u = jnp.meshgrid(jnp.asarray([1.0, 2.0]), reach, spoke, indexing="ij")
    return (
        jnp.concatenate([jnp.zeros(a.size), k.ravel()]),
        jnp.concatenate([a.ravel(), u.ravel()]),
        jnp.concatenate([b.ravel(), w.ravel()]),
    )


def _length(a: Triple) -> Scalar:
    return jnp.sqrt(dot(a, a) + SMOOTH * SMOOTH)


def _descend(cost, point: Float[Array, "3"]) -> tuple[Scalar, Float[Array, "3"]]:
    """Newton steps, each damped as helps most of a row of dampings: never uphill."""
    damping = 10.0 ** jnp.arange(-9.0, 3.0, 1.0)

    def lower(_: Count, state):
        value, u = state
        g, H = jax.grad(cost)(u), jax.hessian(cost)(u)
        size = jnp.max(jnp.abs(H)) + 1e-12

        def tried(share: Scalar) -> tuple[Scalar, Float[Array, "3"]]:
            new = u - _solve(H + share * size * jnp.eye(3), g)
            f = cost(new)
            return jnp.where(jnp.isfinite(f), f, jnp.inf), new

        values, points = jax.vmap(tried)(damping)
        k = jnp.argmin(values)
        better = values[k] < value
        return jnp.where(better, values[k], value), jnp.where(better, points[k], u)

    return jax.lax.fori_loop(0, DESCENTS, lower, (cost(point), point))


def _solve(H: Float[Array, "3 3"], g: Float[Array, "3"]) -> Float[Array, "3"]:
    """``H x = g`` by cofactors: a library call for each small system would cost more than the rest."""
    a, b, c = split(H[0]), split(H[1]), split(H[2])
    columns = cross(b, c), cross(c, a), cross(a, b)
    determinant = dot(a, columns[0])
    inverse = 1.0 / jnp.where(jnp.abs(determinant) > 1e-300, determinant, 1e-300)
    x, y, z = (scale(k, column) for k, column in zip(split(g), columns, strict=True))
    return inverse * join(add(add(x, y), z))
