"""Files that a flight leaves: telemetry tables, OEM, CZML, KML, HTML pages."""
