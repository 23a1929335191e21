"""The flight computer's own coarse world: gravity, air, lift and drag.

It shares no physics with the truth on purpose: a bug in one cannot cancel itself in the other.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.math.triples import Triple
from homeward.typing import Array, Float, Scalar

AIR_DEGREE = 8  # of the polynomial of log density: the standard atmosphere to about 1 % below 120 km
AIR_TOP = 130e3  # m, where the polynomial's scaled altitude is one


class OnboardModel(eqx.Module):
    """Believed Earth, air and capsule.

    ``air`` holds the coefficients of log density [kg/m3] in altitude over ``AIR_TOP``; ``drag`` is CD S / m
    [m2/kg] and ``lift_to_drag`` L/D at the speeds ``speed_knots`` [m/s]; ``wind`` is the forecast wind,
    Earth-fixed components [m/s], fading out between 30 and 40 km.
    """

    mu: Scalar
    j2: Scalar
    equatorial_radius: Scalar
    flattening: Scalar
    rotation: Scalar
    air: Float[Array, " c"]
    speed_knots: Float[Array, " k"]
    drag: Float[Array, " k"]
    lift_to_drag: Float[Array, " k"]
    wind: Float[Array, "3"]

    def radius(self, u_z: Scalar) -> Scalar:
        """Distance [m] of the ellipsoid from the centre along a direction whose z component is given."""
        s2 = u_z * u_z
        return self.equatorial_radius * (
            1.0 - self.flattening * s2 * (1.0 + 1.5 * self.flattening * (1.0 - s2))
        )

    def density(self, altitude: Scalar) -> Scalar:
        """Air density [kg/m3]; held below sea level so that a long step cannot blow up."""
        x = jnp.clip(altitude * (1.0 / AIR_TOP), 0.0, 1.15)
        value = self.air[-1]
        for k in range(self.air.shape[0] - 2, -1, -1):
            value = value * x + self.air[k]
        return jnp.exp(value)

    def aerodynamics(self, speed: Scalar) -> tuple[Scalar, Scalar]:
        """``(CD S / m, L/D)`` at a speed: straight lines between the knots."""
        drag, ratio = self.drag[0], self.lift_to_drag[0]
        for k in range(self.speed_knots.shape[0] - 1):
            width = self.speed_knots[k + 1] - self.speed_knots[k]
            share = jnp.clip((speed - self.speed_knots[k]) / width, 0.0, 1.0)
            drag = drag + (self.drag[k + 1] - self.drag[k]) * share
            ratio = ratio + (self.lift_to_drag[k + 1] - self.lift_to_drag[k]) * share
        return drag, ratio

    def gravity(self, u: Triple, radius: Scalar) -> Triple:
        """Gravity with J2 plus the centrifugal term [m/s2] at a direction ``u`` and distance [m]."""
        inverse = 1.0 / radius
        central = self.mu * inverse * inverse
        oblate = central * (1.5 * self.j2) * (self.equatorial_radius * inverse) ** 2
        along = -central - oblate * (1.0 - 5.0 * u[2] * u[2])
        spin = self.rotation * self.rotation * radius
        return (along + spin) * u[0], (along + spin) * u[1], along * u[2] - 2.0 * oblate * u[2]


def fit_air(altitudes: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Coefficients of the polynomial of log density that the flight computer carries.

    Least squares over 0-120 km with the weight on 20-80 km, where the capsule's path is decided.
    """
    x = np.asarray(altitudes) / AIR_TOP
    weight = 1.0 + 4.0 * ((altitudes > 15e3) & (altitudes < 85e3))
    columns = np.stack([x**k for k in range(AIR_DEGREE + 1)], axis=1)
    return np.linalg.lstsq(columns * weight[:, None], np.log(densities) * weight, rcond=None)[0]
