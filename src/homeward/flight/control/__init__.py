"""Attitude control, thruster selection, and detection of failed thrusters."""
