"""Closes the loop: the only place that sees both what flies and what is flown through."""
