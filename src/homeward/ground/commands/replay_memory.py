"""Which commands have been used up: a file that survives restarts, power cuts and full disks.

It holds the salt and the time of issue of every command that was opened and could still be valid, and the
time before which none is taken any more. It is replaced whole: written beside, brought to the disk, renamed,
and the folder brought to the disk, all before the command acts. A file that is lost, damaged, of another key
or in use by another program is never taken for an empty one.
"""

import contextlib
import hashlib
import hmac
import os
import tempfile
from pathlib import Path

from homeward.errors import InputError
from homeward.ground.commands.session_keys import derived

TITLE = "homeward replay memory 2"
MOST = 2000  # commands
BILLION = 1_000_000_000


class MemoryNotWrittenError(OSError):
    """The memory could not be brought to the disk."""


class ReplayMemory:
    """The commands that were used; without a ``path`` in this process alone.

    Raises InputError where the file is missing, damaged, of another key, or held by another program.
    """

    def __init__(self, key: bytes, path: Path | None = None) -> None:
        self._lock = -1
        self._used: dict[bytes, int] = {}  # salt of a command: when it was issued [ns]
        self.floor = 0  # ns: what was issued by then is not known any more, and is taken for used
        self._key, self._path = derived(key, "replay memory", "", b"", 32), path
        if path is not None:
            self._lock = _locked(path)
            try:
                self._read(path)
            except BaseException:
                self.close()
                raise

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let other programs use the file."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def used(self, salt: bytes, issued: int) -> bool:
        """Whether a command, issued at a time [ns], has been used or may have been."""
        return salt in self._used or issued <= self.floor

    def use(self, salt: bytes, issued: int, expired_by: int) -> None:
        """Use a command up, for good: it is on the disk when this returns.

        What was issued before ``expired_by`` [ns] can never be valid again and is forgotten. Raises
        MemoryNotWrittenError where it cannot be written; the command is used up in this process nevertheless.
        """
        self._used[salt] = issued
        kept = sorted(self._used.items(), key=lambda item: item[1])
        gone = [time for _, time in kept[:-MOST]] + [time for _, time in kept[-MOST:] if time < expired_by]
        if gone:
            self.floor = max(self.floor, *gone)
            self._used = {s: t for s, t in kept if t > self.floor or s == salt}
        if self._path is not None:
            write_memory(self._path, self._text())

    def _text(self) -> str:
        lines = [TITLE, str(self.floor), *(f"{s.hex()} {t}" for s, t in self._used.items())]
        body = "\n".join(lines) + "\n"
        return body + hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest() + "\n"

    def _read(self, path: Path) -> None:
        try:
            body, _, proof = path.read_text(encoding="ascii").rstrip("\n").rpartition("\n")
        except FileNotFoundError:
            raise InputError(
                f"{path}: the memory of used commands is missing, so that none can be told from a repeated "
                "one; restore it, or make a new key with `homeward command --new-key`"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise InputError(f"{path}: the memory of used commands cannot be read ({reason})") from None
        body += "\n"
        right = hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, proof):
            raise InputError(
                f"{path}: the memory of used commands is damaged or belongs to another key; make a new key "
                "with `homeward command --new-key`"
            )
        _, floor, *lines = body.splitlines()
        self.floor = int(floor)
        for line in lines:
            salt, issued = line.split()
            self._used[bytes.fromhex(salt)] = int(issued)


def new_memory(key: bytes, path: Path) -> None:
    """Write the memory of a new key, which has sealed no command yet; raises MemoryNotWrittenError."""
    write_memory(path, ReplayMemory(key)._text())


def write_memory(path: Path, text: str) -> None:
    """Replace a file whole, and see to it that it outlives a power cut; raises MemoryNotWrittenError."""
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 600
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        temporary = None
        if os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise MemoryNotWrittenError(error.errno, error.strerror or "no reason given") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _locked(path: Path) -> int:
    """The lock of a memory, which the system takes back when its holder dies."""
    lock = path.with_name(path.name + ".lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(f"{lock}: cannot be written ({error.strerror})") from None
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise InputError(
            f"{path}: another program takes commands with this key; a key serves one ship at a time"
        ) from None
    return handle
