"""Lambert's problem: the two-body flight from one place to another in a given time."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from homeward.astro import lambert_time_equation
from homeward.math.triples import Triple, add, cross, dot, join, scale, split, subtract
from homeward.typing import Count, Flag, Scalar, Vec3

SINGLE_STEPS = 4  # 3 leave an x off by up to 1e-7 in one flight of a million
MULTIPLE_STEPS = 6
ANTIPODAL = 1e-9  # sine of the angle between the radii below which they do not tell their plane
COINCIDENT = 1e-10  # chord over half perimeter below which the two places are one


class LambertSolution(NamedTuple):
    """Velocities [m/s] at both ends, and whether there is such a flight; zeros where there is none."""

    v1: Vec3
    v2: Vec3
    valid: Flag


class Triangle(NamedTuple):
    """The places as the time equation sees them: radii [m], half perimeter [m], lam, q, and the ends' axes.

    ``out`` and ``on`` are the unit vectors at both ends, away from the centre and on in the sense of flight.
    """

    r1: Scalar
    r2: Scalar
    s: Scalar
    lam: Scalar
    q: Scalar
    half_sine: Scalar
    out1: Triple
    out2: Triple
    on1: Triple
    on2: Triple
    valid: Flag


def lambert(
    mu: Scalar,
    r1: Vec3,
    r2: Vec3,
    tof: Scalar,
    normal: Vec3,
    revolutions: int | Count = 0,
    low_path: bool | Flag = True,
) -> LambertSolution:
    """Velocities of the two-body flight from ``r1`` to ``r2`` [m, inertial] in ``tof`` [s].

    ``normal`` (any length) says which way round: the flight's angular momentum lies in its half space. It is
    the z axis for a prograde flight, the current angular momentum for going on in the same sense. Where the
    radii are opposite to a part in 1e9 it is also the plane's normal. ``revolutions`` whole ones are flown
    on the way; from one on there are two flights, and ``low_path`` takes the one with the greater
    Lancaster's x. A Python 0 compiles the short program; an array is a number for each lane.

    Not valid: no flight that fast with so many revolutions, ``tof`` not positive, one place for both, a
    radius of zero, a normal within both radii where they are opposite. Differentiable (forward mode).
    Source: D. Izzo, Celest. Mech. Dyn. Astron. 121 (2015) 1, with other starts and a time equation without
    seams: see ``lambert_time_equation``. Valid for ellipses, parabolas and hyperbolas.
    """
    shape = _triangle(split(r1), split(r2), split(normal))
    T = tof * jnp.sqrt(2.0 * mu / shape.s) / shape.s
    timely = T > 0.0
    T = jnp.where(timely, T, 1.0)
    if isinstance(revolutions, int) and revolutions == 0:
        x, possible = _solve_single(shape.lam, shape.q, T), timely
    else:
        turns = jnp.asarray(revolutions, T.dtype)
        x, possible = _solve_any(shape.lam, shape.q, T, turns, jnp.asarray(low_path))
    v1, v2 = _velocities(mu, shape, x)
    valid = shape.valid & timely & possible & jnp.isfinite(dot(v1, v1) + dot(v2, v2))
    zero = jnp.zeros_like(x)
    none = (zero, zero, zero)
    return LambertSolution(join(_chosen(valid, v1, none)), join(_chosen(valid, v2, none)), valid)


def _chosen(yes: Flag, a: Triple, b: Triple) -> Triple:
    return jnp.where(yes, a[0], b[0]), jnp.where(yes, a[1], b[1]), jnp.where(yes, a[2], b[2])


def _triangle(r1: Triple, r2: Triple, normal: Triple) -> Triangle:
    """What the two places and the sense of flight are to the time equation.

    Half the angle between the radii comes from the sum and the difference of their unit vectors: the cosine
    of the whole angle would lose half of the digits near 0 and 180 degrees.
    """
    d1, d2 = jnp.sqrt(dot(r1, r1)), jnp.sqrt(dot(r2, r2))
    far = (d1 > 0.0) & (d2 > 0.0)
    d1, d2 = jnp.where(far, d1, 1.0), jnp.where(far, d2, 1.0)
    out1, out2 = scale(1.0 / d1, r1), scale(1.0 / d2, r2)
    chord = subtract(r2, r1)
    c = jnp.sqrt(dot(chord, chord))
    s = 0.5 * (d1 + d2 + c)
    apart = c > COINCIDENT * s
    q = jnp.where(apart, c / s, 1.0)
    together, away = add(out1, out2), subtract(out2, out1)
    half_cosine = 0.5 * jnp.sqrt(dot(together, together))
    half_sine = 0.5 * jnp.sqrt(dot(away, away))
    pole = cross(out1, out2)
    # Opposite or not, the plane holds r1; the hint's part along it is taken off where the hint is the plane.
    hint = subtract(normal, scale(dot(normal, out1), out1))
    aligned = dot(pole, pole) < ANTIPODAL * ANTIPODAL
    onward = dot(pole, normal) >= 0.0
    sense = jnp.where(aligned | onward, 1.0, -1.0)
    pole = _chosen(aligned, hint, scale(sense, pole))
    length2 = dot(pole, pole)
    # Along r1 a hint tells no plane: what is left of it then is rounding.
    planar = length2 > jnp.where(aligned, 1e-16 * dot(normal, normal), 0.0)
    pole = scale(1.0 / jnp.sqrt(jnp.where(planar, length2, 1.0)), pole)
    return Triangle(
        d1, d2, s, sense * jnp.sqrt(d1 * d2) * half_cosine / s, q, half_sine,
        out1, out2, cross(pole, out1), cross(pole, out2), far & apart & planar,
    )  # fmt: skip


def _solve_single(lam: Scalar, q: Scalar, T: Scalar) -> Scalar:
    """Lancaster's x of a flight without whole revolutions; the bounds of the start are enough."""
    x, low, high = lambert_time_equation.start_single(lam, q, T)
    turns = jnp.zeros_like(T)
    return jax.lax.fori_loop(
        0, SINGLE_STEPS, lambda _, x: lambert_time_equation.step(x, low, high, lam, q, T, turns)[0], x
    )


def _solve_any(lam: Scalar, q: Scalar, T: Scalar, turns: Scalar, low_path: Flag) -> tuple[Scalar, Flag]:
    """The same for any number of revolutions, and whether there is a solution; the bounds close in on it."""
    several = turns > 0.0
    single = lambert_time_equation.start_single(lam, q, T)
    *multiple, possible = lambert_time_equation.start_multiple(lam, q, T, jnp.maximum(turns, 1.0), low_path)
    x, low, high = (jnp.where(several, b, a) for a, b in zip(single, multiple, strict=True))
    rising = several & low_path

    def closer(_: Count, bounds: tuple[Scalar, Scalar, Scalar]) -> tuple[Scalar, Scalar, Scalar]:
        x, low, high = bounds
        new, here, late = lambert_time_equation.step(x, low, high, lam, q, T, turns)
        beyond = (late > 0.0) == rising  # the solution lies before this place
        return new, jnp.where(beyond, low, here), jnp.where(beyond, here, high)

    x, _, _ = jax.lax.fori_loop(0, MULTIPLE_STEPS, closer, (x, low, high))
    return x, possible | ~several


def _velocities(mu: Scalar, shape: Triangle, x: Scalar) -> tuple[Triple, Triple]:
    """Velocities [m/s] at both ends. Izzo (2015), algorithm 1, with its differences as quotients."""
    y = jnp.sqrt(shape.q + shape.lam * shape.lam * x * x)
    along = shape.lam * x
    total = y + jnp.abs(along)
    sum_ = jnp.where(along < 0.0, shape.q / total, total)  # y + lam x
    c = shape.q * shape.s
    speed = jnp.sqrt(0.5 * mu * shape.s)
    tilt = (shape.r1 - shape.r2) / c
    across = 2.0 * jnp.sqrt(shape.r1 * shape.r2) * shape.half_sine / c
    one, other = shape.lam * y - x, tilt * (shape.lam * y + x)
    radial1, radial2 = speed * (one - other) / shape.r1, -speed * (one + other) / shape.r2
    turn = speed * across * sum_
    v1 = add(scale(radial1, shape.out1), scale(turn / shape.r1, shape.on1))
    return v1, add(scale(radial2, shape.out2), scale(turn / shape.r2, shape.on2))
