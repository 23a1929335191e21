"""Linear relative motion about a target: transition matrices for circular and elliptic orbits, two impulses.

Frame L: x along the track (+V-bar), y against the orbit's normal, z to the Earth's centre (+R-bar). In it

    x'' = 2 n z',   y'' = -n^2 y,   z'' = -2 n x' + 3 n^2 z

about a circular orbit of mean motion n. States are ``[x, y, z, x', y', z']`` [m, m/s].
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from homeward.math.triples import cross, dot, split
from homeward.typing import Array, Count, Flag, Float, Scalar, Vec3

Mat66 = Float[Array, "6 6"]
ANOMALY_STEPS = 6  # of Halley's method on Kepler's equation: to rounding for e < 0.99
# Below this share of the largest reach a second that a velocity has, there is no steering in a direction.
LEAST_REACH = 1e-5


class OrbitShape(NamedTuple):
    """Semi-latus rectum [m], eccentricity and true anomaly [rad] of the target at one instant."""

    p: Scalar
    e: Scalar
    nu: Scalar


class Impulses(NamedTuple):
    """Velocity changes [m/s] in L at the start and the end of a transfer.

    ``valid``: two impulses lead there. ``valid_in_plane``: they do within the orbital plane; after half
    revolutions nothing can be steered across it, and ``start`` then has no part across.
    """

    start: Vec3
    end: Vec3
    valid: Flag
    valid_in_plane: Flag


def _matrix(in_plane: list[list[Scalar]], across: list[list[Scalar]]) -> Mat66:
    """The 6x6 matrix of rows and columns (x, z, x', z') and (y, y')."""
    zero = jnp.zeros_like(in_plane[0][0])
    rows = [[zero] * 6 for _ in range(6)]
    for values, places in ((in_plane, (0, 2, 3, 5)), (across, (1, 4))):
        for i, row in zip(places, values, strict=True):
            for j, value in zip(places, row, strict=True):
                rows[i][j] = value
    return jnp.stack([jnp.stack(row) for row in rows])


def cw_matrix(n: Scalar, t: Scalar) -> Mat66:
    """Transition matrix over ``t`` [s] about a circular orbit of mean motion ``n`` [rad/s].

    Source: W. H. Clohessy, R. S. Wiltshire, J. Aerospace Sci. 27 (1960) 653, in frame L.
    Valid for distances small against the radius (curvilinear coordinates: also large ones along the track).
    """
    a = n * t
    s, c = jnp.sin(a), jnp.cos(a)
    one, zero = jnp.ones_like(a), jnp.zeros_like(a)
    # 1 - cos without cancellation, since a transfer may be short against the revolution.
    half = 2.0 * jnp.sin(0.5 * a) ** 2
    in_plane = [
        [one, 6.0 * (a - s), (4.0 * s - 3.0 * a) / n, 2.0 * half / n],
        [zero, 1.0 + 3.0 * half, -2.0 * half / n, s / n],
        [zero, 6.0 * n * half, 1.0 - 4.0 * half, 2.0 * s],
        [zero, 3.0 * n * s, -2.0 * s, c],
    ]
    return _matrix(in_plane, [[c, s / n], [-n * s, c]])


def orbit_shape(mu: Scalar, r_TI_I: Vec3, v_TI_I: Vec3) -> OrbitShape:
    """Shape of the target's orbit from its inertial state [m, m/s]; anomaly 0 where the orbit is a circle."""
    r, v = split(r_TI_I), split(v_TI_I)
    h = cross(r, v)
    p = dot(h, h) / mu
    distance = jnp.sqrt(dot(r, r))
    e_cos = p / distance - 1.0
    e_sin = jnp.sqrt(p / mu) * dot(r, v) / distance
    e2 = e_cos * e_cos + e_sin * e_sin
    # The derivatives of root and arctangent do not exist at zero; a circle takes neither.
    circle = e2 < 1e-30
    e = jnp.where(circle, 0.0, jnp.sqrt(jnp.where(circle, 1.0, e2)))
    nu = jnp.arctan2(jnp.where(circle, 0.0, e_sin), jnp.where(circle, 1.0, e_cos))
    return OrbitShape(p, e, nu)


def anomaly_after(mu: Scalar, orbit: OrbitShape, t: Scalar) -> Scalar:
    """True anomaly [rad] after ``t`` [s], within a revolution; Kepler's equation by Halley's method.

    A fixed number of steps. Valid for e < 0.99.
    """
    e = orbit.e
    root = jnp.sqrt((1.0 - e) / (1.0 + e))
    half = 0.5 * orbit.nu
    E0 = 2.0 * jnp.arctan2(root * jnp.sin(half), jnp.cos(half))
    a = orbit.p / (1.0 - e * e)
    M = E0 - e * jnp.sin(E0) + jnp.sqrt(mu / a) / a * t
    M = M - 2.0 * jnp.pi * jnp.round(M / (2.0 * jnp.pi))

    def step(_: Count, E: Scalar) -> Scalar:
        s, c = e * jnp.sin(E), e * jnp.cos(E)
        f, slope = E - s - M, 1.0 - c
        return E - f * slope / (slope * slope - 0.5 * f * s)

    # Starts beyond the root on its convex side, from where Halley's steps never turn back.
    E = jax.lax.fori_loop(0, ANOMALY_STEPS, step, M + 0.85 * e * jnp.sign(M))
    return 2.0 * jnp.arctan2(jnp.sin(0.5 * E), root * jnp.cos(0.5 * E))


def elliptic_matrix(mu: Scalar, orbit: OrbitShape, nu: Scalar, t: Scalar) -> Mat66:
    """Transition matrix about an elliptic orbit, from ``orbit.nu`` to true anomaly ``nu`` in ``t`` [s].

    ``t`` and ``nu`` must belong together (``anomaly_after``); only ``t`` counts revolutions. With
    ``rho = 1 + e cos(nu)`` and positions multiplied by rho, differentiated by the anomaly, the motion is a
    sum of four solutions within the plane and two across it; their factors follow from the start.
    Source: the solutions of K. Yamanaka, F. Ankersen, J. Guidance 25 (2002) 60; their factors solved anew
    here. Valid for any e but 1, smooth at e = 0; distances small against the radius.
    """
    p, e, nu0 = orbit
    k2 = jnp.sqrt(mu / p) / p
    J = k2 * t
    forward = _scaled_solutions(e, nu, J)
    factors = _factors(e, nu0)
    products = [[[row[m] * factors[m][j] for m in range(4)] for j in range(4)] for row in forward]
    scaled = [[a + b + c + d for a, b, c, d in row] for row in products]
    in_plane = _unscale(scaled, e, nu0, nu, k2)
    turned = nu - nu0
    s, c = jnp.sin(turned), jnp.cos(turned)
    return _matrix(in_plane, _unscale([[c, s], [-s, c]], e, nu0, nu, k2))


def relative_matrix(mu: Scalar, r_TI_I: Vec3, v_TI_I: Vec3, t: Scalar) -> Mat66:
    """Transition matrix over ``t`` [s] about the target's two-body orbit from its inertial state [m, m/s]."""
    orbit = orbit_shape(mu, r_TI_I, v_TI_I)
    return elliptic_matrix(mu, orbit, anomaly_after(mu, orbit, t), t)


def _scaled_solutions(e: Scalar, nu: Scalar, J: Scalar) -> list[list[Scalar]]:
    """The four solutions (columns) of scaled (x, z, x', z'); J is the time since the start times k^2."""
    sine, cosine = jnp.sin(nu), jnp.cos(nu)
    rho = 1.0 + e * cosine
    s, c = rho * sine, rho * cosine
    ds, dc = cosine + e * (cosine * cosine - sine * sine), -(sine + 2.0 * e * sine * cosine)
    one, zero = jnp.ones_like(s), jnp.zeros_like(s)
    return [
        [one, -c * (1.0 + 1.0 / rho), s * (1.0 + 1.0 / rho), 3.0 * rho * rho * J],
        [zero, s, c, 2.0 - 3.0 * e * s * J],
        [zero, 2.0 * s, 2.0 * c - e, 3.0 - 6.0 * e * s * J],
        [zero, ds, dc, -3.0 * e * (ds * J + s / (rho * rho))],
    ]


def _factors(e: Scalar, nu: Scalar) -> list[list[Scalar]]:
    """Inverse of ``_scaled_solutions`` at the start (J = 0): rows the four factors.

    Twice the second row from the third leaves the fourth factor, ``2 z - x' - e f3``; what remains is a
    system of two whose determinant is ``-(1 - e^2)``.
    """
    (_, a, b, _), (_, s, c, _), _, (_, ds, dc, w) = _scaled_solutions(e, nu, jnp.zeros_like(nu))
    one, zero = jnp.ones_like(s), jnp.zeros_like(s)
    left = [zero, -3.0 * one, 2.0 * one, zero]  # s f2 + (c - 2 e) f3
    right = [zero, -2.0 * w, w, one]  # ds f2 + (dc - e w) f3
    inverse = -1.0 / (1.0 - e * e)
    c2, d2 = c - 2.0 * e, dc - e * w
    f2 = [inverse * (d2 * u - c2 * v) for u, v in zip(left, right, strict=True)]
    f3 = [inverse * (s * v - ds * u) for u, v in zip(left, right, strict=True)]
    f4 = [u - e * f for u, f in zip([zero, 2.0 * one, -one, zero], f3, strict=True)]
    f1 = [u - a * f - b * g for u, f, g in zip([one, zero, zero, zero], f2, f3, strict=True)]
    return [f1, f2, f3, f4]


def _unscale(m: list[list[Scalar]], e: Scalar, nu0: Scalar, nu: Scalar, k2: Scalar) -> list[list[Scalar]]:
    """A matrix of scaled states, made one of metres and metres a second: positions first, then rates."""
    half = len(m) // 2
    rho0, slope0 = 1.0 + e * jnp.cos(nu0), -e * jnp.sin(nu0)
    rho, slope = 1.0 + e * jnp.cos(nu), -e * jnp.sin(nu)
    right = [
        [row[j] * rho0 + row[j + half] * slope0 for j in range(half)]
        + [row[j + half] / (k2 * rho0) for j in range(half)]
        for row in m
    ]
    places = [[value / rho for value in row] for row in right[:half]]
    rates = [
        [k2 * (rho * v - slope * x) for x, v in zip(right[i], right[i + half], strict=True)]
        for i in range(half)
    ]
    return places + rates


def impulses(matrix: Mat66, r0: Vec3, v0: Vec3, r1: Vec3, v1: Vec3) -> Impulses:
    """The two impulses that lead from ``r0, v0`` to ``r1, v1`` [m, m/s, in L] by a transition matrix.

    In plane and across it are solved apart. Where the matrix cannot be solved (whole revolutions; half ones
    across the plane) the part is left out and flagged: nothing becomes infinite.
    """
    m = matrix
    need = r1 - jnp.sum(m[:3, :3] * r0[None, :], axis=1)
    a, b, c, d = m[0, 3], m[0, 5], m[2, 3], m[2, 5]
    determinant = a * d - b * c
    reach2 = a * a + b * b + c * c + d * d
    in_plane = jnp.abs(determinant) > LEAST_REACH * reach2
    inverse = jnp.where(in_plane, 1.0 / jnp.where(in_plane, determinant, 1.0), 0.0)
    x, z = inverse * (d * need[0] - b * need[2]), inverse * (a * need[2] - c * need[0])
    across = jnp.abs(m[1, 4]) > LEAST_REACH * jnp.sqrt(reach2)
    y = jnp.where(across, need[1] / jnp.where(across, m[1, 4], 1.0), v0[1])
    start = jnp.stack([jnp.where(in_plane, x, v0[0]), y, jnp.where(in_plane, z, v0[2])])
    arrival = jnp.sum(m[3:, :3] * r0[None, :], axis=1) + jnp.sum(m[3:, 3:] * start[None, :], axis=1)
    return Impulses(start - v0, v1 - arrival, in_plane & across, in_plane)


def cw_impulses(n: Scalar, t: Scalar, r0: Vec3, v0: Vec3, r1: Vec3, v1: Vec3) -> Impulses:
    """Two impulses ``t`` [s] apart about a circular orbit of mean motion ``n`` [rad/s]; states in L."""
    return impulses(cw_matrix(n, t), r0, v0, r1, v1)


def elliptic_impulses(
    mu: Scalar, r_TI_I: Vec3, v_TI_I: Vec3, t: Scalar, r0: Vec3, v0: Vec3, r1: Vec3, v1: Vec3
) -> Impulses:
    """Two impulses ``t`` [s] apart about the target's two-body orbit, given by its state at the start."""
    return impulses(relative_matrix(mu, r_TI_I, v_TI_I, t), r0, v0, r1, v1)
