"""Descent under parachutes: deployment logic, sequencing, drift, wind estimation."""
