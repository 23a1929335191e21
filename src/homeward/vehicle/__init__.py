"""Figures of a vehicle that truth and flight software both describe it by."""
