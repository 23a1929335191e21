"""The ground: telemetry, commands, tracking, landing forecast, monitor."""
