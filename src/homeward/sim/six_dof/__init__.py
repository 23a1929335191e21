"""The closed loop of a six-DOF vehicle."""
