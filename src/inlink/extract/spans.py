"""Small scans over bytes that the kernel of extraction is made of: find, look up, copy."""

# ruff: noqa: SIM110 - comparisons compile to less than tuples and generators do

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.extract.names import PRIME, TABLE_SIZE
from inlink.kernels.bytes import find_byte
from inlink.kernels.jit import compiled_bare

Bytes = NDArray[np.uint8]
Spans = NDArray[np.int32]  # start and end of each attribute, by its code

_PRIME = np.uint64(PRIME)
_MASK = np.int64(TABLE_SIZE - 1)
_SHIFT = np.uint64(20)
_LT, _GT, _AMP, _QUOTE, _DASH, _SPACE = 60, 62, 38, 34, 45, 32


@compiled_bare
def find_comment_end(html: Bytes, start: int, end: int) -> int:
    """Position after the first `-->` from start, or end."""
    i = find_byte(html, start + 2, end, _GT)
    while i < end:
        if html[np.uint64(i - 1)] == _DASH and html[np.uint64(i - 2)] == _DASH:
            return i + 1
        i = find_byte(html, i + 1, end, _GT)
    return end


@compiled_bare
def lower(byte: int) -> int:
    """The byte with A..Z in lower case."""
    return byte + 32 if 65 <= byte <= 90 else byte


@compiled_bare
def is_space(byte: int) -> bool:
    """Whether the byte is ASCII white space as HTML has it."""
    return byte == 32 or (9 <= byte <= 13 and byte != 11)


@compiled_bare
def look_up(hashes: NDArray[np.uint64], codes: NDArray[np.int32], h: np.uint64) -> int:
    """Code of the name with this hash, or -1."""
    slot = np.int64(h >> _SHIFT) & _MASK
    while hashes[slot] != 0:
        if hashes[slot] == h:
            return np.int64(codes[slot])  # type: ignore[return-value]
        slot = (slot + 1) & _MASK
    return -1


@compiled_bare
def hash_lower(html: Bytes, start: int, end: int, seed: np.uint64) -> np.uint64:
    """Hash of html[start:end] in lower case."""
    h = seed
    for i in range(start, end):
        h = (h ^ np.uint64(lower(html[np.uint64(i)]))) * _PRIME
    return h


@compiled_bare
def matches_lower(html: Bytes, start: int, end: int, word: Bytes) -> bool:
    """Whether html[start:end] begins with `word` (given in lower case), without regard to case."""
    if end - start < word.shape[0]:
        return False
    for i in range(word.shape[0]):
        if lower(html[np.uint64(start + i)]) != word[np.uint64(i)]:
            return False
    return True


@compiled_bare
def is_value(html: Bytes, spans: Spans, attribute: int, word: Bytes) -> bool:
    """Whether the attribute begins with `word`, after white space and without regard to case."""
    start, end = spans[2 * attribute], spans[2 * attribute + 1]
    while start < end and is_space(html[np.uint64(start)]):
        start += 1
    return matches_lower(html, start, end, word)


@compiled_bare
def find_end_tag(html: Bytes, start: int, end: int, name_at: int, name_end: int) -> int:
    """Position of the first `</name` (name = html[name_at:name_end]) that ends a raw-text element, or end."""
    n = name_end - name_at
    i = find_byte(html, start, end, _LT)
    while i + n + 2 < end:
        if html[np.uint64(i + 1)] == 47 and _same_name(html, i + 2, name_at, n):
            after = html[np.uint64(i + 2 + n)]
            if after == _GT or after == 47 or is_space(after):
                return i
        i = find_byte(html, i + 1, end, _LT)
    return end


@compiled_bare
def find_last_end_tag(html: Bytes, start: int, end: int, name_at: int, name_end: int) -> int:
    """Position of the last `</name>` after start, or end."""
    n = name_end - name_at
    i = end - n - 3
    while i >= start:
        if (
            html[np.uint64(i)] == _LT
            and html[np.uint64(i + 1)] == 47
            and html[np.uint64(i + 2 + n)] == _GT
            and _same_name(html, i + 2, name_at, n)
        ):
            return i
        i -= 1
    return end


@compiled_bare
def _same_name(html: Bytes, at: int, name_at: int, n: int) -> bool:
    for k in range(n):
        if lower(html[np.uint64(at + k)]) != html[np.uint64(name_at + k)]:
            return False
    return True


@compiled_bare
def find_script_end(html: Bytes, start: int, end: int) -> int:
    """Position of the `</script` that ends the script data beginning at start, or end.

    After `<!--` and then `<script`, an end tag only closes the inner script (the double escaped state).
    Source: HTML standard, 13.2.5.15 to 13.2.5.31.
    """
    escaped = double = False
    i = start
    while i < end:
        if not escaped:
            i = find_byte(html, i, end, _LT)
            if i == end:
                break
        c = html[np.uint64(i)]
        if c == _DASH and escaped and i + 2 < end and html[np.uint64(i + 1)] == _DASH and html[np.uint64(i + 2)] == _GT:
            escaped = double = False
            i += 3
        elif c != _LT or i + 3 >= end:
            i += 1
        elif html[np.uint64(i + 1)] == 33 and html[np.uint64(i + 2)] == _DASH and html[np.uint64(i + 3)] == _DASH:
            escaped = True
            i += 2  # the dashes may already belong to the `-->` that ends it
        elif html[np.uint64(i + 1)] == 47 and _is_script(html, i + 2, end):
            if not double:
                return i
            double = False
            i += 8
        elif escaped and not double and _is_script(html, i + 1, end):
            double = True
            i += 7
        else:
            i += 1
    return end


@compiled_bare
def _is_script(html: Bytes, at: int, end: int) -> bool:
    if at + 6 >= end:
        return False
    same = (
        lower(html[np.uint64(at)]) == 115
        and lower(html[np.uint64(at + 1)]) == 99
        and lower(html[np.uint64(at + 2)]) == 114
        and lower(html[np.uint64(at + 3)]) == 105
        and lower(html[np.uint64(at + 4)]) == 112
        and lower(html[np.uint64(at + 5)]) == 116
    )
    return same and (
        html[np.uint64(at + 6)] == _GT or html[np.uint64(at + 6)] == 47 or is_space(html[np.uint64(at + 6)])
    )


@compiled_bare
def entity(html: Bytes, at: int, end: int) -> tuple[int, int]:
    """(byte, length) of the entity at `at`; the serialiser writes five. byte 0 is a no-break space; 38, 1 is none."""
    if at + 3 >= end:
        return _AMP, 1
    c = html[np.uint64(at + 1)]
    if c == 97 and html[np.uint64(at + 2)] == 109:  # &amp;
        return _AMP, 5
    if c == 110 and html[np.uint64(at + 2)] == 98:  # &nbsp;
        return 0, 6
    if c == 113:  # &quot;
        return _QUOTE, 6
    if html[np.uint64(at + 2)] == 116 and html[np.uint64(at + 3)] == 59:
        if c == 108:
            return _LT, 4
        if c == 103:
            return _GT, 4
    return _AMP, 1


@compiled_bare
def copy_value(html: Bytes, start: int, end: int, out: Bytes, pos: int) -> int:
    """Writes an attribute value with entities resolved at out[pos:]; the position after it."""
    i = start
    while i < end:
        c = html[np.uint64(i)]
        i += 1
        if c == _AMP:
            byte, length = entity(html, i - 1, end)
            i += length - 1
            if byte == 0:
                out[np.uint64(pos)] = 0xC2
                pos += 1
                byte = 0xA0
            out[np.uint64(pos)] = byte
        else:
            out[np.uint64(pos)] = c
        pos += 1
    return pos


@compiled_bare
def copy_folded(html: Bytes, start: int, end: int, out: Bytes, pos: int) -> int:
    """Like copy_value, with white space (and no-break spaces) folded to one space and trimmed."""
    begin = pos
    gap = False
    i = start
    while i < end:
        byte, length = int(html[np.uint64(i)]), 1
        if byte == _AMP:
            byte, length = entity(html, i, end)
        i += length
        if byte == 0 or is_space(byte):
            gap = True
            continue
        if gap and pos > begin:
            out[np.uint64(pos)] = _SPACE
            pos += 1
        gap = False
        out[np.uint64(pos)] = byte
        pos += 1
    return pos


@compiled_bare
def cut(out: Bytes, start: int, end: int, limit: int) -> int:
    """The end of out[start:end] bounded to `limit` bytes, not inside a character."""
    if end - start <= limit:
        return end
    end = start + limit
    while end > start and out[np.uint64(end)] & 0xC0 == 0x80:
        end -= 1
    return end
