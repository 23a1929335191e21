"""The schema of scenario files: typed, checked values."""
