"""What answers a query: a process of its own that sees the runs' columns and nothing else of the machine.

It has no files but the parts it was given, opened before SQL is read; no extension, no setting that a query
could change; bounded memory, temporary space, threads and rows. The system's own limits hold where DuckDB's
do not, as for a text of gigabytes.
"""

import json
import sys
from pathlib import Path
from typing import Any

MEMORY, SPILL = "512MB", "1GB"  # of DuckDB, and beyond it on the disk
THREADS = 2
MOST_ROWS, MOST_BYTES = 2_000_000, 256_000_000  # of an answer
DATA_LIMIT, SPACE_LIMIT = 2**31, 6 * 2**30  # bytes of the process: what it writes to, all its addresses
ANSWER, REFUSAL = b"A", b"E"


def answer(listed: str, sql: str, temporary: str) -> int:
    """Answer a query of the table ``runs`` on standard output: ``A`` and Arrow, or ``E`` and why not.

    ``listed`` names a file with the parts as a JSON list.
    """
    import duckdb
    import pyarrow as pa

    _limit()
    out = sys.stdout.buffer
    try:
        batches, schema = _asked(json.loads(Path(listed).read_text(encoding="utf-8")), sql, temporary)
    except (duckdb.Error, MemoryError, pa.ArrowException, _RefusedError) as error:
        out.write(REFUSAL + str(error).split("\n\n")[0].encode("utf-8", "replace"))
        return 0
    out.write(ANSWER)
    with pa.ipc.new_stream(out, schema) as stream:
        for batch in batches:
            stream.write_batch(batch)
    out.flush()
    return 0


class _RefusedError(Exception):
    """Why a query that could be answered is not."""


def _asked(parts: list[str], sql: str, temporary: str) -> tuple[list[Any], Any]:
    import duckdb
    import pyarrow.dataset as dataset

    statements = duckdb.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise _RefusedError("expected one select")
    connection = duckdb.connect(":memory:", config={
        "memory_limit": MEMORY, "threads": THREADS, "temp_directory": temporary,
        "max_temp_directory_size": SPILL, "allow_community_extensions": False,
        "autoinstall_known_extensions": False, "autoload_known_extensions": False,
        "python_enable_replacements": False,
    })  # fmt: skip
    # As a set of columns, not as names of files, in which DuckDB would take * and ? for a pattern.
    connection.register("runs", dataset.dataset(parts, format="parquet"))
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    reader = connection.sql(sql).to_arrow_reader(50_000)
    batches, rows, size = [], 0, 0
    for batch in reader:
        batches.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows > MOST_ROWS or size > MOST_BYTES:
            raise _RefusedError(
                f"the answer has more than {MOST_ROWS:,} rows or {MOST_BYTES // 10**6} MB; "
                "expected a narrower one, as with limit or count"
            )
    return batches, reader.schema


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on Windows, where DuckDB's limits alone hold
        return
    for name, most in (("RLIMIT_DATA", DATA_LIMIT), ("RLIMIT_AS", SPACE_LIMIT)):
        number = getattr(resource, name, None)
        if number is not None:
            _, hard = resource.getrlimit(number)
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(number, (least, hard))


__all__ = ["ANSWER", "REFUSAL", "answer"]
