"""Relative navigation of a rendezvous: filter, measurement models, sensor fault detection."""
