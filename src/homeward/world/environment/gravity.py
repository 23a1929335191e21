"""The Earth's pull: a point, an oblate body, or spherical harmonics of any degree."""

from functools import lru_cache
from importlib.resources import files

import jax.numpy as jnp
import numpy as np
from jax import lax

from homeward.earth.constants import J2_EGM96, MU_EGM96, RADIUS_EGM96
from homeward.errors import InputError
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world.environment.interfaces import AbstractGravity

# What the permanent part of the Sun's and Moon's tide does to C20 through the yielding Earth:
# 4.4228e-8 * -0.31460 * 0.30190, IERS Conventions 2010, equation 6.13.
PERMANENT_TIDE_C20 = -4.2008e-9


class CentralGravity(AbstractGravity):
    """A point mass: ``mu`` [m3/s2]."""

    mu: Scalar

    def __init__(self, mu: float | Scalar = MU_EGM96) -> None:
        self.mu = jnp.asarray(mu, float)

    def acceleration(self, r_E: Vec3) -> Vec3:
        """``-mu r / |r|^3`` [m/s2]."""
        r2 = jnp.sum(r_E * r_E)
        return (-self.mu / (r2 * jnp.sqrt(r2))) * r_E


class J2Gravity(AbstractGravity):
    """A point mass and its oblateness: ``mu`` [m3/s2], ``radius`` [m], ``j2`` [-], unnormalised."""

    mu: Scalar
    radius: Scalar
    j2: Scalar

    def __init__(
        self,
        mu: float | Scalar = MU_EGM96,
        radius: float | Scalar = RADIUS_EGM96,
        j2: float | Scalar = J2_EGM96,
    ) -> None:
        self.mu, self.radius, self.j2 = (
            jnp.asarray(mu, float),
            jnp.asarray(radius, float),
            jnp.asarray(j2, float),
        )

    def acceleration(self, r_E: Vec3) -> Vec3:
        """Vallado, Fundamentals of Astrodynamics, section 8.7.1 [m/s2]."""
        r2 = jnp.sum(r_E * r_E)
        u2 = r_E[2] * r_E[2] / r2
        k = 1.5 * self.j2 * self.radius * self.radius / r2
        side = 1.0 + k * (1.0 - 5.0 * u2)
        return (-self.mu / (r2 * jnp.sqrt(r2))) * r_E * jnp.stack([side, side, side + 2.0 * k])


class SphericalHarmonics(AbstractGravity):
    """Fully normalised harmonics ``C``, ``S`` (degree by order) about a point mass.

    The acceleration is itself a series of solid harmonics one degree higher (Cunningham 1970; Montenbruck
    and Gill 2000, section 3.2): its coefficients, ``weights``, are worked out once, here. ``C[0, 0]``
    counts as 1. The harmonics come from the derived Legendre functions of Pines (1973), which do not
    know where the poles are; a scan over the orders keeps the compiled program small at any degree.
    Valid outside the Brillouin sphere; 1e-15 of the whole down to the ground at degree 21.
    """

    mu: Scalar
    radius: Scalar
    weights: Float[Array, "m m 3 2"]  # order, degree less order, axis, (cosine, sine)

    def __init__(
        self, mu: float | Scalar, radius: float | Scalar, C: np.ndarray | Array, S: np.ndarray | Array
    ) -> None:
        self.mu, self.radius = jnp.asarray(mu, float), jnp.asarray(radius, float)
        self.weights = jnp.asarray(_gradient_weights(np.asarray(C, float), np.asarray(S, float)), float)

    def acceleration(self, r_E: Vec3) -> Vec3:
        """Acceleration [m/s2] in E."""
        size = self.weights.shape[0]
        up, back, sectoral = (jnp.asarray(table) for table in _recursion(size))
        r2 = jnp.sum(r_E * r_E)
        r = jnp.sqrt(r2)
        s, t, u = r_E[0] / r, r_E[1] / r, r_E[2] / r
        q = self.radius / r
        qu, q2 = q * u, q * q

        def order(carry: tuple, row: tuple) -> tuple[tuple, None]:
            cosine, sine, first, x, y, z = carry
            a, b, next_first, w = row
            legendre = [first]
            for j in range(1, size):
                value = a[j] * qu * legendre[-1]
                if j > 1:
                    value = value - b[j] * q2 * legendre[-2]
                legendre.append(value)

            def summed(total: Scalar, axis: int) -> Scalar:
                c = sum(w[j, axis, 0] * legendre[j] for j in range(size))
                d = sum(w[j, axis, 1] * legendre[j] for j in range(size))
                return total + c * cosine + d * sine

            turned = cosine * s - sine * t, sine * s + cosine * t
            return (*turned, first * next_first * q, summed(x, 0), summed(y, 1), summed(z, 2)), None

        zero, one = jnp.zeros_like(q), jnp.ones_like(q)
        start = (one, zero, one, zero, zero, zero)
        (*_, x, y, z), _ = lax.scan(order, start, (up, back, sectoral, self.weights))
        central, scale = -self.mu / (r2 * r), self.mu * q / (self.radius * self.radius)
        return jnp.stack(
            [central * r_E[0] + scale * x, central * r_E[1] + scale * y, central * r_E[2] + scale * z]
        )


def egm96(degree: int, permanent_tide: bool = False) -> SphericalHarmonics:
    """EGM96 (NASA/TP-1998-206861) to ``degree`` and order, 2 to 21.

    The published C20 is tide-free; ``permanent_tide=True`` adds what Sun and Moon raise on average
    (IERS Conventions 2010, 6.2.2). Raises ``InputError`` for a degree that is not shipped.
    """
    if not 2 <= degree <= 21:
        raise InputError(f"gravity: degree: expected 2 to 21 (EGM96 as shipped), got {degree}")
    C, S = _egm96_coefficients()
    C, S = C[: degree + 1, : degree + 1].copy(), S[: degree + 1, : degree + 1]
    if permanent_tide:
        C[2, 0] += PERMANENT_TIDE_C20
    return SphericalHarmonics(MU_EGM96, RADIUS_EGM96, C, S)


@lru_cache(maxsize=1)
def _egm96_coefficients() -> tuple[np.ndarray, np.ndarray]:
    C, S = np.zeros((22, 22)), np.zeros((22, 22))
    text = (files("homeward") / "data" / "egm96_21x21.txt").read_text("ascii")
    for line in text.splitlines():
        if not line.startswith("#"):
            n, m, c, s, *_ = line.split()
            C[int(n), int(m)], S[int(n), int(m)] = float(c), float(s)
    return C, S


@lru_cache(maxsize=8)
def _recursion(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors of the normalised recursions: up in degree (two terms), and from order to order.

    Rows are orders, columns degree less order. A_nm = a u A_(n-1)m - b A_(n-2)m; Holmes and
    Featherstone (2002), equations 11 to 13, less the powers of cos(latitude).
    """
    m = np.arange(size, dtype=float)[:, None]
    j = np.arange(size, dtype=float)[None, :]
    n = m + j
    up, back = np.zeros((size, size)), np.zeros((size, size))
    a = (2 * n + 1) * (2 * n - 1) / (np.maximum(j, 1) * np.maximum(n + m, 1))
    b = (
        (2 * n + 1)
        * (n + m - 1)
        * (j - 1)
        / (np.maximum(2 * n - 3, 1) * np.maximum(n + m, 1) * np.maximum(j, 1))
    )
    up[:, 1:] = np.sqrt(a[:, 1:])  # the first degree of an order has no lower one
    back[:, 2:] = np.sqrt(b[:, 2:])
    k = np.arange(1.0, size + 1.0)
    sectoral = np.sqrt((2 * k + 1) / (2 * k) * np.where(k == 1, 2.0, 1.0))
    return up, back, sectoral


def _gradient_weights(C: np.ndarray, S: np.ndarray) -> np.ndarray:
    """Coefficients of the three components of the acceleration in harmonics one degree higher.

    Montenbruck and Gill (2000), equation 3.33, in normalised form.
    """
    degree = C.shape[0] - 1
    size = degree + 2
    w = np.zeros((size, size, 3, 2))
    for n in range(1, degree + 1):
        for m in range(n + 1):
            c, s = C[n, m], S[n, m]
            step = np.sqrt((2 * n + 1) / (2 * n + 3))
            higher = 0.5 * step * np.sqrt((n + m + 2.0) * (n + m + 1.0))
            if m == 0:
                higher *= np.sqrt(2.0)  # the two halves of order -1 and +1, and their norms
            j = n + 1 - (m + 1)
            w[m + 1, j, 0] += [-higher * c, -higher * s]
            w[m + 1, j, 1] += [higher * s, -higher * c]
            if m > 0:
                lower = (
                    0.5 * step * np.sqrt((n - m + 1.0) * (n - m + 2.0)) * (np.sqrt(2.0) if m == 1 else 1.0)
                )
                j = n + 1 - (m - 1)
                w[m - 1, j, 0] += [lower * c, lower * s]
                w[m - 1, j, 1] += [lower * s, -lower * c]
            along = step * np.sqrt((n + m + 1.0) * (n - m + 1.0))
            w[m, n + 1 - m, 2] += [-along * c, -along * s]
    return w
