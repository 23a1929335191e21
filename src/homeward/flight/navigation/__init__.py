"""Absolute navigation: strapdown mechanization, error-state filter, sensor fault detection."""
