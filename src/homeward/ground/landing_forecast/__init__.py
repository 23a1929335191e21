"""The landing forecast, from the telemetry or from tracking."""
