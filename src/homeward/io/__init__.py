"""Formats of the field: files of orbits and trajectories, space packets."""
