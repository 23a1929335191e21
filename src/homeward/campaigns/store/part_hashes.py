"""The SHA-256 of every part of a campaign, in a file that is only ever added to.

A line is written and brought to the disk before its part gets its name. What stops a writer in between leaves
a line without a part, or half a line, and either is passed over: the block is flown again, and its last line
counts. The lines are those of ``sha256sum``.
"""

import hashlib
import os
import re
import threading
from pathlib import Path

NAME = "parts.sha256"
LINE = re.compile(r"([0-9a-f]{64})  parts/(part-\d{8}\.parquet)")


class PartHashes:
    """Reads and adds to the hashes of a campaign's parts; safe to add to from several threads."""

    def __init__(self, folder: Path) -> None:
        self.path, self._lock = folder / NAME, threading.Lock()
        self._checked: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def known(self) -> dict[str, str]:
        """The hash of each part by its name; empty where there are none yet."""
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return {}
        found = (LINE.fullmatch(line) for line in text.split("\n"))
        return {match[2]: match[1] for match in found if match}

    def add(self, part: str, content: Path) -> None:
        """Write down the hash of a part whose bytes are in the file ``content``. Raises OSError."""
        line = f"{hash_of(content)}  parts/{part}\n".encode()
        with self._lock:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                size = os.fstat(handle).st_size
                os.lseek(handle, max(size - 1, 0), os.SEEK_SET)
                if size and os.read(handle, 1) != b"\n":  # a line that was broken off
                    line = b"\n" + line
                os.write(handle, line)
                os.fsync(handle)
            finally:
                os.close(handle)

    def holds(self, part: Path, known: dict[str, str]) -> bool:
        """Whether a part is there with the bytes that were written."""
        try:
            status = part.stat()
            stamp = status.st_mtime_ns, status.st_size, status.st_ino
            seen = self._checked.get(part)
            if seen is None or seen[0] != stamp:
                seen = self._checked[part] = stamp, hash_of(part)
        except OSError:
            return False
        return seen[1] == known.get(part.name)


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


__all__ = ["NAME", "PartHashes", "hash_of"]
