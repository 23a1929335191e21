"""The closed loop of a rendezvous, far range and proximity, and of an undocking."""
