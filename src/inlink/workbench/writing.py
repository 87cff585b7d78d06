"""Rows as CSV and JSON Lines, column by column: a batch of Arrow becomes bytes without a Python object for each cell.

What is rare is written in Python: text with quotes or control characters, text that a spreadsheet could take for a
formula, floats, lists. The bytes are those that writing row by row gives.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from inlink.workbench.json_values import UNSAFE, is_id, iso_time, to_json

TEXT = pa.large_string()  # a batch of long texts may be larger than 2 GiB
CSV_END = "\r\n"
_SECOND_US = 1_000_000

# A cell that starts like a formula, or would start one where a program splits it at another separator. Source: OWASP.
_FORMULA = re.compile(r"""((?:^|[,;|\t\r\n])[ "']*)(?=[=+\-@\t\r\n＝＋－＠])""")
_PATTERNS = {
    "formula": r"""(?:^|[,;|\t\r\n])[ "']*[=+\-@\t\r\n＝＋－＠]""",
    "escape": f'["\\\\\\x00-\\x1f{UNSAFE}]',
}
MANY = 1000
"""Rows of a column from which on the compiler is worth loading: it tells what is rare five times as fast."""


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
    if isinstance(value, list | dict):
        return harmless(json.dumps(value, ensure_ascii=False, default=_plain))
    return str(value)


def _iso(value: datetime) -> str:
    return iso_time(value.astimezone(UTC) if value.tzinfo else value)


def _plain(value: Any) -> str:
    return _iso(value) if isinstance(value, datetime) else str(value)


def csv_chunks(columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """CSV with a header line and every cell in quotes, a chunk a batch."""
    head = io.StringIO(newline="")
    csv.writer(head, quoting=csv.QUOTE_ALL, lineterminator=CSV_END).writerow(map(harmless, columns))
    yield head.getvalue().encode()
    for batch in batches:
        if batch.num_rows:
            yield _csv(batch.select(list(columns)))


def jsonl_chunks(columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """JSON Lines, a chunk a batch."""
    for batch in batches:
        if batch.num_rows:
            yield objects(batch.select(list(columns)), end="\n")


def _csv(batch: pa.RecordBatch) -> bytes:
    cells = [pc.fill_null(_csv_column(column), "") for column in batch.columns]
    names = [f"c{n}" for n in range(len(cells))]
    out = pa.BufferOutputStream()
    options = pa_csv.WriteOptions(
        include_header=False, quoting_style="all_valid", eol=CSV_END, batch_size=max(1, batch.num_rows)
    )
    pa_csv.write_csv(pa.RecordBatch.from_arrays(cells, names=names), out, options)
    found: bytes = out.getvalue().to_pybytes()
    return found


def _csv_column(column: pa.Array) -> pa.Array:
    type_ = column.type
    if pa.types.is_dictionary(type_):
        return _csv_column(column.dictionary).take(column.indices)
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return _rewritten(column.cast(TEXT), "formula", harmless)
    if pa.types.is_boolean(type_) or pa.types.is_integer(type_):
        return column.cast(TEXT)
    return _times(column) if _has_whole_seconds(column) else _each(column, cell)


def objects(batch: pa.RecordBatch, *, end: str) -> bytes:
    """Each row as a JSON object with `end` behind it."""
    parts: list[Any] = []
    for n, (name, column) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        parts += [f"{', ' if n else '{'}{to_json(name)}: ", pc.fill_null(_json_column(name, column), "null")]
    rows = pc.binary_join_element_wise(*(_text(part) for part in (*parts, "}" + end)), _text(""))
    return _bytes(rows)


def _text(part: Any) -> Any:
    return pa.scalar(part, TEXT) if isinstance(part, str) else part


def _json_column(name: str, column: pa.Array) -> pa.Array:
    type_ = column.type
    if pa.types.is_dictionary(type_):
        return _json_column(name, column.dictionary).take(column.indices)
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return _quoted(column.cast(TEXT))
    if pa.types.is_boolean(type_) or pa.types.is_integer(type_):
        text = column.cast(TEXT)
        return _in_quotes(text) if is_id(name) and pa.types.is_integer(type_) else text
    return _in_quotes(_times(column)) if _has_whole_seconds(column) else _each(column, to_json)


def _quoted(column: pa.Array) -> pa.Array:
    return _rewritten(column, "escape", to_json, others=_in_quotes)


def _in_quotes(column: pa.Array) -> pa.Array:
    quote = _text('"')
    return pc.binary_join_element_wise(quote, column, quote, _text(""))


def _rewritten(
    column: pa.Array,
    rare: str,
    rewrite: Callable[[str], str],
    others: Callable[[pa.Array], pa.Array] = lambda column: column,
) -> pa.Array:
    """Values that hold something rare rewritten one by one, the others as a column."""
    holding, made = _holding(column, rare), others(column)
    rows = np.flatnonzero(holding.to_numpy(zero_copy_only=False))
    if not len(rows):
        return made
    found = pa.array([rewrite(value) for value in column.take(pa.array(rows)).to_pylist()], TEXT)
    return pc.replace_with_mask(made, holding, found)


def _holding(column: pa.Array, rare: str) -> pa.Array:
    """Which values may hold a formula, or what JSON has to escape."""
    _, ends, data = column.buffers()
    if len(column) < MANY or data is None:
        return pc.fill_null(pc.match_substring_regex(column, _PATTERNS[rare]), False)
    from inlink.kernels import text_flags  # compiled: who asks for a page of rows need not wait for it

    bounds = np.frombuffer(ends, np.int64)[column.offset : column.offset + len(column) + 1]
    text = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
    if rare == "formula":
        return pa.array(text_flags.formula_flags(text, bounds, text_flags.FORMULA_CLASSES))
    return pa.array(text_flags.escape_flags(text, bounds, text_flags.ESCAPE_BYTES))


def _has_whole_seconds(column: pa.Array) -> bool:
    """Whether it is a column of times without fractions of a second, in UTC or without a zone."""
    if not pa.types.is_timestamp(column.type) or column.type.tz not in (None, "UTC"):
        return False
    if column.null_count == len(column):
        return True
    us = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
    is_whole = pc.equal(pc.multiply(pc.divide(us, _SECOND_US), _SECOND_US), us)
    between = pc.and_(pc.greater_equal(us, -62_135_596_800 * _SECOND_US), pc.less(us, 253_402_300_800 * _SECOND_US))
    return bool(pc.all(pc.and_(is_whole, between)).as_py())


def _times(column: pa.Array) -> pa.Array:
    """2026-11-15T06:12:41Z."""
    text = column.cast(pa.timestamp("us")).cast(pa.timestamp("s")).cast(TEXT)  # 2026-11-15 06:12:41
    at = pc.binary_replace_slice(text, 10, 11, _text("T").as_py())
    return pc.binary_join_element_wise(at, _text("Z"), _text(""))


def _each(column: pa.Array, write: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if value is None else write(value) for value in column.to_pylist()], TEXT)


def _bytes(column: pa.Array) -> bytes:
    """All texts of a column one after the other, as they lie in memory."""
    if isinstance(column, pa.ChunkedArray):
        return b"".join(_bytes(chunk) for chunk in column.chunks)
    ends = pa.Array.from_buffers(pa.int64(), len(column) + 1, [None, column.buffers()[1]], offset=column.offset)
    start, end = ends[0].as_py(), ends[-1].as_py()
    found: bytes = column.buffers()[2].slice(start, end - start).to_pybytes()
    return found
