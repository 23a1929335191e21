"""Aerodynamic forces and moments, and heating."""
