"""Write a view to a file, as it streams: CSV (formulas made harmless), JSON Lines or Parquet."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from inlink.errors import BadInput, Unreachable
from inlink.workbench.results import Exported, RowStream
from inlink.workbench.writing import csv_chunks, jsonl_chunks

FORMATS = ("csv", "jsonl", "parquet")
_ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def export(stream: RowStream, to: str | Path | IO[bytes], format: str | None) -> Exported:
    """Write all rows of the view. A file appears only when it is complete.

    Raises: BadInput for an unknown format, Unreachable where the file cannot be written.
    """
    chosen = _format(to, format)
    if not isinstance(to, (str, Path)):
        n_rows, n_bytes = _write(stream, to, chosen)
        return Exported("-", chosen, n_rows, n_bytes, stream.notes)
    path = Path(to)
    try:
        n_rows, n_bytes = _write_file(stream, path, chosen)
        return Exported(str(path), chosen, n_rows, n_bytes, stream.notes)
    except OSError as error:
        raise Unreachable(f"cannot write {path}: {error.strerror or error}", hint="choose another place") from error


def _write_file(stream: RowStream, path: Path, format: str) -> tuple[int, int]:
    half_done = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with half_done.open("wb") as file:
            done = _write(stream, file, format)
            file.flush()
            os.fsync(file.fileno())
        half_done.replace(path)
    finally:
        half_done.unlink(missing_ok=True)
    return done


def _write(stream: RowStream, file: IO[bytes], format: str) -> tuple[int, int]:
    """How many rows and bytes were written."""
    counter = _Counter()
    n_bytes = 0
    for chunk in chunks(replace(stream, batches=counter.counted(stream.batches)), format):
        file.write(chunk)
        n_bytes += len(chunk)
    return counter.n_rows, n_bytes


class _Counter:
    """How many rows went by."""

    def __init__(self) -> None:
        self.n_rows = 0

    def counted(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches, as they are."""
        for batch in batches:
            self.n_rows += batch.num_rows
            yield batch


def chunks(stream: RowStream, format: str) -> Iterator[bytes]:
    """The rows of a view in a format, piece by piece as they are read.

    Raises: BadInput for an unknown format.
    """
    make = {"csv": csv_chunks, "jsonl": jsonl_chunks}
    if format == "parquet":
        return _parquet_chunks(stream)
    return make[_format("", format)](stream.columns, stream.batches)


def _format(to: str | Path | IO[bytes], format: str | None) -> str:
    ending = Path(to).suffix.lower() if isinstance(to, (str, Path)) else ""
    chosen = format or _ENDINGS.get(ending)
    if chosen not in FORMATS:
        raise BadInput(
            f"cannot tell the format of {to}" if chosen is None else f"there is no format {chosen!r}",
            hint=f"use one of {', '.join(FORMATS)}",
        )
    return chosen


def _parquet_chunks(stream: RowStream) -> Iterator[bytes]:
    taken = _Taken()
    sink = pa.PythonFile(taken, mode="w")
    with pq.ParquetWriter(sink, stream.schema, compression="zstd") as writer:
        for batch in stream.batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=stream.schema))
            yield taken.take()
    yield taken.take()


class _Taken:
    """A file that is only written, and handed on piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._n_bytes = 0

    def write(self, data: bytes) -> int:
        """Kept until it is taken."""
        self._parts.append(bytes(data))
        self._n_bytes += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes written in all."""
        return self._n_bytes

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """What was written stays to be taken."""

    def take(self) -> bytes:
        """What was written since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found
