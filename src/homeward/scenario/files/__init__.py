"""Scenario files: those that come with Homeward, and reading TOML."""
