"""Ratios against other programs, each measured in the same run (``python -m benchmarks``)."""
