"""The open-loop entry that every program flies: same physics, same lanes, same reference.

A point mass from 120 km to 10 km with a constant bank angle; exponential air that turns with the
Earth; a spherical Earth with J2. State: inertial position and velocity [m, m/s]. Per lane: the drag
area over mass times a density factor, and lift over drag in the vertical and the horizontal.
"""

from dataclasses import dataclass

import numpy as np

GM = 3.986004418e14
RADIUS = 6378137.0
J2 = 1.08262982e-3
TURN = 7.292115e-5
DENSITY = 1.3
SCALE_HEIGHT = 7100.0
START, STOP = 120e3, 10e3
J2_FACTOR = 1.5 * J2 * GM * RADIUS**2
ERROR_LIMIT = 1.0  # m at the 10 km crossing, worst lane: the accuracy at which speed is compared


@dataclass(frozen=True)
class Lanes:
    """Initial states (n, 6) and parameters (n, 3): drag factor, L/D up, L/D right."""

    states: np.ndarray
    parameters: np.ndarray


def lanes(count: int, seed: int = 0) -> Lanes:
    """Dispersed entries from a low orbit of 41 deg inclination."""
    rng = np.random.default_rng(seed)
    speed = 7850.0 + 30.0 * rng.standard_normal(count)
    angle = np.radians(-1.5 + 0.05 * rng.standard_normal(count))
    heading = np.radians(90.0 + 3.0 * rng.standard_normal(count))
    latitude = np.radians(38.0 + rng.standard_normal(count))
    bank = np.radians(rng.uniform(50.0, 70.0, count)) * rng.choice([-1.0, 1.0], count)
    lift_over_drag = 0.3 * (1 + 0.05 * rng.standard_normal(count))
    drag = 1.3 * 4.99 / 3200.0 * (1 + 0.05 * rng.standard_normal(count))
    zero = np.zeros(count)
    up = np.stack([np.cos(latitude), zero, np.sin(latitude)], 1)
    north = np.stack([-np.sin(latitude), zero, np.cos(latitude)], 1)
    east = np.stack([zero, zero + 1.0, zero], 1)
    level = np.cos(heading)[:, None] * north + np.sin(heading)[:, None] * east
    velocity = speed[:, None] * (np.cos(angle)[:, None] * level + np.sin(angle)[:, None] * up)
    states = np.concatenate([(RADIUS + START) * up, velocity], 1)
    parameters = np.stack([drag, lift_over_drag * np.cos(bank), lift_over_drag * np.sin(bank)], 1)
    return Lanes(states, parameters)


def rates(x, p, sqrt, exp):
    """Rates of the six components; ``sqrt`` and ``exp`` are those of the tool that flies it.

    Lift stands at right angles to the airspeed u: up is the part of the vertical that does, and
    right is their cross product, so that u, up and right need one square root more.
    """
    rx, ry, rz, vx, vy, vz = x
    drag, lift_up, lift_right = p
    r2 = rx * rx + ry * ry + rz * rz
    inverse_r2 = 1.0 / r2
    inverse_r = sqrt(inverse_r2)
    r = r2 * inverse_r
    inverse_r3 = inverse_r2 * inverse_r
    oblate = J2_FACTOR * inverse_r3 * inverse_r2
    z2 = 5.0 * rz * rz * inverse_r2
    g = -GM * inverse_r3 + oblate * (z2 - 1.0)
    ux, uy, uz = vx + TURN * ry, vy - TURN * rx, vz
    u2 = ux * ux + uy * uy + uz * uz
    ru = rx * ux + ry * uy + rz * uz
    nx, ny, nz = uy * rz - uz * ry, uz * rx - ux * rz, ux * ry - uy * rx  # u x r: to the right
    inverse_n = 1.0 / sqrt(r2 * u2 - ru * ru)
    # Acceleration drag * density / 2 * u2 along a unit vector: u2 / |u| / |n| of the vectors below.
    pressure = (0.5 * DENSITY) * drag * exp((RADIUS - r) * (1.0 / SCALE_HEIGHT))
    speed = sqrt(u2)
    along = -pressure * speed - pressure * lift_up * inverse_n * speed * ru
    up = pressure * lift_up * inverse_n * speed * u2
    right = pressure * lift_right * inverse_n * u2
    gx = g + up
    return (
        vx, vy, vz,
        gx * rx + along * ux + right * nx,
        gx * ry + along * uy + right * ny,
        (gx - 2.0 * oblate) * rz + along * uz + right * nz,
    )  # fmt: skip
