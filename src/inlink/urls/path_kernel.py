"""Writing paths and queries as the WHATWG URL standard says: escapes, dot segments, tabs and newlines left out."""

from __future__ import annotations

import numpy as np

from inlink.kernels.jit import compiled_bare
from inlink.urls.authority_kernel import U8, U

# Classes of bytes in a path or query.
PLAIN, DOT, PERCENT, SLASH, ENCODE, SKIP, END = 0, 1, 2, 3, 4, 5, 6


def _classes(encoded: bytes, marked: dict[bytes, int]) -> U8:
    """A class for each byte: control characters, those above `~` and those named are ENCODE, tab and newline SKIP."""
    table = np.zeros(256, np.uint8)
    table[:33] = ENCODE
    table[127:] = ENCODE
    table[list(encoded)] = ENCODE
    table[list(b"\t\n\r")] = SKIP
    for characters, kind in marked.items():
        table[list(characters)] = kind
    return table


PATH_CLASS = _classes(b'"<>^`{}', {b".": DOT, b"%": PERCENT, b"\\": SLASH, b"?#": END})
QUERY_CLASS = _classes(b"\"'<>", {b"#": END})


@compiled_bare
def write_escape(out: U8, pos: int, c: int) -> int:
    """Writes %XX; the position after it."""
    high = c >> 4
    low = c & 15
    out[U(pos)] = 37
    out[U(pos + 1)] = high + (48 if high < 10 else 55)
    out[U(pos + 2)] = low + (48 if low < 10 else 55)
    return pos + 3


@compiled_bare
def n_dots(out: U8, start: int, end: int) -> int:
    """1 for a segment `.`, 2 for `..`, in any escaped spelling; else 0."""
    n = 0
    i = start
    while i < end:
        if out[i] == 46:
            i += 1
        elif out[i] == 37 and i + 2 < end and out[i + 1] == 50 and (out[i + 2] | 32) == 101:
            i += 3
        else:
            return 0
        n += 1
    return n if n < 3 else 0


@compiled_bare
def write_path(src: U8, i: int, end: int, out: U8, pos: int, path_start: int) -> tuple[int, int, int]:
    """Writes the rest of a path whose slash was written before `pos`.

    Returns where it ended in src, the position after it, and where its first `%` may stand (the position, if nowhere).
    The first loop does all of nearly every path; what it does not know goes on in the second.
    """
    plain_end = -1
    while i < end:
        c = src[U(i)]
        kind = PATH_CLASS[c]
        if kind != PLAIN:
            if kind == END:
                return i, pos, pos if plain_end < 0 else plain_end
            if kind > PERCENT or out[U(pos - 1)] == 47:
                break
            if kind == PERCENT and plain_end < 0:
                plain_end = pos
        out[U(pos)] = c
        pos += 1
        i += 1
    if i < end:
        i, pos = write_odd_path(src, i, end, out, pos, path_start)
        return i, pos, path_start
    return i, pos, pos if plain_end < 0 else plain_end


@compiled_bare
def write_odd_path(src: U8, i: int, end: int, out: U8, pos: int, path_start: int) -> tuple[int, int]:
    """Goes on with a path that has dot segments, characters to escape or to skip, or backslashes."""
    segment = pos
    while out[segment - 1] != 47:
        segment -= 1
    while True:
        c = int(src[i]) if i < end else 35
        kind = SLASH if c == 47 else PATH_CLASS[c]
        if kind < SLASH:
            out[pos] = c
            pos += 1
            i += 1
            continue
        if kind == ENCODE:
            pos = write_escape(out, pos, c)
        if kind in (ENCODE, SKIP):
            i += 1
            continue
        dots = 0
        if 0 < pos - segment <= 6 and (out[segment] == 46 or out[segment] == 37):
            dots = n_dots(out, segment, pos)
        if dots > 0:
            pos = segment
            if dots == 2 and pos - 1 > path_start:
                pos -= 1
                while out[pos - 1] != 47:
                    pos -= 1
        if kind == END:
            return i, pos
        if dots == 0:
            out[pos] = 47
            pos += 1
        segment = pos
        i += 1


@compiled_bare
def write_query(src: U8, i: int, end: int, out: U8, pos: int) -> tuple[int, bool]:
    """Writes `?` and the query that begins at src[i], up to the fragment; (position after it, whether all ASCII)."""
    out[pos] = 63
    pos += 1
    is_ascii = True
    while i < end:
        c = src[U(i)]
        kind = QUERY_CLASS[c]
        if kind == PLAIN:
            out[U(pos)] = c
            pos += 1
        elif kind == ENCODE:
            is_ascii = is_ascii and c < 128 and c != 14 and c != 15 and c != 27
            pos = write_escape(out, pos, c)
        elif kind == END:
            break
        i += 1
    return pos, is_ascii
