"""A DuckDB session for one build: a scratch database on disk, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from types import TracebackType

import duckdb
import pyarrow as pa

from inlink.schema.columns import TableSchema
from inlink.store.tables import Written, write_table

BATCH_ROWS = 32_768


class Session:
    """One connection to a scratch database in `folder`; everything it holds is thrown away with the folder."""

    def __init__(self, folder: Path, *, threads: int, memory_bytes: int) -> None:
        self._variables: dict[str, object] = {}
        self._connection = duckdb.connect(
            str(folder / "scratch.duckdb"),
            config={
                "threads": threads,
                "memory_limit": f"{memory_bytes // 2**20}MiB",
                "temp_directory": str(folder / "spill"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "checkpoint_threshold": "256MB",
            },
        )
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET TimeZone = 'UTC'")

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def run(self, file: Traversable, values: Mapping[str, str] | None = None) -> None:
        """Execute the statements of a file, with `$word` replaced where values are given."""
        text = file.read_text(encoding="utf-8")
        if values is not None:
            text = Template(text).substitute(values)
        for statement in self._connection.extract_statements(text):
            self._connection.execute(statement)

    def let(self, name: str, value: object) -> None:
        """Set a variable that SQL reads with getvariable()."""
        self._variables[name] = value
        self._connection.execute(f"SET VARIABLE {name} = ?", [value])

    def execute(self, statement: str) -> None:
        """Execute one statement whose rows are not wanted."""
        self._connection.execute(statement)

    def one(self, query: str) -> tuple[object, ...]:
        """The only row of a query."""
        row = self._connection.execute(query).fetchone()
        return tuple(row) if row is not None else ()

    def batches(self, query: str, *, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Rows of a query in bounded memory; other statements may run meanwhile."""
        with self._cursor() as cursor:
            yield from cursor.sql(query).to_arrow_reader(rows)

    def create(self, name: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """A table from Arrow batches."""
        with self._cursor() as cursor:
            cursor.register("incoming", pa.RecordBatchReader.from_batches(schema, batches))
            cursor.execute(f'CREATE TABLE "{name}" AS FROM incoming')

    def arrange(self, rows: str, order: str, out: Path, table: TableSchema) -> Written:
        """The rows of a table or view, sorted, as Parquet files below `out`. The order must be total.

        Cost: one sort of the wide rows, on disk where memory ends.
        """
        columns = ", ".join(f'"{name}"' for name in table.names)
        query = f"SELECT {columns} FROM {rows} ORDER BY {order}"  # noqa: S608 names of ours, no user's words
        return write_table(self.batches(query), out, table)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A second connection with the same variables: a connection serves one open result at a time."""
        cursor = self._connection.cursor()
        try:
            cursor.execute("SET TimeZone = 'UTC'")
            for name, value in self._variables.items():
                cursor.execute(f"SET VARIABLE {name} = ?", [value])
            yield cursor
        finally:
            cursor.close()
