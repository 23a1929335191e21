"""What a gravity, air, wind or aerodynamic model of your own must offer."""

from homeward.world.environment.interfaces import (
    AbstractAerodynamics,
    AbstractAtmosphere,
    AbstractGravity,
    AbstractWind,
    Air,
)

__all__ = ["AbstractAerodynamics", "AbstractAtmosphere", "AbstractGravity", "AbstractWind", "Air"]
