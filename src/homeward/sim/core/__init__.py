"""What every closed loop shares: legs, what a lane hands on, telemetry rows, messages."""
