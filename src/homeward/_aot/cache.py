"""Where traced programs are kept: a file each, whole or not there, and of one state of the package."""

import hashlib
import json
import os
import sys
import tempfile
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
from jax import export

from homeward._aot.jax_config import writable_folder

MOST_FILES = 512  # programs kept, some 0.1 MB each; the least used go first
MAGIC = b"homeward program 2\n"
OPTIONS = ("jax_enable_x64", "jax_default_matmul_precision", "jax_threefry_partitionable",
           "jax_default_prng_impl", "jax_numpy_dtype_promotion", "jax_numpy_rank_promotion")  # fmt: skip


def source_fingerprint() -> str:
    """Twelve hex digits that change with any line of the package's source or any table it ships."""
    return _fingerprint()[:12]


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    """What a traced program depends on besides its arguments: the package itself, JAX, the machine's kind."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted([*root.rglob("*.py"), *(root / "data").glob("*.*")]):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    digest.update(f"{jax.__version__} {version('jaxlib')} {sys.version_info[:2]}".encode())
    return digest.hexdigest()


def place(name: str, told: str) -> Path | None:
    """The file of a program of that name whose arguments are told so; None where nothing can be kept."""
    folder = writable_folder("programs")
    if folder is None:
        return None
    options = [str(getattr(jax.config, key, None)) for key in OPTIONS]
    text = "\n".join([_fingerprint(), jax.default_backend(), *options, told])
    return folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _bound(path: Path, body: bytes) -> bytes:
    """A hash of a program and of the name that it is kept under, which tells what it is the program of."""
    return hashlib.sha256(path.name.encode() + b"\0" + body).digest()


def read(path: Path) -> tuple[export.Exported, Any] | None:
    """The stored program; None where there is none, or a file that is not whole or is another program's."""
    try:
        content = path.read_bytes()
        head, digest, size = content[: len(MAGIC)], content[len(MAGIC) :][:32], len(MAGIC) + 32
        body = content[size:]
        if head != MAGIC or _bound(path, body) != digest:
            return None
        line, _, blob = body.partition(b"\n")
        found = export.deserialize(bytearray(blob)), json.loads(line)
        os.utime(path)
    except Exception:
        return None  # Whatever is wrong with a cache, the program is traced again.
    return found


def write(path: Path, exported: export.Exported, out: Any) -> None:
    """Keep a program and the structure of what it returns; a disk that cannot takes nothing."""
    try:
        body = json.dumps(out).encode() + b"\n" + bytes(exported.serialize())
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
            file.write(MAGIC + _bound(path, body) + body)
        os.replace(file.name, path)
        kept = sorted(path.parent.iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in kept[MOST_FILES:]:
            old.unlink(missing_ok=True)
    except OSError:
        pass
