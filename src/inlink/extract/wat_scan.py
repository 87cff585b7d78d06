"""Arrays of flat link objects, read as bytes: one compiled pass from JSON text to columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inlink.extract.ids import string_buffers
from inlink.extract.wat_internal import is_plainly_internal, starts_with
from inlink.extract.wat_paths import ANCHOR_CODE, CODE_EMBEDS, LINK_CODE, PATH_CODES, PATH_HASHES, path_hash
from inlink.extract.wat_strings import (
    Bytes,
    copy_folded,
    copy_plain,
    copy_unescaped,
    skip_value,
    string_end,
    whole_characters,
)
from inlink.kernels.jit import compiled_bare

Ints = NDArray[np.int64]
Offsets = NDArray[np.int32]
Flags = NDArray[np.bool_]

# Members of a link object. Spans hold for each: start (-1: absent), end, and whether there are escapes in between.
_URL, _TEXT, _ALT, _REL, _PATH = range(5)
_START, _STOP, _ESCAPED, _N_SPAN = range(4)
_N_MEMBERS = 5
_N_STRINGS = 4  # all but the path are written out

_QUOTE, _OPEN, _CLOSE, _COLON = 34, 123, 125, 58
_SPARE_BYTES = 16  # behind each column: what an escape that is cut through may write too much
_LINK = int(LINK_CODE)
_ANCHOR = int(ANCHOR_CODE)
_DATA_SCHEME = np.frombuffer(b"data:", np.uint8)
_CANONICAL = np.frombuffer(b"canonical", np.uint8)
_ALTERNATE = np.frombuffer(b"alternate", np.uint8)


@dataclass(frozen=True, slots=True)
class Scanned:
    """Link objects in input order; `code` is the position of the kind in KINDS plus one.

    Shapes: every column has one row an object; `n_dropped` one entry a page: links, embedded resources aside, that
    `external_only` left out; `is_cut` says of which pages links beyond the limits were left out.
    """

    page: NDArray[np.int32]
    code: NDArray[np.uint8]
    url: pa.StringArray
    text: pa.StringArray
    alt: pa.StringArray
    rel: pa.StringArray
    n_dropped: NDArray[np.int32]
    is_cut: Flags


def scan(
    data: Bytes, ends: Ints, hosts: pa.StringArray, *, external_only: bool, max_links: int, max_bytes: int
) -> Scanned:
    """The link objects of a batch of pages.

    Shapes: data holds JSON arrays one after another; ends (pages,) where each page's end; hosts (pages,) the host
    that both the page and its base URL have, empty where they differ.
    Embedded resources that plainly stay on that host are left out, with `external_only` all URLs that do; those that
    need a URL parser to tell are kept.
    The JSON must be well-formed. A text is cut at `max_bytes`, an object with a longer URL is left out.
    """
    n_most, n_bytes = int(np.count_nonzero(data == _OPEN)), data.shape[0] + _SPARE_BYTES
    page, code = np.empty(n_most, np.int32), np.empty(n_most, np.uint8)
    offsets, valid = np.zeros((_N_STRINGS, n_most + 1), np.int32), np.zeros((_N_STRINGS, n_most), np.bool_)
    out = np.empty(_N_STRINGS * n_bytes, np.uint8)
    n_dropped, is_cut = np.zeros(ends.shape[0], np.int32), np.zeros(ends.shape[0], np.bool_)
    n = _scan(
        data, ends, string_buffers(hosts), (external_only, max_links, max_bytes),
        (PATH_HASHES, PATH_CODES, CODE_EMBEDS), (page, code, n_dropped, is_cut), (offsets, valid, out),
        np.zeros((_N_MEMBERS, _N_SPAN), np.int64),
    )  # fmt: skip
    url, text, alt, rel = (
        _string_array(offsets[k, : n + 1], out[k * n_bytes :], valid[k, :n]) for k in range(_N_STRINGS)
    )
    return Scanned(page[:n].copy(), code[:n].copy(), url, text, alt, rel, n_dropped, is_cut)


def _string_array(offsets: NDArray[np.int32], data: Bytes, valid: Flags) -> pa.StringArray:
    bits = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    text = data[: offsets[-1]].copy()
    return pa.StringArray.from_buffers(len(valid), pa.py_buffer(offsets.copy()), pa.py_buffer(text), bits)


@compiled_bare
def _scan(
    data: Bytes,
    ends: Ints,
    hosts: tuple[Offsets, Bytes],
    options: tuple[bool, int, int],
    paths: tuple[NDArray[np.uint64], Bytes, Flags],
    rows: tuple[NDArray[np.int32], Bytes, NDArray[np.int32], Flags],
    strings: tuple[Offsets, Flags, Bytes],
    spans: Ints,
) -> int:
    """Fills `rows` and `strings`; returns how many rows. `spans` is scratch."""
    external_only, max_links, max_bytes = options
    page_out, code_out, n_dropped, is_cut = rows
    embeds = paths[2]
    n = 0
    i = 0
    for page in range(ends.shape[0]):
        end = ends[page]
        n_links = 0
        while i < end:
            if data[np.uint64(i)] != _OPEN:
                i += 1
                continue
            i = _read_object(data, i + 1, end, spans)
            code = _path_code(data, spans, paths)
            if code == 0 or spans[_URL, _START] < 0:
                continue
            if n_links >= max_links or spans[_URL, _STOP] - spans[_URL, _START] > max_bytes:
                is_cut[page] = True
                continue
            n_links += 1
            is_telling = code == _LINK and _has_telling_rel(data, spans)
            is_embed = embeds[code] and not is_telling
            if (is_embed or (external_only and not is_telling)) and _is_left_out(data, spans, hosts, page, is_embed):
                n_dropped[page] += 1 - is_embed
                continue
            page_out[n] = page
            code_out[n] = code
            _settle_texts(spans, code)
            _write_strings(data, spans, strings, n, max_bytes)
            n += 1
    return n


@compiled_bare
def _read_object(data: Bytes, i: int, end: int, spans: Ints) -> int:
    """Notes where the members' strings lie; returns the place after the closing brace."""
    for member in range(_N_MEMBERS):
        spans[member, _START] = -1
    while i < end:
        c = data[np.uint64(i)]
        if c == _CLOSE:
            return i + 1
        if c != _QUOTE:
            i += 1
            continue
        name = i + 1
        i, _ = string_end(data, name, end)
        member = _member(data, name, i)
        i += 1
        while i < end and (data[np.uint64(i)] <= 32 or data[np.uint64(i)] == _COLON):
            i += 1
        if i < end and data[np.uint64(i)] == _QUOTE:
            start = i + 1
            i, escaped = string_end(data, start, end)
            if member >= 0:
                spans[member, _START] = start
                spans[member, _STOP] = i
                spans[member, _ESCAPED] = escaped
            i += 1
        else:
            i = skip_value(data, i, end)
    return end


@compiled_bare
def _member(data: Bytes, start: int, stop: int) -> int:
    """Which member a name is: path, url (or href, as STYLE/#text has it), text, alt, rel; else -1."""
    if stop - start != 3 and stop - start != 4:
        return -1
    word = np.int64(0)
    for i in range(start, stop):
        word = (word << 8) | np.int64(data[np.uint64(i)])
    if word == 0x70617468:  # path
        return _PATH
    if word == 0x75726C or word == 0x68726566:  # url, href
        return _URL
    if word == 0x74657874:  # text
        return _TEXT
    if word == 0x616C74:  # alt
        return _ALT
    if word == 0x72656C:  # rel
        return _REL
    return -1


@compiled_bare
def _path_code(data: Bytes, spans: Ints, paths: tuple[NDArray[np.uint64], Bytes, Flags]) -> int:
    """The code of an element path, 0 for one that is no link."""
    hashes, codes, _ = paths
    if spans[_PATH, _START] < 0:
        return 0
    h = path_hash(data, spans[_PATH, _START], spans[_PATH, _STOP])
    for k in range(hashes.shape[0]):
        if hashes[k] == h:
            return int(codes[k])
    return 0


@compiled_bare
def _has_telling_rel(data: Bytes, spans: Ints) -> bool:
    """Whether a <link> may be canonical or alternate: those are kept wherever they lead."""
    start, stop = spans[_REL, _START], spans[_REL, _STOP]
    for i in range(start, stop if start >= 0 else -1):
        if starts_with(data, i, stop, _CANONICAL) or starts_with(data, i, stop, _ALTERNATE):
            return True
    return False


@compiled_bare
def _is_left_out(data: Bytes, spans: Ints, hosts: tuple[Offsets, Bytes], page: int, is_embed: bool) -> bool:
    """Whether a link stays on the page's host, or an embedded resource is written in the page itself."""
    start, stop = spans[_URL, _START], spans[_URL, _STOP]
    if is_plainly_internal(data, start, stop, hosts, page):
        return True
    return is_embed and starts_with(data, start, stop, _DATA_SCHEME)


@compiled_bare
def _settle_texts(spans: Ints, code: int) -> None:
    """Only anchors have text, an empty one where none is written; their own alt attribute means nothing."""
    if code != _ANCHOR:
        spans[_TEXT, _START] = -1
        return
    spans[_ALT, _START] = -1
    if spans[_TEXT, _START] < 0:
        spans[_TEXT, _START], spans[_TEXT, _STOP], spans[_TEXT, _ESCAPED] = 0, 0, 0


@compiled_bare
def _write_strings(data: Bytes, spans: Ints, strings: tuple[Offsets, Flags, Bytes], n: int, max_bytes: int) -> None:
    """Row n of the string columns."""
    offsets, valid, out = strings
    n_bytes = out.shape[0] // _N_STRINGS
    for k in range(_N_STRINGS):
        base = k * n_bytes
        first = base + offsets[k, n]
        at = first
        start, stop = spans[k, _START], spans[k, _STOP]
        if start >= 0:
            is_long = stop - start > max_bytes
            stop = start + max_bytes if is_long else stop
            if spans[k, _ESCAPED]:
                at = copy_unescaped(data, start, stop, out, at, k != _URL)
            elif k == _URL:
                at = copy_plain(data, start, stop, out, at)
            else:
                at = copy_folded(data, start, stop, out, at)
            if is_long:
                at = whole_characters(out, first, at)
            valid[k, n] = at > first or k < _ALT
        offsets[k, n + 1] = at - base
