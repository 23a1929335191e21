"""SQL over the runs of a campaign, by DuckDB in a process that sees nothing else; columns by Arrow."""

import contextlib
import json
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import dataset

from homeward._process.children import child_command
from homeward.campaigns.store.query_process import ANSWER, REFUSAL
from homeward.errors import InputError, one_line

if TYPE_CHECKING:
    from homeward.campaigns.store.store import Store

PATIENCE = 60.0  # s that a query may take


def _parts(store: "Store", files: Sequence[Path] | None) -> list[str]:
    """The parts that are read, those that are there now if left out; absolute."""
    parts = store.files() if files is None else files
    if not parts:
        raise InputError(f"{one_line(str(store.folder), 200)}: this campaign has flown no run yet")
    return [str(path.absolute()) for path in parts]


def ask(store: "Store", sql: str, patience: float = PATIENCE) -> pa.Table:
    """The answer to one query of the table ``runs``, whose columns are those of the manifest.

    Raises ``InputError`` with DuckDB's own reason for a query that is none, and for one that takes more time
    [s], memory or rows than it may: see ``query_process``.
    """
    place = f'query "{one_line(sql, 200)}"'
    if "\0" in sql or len(sql) > 100_000 or any("\ud800" <= c <= "\udfff" for c in sql):
        raise InputError(f"{place}: expected a select of at most 100,000 characters of UTF-8")
    parts = _parts(store, None)
    late = threading.Event()
    with tempfile.TemporaryDirectory(prefix="homeward-") as temporary:
        listed = Path(temporary) / "parts.json"
        listed.write_text(json.dumps(parts), encoding="utf-8")
        command = child_command(
            "homeward.campaigns.store.query_process:answer", [str(listed), sql, temporary]
        )
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as child:

            def end() -> None:
                late.set()
                child.kill()

            timer = threading.Timer(patience, end)
            timer.daemon = True
            timer.start()
            try:
                assert child.stdout is not None
                told = child.stdout.read()
            finally:
                timer.cancel()
                with contextlib.suppress(OSError):
                    child.kill()
    if told.startswith(ANSWER):
        with contextlib.suppress(pa.ArrowException), pa.ipc.open_stream(told[1:]) as stream:
            return stream.read_all()
    if told.startswith(REFUSAL):
        reason = one_line(told[1:].decode("utf-8", "replace"), 300)
    elif late.is_set():
        reason = f"not answered within {patience:g} s"
    else:
        reason = "it needs more memory than a query may have"
    raise InputError(f"{place}: {reason}")


def columns_of_store(
    store: "Store", names: Sequence[str], files: Sequence[Path] | None = None
) -> dict[str, np.ndarray]:
    """Columns of a store in the order of its parts, in one pass over them; of some parts if told which."""
    parts = dataset.dataset(_parts(store, files), format="parquet")
    table: pa.Table = parts.to_table(columns=list(names))
    return {name: table.column(name).to_numpy() for name in names}
