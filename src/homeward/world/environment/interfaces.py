"""What a gravity, air or wind model must offer. A user's own model is any final class of these."""

from abc import abstractmethod

import equinox as eqx

from homeward.typing import Scalar, Vec3


class Air(eqx.Module):
    """State of the air: density [kg/m3], temperature [K], pressure [Pa], speed of sound [m/s]."""

    density: Scalar
    temperature: Scalar
    pressure: Scalar
    sound_speed: Scalar


class AbstractGravity(eqx.Module):
    """Gravitational acceleration (without rotation) in Earth-fixed components."""

    @abstractmethod
    def acceleration(self, r_E: Vec3) -> Vec3:
        """Acceleration [m/s2] in E of a point at ``r_E`` [m, Earth-fixed]."""


class AbstractAtmosphere(eqx.Module):
    """Air against altitude above the ellipsoid."""

    @abstractmethod
    def at(self, altitude: Scalar) -> Air:
        """Air at an altitude [m] above the ellipsoid."""


class AbstractWind(eqx.Module):
    """Wind against altitude above the ellipsoid, moving with the turning Earth."""

    @abstractmethod
    def at(self, altitude: Scalar) -> Vec3:
        """Velocity of the air [m/s], north-east-down (N), at an altitude [m]."""


class AbstractAerodynamics(eqx.Module):
    """Trim lift and drag coefficients against Mach number."""

    @abstractmethod
    def coefficients(self, mach: Scalar) -> tuple[Scalar, Scalar]:
        """``(CL, CD)`` at a Mach number, referred to the capsule's area."""

    def prepared(self) -> "AbstractAerodynamics":
        """The same in the form that a loop flies fastest; itself unless a model says otherwise."""
        return self
