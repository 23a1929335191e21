"""Requirements, verdicts, and when enough runs have been flown."""
