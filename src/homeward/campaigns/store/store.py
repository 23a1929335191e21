"""The store of a campaign: a manifest and one Parquet file a block of runs, each whole or not there.

A part is written under a temporary name, brought to the disk, and only then given its own name; whatever
stops the process in between leaves a file that the next writer removes. One process writes at a time.
"""

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from homeward.campaigns.store.columns import Column
from homeward.campaigns.store.input_files import Input, keep
from homeward.campaigns.store.lock import locked
from homeward.campaigns.store.manifest import (
    FORMAT,
    HASH,
    MANIFEST,
    OLDER,
    changed_since,
    hash_of,
    read_manifest,
)
from homeward.campaigns.store.part_hashes import NAME as HASHES
from homeward.campaigns.store.part_hashes import PartHashes
from homeward.errors import InputError, one_line
from homeward.output.files.result_folder import CAMPAIGN, check_kind

PARTS, UNFINISHED = "parts", ".new-"
PART = re.compile(r"part-\d{8}\.parquet")
NAMED = 5  # damaged parts that are named


class Store:
    """A campaign on disk. Make one with ``create`` or ``open``; reading needs no lock."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest
        self.parts, self._hashes = folder / PARTS, PartHashes(folder)
        #: Whether the Python code that the campaign may hold, a guidance law of its own, is to be run.
        self.trusted = False
        #: Whether the manifest, as it was read, is another than the one that was written.
        self.changed = False

    @classmethod
    def create(cls, folder: str | Path, manifest: Mapping[str, Any]) -> "Store":
        """A new store; raises ``InputError`` where the folder holds one already or cannot be written."""
        folder = Path(folder)
        if (folder / MANIFEST).exists():
            raise InputError(
                f"{_label(folder)}: this folder holds a campaign already; --resume goes on with it"
            )
        check_kind(folder, CAMPAIGN)
        store = cls(folder, {"format": FORMAT, **manifest})
        with told(folder):
            store.parts.mkdir(parents=True, exist_ok=True)
            if any(store.parts.iterdir()):
                raise InputError(f"{_label(folder)}: {PARTS} holds files, but there is no {MANIFEST}")
            (folder / HASHES).unlink(missing_ok=True)  # of parts that are gone
            keep(folder, store.inputs)
            store.save_manifest()
        return store

    @classmethod
    def open(cls, folder: str | Path) -> "Store":
        """The store in a folder; raises ``InputError`` where there is none or its manifest is not ours."""
        store = cls(Path(folder), read_manifest(Path(folder)))
        store.changed = changed_since(store.manifest)
        return store

    def check_manifest(self) -> None:
        """Raise ``InputError`` where the manifest is not the one that the runs were flown by."""
        if self.changed:
            raise InputError(
                f"{_label(self.folder)}/{MANIFEST}: expected the values that the campaign was flown with, "
                f"but one has been changed since ({HASH} does not match)"
            )

    @property
    def inputs(self) -> list[Input]:
        """The files that the campaign is flown with, as the manifest lists them."""
        return list(self.manifest.get("inputs", ()))

    @property
    def wanted(self) -> int:
        """Runs that the store is to hold."""
        return int(self.manifest["runs"])

    @property
    def lanes(self) -> int:
        """Runs of a block."""
        return int(self.manifest["lanes"])

    def part(self, first: int) -> Path:
        """The file of the block that begins with run ``first``."""
        return self.parts / f"part-{first:08d}.parquet"

    def save_manifest(self) -> None:
        """Write the manifest with its hash, whole or not at all."""
        self.manifest[HASH] = hash_of(self.manifest)
        text = json.dumps(self.manifest, indent=1, ensure_ascii=False, allow_nan=False)
        with told(self.folder):
            _place(self.folder / MANIFEST, lambda path: path.write_text(text + "\n", encoding="utf-8"))

    def append(self, first: int, block: Mapping[str, Any], columns: Sequence[Column]) -> None:
        """Write the block that begins with run ``first``; its columns are told in the manifest."""
        if not self.manifest["columns"]:
            self.manifest["columns"] = [c.told() for c in columns]
            self.save_manifest()
        units = {c.name: {"unit": c.unit, "text": c.text} for c in columns}
        arrays = [
            pa.array(values, pa.string() if name == "failure" else None) for name, values in block.items()
        ]
        fields = [
            pa.field(name, array.type, metadata=units.get(name))
            for name, array in zip(block, arrays, strict=True)
        ]
        table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
        part = self.part(first)

        def write(path: Path) -> None:
            pq.write_table(table, path, compression="zstd")

        with told(self.folder):
            _place(part, write, lambda path: self._hashes.add(part.name, path))

    def blocks(self, runs: int | None = None) -> list[tuple[int, int]]:
        """First run and number of runs of every block up to ``runs`` (all wanted if left out)."""
        end = self.wanted if runs is None else min(runs, self.wanted)
        return [(first, min(self.lanes, end - first)) for first in range(0, end, self.lanes)]

    def missing(self, runs: int | None = None) -> list[tuple[int, int]]:
        """The blocks up to ``runs`` that are not there, are damaged, or hold fewer runs than they should."""
        known = self._hashes.known()
        return [(first, count) for first, count in self.blocks(runs) if self._rows(first, known) < count]

    def rows(self, first: int) -> int:
        """Runs in the block that begins with ``first``; none where its file is not there or is damaged."""
        return self._rows(first, self._hashes.known())

    def _rows(self, first: int, known: dict[str, str]) -> int:
        path = self.part(first)
        try:
            return pq.read_metadata(path).num_rows if self._sound(path, known) else 0
        except (OSError, pa.ArrowException):
            return 0

    def _sound(self, path: Path, known: dict[str, str]) -> bool:
        """Whether a file holds what was written under its name; of an older campaign, whether it is whole."""
        if self.manifest.get("format") not in OLDER:
            return self._hashes.holds(path, known)
        try:
            return pq.read_metadata(path).num_rows > 0
        except (OSError, pa.ArrowException):
            return False

    def files(self) -> list[Path]:
        """The parts that are there, in order; raises ``InputError`` naming those that are damaged."""
        self._refuse(self.damaged())
        return self._parts()

    def check(self, first: int) -> None:
        """Raise ``InputError`` where the block that begins with run ``first`` is there and damaged."""
        path = self.part(first)
        if path.exists() and not self._sound(path, self._hashes.known()):
            self._refuse([path])

    def _refuse(self, damaged: Sequence[Path]) -> None:
        if damaged:
            names = ", ".join(path.name for path in damaged[:NAMED]) + (
                " ..." if len(damaged) > NAMED else ""
            )
            raise InputError(
                f"{_label(self.parts)}: damaged, not as they were written: {names} ({len(damaged)} of "
                f"{len(self._parts())} parts); the campaign's own command with --resume flies them again"
            )

    def damaged(self) -> list[Path]:
        """Parts whose bytes are not those that were written, or that nobody wrote down."""
        known = self._hashes.known()
        return [path for path in self._parts() if not self._sound(path, known)]

    def drop_damaged(self) -> list[str]:
        """Remove the damaged parts, to be flown again; returns their names. The caller may write."""
        damaged = self.damaged()
        with told(self.folder):
            for path in damaged:
                path.unlink(missing_ok=True)
        return [path.name for path in damaged]

    def _parts(self) -> list[Path]:
        try:
            names = os.listdir(self.parts)
        except OSError:
            return []
        return sorted(self.parts / name for name in names if PART.fullmatch(name))

    def __len__(self) -> int:
        return sum(pq.read_metadata(path).num_rows for path in self.files())

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Runs as an Arrow table, in the order of their numbers: in memory, so name the columns you need.

        Raises ``InputError`` for a column that is not there, or where nothing was flown yet.
        """
        known = self.column_names()
        for name in columns or ():
            if name not in known:
                raise InputError(f'{_label(self.folder)}: there is no column "{one_line(name)}"')
        chosen = None if columns is None else list(columns)
        return pa.concat_tables(pq.read_table(path, columns=chosen) for path in self.files())

    def column_names(self) -> list[str]:
        """Names of the columns there are; raises ``InputError`` where nothing was flown yet."""
        files = self.files()
        if not files:
            raise InputError(f"{_label(self.folder)}: this campaign has flown no run yet")
        return list(pq.read_schema(files[0]).names)

    def columns(self, names: Sequence[str], files: Sequence[Path] | None = None) -> dict[str, np.ndarray]:
        """Columns in the order of the runs, read in one pass: 8 MB each of a million numbers.

        ``files`` are the parts that are read: while the campaign goes on there will soon be more of them.
        """
        from homeward.campaigns.store.query import columns_of_store

        known = self.column_names()
        for name in names:
            if name not in known:
                raise InputError(f'{_label(self.folder)}: there is no column "{one_line(name)}"')
        return columns_of_store(self, names, files)

    def column(self, name: str) -> np.ndarray:
        """One column, in the order of the runs."""
        return self.columns([name])[name]

    def query(self, sql: str) -> pa.Table:
        """The answer to a query of the table ``runs``; raises ``InputError`` for one that is none."""
        from homeward.campaigns.store.query import ask

        return ask(self, sql)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """The right to write; raises ``InputError`` where another process has it. Clears what was left."""
        with locked(self.folder):
            self.clear()
            yield

    def clear(self) -> None:
        """Remove what a writer that was stopped has left. The caller holds the right to write."""
        for folder in (self.folder, self.parts):
            for name in os.listdir(folder) if folder.is_dir() else ():
                if name.startswith(UNFINISHED):
                    (folder / name).unlink(missing_ok=True)


def _label(folder: Path) -> str:
    return one_line(str(folder), 200)


def _place(path: Path, write: Callable[[Path], Any], before: Callable[[Path], None] | None = None) -> None:
    """Write to a temporary name, bring it to the disk, give it its name: whole or not at all.

    ``before`` is called with what is on the disk, before it has its name.
    """
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        if before is not None:
            before(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk as well, where folders can be opened."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def told(folder: Path) -> Iterator[None]:
    """A disk that is full or may not be written, as one sentence; the store stays as it was."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error.strerror or str(error)
        raise InputError(
            f"{_label(folder)}: cannot be written ({one_line(reason, 200)}); what was flown before is kept"
        ) from None
