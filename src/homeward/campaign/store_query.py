"""SQL over the runs of a campaign, by DuckDB, which reads the parts as it goes and holds none of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from homeward.errors import InputError
from homeward.scenario.schema_errors import one_line

if TYPE_CHECKING:
    from homeward.campaign.store import Store

MEMORY = "512MB"  # what a query may hold; beyond it DuckDB goes to the disk


def connect(store: "Store", files: Sequence[Path] | None = None) -> Any:
    """A DuckDB connection of one's own in which ``runs`` is the table of the store's runs.

    ``files`` are the parts that are read; left out, those that are there now.
    """
    import duckdb

    parts = store.files() if files is None else files
    if not parts:
        raise InputError(f"{one_line(str(store.folder), 200)}: this campaign has flown no run yet")
    connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY})
    listed = ", ".join("'" + str(path.absolute()).replace("'", "''") + "'" for path in parts)
    connection.execute(f"create view runs as select * from read_parquet([{listed}])")
    return connection


def ask(store: "Store", sql: str) -> pa.Table:
    """The answer to one query; raises ``InputError`` with DuckDB's own reason for one that is none."""
    import duckdb

    with connect(store) as connection:
        try:
            answer = connection.sql(sql)
            if answer is None:  # a statement without an answer, or none at all
                raise InputError(f'query "{one_line(sql, 200)}": expected a select')
            return answer.to_arrow_table()
        except duckdb.Error as error:
            reason = one_line(str(error).split("\n\n")[0], 300)
            raise InputError(f'query "{one_line(sql, 200)}": {reason}') from None


def columns_of_store(
    store: "Store", names: Sequence[str], files: Sequence[Path] | None = None
) -> dict[str, np.ndarray]:
    """Columns of a store in the order of its parts, in one pass over them; of some parts if told which."""
    listed = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    with connect(store, files) as connection:
        table: pa.Table = connection.sql(f"select {listed} from runs").to_arrow_table()
    return {name: table.column(name).to_numpy() for name in names}


def one_row(connection: Any, sql: str) -> tuple[Any, ...]:
    """The only row of an answer; none is an empty one."""
    return connection.execute(sql).fetchone() or ()
