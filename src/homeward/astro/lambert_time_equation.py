"""The time equation of Lambert's problem in one smooth form, where its solution starts, and one step to it.

Lengths in units of the half perimeter s of the triangle of both radii and the chord c, times in units of
``sqrt(s^3 / (2 mu))``. ``lam`` is ``sqrt(r1 r2) cos(theta / 2) / s``, within -1 and 1, and ``q = c / s =
1 - lam^2`` is passed beside it, since the difference would lose its digits where the radii nearly meet.
The unknown x is Lancaster's: ``a = s / (2 (1 - x^2))``; below 1 an ellipse, above it a hyperbola.
"""

import jax.numpy as jnp

from homeward.typing import Flag, Scalar

PARABOLA = 5e-5  # nearer to x = 1 the derivatives' division by 1 - x^2 loses its digits; one steps aside
SERIES_REACH = 0.12  # in the cosine of the angle psi: fourteen terms are then good to rounding
FLAT_STEPS = 4  # to the least time with the time in it held: roots alone
MINIMUM_STEPS = 2  # with the whole equation, from there


def _series() -> list[float]:
    """``4/3 F(3, 1; 5/2; S)``: coefficients of S^0, S^1, ..."""
    terms = [4.0 / 3.0]
    for k in range(13):
        terms.append(terms[-1] * (3.0 + k) / (2.5 + k))
    return terms


SERIES = _series()


def time_of(x: Scalar, lam: Scalar, q: Scalar, turns: Scalar) -> tuple[Scalar, Scalar, Scalar, Scalar]:
    """Time of flight with ``turns`` whole revolutions, and its first three derivatives by x.

    With ``w = 1 - x^2``, ``y = sqrt(q + lam^2 x^2)``, ``eta = y - lam x`` and ``cos psi = lam + x eta``

        T = (2 psi - sin 2 psi) / (2 w^1.5) + 2 lam eta + pi turns / w^1.5

    for an ellipse, with hyperbolic functions for a hyperbola. The first term is
    ``eta^3 Q(S) / 2``, Q Battin's series in ``S = sin^2(psi / 2)``, which stands in where psi is small: there
    is no seam at the parabola. Sources: R. H. Battin, An Introduction to the Mathematics and Methods of
    Astrodynamics, section 7.4; D. Izzo, Celest. Mech. Dyn. Astron. 121 (2015) 1, eqs. 18, 20 and 22.
    """
    w = 1.0 - x * x
    y = jnp.sqrt(q + lam * lam * x * x)
    along = lam * x
    # y - lam x and y + lam x, the one that cancels as a quotient.
    total = y + jnp.abs(along)
    eta = jnp.where(along > 0.0, q / total, total)
    cosine = lam + x * eta
    small = jnp.abs(cosine - 1.0) < SERIES_REACH
    S = jnp.where(small, w * eta * eta / (2.0 + 2.0 * jnp.where(small, cosine, 1.0)), 0.0)
    near = SERIES[-1]
    for term in SERIES[-2::-1]:
        near = near * S + term
    ellipse = w > 0.0
    size = jnp.where(small, 1.0, jnp.abs(w))
    root = jnp.sqrt(size)
    sine = root * eta
    psi = jnp.where(ellipse, jnp.arctan2(sine, cosine), jnp.log(jnp.where(ellipse, 1.0, cosine + sine)))
    far = jnp.where(ellipse, 1.0, -1.0) * (psi - sine * cosine) / (size * root)
    whole = jnp.where(ellipse, w, 1.0)
    T = jnp.where(small, 0.5 * near * eta * eta * eta, far) + 2.0 * lam * eta
    T = T + jnp.where(ellipse, turns * jnp.pi / (whole * jnp.sqrt(whole)), 0.0)
    bend = lam * lam * lam / y
    shrink = q / (y * y)
    T1 = (3.0 * T * x - 2.0 + 2.0 * bend * x) / w
    T2 = (3.0 * T + 5.0 * x * T1 + 2.0 * shrink * bend) / w
    T3 = (7.0 * x * T2 + 8.0 * T1 - 6.0 * shrink * bend * lam * lam * x / (y * y)) / w
    return T, T1, T2, T3


def step(
    x: Scalar, low: Scalar, high: Scalar, lam: Scalar, q: Scalar, T: Scalar, turns: Scalar
) -> tuple[Scalar, Scalar, Scalar]:
    """One step of Householder's third-order method towards time ``T``, kept between two bounds.

    Returns the next x, the place where the equation was evaluated and how much too long the flight is there.
    """
    x = jnp.where(jnp.abs(x - 1.0) < PARABOLA, 1.0 - PARABOLA, x)
    reached, d1, d2, d3 = time_of(x, lam, q, turns)
    f = reached - T
    square = d1 * d1
    new = x - f * (square - 0.5 * f * d2) / (d1 * (square - f * d2) + d3 * f * f / 6.0)
    new = jnp.where(new > low, new, 0.5 * (x + low))
    return jnp.where(new < high, new, 0.5 * (x + jnp.minimum(high, 3.0 * jnp.abs(x) + 1.0))), x, f


def quarter_time(lam: Scalar, q: Scalar) -> Scalar:
    """Time at x = 0, the ellipse of least energy, without whole revolutions."""
    root = jnp.sqrt(q)
    return jnp.arctan2(root, lam) + lam * root


def start_single(lam: Scalar, q: Scalar, T: Scalar) -> tuple[Scalar, Scalar, Scalar]:
    """A start for a flight of less than one revolution, and bounds of x: within 0.6 of the solution.

    Between least energy and parabola, and beyond, as Izzo (2015), eq. 30. Slower flights start from the limit
    ``T = pi / (2 (1 + x))^1.5`` and the slopes at x = 0 for lam = -1, 0 and 1, put together by hand:
    that is where his start is far off when the radii nearly meet.
    """
    at_zero = quarter_time(lam, q)
    positive = lam > 0.0
    l2 = lam * lam
    parabola = jnp.where(
        positive, (2.0 / 3.0) * q * (1.0 + lam + l2) / (1.0 + jnp.abs(lam)), (2.0 / 3.0) * (1.0 - l2 * lam)
    )
    late = jnp.maximum(T - at_zero, 0.0)
    middle = 0.75 + 0.15 * late / (late + 6.0)
    meeting = 0.375 + 0.525 * late / (late + 3.4)
    round_ = 0.9 + 0.5 / ((1.0 + 0.5 * late) * jnp.sqrt(late + 1e-3))
    slope = middle + jnp.abs(lam) * (jnp.where(positive, meeting, round_) - middle)
    slow = jnp.exp((-2.0 / 3.0) * jnp.log(1.0 + slope * late)) - 1.0
    ratio = (1.0 + lam + l2) / (1.0 + lam + l2 * (1.0 + lam + l2))
    fast = (5.0 / 3.0) * ratio * (parabola - T) / T + 1.0
    between = jnp.exp(jnp.log(2.0) * jnp.log(T / at_zero) / jnp.log(parabola / at_zero)) - 1.0
    is_slow, is_fast = at_zero <= T, parabola > T
    x = jnp.where(is_slow, slow, jnp.where(is_fast, fast, between))
    low = jnp.where(is_slow, -1.0, jnp.where(is_fast, 1.0, 0.0))
    return x, low, jnp.where(is_slow, 0.0, jnp.where(is_fast, jnp.inf, 1.0))


def least_time(lam: Scalar, q: Scalar, turns: Scalar) -> tuple[Scalar, Scalar, Scalar]:
    """x, time and second derivative at the fastest flight of ``turns`` revolutions (at least one).

    Halley's method on ``dT/dx = 0``, first with T held at its value of x = 0: the steps come to the root of
    that equation from one side and never pass it.
    """
    held = turns * jnp.pi + quarter_time(lam, q)
    l2 = lam * lam
    l3 = l2 * lam
    x = jnp.where(lam > 0.0, 0.0, (2.0 + 2.0 * l2) / (3.0 * held))
    for _ in range(FLAT_STEPS):
        y2 = q + l2 * x * x
        pull = 2.0 * l3 / jnp.sqrt(y2)
        g = 3.0 * held * x - 2.0 + pull * x
        g1 = 3.0 * held + pull * q / y2
        g2 = -3.0 * pull * q * l2 * x / (y2 * y2)
        x = jnp.clip(x - g * g1 / (g1 * g1 - 0.5 * g * g2), 0.0, 0.5)
    for _ in range(MINIMUM_STEPS):
        _, d1, d2, d3 = time_of(x, lam, q, turns)
        x = jnp.clip(x - d1 * d2 / (d2 * d2 - 0.5 * d1 * d3), 0.0, 0.5)
    T, _, d2, _ = time_of(x, lam, q, turns)
    return x, T, d2


def start_multiple(
    lam: Scalar, q: Scalar, T: Scalar, turns: Scalar, low_path: Flag
) -> tuple[Scalar, Scalar, Scalar, Flag]:
    """A start for a flight of several revolutions, bounds of x, and whether there is such a flight.

    ``low_path`` takes the solution beyond the fastest flight's x, else the one before it. With u the way
    from there to the end of the interval (0 to 1), ``1 - u = (1 + 1.5 sqrt(dT / a) + dT / b)^(-2/3)`` has the
    parabola ``dT = a u^2`` at the least time and the right limit ``dT = b (1 - u)^-1.5`` at the end.
    """
    x0, T0, d2 = least_time(lam, q, turns)
    late = jnp.maximum(T - T0, 0.0)
    side = jnp.where(low_path, 1.0, -1.0)
    room = 1.0 - side * x0
    a = 0.5 * d2 * room * room
    b = jnp.where(low_path, turns, turns + 1.0) * jnp.pi / (2.0 * room * jnp.sqrt(2.0 * room))
    u = 1.0 - jnp.exp((-2.0 / 3.0) * jnp.log(1.0 + 1.5 * jnp.sqrt(late / a) + late / b))
    x = x0 + side * u * room
    # The time at x = 0 tells on which side of it a solution before the fastest flight lies.
    slow = quarter_time(lam, q) + turns * jnp.pi < T
    low = jnp.where(low_path, x0, jnp.where(slow, -1.0, 0.0))
    high = jnp.where(low_path, 1.0, jnp.where(slow, 0.0, x0))
    return jnp.clip(x, low, high), low, high, T0 <= T
