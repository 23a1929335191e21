"""The key that commands are sealed with: 64 hexadecimal digits in a file only its owner reads."""

import os
import secrets
import stat
from pathlib import Path

from homeward.errors import InputError

OCTETS = 32


def make_key(path: Path) -> None:
    """Write a new key; raises InputError where there is a file already or none can be."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(f"--key {path}: there is a file already, and a key is never written over") from None
    except OSError as error:
        raise InputError(f"--key {path}: cannot be written ({error.strerror})") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(OCTETS) + "\n")


def read_key(path: Path) -> bytes:
    """The key of a file; raises InputError where others can read it or it holds none."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
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
