"""Mission planning before the flight: landing opportunities, deorbit burn, undocking, rendezvous."""
