"""Ground stations, their measurements, and orbit determination."""
