"""The same problems solved with other people's tools."""
