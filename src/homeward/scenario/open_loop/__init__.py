"""Open-loop flights as files: schema, building, running."""
