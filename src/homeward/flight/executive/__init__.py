"""The single entry point of the flight software: all that a simulator or a flight computer calls."""
