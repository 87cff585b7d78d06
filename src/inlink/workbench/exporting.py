"""Write a view to a file, as it streams: CSV (formulas made harmless), JSON Lines or Parquet."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from inlink.errors import BadInput, Unreachable
from inlink.workbench.results import Exported, RowStream

FORMATS = ("csv", "jsonl", "parquet")
_ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}

# A cell that starts like a formula, or would start one where a program splits it at another separator. Source: OWASP.
_FORMULA = re.compile(r"""((?:^|[,;|\t\r\n])[ "']*)(?=[=+\-@\t\r\n＝＋－＠])""")


def export(stream: RowStream, to: str | Path | IO[bytes], format: str | None) -> Exported:
    """Write all rows of the view. A file appears only when it is complete.

    Raises: BadInput for an unknown format, Unreachable where the file cannot be written.
    """
    chosen = _format(to, format)
    write = {"csv": _write_csv, "jsonl": _write_jsonl, "parquet": _write_parquet}[chosen]
    if not isinstance(to, (str, Path)):
        counting = _Counting(to)
        n_rows = write(stream, counting)
        return Exported("-", chosen, n_rows, counting.n_bytes, stream.notes)
    path = Path(to)
    try:
        n_rows = _write_file(stream, path, write)
        return Exported(str(path), chosen, n_rows, path.stat().st_size, stream.notes)
    except OSError as error:
        raise Unreachable(f"cannot write {path}: {error.strerror or error}", hint="choose another place") from error


def _write_file(stream: RowStream, path: Path, write: Callable[[RowStream, IO[bytes]], int]) -> int:
    half_done = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with half_done.open("wb") as file:
            n_rows = write(stream, file)
            file.flush()
            os.fsync(file.fileno())
        half_done.replace(path)
    finally:
        half_done.unlink(missing_ok=True)
    return n_rows


def _format(to: str | Path | IO[bytes], format: str | None) -> str:
    ending = Path(to).suffix.lower() if isinstance(to, (str, Path)) else ""
    chosen = format or _ENDINGS.get(ending)
    if chosen not in FORMATS:
        raise BadInput(
            f"cannot tell the format of {to}" if chosen is None else f"there is no format {chosen!r}",
            hint=f"use one of {', '.join(FORMATS)}",
        )
    return chosen


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet could take for the start of a formula."""
    return _FORMULA.sub(r"\1'", text)


def cell(value: Any) -> str:
    """A value as CSV writes it: unknown is empty, times are ISO 8601 in UTC, lists are JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, (list, dict)):
        return harmless(json.dumps(value, ensure_ascii=False, default=_plain))
    return str(value)


def _iso(value: datetime) -> str:
    at = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return at.isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> str:
    return _iso(value) if isinstance(value, datetime) else str(value)


@contextmanager
def _text(file: IO[bytes]) -> Iterator[io.TextIOWrapper]:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=False)
    try:
        yield text
    finally:
        text.flush()
        text.detach()


def _rows(stream: RowStream) -> Iterator[dict[str, Any]]:
    for batch in stream.batches:
        yield from batch.to_pylist()


def _write_csv(stream: RowStream, file: IO[bytes]) -> int:
    n_rows = 0
    with _text(file) as text:
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(stream.columns)
        for row in _rows(stream):
            writer.writerow([cell(row[name]) for name in stream.columns])
            n_rows += 1
    return n_rows


def _write_jsonl(stream: RowStream, file: IO[bytes]) -> int:
    n_rows = 0
    with _text(file) as text:
        for row in _rows(stream):
            text.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")
            n_rows += 1
    return n_rows


def _write_parquet(stream: RowStream, file: IO[bytes]) -> int:
    n_rows = 0
    with pq.ParquetWriter(file, stream.schema, compression="zstd") as writer:
        for batch in stream.batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=stream.schema))
            n_rows += batch.num_rows
    return n_rows


class _Counting(io.BytesIO):
    """Passes bytes on and counts them."""

    def __init__(self, inner: IO[bytes]) -> None:
        super().__init__()
        self._inner = inner
        self.n_bytes = 0

    def write(self, data: Any) -> int:
        """Nothing is kept here."""
        self._inner.write(data)
        self.n_bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Flushed with what lies below."""
        self._inner.flush()
