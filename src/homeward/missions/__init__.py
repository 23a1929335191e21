"""One flight of a mission: flown, summed up, judged, saved."""
