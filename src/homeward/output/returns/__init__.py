"""Pictures of a return."""
