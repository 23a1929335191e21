"""Modified Newtonian pressure over a capsule's surface, integrated strip by strip while a model is built.

A strip is a ring of the body of revolution; around the ring the integral has a closed form, along the outline
it is Gauss-Legendre quadrature. The body is convex: a point is in the shadow where its own normal says so.
"""

import math

import numpy as np

from homeward.vehicle.capsule_shape import Arc, CapsuleShape, outline

GAMMA = 1.4  # cold air; with real gas the coefficient tends to 1.84 to 1.95
NODES = 48  # Gauss-Legendre nodes a part of the outline

Coefficients = tuple[np.ndarray, np.ndarray, np.ndarray]


def stagnation_pressure_coefficient(mach: np.ndarray) -> np.ndarray:
    """Pressure coefficient at the stagnation point behind a normal shock, without shock below Mach 1.

    Rayleigh's pitot formula (NACA Report 1135, 1953, equations 44 and 100) for a ratio of specific heats of
    1.4; 1.839 at high Mach number, 1 as Mach goes to 0. Valid for Mach 0.01 and above.
    """
    m2 = np.square(mach)
    g = GAMMA
    still = (1.0 + 0.5 * (g - 1.0) * m2) ** (g / (g - 1.0))
    fast = np.maximum(m2, 1.0)
    shock = (0.5 * (g + 1.0) * fast) ** (g / (g - 1.0)) * ((g + 1.0) / (2.0 * g * fast - (g - 1.0))) ** (
        1.0 / (g - 1.0)
    )
    return (np.where(m2 > 1.0, shock, still) - 1.0) / (0.5 * g * m2)


def _strips(arc: Arc, nodes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Along one part: x, radius [m], normal's angle [rad] and weights [m]; each ``(nodes,)``."""
    at, weight = np.polynomial.legendre.leggauss(nodes)
    share, weight = 0.5 * (at + 1.0), 0.5 * weight
    (x0, r0), (x1, r1) = arc.start, arc.end
    phi = arc.phi_start + share * (arc.phi_end - arc.phi_start)
    if arc.radius == 0.0:
        step = math.hypot(x1 - x0, r1 - r0)
        return x0 + share * (x1 - x0), r0 + share * (r1 - r0), phi, weight * step
    x = x0 + arc.radius * (math.cos(arc.phi_start) - np.cos(phi))
    r = r0 + arc.radius * (np.sin(phi) - math.sin(arc.phi_start))
    return x, r, phi, weight * arc.radius * (arc.phi_end - arc.phi_start)


def _around(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integrals of ``c^2`` and ``c^2 sin w`` over the lit part of a ring, where ``c = a + b sin w > 0``."""
    dark = np.arcsin(np.clip(-a / np.maximum(b, 1e-12), -1.0, 1.0))
    lit, sine, cosine = np.pi - 2.0 * dark, np.sin(dark), np.cos(dark)
    second = 0.5 * lit + sine * cosine
    plain = a * a * lit + 4.0 * a * b * cosine + b * b * second
    first = 2.0 * a * a * cosine + 2.0 * a * b * second + b * b * (2.0 * cosine - 2.0 / 3.0 * cosine**3)
    return plain, first


def newtonian(shape: CapsuleShape, angle: np.ndarray, nodes: int = NODES) -> Coefficients:
    """``(CA, CN, Cm)`` at total angles of attack ``angle`` [rad, (n,)], for a stagnation coefficient of 1.

    Axial force along -x and normal force against the cross-velocity, on pi d^2/4; moment about the vertex of
    the heat shield, about the axis v cross x, on pi d^2/4 times d. Modified Newtonian flow, ``Cp = Cpmax (n
    . v)^2`` on the lit side and 0 in the shadow (Lees 1955; Anderson, Hypersonic and High-Temperature Gas
    Dynamics, chapter 3). Multiply by ``stagnation_pressure_coefficient``. Valid for blunt convex bodies,
    Mach 4 and above.
    """
    angle = np.asarray(angle, float)
    along, across = np.cos(angle)[:, None], np.abs(np.sin(angle))[:, None]
    area = 0.25 * math.pi * shape.diameter**2
    axial, normal, moment = np.zeros((3, angle.size))
    for arc in outline(shape):
        x, r, phi, weight = _strips(arc, nodes)
        cosine, sine = np.cos(phi), np.sin(phi)
        plain, first = _around(-along * cosine, across * sine)
        ring = r * weight / area
        axial -= plain @ (ring * cosine)
        normal += first @ (ring * sine)
        moment += first @ (ring * (r * cosine + x * sine)) / shape.diameter
    return axial, normal, moment
