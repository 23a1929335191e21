"""Pictures of campaigns and of studies over many flights."""
