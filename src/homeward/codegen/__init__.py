"""Translates flight software into C99: from the jaxpr of a function to functions that need <math.h> only."""
