"""Pure mathematics: quaternions, interpolation, integrators. Knows nothing of the Earth."""
