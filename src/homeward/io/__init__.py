"""File formats: orbits in, trajectories out."""
