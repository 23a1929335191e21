"""Touching down: the pulse, what the crew gets of it, whether the capsule tips over, the swell of the sea."""
