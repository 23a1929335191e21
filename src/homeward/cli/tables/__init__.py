"""What the command line prints: summaries and tables."""
