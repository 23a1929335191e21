"""Dispersions: one random stream for each parameter of each run, and what is drawn from it."""
