"""The compiled resolver: one pass over the bytes of a link column, writing URL, key and host columns.

It parses as the WHATWG URL standard says for http and https, and knows its limits: at a form it does not handle, or
at an authority it has not met and cannot read itself (user name, port, IDN, address), it stops and says so; the caller
asks ada and resumes. A row that ada resolved comes back as an absolute URL and takes the same way as all others, so
there is one writer of URLs and one of keys.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inlink.kernels.jit import compiled_bare
from inlink.urls.authority_kernel import (
    A_END,
    A_HOST,
    A_KEY,
    A_URL,
    I32,
    I64,
    SEED,
    U8,
    Authorities,
    Hosts,
    U,
    copy,
    enter_simple,
    find_authority,
    finished,
    is_simple,
)
from inlink.urls.key_kernel import write_page_key as _write_page_key
from inlink.urls.path_kernel import write_path, write_query

WEB, OTHER_SCHEME, INVALID = 0, 1, 2

# Why the kernel stopped.
DONE, NEEDS_ADA, NEEDS_AUTHORITY, NEEDS_ROOM, NEEDS_TEXT_ROOM = 0, 1, 2, 3, 4

# Places in the state array, after those of the authorities. Rows from ROW to STOP are read from the link columns at
# row - SHIFT.
ROW, STOP, SHIFT, URL_POS, KEY_POS, SPAN_START, SPAN_END, SPAN_HTTPS = 5, 6, 7, 8, 9, 10, 11, 12
STATE_SIZE = 13

# Columns of the base table: places in the bases' URL and key bytes, authority, status.
B_URL, B_PATH, B_DIR, B_PATH_END, B_PLAIN_END, B_END, B_KEY, B_KEY_END, B_AUTHORITY, B_STATUS = range(10)
BASE_COLUMNS = 10

NO_BASE, NO_VALUE = -1, -2

# Classes of bytes in an authority.
PLAIN, UNUSUAL, TERMINATOR = 0, 1, 2
# Forms of a reference.
ABSOLUTE, NETWORK_PATH, ABSOLUTE_PATH, RELATIVE_PATH, QUERY, EMPTY, OTHER, UNKNOWN = 0, 1, 2, 3, 4, 5, 6, 7

_PRIME = 1099511628211


AUTHORITY_CLASS = np.full(256, UNUSUAL, np.uint8)
AUTHORITY_CLASS[list(b"abcdefghijklmnopqrstuvwxyz0123456789.-_ABCDEFGHIJKLMNOPQRSTUVWXYZ")] = PLAIN
AUTHORITY_CLASS[list(b"/\\?#")] = TERMINATOR
IS_SCHEME = np.zeros(256, np.uint8)
IS_SCHEME[list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.")] = 1

write_page_key = compiled_bare(_write_page_key)


@compiled_bare
def measure_bases(url: U8, url_offsets: I32, key_offsets: I32, status: U8, authority: I32, table: I64) -> None:
    """Fills the base table from the resolved bases."""
    for b in range(len(status)):
        end = url_offsets[b + 1]
        table[b, B_URL] = url_offsets[b]
        table[b, B_END] = end
        table[b, B_KEY] = key_offsets[b]
        table[b, B_KEY_END] = key_offsets[b + 1]
        table[b, B_AUTHORITY] = authority[b]
        table[b, B_STATUS] = status[b]
        i = url_offsets[b] + 8
        while i < end and url[i] != 47:
            i += 1
        table[b, B_PATH] = i
        table[b, B_DIR] = i
        table[b, B_PLAIN_END] = -1
        while i < end and url[i] != 63:
            if url[i] == 47:
                table[b, B_DIR] = i + 1
            elif url[i] == 37 and table[b, B_PLAIN_END] < 0:
                table[b, B_PLAIN_END] = i
            i += 1
        table[b, B_PATH_END] = i
        if table[b, B_PLAIN_END] < 0:
            table[b, B_PLAIN_END] = i


@compiled_bare
def form_of(src: U8, start: int, end: int) -> tuple[int, int, int]:
    """(form, where its authority or path begins, 1 for https); UNKNOWN where ada must say."""
    if start == end or src[U(start)] == 35:
        return EMPTY, start, 0
    c = src[U(start)]
    if c == 47 or c == 92:
        if start + 1 < end:
            d = src[U(start + 1)]
            if d == 47 or d == 92:
                return NETWORK_PATH, start + 2, 0
            if d == 9 or d == 10 or d == 13:
                return UNKNOWN, start, 0
        return ABSOLUTE_PATH, start + 1, 0
    if c == 63:
        return QUERY, start, 0
    i = start
    if 97 <= (c | 32) <= 122:
        while i < end and IS_SCHEME[src[U(i)]] == 1:
            i += 1
        if i < end and src[U(i)] == 58:
            return form_of_scheme(src, start, i, end)
        if i < end and (src[U(i)] == 9 or src[U(i)] == 10 or src[U(i)] == 13):
            return UNKNOWN, start, 0
    return RELATIVE_PATH, start, 0


@compiled_bare
def form_of_scheme(src: U8, start: int, colon: int, end: int) -> tuple[int, int, int]:
    """The form of a reference with a scheme."""
    size = colon - start
    first = src[U(start)] | 32
    slashes = 0
    while slashes < 2 and colon + 1 + slashes < end:
        d = src[U(colon + 1 + slashes)]
        if d != 47 and d != 92:
            if d == 9 or d == 10 or d == 13:
                return UNKNOWN, start, 0
            break
        slashes += 1
    if (size == 4 or size == 5) and first == 104:
        is_http = (src[start + 1] | 32) == 116 and (src[start + 2] | 32) == 116 and (src[start + 3] | 32) == 112
        if is_http and (size == 4 or (src[start + 4] | 32) == 115):
            return (ABSOLUTE if slashes == 2 else UNKNOWN), colon + 3, size - 4
    if slashes > 0 or (size <= 4 and (first == 119 or first == 102)):  # ws, wss, ftp and file have rules of their own
        return UNKNOWN, start, 0
    return OTHER, start, 0


@compiled_bare
def authority_span(src: U8, start: int, end: int, seed: int) -> tuple[int, int, int]:
    """(where the authority at src[start:] ends, its hash, 0 where all its bytes are plain)."""
    h = seed
    classes = 0
    i = start
    while i < end:
        c = src[U(i)]
        kind = AUTHORITY_CLASS[c]
        if kind == TERMINATOR:
            break
        classes |= kind
        h = (h ^ c) * _PRIME
        i += 1
    return i, finished(h), classes


@compiled_bare
def new_authority(
    src: U8, span: tuple[int, int, int], classes: int, authorities: Authorities, hosts: Hosts, state: I64
) -> int:
    """The number of an authority not met before; minus the reason where the kernel must stop."""
    start, end, https = span
    if start == end or src[start] <= 32:
        return -NEEDS_ADA
    if classes != 0 or not is_simple(src, start, end):
        state[SPAN_START] = start
        state[SPAN_END] = end
        state[SPAN_HTTPS] = https
        return -NEEDS_AUTHORITY
    at = enter_simple(src, span, authorities, hosts, state)
    return at if at >= 0 else -NEEDS_TEXT_ROOM


@compiled_bare
def write_under_base(
    src: U8, reference: tuple[int, int, int], base_url: U8, base: I64, url: U8, pos: int
) -> tuple[int, int, int, int]:
    """Writes all but the query of a reference (form, start, end) without authority.

    Returns where the path ended in src, the path's position in url, that of its first `%` (or its end) and its end.
    """
    form, i, end = reference
    start = base[B_URL]
    path_start = pos + base[B_PATH] - start
    if form == QUERY:
        url_end = copy(url, pos, base_url, start, base[B_PATH_END])
        return i, path_start, pos + base[B_PLAIN_END] - start, url_end
    if form == ABSOLUTE_PATH:
        url_end = copy(url, pos, base_url, start, base[B_PATH] + 1)
        i, url_end, plain_end = write_path(src, i, end, url, url_end, path_start)
        return i, path_start, plain_end, url_end
    url_end = copy(url, pos, base_url, start, base[B_DIR])
    i, url_end, plain_end = write_path(src, i, end, url, url_end, path_start)
    return i, path_start, min(plain_end, pos + base[B_PLAIN_END] - start), url_end


# One function: with the key and the trimming in functions of their own a batch takes 1.03 times as long.
@compiled_bare
def resolve_rows(
    links: tuple[Any, Any, I32],
    bases: tuple[U8, U8, I64, U8],
    out: tuple[U8, I32, U8, I32, U8, I32],
    authorities: Authorities,
    hosts: Hosts,
    folds: I32,
    state: I64,
) -> int:
    """Resolves the rows from state[ROW] to state[STOP]; why it stopped.

    links: bytes, offsets, base of each row. bases: URL bytes, key bytes, base table, 1 where in a legacy charset.
    out: URL bytes, offsets, key bytes, offsets, status, authority of each row.
    """
    data, offsets, page = links
    base_url, base_key, base_table, base_legacy = bases
    url, url_offsets, key, key_offsets, status, authority = out
    table = authorities[1]
    text = authorities[2]
    pos = state[URL_POS]
    key_pos = state[KEY_POS]
    shift = state[SHIFT]
    seed = state[SEED]
    for row in range(state[ROW], state[STOP]):
        state[ROW] = row
        state[URL_POS] = pos
        state[KEY_POS] = key_pos
        url_offsets[U(row + 1)] = pos
        key_offsets[U(row + 1)] = key_pos
        authority[U(row)] = -1
        status[U(row)] = INVALID
        b = page[U(row - shift)]
        if b == NO_VALUE:
            continue
        i = int(offsets[U(row - shift)])
        end = int(offsets[U(row - shift + 1)])
        while end > i and data[U(end - 1)] <= 32:
            end -= 1
        while i < end and data[U(i)] <= 32:
            i += 1
        form, i, https = form_of(data, i, end)
        if form >= OTHER:
            if form == UNKNOWN:
                return NEEDS_ADA
            status[U(row)] = OTHER_SCHEME
            continue
        base = U(b if b >= 0 else 0)
        room = pos + 3 * (end - i) + 16
        if form in (ABSOLUTE, NETWORK_PATH):
            if form == NETWORK_PATH:
                if b < 0 or base_table[base, B_STATUS] == INVALID:
                    continue
                if base_table[base, B_STATUS] == OTHER_SCHEME:
                    return NEEDS_ADA
                https = 1 if base_url[U(base_table[base, B_URL] + 4)] == 115 else 0
            start = i
            i, h, classes = authority_span(data, start, end, seed)
            at = find_authority(data, start, i, https, h, authorities)
            if at < 0:
                at = new_authority(data, (start, i, https), classes, authorities, hosts, state)
                if at < 0:
                    return -at
            if table[U(at), A_HOST] < 0:
                continue
            if room + table[U(at), A_KEY] - table[U(at), A_URL] > len(url):
                return NEEDS_ROOM
            path_start = copy(url, pos, text, table[U(at), A_URL], table[U(at), A_KEY])
            url[U(path_start)] = 47
            if i < end and (data[U(i)] == 47 or data[U(i)] == 92):
                i += 1
            i, url_end, plain_end = write_path(data, i, end, url, path_start + 1, path_start)
        else:
            if b < 0 or base_table[base, B_STATUS] == INVALID:
                continue
            if base_table[base, B_STATUS] == OTHER_SCHEME:
                return NEEDS_ADA
            start = base_table[base, B_URL]
            if room + base_table[base, B_END] - start > len(url):
                return NEEDS_ROOM
            at = int(base_table[base, B_AUTHORITY])
            if form == EMPTY:
                size = base_table[base, B_KEY_END] - base_table[base, B_KEY]
                if key_pos + size > len(key):
                    return NEEDS_ROOM
                pos = copy(url, pos, base_url, start, base_table[base, B_END])
                key_pos = copy(key, key_pos, base_key, base_table[base, B_KEY], base_table[base, B_KEY_END])
                url_offsets[U(row + 1)] = pos
                key_offsets[U(row + 1)] = key_pos
                authority[U(row)] = at
                status[U(row)] = WEB
                continue
            i, path_start, plain_end, url_end = write_under_base(
                data, (form, i, end), base_url, base_table[base], url, pos
            )
        if i < end and data[U(i)] == 63:
            url_end, is_ascii = write_query(data, i + 1, end, url, url_end)
            if not is_ascii and b >= 0 and base_legacy[base] == 1:
                return NEEDS_ADA
        key_start = table[U(at), A_KEY]
        key_size = table[U(at), A_END] - key_start
        if key_pos + key_size + url_end - path_start + 8 > len(key):
            return NEEDS_ROOM
        key_pos = copy(key, key_pos, text, key_start, key_start + key_size)
        path_pos = key_pos
        key_pos = copy(key, path_pos, url, path_start, plain_end)
        key_pos = write_page_key(url, plain_end, url_end, key, path_pos, key_pos, folds)
        pos = url_end
        url_offsets[U(row + 1)] = pos
        key_offsets[U(row + 1)] = key_pos
        authority[U(row)] = at
        status[U(row)] = WEB
    state[ROW] = state[STOP]
    state[URL_POS] = pos
    state[KEY_POS] = key_pos
    return DONE
