"""Scenarios: TOML files, read and checked into typed values."""

from homeward.scenario.files.shipped import shipped
from homeward.scenario.load import load
from homeward.scenario.schema.scenario import Scenario

__all__ = ["Scenario", "load", "shipped"]
