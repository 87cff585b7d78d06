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

from inlink.engine import dealing
from inlink.schema.columns import TableSchema
from inlink.store.tables import Written, stored_schema, write_table

BATCH_ROWS = 32_768
SORT_ROWS = 1 << 22  # sorted at once: some 3 GB of wide rows


class Session:
    """One connection to a scratch database in `folder`; everything it holds is thrown away with the folder."""

    def __init__(self, folder: Path, *, threads: int, memory_bytes: int, sort_rows: int = SORT_ROWS) -> None:
        self._folder, self._sort_rows = folder, sort_rows
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

        Cost: one sort of the wide rows, on disk where memory ends; of more than `sort_rows`, piece by piece.
        """
        columns = ", ".join(f'"{name}"' for name in table.names)
        (n_rows,) = self.one(f"SELECT count(*) FROM {rows}")  # noqa: S608 names of ours, no user's words
        n_pieces = -(-int(str(n_rows)) // self._sort_rows)
        if n_pieces <= 1:
            query = f"SELECT {columns} FROM {rows} ORDER BY {order}"  # noqa: S608 as above
            return write_table(self.batches(query), out, table)
        return write_table(self._by_pieces(rows, columns, order, n_pieces, stored_schema(table)), out, table)

    def _by_pieces(
        self, rows: str, columns: str, order: str, n_pieces: int, schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        """The rows in order, dealt out to files and sorted file by file."""
        folder = self._folder / "pieces"
        folder.mkdir()
        with self._cursor() as cursor:
            cursor.execute(f"SET VARIABLE {dealing.SPLITS} = ({dealing.splits_query(rows, order, n_pieces)})")
            n_splits = cursor.execute(f"SELECT len(getvariable('{dealing.SPLITS}'))").fetchall()[0][0]
            piece = dealing.piece_of(order, n_splits)
            dealt = f"SELECT {columns}, ({piece})::USMALLINT AS {dealing.PIECE} FROM {rows}"  # noqa: S608 as above
            files = dealing.deal(cursor.sql(dealt).to_arrow_reader(BATCH_ROWS), folder, n_splits + 1, schema)
        for file in files:
            with self._cursor() as cursor:
                cursor.register(dealing.PIECE, pa.RecordBatchReader.from_batches(schema, dealing.read(file)))
                query = f"SELECT {columns} FROM {dealing.PIECE} ORDER BY {order}"  # noqa: S608 as above
                yield from cursor.sql(query).to_arrow_reader(BATCH_ROWS)
            file.unlink()
        folder.rmdir()

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
