"""The truth: gravity, air, wind, body, actuators, sensors, parachutes. Never imports ``flight``."""
