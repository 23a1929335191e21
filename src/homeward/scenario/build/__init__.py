"""From a checked scenario to arrays: world, flight computer, sensors, initial state."""
