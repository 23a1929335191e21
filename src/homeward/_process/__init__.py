"""Processes that Homeward starts, and how its own process ends."""
