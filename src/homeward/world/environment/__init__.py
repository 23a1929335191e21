"""Gravity, atmosphere, wind."""
