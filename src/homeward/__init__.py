"""Homeward: guidance, navigation and control of crewed capsules, and the world they fly in."""

from homeward._runtime import configure as _configure

_configure()
