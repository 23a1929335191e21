"""The most memory this process has held, or one that compiled for it."""

import sys


def peak_memory_mib() -> float | None:
    """In MiB, of the greatest process; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
