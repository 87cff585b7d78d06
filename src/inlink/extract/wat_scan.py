"""Arrays of flat link objects, read as bytes: one compiled pass from JSON text to columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inlink.extract.ids import string_buffers
from inlink.extract.wat_internal import is_plainly_internal, starts_with
from inlink.extract.wat_paths import CODE_EMBEDS, LINK_CODE, PATH_CODES, PATH_HASHES, path_hash
from inlink.kernels.jit import compiled

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Offsets = NDArray[np.int32]

# Members of a link object, by position in the span tables of the kernels.
_PATH, _URL, _TEXT, _ALT, _REL = range(5)
N_MEMBERS = 5
_LINK = int(LINK_CODE)
_DATA_SCHEME = np.frombuffer(b"data:", np.uint8)
_CANONICAL = np.frombuffer(b"canonical", np.uint8)
_ALTERNATE = np.frombuffer(b"alternate", np.uint8)
N_STRINGS = 4  # all but the path are written out

_QUOTE, _BACKSLASH, _OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = 34, 92, 123, 125, 91, 93


@dataclass(frozen=True, slots=True)
class Scanned:
    """Link objects in input order.

    Shapes: every column has one row an object; `dropped` one entry a page: links, embedded
    resources aside, that `external_only` left out.
    """

    page: NDArray[np.int32]
    path: NDArray[np.uint8]
    ordinal: NDArray[np.int32]
    url: pa.StringArray
    text: pa.StringArray
    alt: pa.StringArray
    rel: pa.StringArray
    dropped: NDArray[np.int32]


def scan(
    data: Bytes, ends: Ints, hosts: pa.StringArray, *, external_only: bool, max_links: int, max_bytes: int
) -> Scanned:
    """The link objects of a batch of pages.

    Shapes: data holds one JSON array a page, one after another; ends (pages,) where each ends; hosts (pages,) the
    host that both the page and its base URL have, empty where they differ.
    Embedded resources that plainly stay on that host are left out, with `external_only` all URLs that do; those that
    need a URL parser to tell are kept.
    The JSON must be well-formed. A text is cut at `max_bytes`, an object with a longer URL is left out.
    """
    n_most = int(np.count_nonzero(data == _OPEN))
    page, path, ordinal = np.empty(n_most, np.int32), np.empty(n_most, np.uint8), np.empty(n_most, np.int32)
    offsets = np.zeros((N_STRINGS, n_most + 1), np.int32)
    valid = np.zeros((N_STRINGS, n_most), np.bool_)
    out = np.empty((N_STRINGS, data.shape[0] + 3), np.uint8)
    dropped = np.zeros(ends.shape[0], np.int32)
    host_offsets, host_data = string_buffers(hosts)
    n = _scan(
        data, ends, (host_offsets, host_data), (external_only, max_links, max_bytes),
        (PATH_HASHES, PATH_CODES, CODE_EMBEDS), (page, path, ordinal, dropped), (offsets, valid, out),
    )  # fmt: skip
    url, text, alt, rel = (_string_array(offsets[k, : n + 1], out[k], valid[k, :n]) for k in range(N_STRINGS))
    return Scanned(page[:n].copy(), path[:n].copy(), ordinal[:n].copy(), url, text, alt, rel, dropped)


def _string_array(offsets: NDArray[np.int32], data: Bytes, valid: NDArray[np.bool_]) -> pa.StringArray:
    bits = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    text = data[: offsets[-1]].copy()
    return pa.StringArray.from_buffers(len(valid), pa.py_buffer(offsets.copy()), pa.py_buffer(text), bits)


@compiled
def _scan(
    data: Bytes,
    ends: Ints,
    hosts: tuple[Offsets, Bytes],
    options: tuple[bool, int, int],
    paths: tuple[NDArray[np.uint64], Bytes, NDArray[np.bool_]],
    rows: tuple[NDArray[np.int32], Bytes, NDArray[np.int32], NDArray[np.int32]],
    strings: tuple[Offsets, NDArray[np.bool_], Bytes],
) -> int:
    """Fills `rows` and `strings`; returns how many rows."""
    external_only, max_links, max_bytes = options
    page_out, path_out, ordinal_out, dropped = rows
    offsets, valid, out = strings
    embeds = paths[2]
    spans = np.zeros((N_MEMBERS, 2), np.int64)
    n = 0
    i = 0
    for page in range(ends.shape[0]):
        end = ends[page]
        ordinal = 0
        while i < end and ordinal < max_links:
            if data[i] != _OPEN:
                i += 1
                continue
            i = _read_object(data, i + 1, end, spans)
            code = _path_code(data, spans, paths)
            if code == 0 or spans[_URL, 0] < 0 or spans[_URL, 1] - spans[_URL, 0] > max_bytes:
                continue
            ordinal += 1
            is_embed = embeds[code] and not (code == _LINK and _has_telling_rel(data, spans))
            if external_only or is_embed:
                if is_plainly_internal(data, spans[_URL, 0], spans[_URL, 1], hosts, page):
                    dropped[page] += 1 - is_embed
                    continue
                if is_embed and starts_with(data, spans[_URL, 0], spans[_URL, 1], _DATA_SCHEME):
                    continue
            page_out[n] = page
            path_out[n] = code
            ordinal_out[n] = ordinal - 1
            for k in range(N_STRINGS):
                at = offsets[k, n]
                start, stop = spans[k + 1, 0], spans[k + 1, 1]
                if start >= 0:
                    valid[k, n] = True
                    at = _write_string(data, start, min(stop, start + max_bytes), out[k], at, k != _URL - 1)
                offsets[k, n + 1] = at
            n += 1
        i = end
    return n


@compiled
def _read_object(data: Bytes, i: int, end: int, spans: Ints) -> int:
    """Notes where the members' strings lie, -1 where absent; returns the place after the closing brace."""
    spans[:, 0] = -1
    while i < end:
        c = data[i]
        if c == _CLOSE:
            return i + 1
        if c != _QUOTE:
            i += 1
            continue
        name = i + 1
        i = _string_end(data, name, end)
        member = _member(data, name, i)
        i += 1
        while i < end and (data[i] <= 32 or data[i] == 58):  # white space and the colon
            i += 1
        if i < end and data[i] == _QUOTE:
            start = i + 1
            i = _string_end(data, start, end)
            if member >= 0:
                spans[member, 0], spans[member, 1] = start, i
            i += 1
        else:
            i = _skip_value(data, i, end)
    return end


@compiled
def _string_end(data: Bytes, i: int, end: int) -> int:
    """Where the string that runs at i is closed."""
    while i < end and data[i] != _QUOTE:
        i += 2 if data[i] == _BACKSLASH else 1
    return min(i, end)


@compiled
def _skip_value(data: Bytes, i: int, end: int) -> int:
    """The place after a value that is no string: a number, a word, or something nested."""
    depth = 0
    while i < end:
        c = data[i]
        if c == _QUOTE:
            i = _string_end(data, i + 1, end)
        elif c == _OPEN or c == _OPEN_LIST:  # noqa: SIM109
            depth += 1
        elif c == _CLOSE or c == _CLOSE_LIST:  # noqa: SIM109
            if depth == 0:
                return i
            depth -= 1
        elif c == 44 and depth == 0:  # comma
            return i
        i += 1
    return end


@compiled
def _member(data: Bytes, start: int, stop: int) -> int:
    """Which member a name is: path, url (or href, as STYLE/#text has it), text, alt, rel; else -1."""
    if stop - start == 4:
        a, b, c, d = data[start], data[start + 1], data[start + 2], data[start + 3]
        if a == 112 and b == 97 and c == 116 and d == 104:
            return _PATH
        if a == 116 and b == 101 and c == 120 and d == 116:
            return _TEXT
        if a == 104 and b == 114 and c == 101 and d == 102:
            return _URL
    elif stop - start == 3:
        a, b, c = data[start], data[start + 1], data[start + 2]
        if a == 117 and b == 114 and c == 108:
            return _URL
        if a == 97 and b == 108 and c == 116:
            return _ALT
        if a == 114 and b == 101 and c == 108:
            return _REL
    return -1


@compiled
def _path_code(data: Bytes, spans: Ints, paths: tuple[NDArray[np.uint64], Bytes, NDArray[np.bool_]]) -> int:
    """The code of an element path, 0 for one that is no link."""
    hashes, codes, _ = paths
    if spans[_PATH, 0] < 0:
        return 0
    h = path_hash(data, spans[_PATH, 0], spans[_PATH, 1])
    for k in range(hashes.shape[0]):
        if hashes[k] == h:
            return int(codes[k])
    return 0


@compiled
def _has_telling_rel(data: Bytes, spans: Ints) -> bool:
    """Whether a <link> may be canonical or alternate: those are kept wherever they lead."""
    stop = spans[_REL, 1]
    for i in range(spans[_REL, 0], stop if spans[_REL, 0] >= 0 else -1):
        if starts_with(data, i, stop, _CANONICAL) or starts_with(data, i, stop, _ALTERNATE):
            return True
    return False


@compiled
def _write_string(data: Bytes, start: int, stop: int, out: Bytes, at: int, fold: bool) -> int:
    """Writes a string without its escapes, white space folded if asked; returns the place after it."""
    first = at
    i = start
    while i < stop:
        c = data[i]
        if c == _BACKSLASH:
            i, point = _escape(data, i, stop)
        elif c < 128:
            point = np.int64(c)
            i += 1
        else:
            out[at] = c
            at += 1
            i += 1
            continue
        if fold and (point <= 32 or point == 0xA0):
            if at > first and out[at - 1] != 32:
                out[at] = 32
                at += 1
        else:
            at = _put(out, at, point)
    if fold and at > first and out[at - 1] == 32:
        at -= 1
    while i > stop and at > first and out[at - 1] >= 128:  # an escape that the cut went through
        at -= 1
    return _whole(out, first, at)


@compiled
def _whole(out: Bytes, first: int, at: int) -> int:
    """The end of out[first:at] without a character that was cut through."""
    back = at - 1
    while back >= first and (out[back] & 0xC0) == 0x80:
        back -= 1
    if back < first:
        return at
    lead = out[back]
    wanted = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    return at if at - back >= wanted else back


@compiled
def _escape(data: Bytes, i: int, stop: int) -> tuple[int, np.int64]:
    """The place after the escape at i and its code point; half a surrogate pair is U+FFFD."""
    if i + 1 >= stop:
        return stop, np.int64(0xFFFD)
    c = data[i + 1]
    if c != 117:
        return i + 2, _short_escape(c)
    high = _hex4(data, i + 2, stop)
    if high < 0xD800 or high > 0xDFFF:
        return i + 6, high
    if high < 0xDC00 and i + 7 < stop and data[i + 6] == _BACKSLASH and data[i + 7] == 117:
        low = _hex4(data, i + 8, stop)
        if 0xDC00 <= low <= 0xDFFF:
            return i + 12, np.int64(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return i + 6, np.int64(0xFFFD)


@compiled
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


@compiled
def _hex4(data: Bytes, i: int, stop: int) -> np.int64:
    """The number that four hexadecimal digits write; U+FFFD where they are cut off."""
    if i + 4 > stop:
        return np.int64(0xFFFD)
    value = np.int64(0)
    for k in range(4):
        c = np.int64(data[i + k])
        digit = c - 48 if c < 58 else (c | 32) - 87
        value = np.int64((value << 4) | (digit & 15))
    return value


@compiled
def _put(out: Bytes, at: int, point: np.int64) -> int:
    """Writes a code point as UTF-8."""
    if point < 0x80:
        out[at] = point
        return at + 1
    if point < 0x800:
        out[at] = 0xC0 | (point >> 6)
        out[at + 1] = 0x80 | (point & 63)
        return at + 2
    if point < 0x10000:
        out[at] = 0xE0 | (point >> 12)
        out[at + 1] = 0x80 | ((point >> 6) & 63)
        out[at + 2] = 0x80 | (point & 63)
        return at + 3
    out[at] = 0xF0 | (point >> 18)
    out[at + 1] = 0x80 | ((point >> 12) & 63)
    out[at + 2] = 0x80 | ((point >> 6) & 63)
    out[at + 3] = 0x80 | (point & 63)
    return at + 4
