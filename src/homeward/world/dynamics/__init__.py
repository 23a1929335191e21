"""Equations of motion: point mass, rigid body, two spacecraft."""
