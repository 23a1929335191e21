"""Heating at the stagnation point: convection, and radiation of the shock layer above 9 km/s."""

import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import SUTTON_GRAVES_EARTH
from homeward.math.numerics import beyond_knots, on_line
from homeward.typing import Scalar

# Tauber and Sutton (1991), Table 1, Earth: speed [m/s] and velocity function [-]. The first row closes
# the fit, which begins at 9,000 m/s, to zero over one metre per second instead of by a jump.
_SPEED = np.array(
    [8999.0, 9000.0, 9250.0, 9500.0, 9750.0, 10000.0, 10250.0, 10500.0, 10750.0, 11000.0, 11500.0,
     12000.0, 12500.0, 13000.0, 13500.0, 14000.0, 14500.0, 15000.0, 15500.0, 16000.0]
)  # fmt: skip
_FUNCTION = np.array(
    [0.0, 1.5, 4.3, 9.7, 19.5, 35.0, 55.0, 81.0, 115.0, 151.0, 238.0,
     359.0, 495.0, 660.0, 850.0, 1065.0, 1313.0, 1550.0, 1780.0, 2040.0]
)  # fmt: skip
# The same as a line with bends (see ``on_line``): a sum over an axis of knots costs as much as an evaluation
# of all forces.
_LINE = np.concatenate([_FUNCTION[:1], np.diff(np.diff(_FUNCTION) / np.diff(_SPEED), prepend=0.0)])


def convective(density: Scalar, speed: Scalar, nose_radius: Scalar) -> Scalar:
    """Convective heat rate [W/m2] at the stagnation point, cold wall.

    ``q = 1.7415e-4 sqrt(rho / RN) V**3`` with density [kg/m3], speed relative to the air [m/s], nose radius
    [m]. Source: Sutton and Graves (1971), NASA TR R-376, eq. 41, for air. Valid for continuum
    flow and speeds well above 2 km/s; at lower speeds it is small and stays an upper bound.
    """
    return SUTTON_GRAVES_EARTH * jnp.sqrt(density / nose_radius) * speed**3


def radiative(density: Scalar, speed: Scalar, nose_radius: Scalar) -> Scalar:
    """Radiative heat rate [W/m2] at the stagnation point; zero below 9 km/s.

    ``q = 4.736e8 RN**a rho**1.22 f(V)``, ``a = 1.072e6 V**-1.88 rho**-0.325``, with ``a`` at most 1, and at
    most 0.6 for a nose above 1 m and 0.5 above 2 m. Source: Tauber and Sutton (1991), J. Spacecraft
    and Rockets 28(1), 40-42, eqs. 1 and 2, Table 1 (there in W/cm2). Valid for 10 to 16 km/s,
    54 to 72 km altitude, 6.6e-5 to 6.3e-4 kg/m3 and radii of 0.3 to 3 m; outside it only says the order,
    and above 16 km/s the velocity function is held.
    """
    safe_density = jnp.maximum(density, 1e-30)  # a negative power of a vacuum would be infinite
    knots, line = (tuple(jnp.asarray(x) for x in row) for row in (_SPEED, _LINE))
    function = on_line(line, beyond_knots(knots, speed))
    largest = jnp.where(nose_radius <= 1.0, 1.0, jnp.where(nose_radius <= 2.0, 0.6, 0.5))
    # Powers by way of two logarithms: each is a library call otherwise, lane by lane.
    log_density = jnp.log(safe_density)
    exponent = 1.072e6 * jnp.exp(-1.88 * jnp.log(jnp.maximum(speed, 1.0)) - 0.325 * log_density)
    exponent = jnp.minimum(exponent, largest)
    return 4.736e8 * jnp.exp(exponent * jnp.log(nose_radius) + 1.22 * log_density) * function


def heat_rate(density: Scalar, speed: Scalar, nose_radius: Scalar) -> Scalar:
    """Convective plus radiative heat rate [W/m2] at the stagnation point."""
    return convective(density, speed, nose_radius) + radiative(density, speed, nose_radius)
