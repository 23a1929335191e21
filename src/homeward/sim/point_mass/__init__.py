"""The closed loop of a point mass."""
