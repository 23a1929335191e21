"""The rigid body that nothing turns, against its two closed forms.

Axisymmetric: the axis goes round the angular momentum at L / A and the body turns about its axis the other
way at (A - C) / A of its spin. Triaxial: Jacobi's elliptic functions. Source: Landau and Lifshitz, Mechanics,
sections 35 and 37; the elliptic functions are SciPy's.
"""

import numpy as np
import pytest
from scipy.special import ellipj
from turning_ship import fly, matrices, motion, pushes, ship, surroundings

from homeward.world.dynamics.rigid_body import ORBIT

SOURCE = "Free rotation in closed form"
TICK, TICKS = 0.1, 6000  # the loop's own tick, ten minutes
# What the fourth order leaves of ten minutes at 17 deg/s: (0.3 rad/s x 0.1 s)^5 / 120 a tick, 6000 ticks.
AXIS_LIMIT, RATE_LIMIT, KEPT = 1e-6, 1e-8, 1e-8  # rad, relative, relative


def flown(inertia, omega):
    _, body, _ = ship()
    return fly(body, ORBIT, surroundings(), pushes(inertia), motion(omega=omega), TICK, TICKS)


def about(axis, angle):
    """Matrices that turn vectors about a unit axis by angles [rad]."""
    x, y, z = axis
    K = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    s, c = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.eye(3) + s * K + (1.0 - c) * (K @ K)


@pytest.mark.parametrize("spin", [0.25, -0.1])
def test_an_axisymmetric_body_goes_round_its_cone(validation, spin):
    C, A, across = 2000.0, 5200.0, 0.15
    _, _, q, omega = flown(np.diag([C, A, A]), (spin, across, 0.0))
    t = TICK * np.arange(TICKS + 1)
    momentum = np.array([C * spin, A * across, 0.0])  # F is B at the start
    round_, own = np.linalg.norm(momentum) / A, (A - C) / A * spin
    unit = momentum / np.linalg.norm(momentum)
    turned = about(unit, round_ * t) @ about(np.array([1.0, 0.0, 0.0]), own * t)
    wanted = np.swapaxes(turned, 1, 2)  # C_BF
    off = float(np.max(np.abs(matrices(q) - wanted)))
    rate = np.hypot(omega[:, 1], omega[:, 2])
    cone = float(np.max(np.abs(rate / across - 1.0)))
    for quantity, difference, limit in (
        ("attitude, largest of any direction cosine over 600 s", off, AXIS_LIMIT),
        ("cone's rate across the axis, relative", cone, RATE_LIMIT),
    ):
        validation.record(
            source=SOURCE, case=f"axisymmetric, spin {spin:g} rad/s", quantity=quantity, theirs="closed form",
            ours="", difference=difference, limit=limit,
        )  # fmt: skip
    assert off < AXIS_LIMIT and cone < RATE_LIMIT


@pytest.mark.parametrize("omega", [(0.02, 0.0, 0.3), (0.14, 0.0, 0.16), (0.3, 0.0, 0.02)])
def test_a_triaxial_body_follows_the_elliptic_functions(validation, omega):
    A, B, C = 2000.0, 2900.0, 3600.0
    _, _, q, told = flown(np.diag([A, B, C]), omega)
    t = TICK * np.arange(TICKS + 1)
    energy = A * omega[0] ** 2 + C * omega[2] ** 2  # twice it
    square = (A * omega[0]) ** 2 + (C * omega[2]) ** 2
    moments = (A, B, C)
    swapped = square < energy * B  # then the axis of the least moment is the one that is gone round
    a, b, c = moments[::-1] if swapped else moments
    pace = np.sqrt((c - b) * (square - energy * a) / (a * b * c))
    share = (b - a) * (energy * c - square) / ((c - b) * (square - energy * a))
    sn, cn, dn, _ = ellipj(pace * t, share)
    first = np.sqrt((energy * c - square) / (a * (c - a))) * cn
    second = np.sqrt((energy * c - square) / (b * (c - b))) * sn
    third = np.sqrt((square - energy * a) / (c * (c - a))) * dn
    wanted = np.stack([third, second, first] if swapped else [first, second, third], axis=1)
    difference = float(np.max(np.abs(told - wanted)) / np.max(np.abs(omega)))
    inertial = np.einsum("nji,nj->ni", matrices(q), told * moments)
    kept = float(np.max(np.abs(inertial - inertial[0])) / np.linalg.norm(inertial[0]))
    energies = told**2 @ np.array(moments)
    power = float(np.max(np.abs(energies / energies[0] - 1.0)))
    for quantity, value, limit in (
        ("rates, largest over 600 s, relative", difference, RATE_LIMIT),
        ("angular momentum in F, largest change, relative", kept, KEPT),
        ("energy, largest change, relative", power, KEPT),
    ):
        validation.record(
            source=SOURCE, case=f"triaxial, from {omega[0]:g}, {omega[1]:g}, {omega[2]:g} rad/s",
            quantity=quantity, theirs="closed form", ours="", difference=value, limit=limit,
        )  # fmt: skip
    assert difference < RATE_LIMIT and kept < KEPT and power < KEPT
    assert np.ptp(told, axis=0).max() > 0.02  # it does turn over itself
