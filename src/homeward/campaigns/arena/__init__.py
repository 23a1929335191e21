"""Guidance laws through the same flights, scored against what the truth allows."""
