"""Tables on disk: a folder of Parquet files with the schema, and the order, of a `TableSchema`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from inlink.schema.columns import TableSchema
from inlink.store.digests import RowDigest, plain_type

GROUP_ROWS = 122_880
FILE_ROWS = 64 * GROUP_ROWS


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the digest is that of the rows in their order."""

    n_rows: int
    digest: str
    n_bytes: int
    files: tuple[str, ...]


def stored_schema(table: TableSchema) -> pa.Schema:
    """The Arrow schema of a table's files: strings are stored plain, Parquet codes them itself."""
    arrow = table.arrow
    fields = [pa.field(f.name, plain_type(f.type), nullable=f.nullable) for f in arrow]
    return pa.schema(fields, metadata=arrow.metadata)


def _repeating(schema: pa.Schema) -> list[str]:
    """The paths of the columns that a dictionary makes smaller: not those that hardly hold a value twice."""
    return [
        f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name
        for field in schema
        if field.name != "link_id" and not pa.types.is_floating(field.type)
    ]


class TableWriter:
    """Writes batches, in order, to `folder/00000.parquet` and on; bounded memory: one row group at a time."""

    def __init__(self, folder: Path, table: TableSchema, *, group_rows: int = GROUP_ROWS) -> None:
        self._folder = folder
        self._schema = stored_schema(table)
        self._digest = RowDigest(self._schema)
        self._group_rows = group_rows
        self._waiting: list[pa.RecordBatch] = []
        self._n_waiting = 0
        self._n_in_file = 0
        self._file: pq.ParquetWriter | None = None
        self._files: list[str] = []
        folder.mkdir(parents=True)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows; columns are taken by name and cast where their types differ."""
        batch = conform(batch, self._schema)
        self._digest.update(batch)
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, self._group_rows - self._n_waiting)
            self._waiting.append(piece)
            self._n_waiting += piece.num_rows
            start += piece.num_rows
            if self._n_waiting == self._group_rows:
                self._write_group()

    def close(self) -> Written:
        """Finish the last file; a table without rows has one empty file."""
        if self._n_waiting or not self._files:
            self._write_group()
        if self._file is not None:
            self._file.close()
        n_bytes = sum((self._folder / name).stat().st_size for name in self._files)
        return Written(self._digest.n_rows, self._digest.hexdigest(), n_bytes, tuple(self._files))

    def abandon(self) -> None:
        """Let go of the open file; what is there is not to be used."""
        if self._file is not None:
            self._file.close()

    def _write_group(self) -> None:
        if self._file is not None and self._n_in_file >= FILE_ROWS:
            self._file.close()
            self._file = None
        if self._file is None:
            self._file = self._open_file()
        self._file.write_table(pa.Table.from_batches(self._waiting, self._schema), row_group_size=self._group_rows)
        self._n_in_file += self._n_waiting
        self._waiting, self._n_waiting = [], 0

    def _open_file(self) -> pq.ParquetWriter:
        name = f"{len(self._files):05d}.parquet"
        self._files.append(name)
        self._n_in_file = 0
        return pq.ParquetWriter(
            self._folder / name,
            self._schema,
            compression="zstd",
            compression_level=3,
            use_dictionary=_repeating(self._schema),
        )


def write_table(batches: Iterable[pa.RecordBatch], folder: Path, table: TableSchema) -> Written:
    """All batches as a table on disk."""
    writer = TableWriter(folder, table)
    try:
        for batch in batches:
            writer.write(batch)
    except BaseException:
        writer.abandon()
        raise
    return writer.close()


def read_batches(folder: Path, table: TableSchema, *, batch_rows: int = 65_536) -> Iterator[pa.RecordBatch]:
    """The rows of a table on disk, in order."""
    schema = stored_schema(table)
    for path in sorted(folder.glob("*.parquet")):
        with pq.ParquetFile(path, pre_buffer=False) as file:  # reading ahead would keep all of the file in memory
            for batch in file.iter_batches(batch_size=batch_rows):
                yield conform(batch, schema)


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with exactly the columns of the schema, in its order and types.

    Raises: KeyError for a column that is not there; pa.ArrowInvalid for a value that its type cannot hold.
    """
    columns = []
    for field in schema:
        column = batch.column(field.name)
        columns.append(column if column.type == field.type else column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)
