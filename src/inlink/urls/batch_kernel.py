"""The compiled resolver: one pass over the bytes of a link column, writing URL, key and host columns.

It parses as the WHATWG URL standard says for http and https, and knows its limits: a form it does not handle, or an
authority it has not met and cannot read itself (user name, port, IDN, address), makes it stop and say so; the caller
asks ada and resumes. A row that ada resolved comes back as an absolute URL and takes the same way as all others, so
there is one writer of URLs and one of keys.

Rows of the base table (int64): url start, path start, directory end, path end, url end, key start, key end,
authority, status. State is one int64 array, indexed by the names below.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from inlink.kernels.jit import compiled
from inlink.urls import key_kernel

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

WEB, OTHER_SCHEME, INVALID = 0, 1, 2

# Why the kernel stopped.
DONE, NEEDS_ADA, NEEDS_AUTHORITY, NEEDS_ROOM, NEEDS_TEXT_ROOM = 0, 1, 2, 3, 4

# Places in the state array.
ROW, URL_POS, KEY_POS, N_AUTHORITIES, TEXT_POS, N_HOSTS, HOST_POS = 0, 1, 2, 3, 4, 5, 6
PATCHED_ROW, SPAN_START, SPAN_END, SPAN_HTTPS, SPAN_PATCHED = 7, 8, 9, 10, 11
STATE_SIZE = 12

# Columns of the base table.
B_URL, B_PATH, B_DIR, B_PATH_END, B_END, B_KEY, B_KEY_END, B_AUTHORITY, B_STATUS = 0, 1, 2, 3, 4, 5, 6, 7, 8
BASE_COLUMNS = 9

# Columns of the authority table: as written, then network location, then key, then end; host code (-1: invalid).
A_RAW, A_NET, A_KEY, A_END, A_HOST, A_HTTPS = 0, 1, 2, 3, 4, 5
AUTHORITY_COLUMNS = 6

NO_BASE, NO_VALUE = -1, -2

# Classes of bytes in a path or query.
PLAIN, SLASH, ENCODE, QUESTION, HASH, SKIP = 0, 1, 2, 3, 4, 5
# Classes of bytes in an authority.
LOWER, UPPER, UNUSUAL, TERMINATOR = 0, 1, 2, 3


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


PATH_CLASS = _classes(b'"<>^`{}', {b"/\\": SLASH, b"?": QUESTION, b"#": HASH})
QUERY_CLASS = _classes(b"\"'<>", {b"#": HASH})
AUTHORITY_CLASS = np.full(256, UNUSUAL, np.uint8)
AUTHORITY_CLASS[list(b"abcdefghijklmnopqrstuvwxyz0123456789.-_")] = LOWER
AUTHORITY_CLASS[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")] = UPPER
AUTHORITY_CLASS[list(b"/\\?#")] = TERMINATOR
IS_SCHEME = np.zeros(256, np.uint8)
IS_SCHEME[list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.")] = 1

_HTTP = np.frombuffer(b"http://", np.uint8)
_HTTPS = np.frombuffer(b"https://", np.uint8)

write_page_key = compiled(key_kernel.write_page_key)
write_host_key = compiled(key_kernel.write_host_key)


@compiled
def copy(out: U8, pos: int, src: U8, start: int, end: int) -> int:
    """Copies src[start:end] to out[pos:]; the position after it."""
    for i in range(end - start):
        out[pos + i] = src[start + i]
    return pos + end - start


@compiled
def dots(out: U8, start: int, end: int) -> int:
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


@compiled
def write_path(src: U8, i: int, end: int, out: U8, pos: int, path_start: int) -> tuple[int, int]:
    """Writes the rest of a path whose slash was written before `pos`; (where it ended in src, position after it)."""
    segment = pos
    while True:
        c = src[i] if i < end else 35
        kind = PATH_CLASS[c]
        if kind == PLAIN:
            out[pos] = c
            pos += 1
            i += 1
            continue
        if kind == ENCODE:
            high = c >> 4
            low = c & 15
            out[pos] = 37
            out[pos + 1] = high + (48 if high < 10 else 55)
            out[pos + 2] = low + (48 if low < 10 else 55)
            pos += 3
            i += 1
            continue
        if kind == SKIP:
            i += 1
            continue
        n_dots = 0
        if 0 < pos - segment <= 6 and (out[segment] == 46 or out[segment] == 37):
            n_dots = dots(out, segment, pos)
        if n_dots > 0:
            pos = segment
            if n_dots == 2 and pos - 1 > path_start:
                pos -= 1
                while out[pos - 1] != 47:
                    pos -= 1
        if kind != SLASH:
            return i, pos
        if n_dots == 0:
            out[pos] = 47
            pos += 1
        segment = pos
        i += 1


@compiled
def write_query(src: U8, i: int, end: int, out: U8, pos: int) -> tuple[int, bool]:
    """Writes `?` and the query that begins at src[i], up to the fragment; (position after it, whether all ASCII)."""
    out[pos] = 63
    pos += 1
    is_ascii = True
    while i < end:
        c = src[i]
        kind = QUERY_CLASS[c]
        if kind == PLAIN:
            out[pos] = c
            pos += 1
        elif kind == ENCODE:
            is_ascii = is_ascii and c < 128 and c != 14 and c != 15 and c != 27
            high = c >> 4
            low = c & 15
            out[pos] = 37
            out[pos + 1] = high + (48 if high < 10 else 55)
            out[pos + 2] = low + (48 if low < 10 else 55)
            pos += 3
        elif kind == HASH:
            break
        i += 1
    return pos, is_ascii


@compiled
def is_simple(src: U8, start: int, end: int) -> bool:
    """Whether a name of letters, digits, `.`, `-`, `_` is a domain that only needs lower case.

    Not so: a last label that begins with a digit (it may be an address) and labels of punycode.
    """
    last = end - 1 if src[end - 1] == 46 else end
    if last <= start:
        return False
    label = start
    for i in range(start, last + 1):
        if i < last and src[i] != 46:
            continue
        if i - label >= 4 and (src[label] | 32) == 120 and (src[label + 1] | 32) == 110:
            if src[label + 2] == 45 and src[label + 3] == 45:
                return False
        if i == last and label < last and 48 <= src[label] <= 57:
            return False
        label = i + 1
    return True


@compiled
def hash_bytes(src: U8, start: int, end: int) -> int:
    """A 63-bit hash of src[start:end] for the tables of one batch."""
    h = 0
    for i in range(start, end):
        h = (h ^ src[i]) * 1099511628211
    return (h ^ (h >> 29)) & 0x7FFFFFFFFFFFFFFF


@compiled
def host_code(name: U8, start: int, end: int, hosts: tuple[I32, I32, U8], state: I64) -> int:
    """The code of a host, entered where it is new."""
    slots, offsets, text = hosts
    mask = len(slots) - 1
    slot = hash_bytes(name, start, end) & mask
    size = end - start
    while slots[slot] >= 0:
        code = slots[slot]
        at = offsets[code]
        if offsets[code + 1] - at == size:
            is_equal = True
            for j in range(size):
                if text[at + j] != name[start + j]:
                    is_equal = False
                    break
            if is_equal:
                return int(code)
        slot = (slot + 1) & mask
    new = state[N_HOSTS]
    slots[slot] = new
    state[HOST_POS] = copy(text, state[HOST_POS], name, start, end)
    offsets[new + 1] = state[HOST_POS]
    state[N_HOSTS] = new + 1
    return int(new)


@compiled
def enter_authority(
    src: U8,
    span: tuple[int, int, int],
    net: U8,
    cuts: tuple[int, int, int],
    authorities: tuple[I32, I64, U8],
    hosts: tuple[I32, I32, U8],
    state: I64,
) -> int:
    """Enters an authority: src[start:end] under a scheme (`span`) stands for the network location `net`.

    `cuts` are start and end of the host in `net` and the whole length (a port follows the host); a length of -1 says
    that there is no such host. Needs room for the raw bytes, the net bytes and four times the host.
    """
    start, end, https = span
    host_start, host_end, net_size = cuts
    slots, table, text = authorities
    mask = len(slots) - 1
    slot = (hash_bytes(src, start, end) + https) & mask
    while slots[slot] >= 0:
        slot = (slot + 1) & mask
    new = state[N_AUTHORITIES]
    slots[slot] = new
    row = table[new]
    pos = state[TEXT_POS]
    row[A_RAW] = pos
    row[A_HTTPS] = https
    pos = copy(text, pos, src, start, end)
    row[A_NET] = pos
    row[A_HOST] = -1
    if net_size >= 0:
        pos = copy(text, pos, net, 0, net_size)
        row[A_KEY] = pos
        row[A_HOST] = host_code(net, host_start, host_end, hosts, state)
        pos = write_host_key(net, host_start + www_length(net, host_start, host_end), host_end, text, pos)
        text[pos] = 41
        pos = copy(text, pos + 1, net, host_end, net_size)
    else:
        row[A_KEY] = pos
    row[A_END] = pos
    state[TEXT_POS] = pos
    state[N_AUTHORITIES] = new + 1
    return int(new)


@compiled
def www_length(host: U8, start: int, end: int) -> int:
    """4 where the host begins with `www.` and two labels or more remain, else 0."""
    if end - start < 7 or host[start] != 119 or host[start + 1] != 119 or host[start + 2] != 119:
        return 0
    if host[start + 3] != 46:
        return 0
    last = end - 1 if host[end - 1] == 46 else end
    for i in range(start + 4, last):
        if host[i] == 46:
            return 4
    return 0


@compiled
def find_authority(src: U8, start: int, end: int, https: int, authorities: tuple[I32, I64, U8]) -> int:
    """The number of a known authority, -1 for a new one."""
    slots, table, text = authorities
    mask = len(slots) - 1
    slot = (hash_bytes(src, start, end) + https) & mask
    size = end - start
    while slots[slot] >= 0:
        row = table[slots[slot]]
        at = row[A_RAW]
        if row[A_NET] - at == size and row[A_HTTPS] == https:
            is_equal = True
            for j in range(size):
                if text[at + j] != src[start + j]:
                    is_equal = False
                    break
            if is_equal:
                return int(slots[slot])
        slot = (slot + 1) & mask
    return -1


@compiled
def enter_simple(
    src: U8,
    span: tuple[int, int, int],
    authorities: tuple[I32, I64, U8],
    hosts: tuple[I32, I32, U8],
    state: I64,
) -> int:
    """Enters an authority that is a plain domain."""
    start, end, _ = span
    net = np.empty(end - start, np.uint8)
    for i in range(start, end):
        c = src[i]
        net[i - start] = c + 32 if 65 <= c <= 90 else c
    return enter_authority(src, span, net, (0, end - start, end - start), authorities, hosts, state)


@compiled
def measure_bases(url: U8, url_offsets: I32, key_offsets: I32, status: U8, authority: I32, table: I64) -> None:
    """Fills the base table from the resolved bases."""
    for b in range(len(status)):
        row = table[b]
        start = url_offsets[b]
        end = url_offsets[b + 1]
        row[B_URL] = start
        row[B_END] = end
        row[B_KEY] = key_offsets[b]
        row[B_KEY_END] = key_offsets[b + 1]
        row[B_AUTHORITY] = authority[b]
        row[B_STATUS] = status[b]
        i = start + 8
        while i < end and url[i] != 47:
            i += 1
        row[B_PATH] = i
        row[B_DIR] = i
        while i < end and url[i] != 63:
            if url[i] == 47:
                row[B_DIR] = i + 1
            i += 1
        row[B_PATH_END] = i


# Forms of a reference.
ABSOLUTE, NETWORK_PATH, ABSOLUTE_PATH, RELATIVE_PATH, QUERY, EMPTY, OTHER, UNKNOWN = 0, 1, 2, 3, 4, 5, 6, 7


@compiled
def form_of(src: U8, start: int, end: int) -> tuple[int, int, int]:
    """(form, where its authority or path begins, 1 for https); UNKNOWN where ada must say."""
    if start == end or src[start] == 35:
        return EMPTY, start, 0
    c = src[start]
    if c == 47 or c == 92:
        if start + 1 < end:
            d = src[start + 1]
            if d == 47 or d == 92:
                return NETWORK_PATH, start + 2, 0
            if d == 9 or d == 10 or d == 13:
                return UNKNOWN, start, 0
        return ABSOLUTE_PATH, start + 1, 0
    if c == 63:
        return QUERY, start, 0
    i = start
    if 97 <= (c | 32) <= 122:
        while i < end and IS_SCHEME[src[i]] == 1:
            i += 1
        if i < end and src[i] == 58:
            return form_of_scheme(src, start, i, end)
        if i < end and (src[i] == 9 or src[i] == 10 or src[i] == 13):
            return UNKNOWN, start, 0
    return RELATIVE_PATH, start, 0


@compiled
def form_of_scheme(src: U8, start: int, colon: int, end: int) -> tuple[int, int, int]:
    """The form of a reference with a scheme."""
    size = colon - start
    first = src[start] | 32
    slashes = 0
    while slashes < 2 and colon + 1 + slashes < end:
        d = src[colon + 1 + slashes]
        if d != 47 and d != 92:
            if d == 9 or d == 10 or d == 13:
                return UNKNOWN, start, 0
            break
        slashes += 1
    if (size == 4 or size == 5) and first == 104 and (src[start + 1] | 32) == 116 and (src[start + 2] | 32) == 116:
        if (src[start + 3] | 32) == 112 and (size == 4 or (src[start + 4] | 32) == 115):
            return (ABSOLUTE if slashes == 2 else UNKNOWN), colon + 3, size - 4
    if slashes > 0 or (size <= 4 and (first == 119 or first == 102)):  # ws, wss, ftp and file have rules of their own
        return UNKNOWN, start, 0
    return OTHER, start, 0


@compiled
def resolve_rows(
    links: tuple[Any, Any, I32],
    patch: Any,
    bases: tuple[U8, U8, I64, U8],
    out: tuple[U8, I32, U8, I32, U8, I32],
    authorities: tuple[I32, I64, U8],
    hosts: tuple[I32, I32, U8],
    folds: tuple[U8, I32, U8, I32],
    state: I64,
) -> int:
    """Resolves rows from state[ROW] on; why it stopped.

    links: bytes, offsets, base of each row. patch: what to read in place of row state[PATCHED_ROW], without a base.
    bases: URL bytes, key bytes, base table, 1 where a base is in a legacy charset.
    out: URL bytes, offsets, key bytes, offsets, status, authority of each row.
    """
    data, offsets, page = links
    base_url, base_key, base_table, base_legacy = bases
    url, url_offsets, key, key_offsets, status, authority = out
    table, text = authorities[1], authorities[2]
    pos = state[URL_POS]
    key_pos = state[KEY_POS]
    for row in range(state[ROW], len(page)):
        state[ROW] = row
        state[URL_POS] = pos
        state[KEY_POS] = key_pos
        is_patched = row == state[PATCHED_ROW]
        src = patch if is_patched else data
        i = 0 if is_patched else offsets[row]
        end = len(patch) if is_patched else offsets[row + 1]
        b = NO_BASE if is_patched else page[row]
        url_offsets[row + 1] = pos
        key_offsets[row + 1] = key_pos
        authority[row] = -1
        status[row] = INVALID
        if b == NO_VALUE:
            continue
        while end > i and src[end - 1] <= 32:
            end -= 1
        while i < end and src[i] <= 32:
            i += 1
        form, i, https = form_of(src, i, end)
        if form == UNKNOWN:
            return NEEDS_ADA
        if form == OTHER:
            status[row] = OTHER_SCHEME
            continue
        base = base_table[b if b >= 0 else 0]
        if form != ABSOLUTE:
            if b < 0 or base[B_STATUS] == INVALID:
                continue
            if base[B_STATUS] == OTHER_SCHEME:
                return NEEDS_ADA
        base_size = 0 if form == ABSOLUTE else base[B_END] - base[B_URL]
        if pos + base_size + 3 * (end - i) + 16 > len(url):
            return NEEDS_ROOM
        at = 0
        path_start = 0
        url_end = pos
        if form == ABSOLUTE or form == NETWORK_PATH:
            if form == NETWORK_PATH:
                https = 1 if base_url[base[B_URL] + 4] == 115 else 0
            start = i
            unusual = False
            while i < end:
                kind = AUTHORITY_CLASS[src[i]]
                if kind >= UNUSUAL:
                    if kind == TERMINATOR:
                        break
                    unusual = True
                i += 1
            if i == start:
                return NEEDS_ADA
            at = find_authority(src, start, i, https, authorities)
            if at < 0:
                if unusual or not is_simple(src, start, i):
                    state[SPAN_START] = start
                    state[SPAN_END] = i
                    state[SPAN_HTTPS] = https
                    state[SPAN_PATCHED] = 1 if is_patched else 0
                    return NEEDS_AUTHORITY
                if state[TEXT_POS] + 3 * (i - start) + 8 > len(text) or state[HOST_POS] + i - start > len(hosts[2]):
                    return NEEDS_TEXT_ROOM
                at = enter_simple(src, (start, i, https), authorities, hosts, state)
            if table[at, A_HOST] < 0:
                continue
            if pos + 3 * (end - i) + table[at, A_KEY] - table[at, A_NET] + 16 > len(url):
                return NEEDS_ROOM
            url_end = copy(url, url_end, _HTTPS, 0, 8) if https == 1 else copy(url, url_end, _HTTP, 0, 7)
            url_end = copy(url, url_end, text, table[at, A_NET], table[at, A_KEY])
            path_start = url_end
            url[url_end] = 47
            url_end += 1
            if i < end and (src[i] == 47 or src[i] == 92):
                i += 1
            i, url_end = write_path(src, i, end, url, url_end, path_start)
        else:
            at = base[B_AUTHORITY]
            path_start = pos + base[B_PATH] - base[B_URL]
            if form == EMPTY:
                url_end = copy(url, pos, base_url, base[B_URL], base[B_END])
                if key_pos + base[B_KEY_END] - base[B_KEY] > len(key):
                    return NEEDS_ROOM
                key_pos = copy(key, key_pos, base_key, base[B_KEY], base[B_KEY_END])
            elif form == QUERY:
                url_end = copy(url, pos, base_url, base[B_URL], base[B_PATH_END])
            elif form == ABSOLUTE_PATH:
                url_end = copy(url, pos, base_url, base[B_URL], base[B_PATH] + 1)
                i, url_end = write_path(src, i, end, url, url_end, path_start)
            else:
                url_end = copy(url, pos, base_url, base[B_URL], base[B_DIR])
                i, url_end = write_path(src, i, end, url, url_end, path_start)
        if form != EMPTY:
            if i < end and src[i] == 63:
                url_end, is_ascii = write_query(src, i + 1, end, url, url_end)
                if not is_ascii and b >= 0 and base_legacy[b] == 1:
                    return NEEDS_ADA
            if key_pos + table[at, A_END] - table[at, A_KEY] + url_end - path_start + 8 > len(key):
                return NEEDS_ROOM
            key_pos = copy(key, key_pos, text, table[at, A_KEY], table[at, A_END])
            key_pos = write_page_key(url, path_start, url_end, key, key_pos, folds)
        pos = url_end
        url_offsets[row + 1] = pos
        key_offsets[row + 1] = key_pos
        authority[row] = at
        status[row] = WEB
    state[ROW] = len(page)
    state[URL_POS] = pos
    state[KEY_POS] = key_pos
    return DONE
