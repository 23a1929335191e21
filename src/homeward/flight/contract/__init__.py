"""Checks of a user's own guidance law before it flies."""
