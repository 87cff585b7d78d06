"""Rows of a text table: encoding, delimiter and quotes are found out, and a bad row costs only itself."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from inlink.sources.blobs import Blob
from inlink.sources.limits import Limits
from inlink.sources.members import coding_of
from inlink.sources.records import BadRecord

_SAMPLE_ROWS = 50
_MAX_JOINED_LINES = 20  # a quoted cell may hold line ends, but a stray quote must not swallow the table


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row; `line` is its first line in the file, from 1."""

    line: int
    cells: list[str]


def encoding_of(head: bytes) -> str:
    """The encoding of a text by its first bytes: UTF-8 unless a mark or zero bytes say UTF-16."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:400:2].count(0), head[1:400:2].count(0)
    if odd > 4 * even and odd > len(head[:400]) // 4:
        return "utf-16-le"
    if even > 4 * odd and even > len(head[:400]) // 4:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def lines_of(blob: Blob, limits: Limits) -> Iterator[tuple[int, str] | BadRecord]:
    """Numbered lines without their ends; one beyond the limit as a BadRecord (its offset is the line's number)."""
    decoder: codecs.IncrementalDecoder | None = None
    rest, number, is_skipping = "", 1, False
    for piece in coding_of(blob).pieces(blob, 0, limits):
        if piece.fault is not None:
            yield BadRecord(piece.fault.offset, piece.fault.slug, piece.fault.detail)
        data = bytes(piece.data)
        decoder = decoder or codecs.getincrementaldecoder(encoding_of(data[:65536]))("replace")
        text = rest + decoder.decode(data).replace("\r\n", "\n").replace("\r", "\n")
        *whole, rest = text.split("\n")
        for line in whole:
            if is_skipping or len(line) > limits.max_line_bytes:
                yield BadRecord(number, "line-too-long", f"more than {limits.max_line_bytes} bytes")
            else:
                yield number, line
            number, is_skipping = number + 1, False
        if len(rest) > limits.max_line_bytes:
            rest, is_skipping = "", True
    if rest or is_skipping:
        yield BadRecord(number, "line-too-long", "") if is_skipping else (number, rest)


def delimiter_of(lines: Iterable[str]) -> str:
    """The delimiter that splits the lines into the most, equally many cells; a comma where none does."""
    best, best_score = ",", (0.0, 0)
    sample = [line for line in lines if line.strip()]
    for delimiter in ("\t", ";", ","):
        widths = [len(_split(line, delimiter) or []) for line in sample]
        common = max(set(widths), key=widths.count, default=1)
        score = (widths.count(common) / max(len(widths), 1) if common > 1 else 0.0, common)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def rows_of(lines: Iterable[tuple[int, str] | BadRecord], delimiter: str) -> Iterator[Row | BadRecord]:
    """Rows of numbered lines. A cell in quotes may hold line ends; a quote that never closes breaks only its line."""
    queue: list[tuple[int, str]] = []
    source = iter(lines)
    while True:
        if not queue:
            item = next(source, None)
            if item is None:
                return
            if isinstance(item, BadRecord):
                yield item
                continue
            queue.append(item)
        number, line = queue.pop(0)
        if not line.strip():
            continue
        cells, used = _split(line, delimiter), 0
        while cells is None and used < _MAX_JOINED_LINES and line.count('"') % 2:
            if used == len(queue):
                more = next((item for item in islice(source, 1) if not isinstance(item, BadRecord)), None)
                if more is None:
                    break
                queue.append(more)
            used += 1
            cells = _split("\n".join([line, *(text for _, text in queue[:used])]), delimiter)
        if cells is None:
            yield BadRecord(number, "row-broken", "a quote is not closed, or text follows a closed one")
            continue
        del queue[:used]
        yield Row(number, cells)


def sample_rows(blob: Blob, limits: Limits) -> tuple[str, list[list[str]]]:
    """The delimiter, and the cells of the first rows."""
    lines = list(islice((item for item in lines_of(blob, limits) if not isinstance(item, BadRecord)), _SAMPLE_ROWS))
    lines = [(number, line) for number, line in lines if not is_comment(line)]
    delimiter = delimiter_of(line for _, line in lines)
    return delimiter, [row.cells for row in rows_of(lines, delimiter) if isinstance(row, Row)]


def is_comment(line: str) -> bool:
    """Whether a line of a plain list is a remark (a table's first column may be called "#")."""
    return line.startswith("#") and line[1:2] not in (",", ";", "\t")


def _split(text: str, delimiter: str) -> list[str] | None:
    """Cells of a row; None where a quote is not closed."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None
