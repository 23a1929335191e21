"""The key that commands are sealed with: 64 hexadecimal digits in a file only its owner reads."""

import codecs
import os
import secrets
import stat
from pathlib import Path

from homeward.errors import InputError
from homeward.ground.commands.replay_memory import new_memory

OCTETS = 32


def memory_of(path: Path) -> Path:
    """The file beside a key in which the ship's end remembers which commands have been used."""
    return path.with_name(path.name + ".used")


def make_key(path: Path) -> None:
    """Write a new key and the memory of its commands, or neither.

    Raises InputError where there is a file already or none can be.
    """
    memory = memory_of(path)
    if memory.exists() and not path.exists():
        raise InputError(
            f"--key {path}: {memory} is there already, the memory of another key; name another file"
        )
    key = secrets.token_bytes(OCTETS)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(f"--key {path}: there is a file already, and a key is never written over") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise InputError(f"--key {path}: cannot be written ({reason})") from None
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        new_memory(key, memory)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise InputError(f"--key {path}: cannot be written ({error.strerror})") from None


def read_key(path: Path) -> bytes:
    """The key of a file; raises InputError where others can read it or it holds none."""
    try:
        mode = path.stat().st_mode
        text = path.read_bytes().removeprefix(codecs.BOM_UTF8).decode("ascii").strip()
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "not text"
        raise InputError(f"--key {path}: cannot be read as a key ({told})") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        shown = stat.S_IMODE(mode)
        raise InputError(
            f"--key {path}: others may read it (mode {shown:o}); `chmod 600` it, or make another"
        )
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != OCTETS:
        raise InputError(
            f"--key {path}: expected {2 * OCTETS} hexadecimal digits, as `homeward command --new-key`"
        )
    return key
