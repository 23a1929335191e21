"""Fault matrices: every fault in every leg it may strike, and how each case ended."""
