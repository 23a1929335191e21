"""Telemetry: dictionary, packets, archive, link, limits."""
