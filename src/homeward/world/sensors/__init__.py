"""Sensors as they really are: IMU, star trackers, GNSS, altimeters, rendezvous sensors."""
