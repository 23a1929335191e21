"""How JAX is set up for Homeward: double precision, and a compile cache that outlives the process."""

import contextlib
import os
import stat
import sys
from pathlib import Path

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def cache_directory() -> Path:
    """Where compiled programs are kept: ``HOMEWARD_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("HOMEWARD_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path("~").expanduser() / ".cache"
    return Path(base) / "homeward"


def writable_folder(name: str) -> Path | None:
    """A folder of the cache, made if need be; None where nothing can be written, or others could write too.

    What lies there is run: a folder that another user owns is not used, and one that others may write is
    closed to them, without what they have left in it.
    """
    try:
        above = cache_directory()
        above.parent.mkdir(parents=True, exist_ok=True)
        for directory in (above, above / name):
            with contextlib.suppress(FileExistsError):
                directory.mkdir(mode=0o700)
            if not _ours_alone(directory):
                return None
    except (OSError, RuntimeError, ValueError):
        return None  # A home that cannot be written costs compile time, never a flight.
    return above / name if os.access(above / name, os.W_OK | os.X_OK) else None


def _ours_alone(directory: Path) -> bool:
    """Whether this user alone can put files into a folder, once it has been closed to others."""
    if os.name != "posix":
        return True
    found = directory.stat()
    if found.st_uid != os.geteuid():
        return False
    if found.st_mode & OTHERS_WRITE:
        directory.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS_WRITE)
        for path in directory.iterdir():
            if path.lstat().st_uid != found.st_uid:
                path.unlink()
    return True


def configure() -> None:
    """Set the JAX options that every result depends on. Called once, on import.

    JAX is not loaded for that: until it is, its options are set in the environment that it will read.
    """
    options: dict[str, bool | float | str] = {"jax_enable_x64": True}
    directory = writable_folder("xla")
    if directory is not None and not _cache_chosen():
        options["jax_compilation_cache_dir"] = str(directory)
        options["jax_persistent_cache_min_compile_time_secs"] = 0.0
        options["jax_persistent_cache_min_entry_size_bytes"] = -1
        # Else the folder's path is part of what a program is found by, and a folder that is moved or copied
        # to another machine serves no more; what XLA would keep there is for GPUs.
        options["jax_persistent_cache_enable_xla_caches"] = "none"
    if "jax" in sys.modules:
        import jax

        for key, value in options.items():
            jax.config.update(key, value)
    else:
        for key, value in options.items():
            os.environ[key.upper()] = str(int(value)) if isinstance(value, bool) else str(value)


def _cache_chosen() -> bool:
    """Whether somebody has given JAX a cache of their own: it is then theirs to rule."""
    if os.environ.get("HOMEWARD_CACHE"):
        return False
    if "jax" in sys.modules:
        import jax

        return bool(getattr(jax.config, "jax_compilation_cache_dir", None))
    return bool(os.environ.get("JAX_COMPILATION_CACHE_DIR"))
