"""A flight software in a process of its own: lock-step space packets over a connection."""
