"""One writer at a time: a lock that the system takes back when its holder dies, however it dies."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from homeward.errors import InputError, one_line

NAME = ".lock"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; raises ``InputError`` where another process holds it."""
    label = one_line(str(folder), 200)
    try:
        handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(f"{label}: cannot be written ({error.strerror or 'no reason given'})") from None
    try:
        if not _take(handle):
            raise InputError(f"{label}: another process is writing this campaign")
        yield
    finally:
        os.close(handle)  # which gives the lock back


def _take(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
