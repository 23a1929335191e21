"""Builds ``BodyAerodynamics``: Newtonian coefficients of the shape, corrected by Apollo's published ones.

Everything here is numpy and runs once, before anything is compiled.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import jax.numpy as jnp
import numpy as np

from homeward.errors import InputError
from homeward.vehicle.capsule_shape import APOLLO, CapsuleShape, check_center_of_mass, check_shape
from homeward.world.aerodynamics.newtonian import newtonian, stagnation_pressure_coefficient
from homeward.world.aerodynamics.six_dof import KINK_WIDTH, REFERENCE_MACH, BodyAerodynamics, trim

# Apollo's centre of mass at entry, m from the heat shield's vertex: XA 1039.2 in, ZA 5.9 in (Apollo 11
# Mission Report, MSC-00171, mass properties), with the vertex at XA 998.6 in, where the drawing puts it if
# the cone's sharp apex is at XA 1141.25 in. The published table belongs to Apollo 15, whose own we have not
# found.
APOLLO_CENTER_OF_MASS = (1.0312, 0.0, 0.1499)

POWERS = 15  # of x in the fit
CONE_POWERS = 4  # of x beside the term for the cone
TRIM_WEIGHT = 3.0  # of the angles from 140 deg on, against the others


@dataclass(frozen=True)
class Corrections:
    """What the Newtonian coefficients are multiplied by and added to, against Mach number; arrays ``(m,)``.

    ``CA = factor CA_N``, ``CN = factor CN_N + normal fade s``, ``Cm = factor Cm_N + moment fade s``: s is
    the sine of the angle of attack and ``fade = ((1 - cos) / 2)^8``. The factor is the stagnation pressure
    coefficient in purely Newtonian flow.
    """

    mach: np.ndarray
    factor: np.ndarray
    normal: np.ndarray
    moment: np.ndarray


@dataclass(frozen=True)
class Damping:
    """Derivatives of the moments by ``omega d / (2 V)`` at Mach numbers; ``(m,)``, negative damps."""

    mach: np.ndarray
    pitch: np.ndarray  # Cmq and Cm alpha-dot together, and yaw alike
    roll: np.ndarray  # Clp


# Assumed. Impact theory gives -Cpmax (Rn - x_cm)^2 / (4 Rn^2) = -0.28 for Apollo's heat shield; we take two
# thirds of it at high Mach number, and keep a little below Mach 2, where real capsules lose all and more
# (Owens and Aubuchon 2011, NASA Langley, of Orion). Roll damping of a body of revolution is by friction
# alone.
MILD_DAMPING = Damping(
    mach=np.array([0.2, 1.2, 2.0, 4.0, 8.0]),
    pitch=np.array([-0.05, -0.02, -0.05, -0.15, -0.19]),
    roll=np.array([-0.01, -0.01, -0.01, -0.01, -0.01]),
)


def newtonian_corrections() -> Corrections:
    """No correction: modified Newtonian flow with Rayleigh's stagnation pressure, Mach 0.2 to 30."""
    mach = np.array([0.2, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0, 30.0])
    return Corrections(mach, stagnation_pressure_coefficient(mach), np.zeros(mach.size), np.zeros(mach.size))


@cache
def published_trim() -> np.ndarray:
    """Apollo's published trim table: rows of Mach, CL, CD and angle of attack [rad]."""
    text = resources.files("homeward.data").joinpath("apollo_aero.csv").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = np.array([[float(x) for x in row] for row in list(csv.reader(lines))[1:]])
    rows[:, 3] = np.radians(rows[:, 3])
    return rows


def fit_corrections(
    shape: CapsuleShape, center_of_mass: Sequence[float], mach: np.ndarray, cl: np.ndarray, cd: np.ndarray,
    alpha: np.ndarray,
) -> Corrections:  # fmt: skip
    """The corrections with which ``shape`` trims at ``alpha`` [rad, (m,)] with ``cl`` and ``cd``.

    Three numbers a Mach number for three published ones: the factor from CA, the normal increment from CN,
    the moment increment from a moment of 0 about ``center_of_mass`` [m, B, from the vertex].
    """
    tilt = np.pi - np.asarray(alpha, float)
    sine, cosine = np.sin(tilt), np.cos(tilt)
    ca, cn = -(cd * cosine + cl * sine), cd * sine - cl * cosine
    polynomial, cone = fit_shape(shape)
    axial, normal, moment = evaluate_fit(shape, polynomial, cone, np.pi - tilt)
    near = (0.5 * (1.0 + cosine)) ** 8
    x, y, z = center_of_mass
    factor = ca / axial
    trimmed = (cn * x - ca * math.hypot(y, z)) / shape.diameter
    return Corrections(
        mach=np.asarray(mach, float),
        factor=factor,
        normal=(cn / sine - factor * normal) / near,
        moment=(trimmed / sine - factor * moment) / near,
    )


@cache
def apollo_corrections() -> Corrections:
    """Corrections from Apollo's shape, centre of mass and published trim table; Mach 0.2 to 29.5."""
    table = published_trim()
    return fit_corrections(APOLLO, APOLLO_CENTER_OF_MASS, *table.T)


def _basis(shape: CapsuleShape, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, sine = np.cos(angle), np.sin(angle)
    lit = np.maximum(sine - math.sin(shape.cone_half_angle), 0.0)
    onset = lit**2.5 / (lit + KINK_WIDTH)
    return np.vander(x, POWERS, increasing=True), onset[:, None] * np.vander(x, CONE_POWERS, increasing=True)


@lru_cache(maxsize=16)
def fit_shape(shape: CapsuleShape) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients ``(3, 15)`` and ``(3, 4)`` of the shape functions of ``BodyAerodynamics``.

    Least squares over all attitudes, those from 140 deg on denser and heavier. Fitted in Chebyshev
    polynomials, which are well conditioned, and turned into powers.
    """
    angle = np.radians(np.concatenate([np.linspace(0.05, 130.0, 1300), np.linspace(130.0, 179.95, 2000)[1:]]))
    axial, normal, moment = newtonian(shape, angle)
    sine = np.sin(angle)
    wanted = np.stack([axial, normal / sine, moment / sine], axis=1)
    _, cone = _basis(shape, angle)
    weight = np.where(angle > math.radians(140.0), TRIM_WEIGHT, 1.0)[:, None]
    basis = np.hstack([np.polynomial.chebyshev.chebvander(np.cos(angle), POWERS - 1), cone])
    found, *_ = np.linalg.lstsq(basis * weight, wanted * weight, rcond=None)
    powers = [np.polynomial.chebyshev.cheb2poly(found[:POWERS, i]) for i in range(3)]
    return np.array([np.pad(p, (0, POWERS - p.size)) for p in powers]), found[POWERS:].T


def evaluate_fit(
    shape: CapsuleShape, polynomial: np.ndarray, cone: np.ndarray, angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The fitted ``(CA, CN / sine, Cm / sine)`` at angles [rad], for a stagnation coefficient of 1."""
    powers, onset = _basis(shape, np.asarray(angle, float))
    axial, normal, moment = polynomial @ powers.T + cone @ onset.T
    return axial, normal, moment


def body_aerodynamics(
    shape: CapsuleShape,
    center_of_mass: Sequence[float],
    corrections: Corrections | None = None,
    damping: Damping = MILD_DAMPING,
    label: str = "truth.capsule",
) -> BodyAerodynamics:
    """The compiled loop's model of a shape with its centre of mass [m, B, from the heat shield's vertex].

    ``corrections`` are Apollo's if none are given: the published ones carried over to another blunt capsule,
    in which the flow about the heat shield is much the same. Raises ``InputError`` with keys under ``label``.
    """
    check_shape(shape, f"{label}.shape", beside=label)
    check_center_of_mass(shape, center_of_mass, f"{label}.center_of_mass_m")
    known = apollo_corrections() if corrections is None else corrections
    columns = [
        known.mach,
        known.factor,
        known.normal,
        known.moment,
        damping.mach,
        damping.pitch,
        damping.roll,
    ]
    if not all(np.all(np.isfinite(column)) for column in columns):
        raise InputError(f"{label}: corrections and damping: expected finite numbers")
    if np.any(np.diff(known.mach) <= 0.0) or np.any(np.diff(damping.mach) <= 0.0):
        raise InputError(f"{label}: corrections and damping: expected Mach numbers that increase")
    mach = np.union1d(known.mach, damping.mach)
    table = [np.interp(mach, known.mach, column) for column in (known.factor, known.normal, known.moment)]
    table += [np.interp(mach, damping.mach, column) for column in (damping.pitch, damping.roll)]
    polynomial, cone = fit_shape(shape)
    return BodyAerodynamics(
        area=jnp.asarray(0.25 * math.pi * shape.diameter**2),
        length=jnp.asarray(shape.diameter),
        center_of_mass=jnp.asarray(center_of_mass, float),
        cone_sine=jnp.asarray(math.sin(shape.cone_half_angle)),
        polynomial=jnp.asarray(polynomial),
        cone=jnp.asarray(cone),
        mach=jnp.asarray(mach),
        table=jnp.asarray(np.stack(table, axis=1)),
    )


def body_for_lift_to_drag(
    shape: CapsuleShape,
    along: float,
    lift_to_drag: float,
    corrections: Corrections | None = None,
    damping: Damping = MILD_DAMPING,
    label: str = "truth.capsule",
) -> BodyAerodynamics:
    """As ``body_aerodynamics``, with the centre of mass where it gives ``lift_to_drag`` at Mach 10.

    It stands ``along`` [m] from the heat shield's vertex, and off the axis toward +z. Raises ``InputError``
    besides where no place of it, or only one outside the capsule, gives that ratio.
    """
    body = body_aerodynamics(shape, (along, 0.0, 0.0), corrections, damping, label)
    body = body.with_lift_to_drag(lift_to_drag)
    place = [float(c) for c in body.center_of_mass]
    _, cl, cd = trim(body, jnp.asarray(REFERENCE_MACH))
    if not abs(float(cl / cd) - lift_to_drag) < 1e-6:  # NaN too
        raise InputError(
            f"{label}.lift_to_drag: this shape does not trim at {lift_to_drag:g} with its centre of mass "
            f"{along:g} m from the heat shield's vertex"
        )
    check_center_of_mass(shape, place, f"{label}.lift_to_drag")
    return body
