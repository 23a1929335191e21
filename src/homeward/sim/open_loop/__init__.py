"""Open-loop flight of any body."""
