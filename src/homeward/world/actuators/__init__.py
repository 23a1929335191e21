"""Bank actuator, engine, thruster valves, parachutes."""
