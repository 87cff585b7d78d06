"""Strings of JSON text, as bytes: where they end, what they mean.

Indexes are cast to unsigned at each access: a signed one makes the compiler test for wrap-around, which costs a third
of the speed of these loops.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled_bare

Bytes = NDArray[np.uint8]

QUOTE, BACKSLASH = 34, 92
_NO_BREAK_SPACE = 0xA0
_REPLACEMENT = 0xFFFD


@compiled_bare
def string_end(data: Bytes, i: int, end: int) -> tuple[int, bool]:
    """Where the string that runs at i is closed, and whether it holds escapes."""
    escaped = False
    while i < end:
        c = data[np.uint64(i)]
        if c == QUOTE:
            return i, escaped
        if c == BACKSLASH:
            escaped = True
            i += 1
        i += 1
    return end, escaped


@compiled_bare
def skip_value(data: Bytes, i: int, end: int) -> int:
    """The place after a value that is no string: a number, a word, or something nested."""
    depth = 0
    while i < end:
        c = data[np.uint64(i)]
        if c == QUOTE:
            i, _ = string_end(data, i + 1, end)
        elif c == 123 or c == 91:  # { [
            depth += 1
        elif c == 125 or c == 93:  # } ]
            if depth == 0:
                return i
            depth -= 1
        elif c == 44 and depth == 0:  # comma
            return i
        i += 1
    return end


@compiled_bare
def copy_plain(data: Bytes, start: int, stop: int, out: Bytes, at: int) -> int:
    """Writes a string that has no escapes as it is; returns the place after it."""
    for k in range(stop - start):
        out[np.uint64(at + k)] = data[np.uint64(start + k)]
    return at + stop - start


@compiled_bare
def copy_folded(data: Bytes, start: int, stop: int, out: Bytes, at: int) -> int:
    """Writes a string that has no escapes, runs of ASCII white space as one space; returns the place after it."""
    first = at
    was_space = True
    for i in range(start, stop):
        c = data[np.uint64(i)]
        if c > 32:
            out[np.uint64(at)] = c
            at += 1
            was_space = False
        elif not was_space:
            out[np.uint64(at)] = 32
            at += 1
            was_space = True
    return at - 1 if was_space and at > first else at


@compiled_bare
def copy_unescaped(data: Bytes, start: int, stop: int, out: Bytes, at: int, fold: bool) -> int:
    """Writes a string without its escapes, white space folded if asked; returns the place after it."""
    first = at
    i = start
    while i < stop:
        c = data[np.uint64(i)]
        if c == BACKSLASH:
            i, point = _escape(data, i, stop)
        elif c < 128:
            point = np.int64(c)
            i += 1
        else:
            out[np.uint64(at)] = c
            at += 1
            i += 1
            continue
        if fold and (point <= 32 or point == _NO_BREAK_SPACE):
            if at > first and out[np.uint64(at - 1)] != 32:
                out[np.uint64(at)] = 32
                at += 1
        else:
            at = _put(out, at, point)
    if fold and at > first and out[np.uint64(at - 1)] == 32:
        at -= 1
    return at


@compiled_bare
def whole_characters(out: Bytes, first: int, at: int) -> int:
    """The end of out[first:at] without a character that a cut went through."""
    back = at - 1
    while back >= first and (out[np.uint64(back)] & 0xC0) == 0x80:
        back -= 1
    if back < first:
        return at
    lead = out[np.uint64(back)]
    wanted = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    return at if at - back >= wanted else back


@compiled_bare
def _escape(data: Bytes, i: int, stop: int) -> tuple[int, np.int64]:
    """The place after the escape at i and its code point; half a surrogate pair is U+FFFD."""
    if i + 1 >= stop:
        return stop, np.int64(_REPLACEMENT)
    c = data[np.uint64(i + 1)]
    if c != 117:
        return i + 2, _short_escape(c)
    high = _hex4(data, i + 2, stop)
    if high < 0xD800 or high > 0xDFFF:
        return i + 6, high
    if high < 0xDC00 and i + 7 < stop and data[np.uint64(i + 6)] == BACKSLASH and data[np.uint64(i + 7)] == 117:
        low = _hex4(data, i + 8, stop)
        if 0xDC00 <= low <= 0xDFFF:
            return i + 12, np.int64(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return i + 6, np.int64(_REPLACEMENT)


@compiled_bare
def _short_escape(c: int) -> np.int64:
    """The code point of a two-character escape."""
    if c == 110:
        return np.int64(10)
    if c == 116:
        return np.int64(9)
    if c == 114:
        return np.int64(13)
    if c == 98:
        return np.int64(8)
    if c == 102:
        return np.int64(12)
    return np.int64(c)


@compiled_bare
def _hex4(data: Bytes, i: int, stop: int) -> np.int64:
    """The number that four hexadecimal digits write; U+FFFD where they are cut off."""
    if i + 4 > stop:
        return np.int64(_REPLACEMENT)
    value = np.int64(0)
    for k in range(4):
        c = np.int64(data[np.uint64(i + k)])
        digit = c - 48 if c < 58 else (c | 32) - 87
        value = np.int64((value << 4) | (digit & 15))
    return value


@compiled_bare
def _put(out: Bytes, at: int, point: np.int64) -> int:
    """Writes a code point as UTF-8."""
    if point < 0x80:
        out[np.uint64(at)] = point
        return at + 1
    if point < 0x800:
        out[np.uint64(at)] = 0xC0 | (point >> 6)
        out[np.uint64(at + 1)] = 0x80 | (point & 63)
        return at + 2
    if point < 0x10000:
        out[np.uint64(at)] = 0xE0 | (point >> 12)
        out[np.uint64(at + 1)] = 0x80 | ((point >> 6) & 63)
        out[np.uint64(at + 2)] = 0x80 | (point & 63)
        return at + 3
    out[np.uint64(at)] = 0xF0 | (point >> 18)
    out[np.uint64(at + 1)] = 0x80 | ((point >> 12) & 63)
    out[np.uint64(at + 2)] = 0x80 | ((point >> 6) & 63)
    out[np.uint64(at + 3)] = 0x80 | (point & 63)
    return at + 4
