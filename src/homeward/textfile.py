"""Text files as other people write them: one function through which every reader of text goes.

A byte order mark is no part of the text, lines may end as on any system, gzip is unpacked, and ``-`` or a
pipe is a file like any other. What is not UTF-8 is refused in one sentence.
"""

import contextlib
import functools
import io
import os
import stat
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from homeward.errors import InputError

Content = TypeVar("Content")

STANDARD_INPUT = "-"
LARGEST = 200_000_000  # bytes of text; no format read here comes near it
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)  # fmt: skip
# A pipe can be read once, and a scenario's readers ask more than once.
_streams: dict[str, bytes] = {}


def read_text(path: str | Path, what: str = "a text file", largest: int = LARGEST) -> str:
    """The text of a file, without a byte order mark and with lines that end in ``\\n``.

    ``-`` is standard input; a pipe is read once and kept; gzip is unpacked. ``what`` names the kind of file
    expected. Raises ``InputError``, one sentence that begins with the path, for what cannot be read, is
    longer than ``largest`` bytes, or is not UTF-8 text.
    """
    name = display_name(path)
    octets = _unpacked(_octets(path, name, what, largest), name, largest)
    for mark, encoding in _MARKS:
        if octets.startswith(mark):
            raise InputError(f"{name}: expected {what} in UTF-8, but this is {encoding}; save it as UTF-8")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}: line {line}: expected {what} in UTF-8, but byte {error.start} is not"
        ) from None
    if "\0" in text:
        raise InputError(f"{name}: expected {what} in UTF-8, but it holds NUL characters")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


@functools.lru_cache(maxsize=8)
def _read_once(reader: Callable[[str], Any], path: str, stamp: tuple[int, ...]) -> Any:
    return reader(path)


def read_kept(reader: Callable[[str], Content], path: str | Path) -> Content:
    """What ``reader`` makes of a file, read anew only if the file has changed since: for searches."""
    try:
        found = os.stat(path)
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)
    except (OSError, ValueError):
        stamp = ()
    return _read_once(reader, str(path), stamp)


def is_readable(path: str | Path) -> bool:
    """Whether there is something to read: a file, a pipe, or ``-``."""
    if str(path) == STANDARD_INPUT:
        return True
    try:
        return stat.S_IFMT(os.stat(path).st_mode) in (stat.S_IFREG, stat.S_IFIFO, stat.S_IFCHR)
    except (OSError, ValueError):
        return False


def full_path(path: Path) -> str:
    """Absolute path of a file; a pipe keeps the name it has, since what it points to is none."""
    return str(path.resolve() if path.is_file() else path.absolute())


def display_name(path: str | Path) -> str:
    """What messages call a file: printable, of bounded length."""
    text = "standard input" if str(path) == STANDARD_INPUT else str(path)
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= 300 else clean[:297] + "..."


def read_octets(path: str | Path, what: str = "a file") -> bytes:
    """The content of a file as it is; of a pipe, what has been read of it. Raises ``InputError``."""
    return _octets(path, display_name(path), what, LARGEST)


def _octets(path: str | Path, name: str, what: str, largest: int) -> bytes:
    if str(path) in _streams:
        return _streams[str(path)]
    try:
        if str(path) == STANDARD_INPUT:
            if sys.stdin is None:
                raise InputError(f"{name}: expected {what}, but it is closed")
            stream, once = getattr(sys.stdin, "buffer", sys.stdin), True
            content = stream.read(largest + 1)
            octets = content.encode() if isinstance(content, str) else content
        else:
            with open(path, "rb") as file:
                once = not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                octets = file.read(largest + 1)
    except IsADirectoryError:
        raise InputError(f"{name}: expected {what}, but this is a folder") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "no reason given"
        raise InputError(f"{name}: cannot be read: {reason}") from None
    if len(octets) > largest:
        raise InputError(f"{name}: expected {what}, but it is larger than {largest // 10**6} MB")
    if once:
        _streams[str(path)] = octets
    return octets


def _unpacked(octets: bytes, name: str, largest: int) -> bytes:
    """The content of a gzip file of any number of members; other content as it is."""
    if not octets.startswith(b"\x1f\x8b"):
        return octets
    out, rest = io.BytesIO(), octets
    while rest:
        member = zlib.decompressobj(wbits=31)
        with contextlib.suppress(zlib.error):
            out.write(member.decompress(rest, largest + 1 - out.tell()))
        if out.tell() > largest:
            raise InputError(f"{name}: holds more than {largest // 10**6} MB when unpacked")
        if not member.eof:
            raise InputError(f"{name}: the gzip file is damaged or cut short")
        rest = member.unused_data.lstrip(b"\0")
    return out.getvalue()
