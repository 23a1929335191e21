"""Studies over many flights: sensitivity, footprint, corridor, filter consistency, comparison of laws."""
