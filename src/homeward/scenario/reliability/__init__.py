"""Failure rates of a scenario: the shipped set, and what the scenario changes of it."""
