"""How JAX is set up for Homeward: double precision, and a compile cache that outlives the process."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """Where compiled programs are kept: ``HOMEWARD_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("HOMEWARD_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "homeward"


def configure() -> None:
    """Set the JAX options that every result depends on. Called once, on import."""
    import jax

    jax.config.update("jax_enable_x64", True)
    try:
        directory = cache_directory() / "xla"
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # A home that cannot be written costs compile time, never a flight.
    jax.config.update("jax_compilation_cache_dir", str(directory))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
