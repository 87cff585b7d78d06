"""Arrow string columns from spans of a byte buffer, made in two passes: lengths, then bytes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inlink.extract.spans import Bytes
from inlink.kernels.jit import compiled

Positions = NDArray[np.int32]


def string_column(data: Bytes, starts: Positions, ends: Positions) -> pa.StringArray:
    """data[start:end] of each row; null where start is negative.

    Raises: BadInput never; the spans must lie in data and hold whole UTF-8 characters.
    """
    return _column(data, starts, ends, False)


def text_column(text: Bytes, starts: Positions, ends: Positions) -> pa.StringArray:
    """As `string_column`, with the line breaks between blocks of text written as spaces."""
    return _column(text, starts, ends, True)


def _column(data: Bytes, starts: Positions, ends: Positions, folds: bool) -> pa.StringArray:
    offsets, out = _gathered(data, starts, ends, folds)
    n = len(starts)
    is_null = starts < 0
    n_null = int(is_null.sum())
    valid = pa.py_buffer(np.packbits(~is_null, bitorder="little")) if n_null else None
    return pa.Array.from_buffers(pa.string(), n, [valid, pa.py_buffer(offsets), pa.py_buffer(out)], n_null)


def trimmed(text: Bytes, starts: Positions, ends: Positions, limit: int) -> tuple[Positions, Positions]:
    """The spans without the separator they may begin with, cut to `limit` bytes; (-1, -1) where nothing is left."""
    return _trimmed(text, starts, ends, limit)


@compiled
def _gathered(data: Bytes, starts: Positions, ends: Positions, folds: bool) -> tuple[Positions, Bytes]:
    n = starts.shape[0]
    offsets = np.empty(n + 1, np.int32)
    total = 0
    for row in range(n):
        offsets[row] = total
        if starts[row] >= 0:
            total += max(ends[row] - starts[row], 0)
    offsets[n] = total
    out = np.empty(total, np.uint8)
    for row in range(n):
        at = np.uint64(offsets[row])
        start = np.uint64(max(starts[row], 0))
        for k in range(np.uint64(offsets[row + 1] - offsets[row])):
            c = data[start + k]
            out[at + k] = np.uint8(32) if folds and c == 10 else c
    return offsets, out


@compiled
def _trimmed(text: Bytes, starts: Positions, ends: Positions, limit: int) -> tuple[Positions, Positions]:
    n = starts.shape[0]
    firsts, lasts = np.empty(n, np.int32), np.empty(n, np.int32)
    for row in range(n):
        first, last = starts[row], ends[row]
        if first >= 0 and first < last and (text[first] == 32 or text[first] == 10):
            first += 1
        if first < 0 or first >= last:
            firsts[row] = lasts[row] = -1
            continue
        if last - first > limit:
            last = first + limit
            while last > first and text[last] & 0xC0 == 0x80:
                last -= 1
        firsts[row], lasts[row] = first, last
    return firsts, lasts
