"""The Earth as a place: constants, shape, orientation, time, Sun and Moon."""
