"""Scenarios: TOML files, read and checked into typed values."""

from homeward.scenario.load import load
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.shipped import shipped

__all__ = ["Scenario", "load", "shipped"]
