"""Authorities and hosts of one batch: what stands between `//` and the path, each read once.

An authority is entered under the bytes that a page wrote and under the scheme (ports depend on it); it stands for
the start of the normalised URL (`https://user@example.org:8080`), the start of the key (`org,example):8080`) and the
code of its host. All in flat arrays with open-addressing tables, for the row kernel.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inlink.kernels.jit import compiled_bare
from inlink.urls.key_kernel import write_host_key as _write_host_key
from inlink.urls.key_kernel import www_length as _www_length

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

# Slots, table, text; slots, offsets, text.
Authorities = tuple[I32, I64, U8]
Hosts = tuple[I32, I32, U8]

# Unsigned indices spare the compiler the check for negative ones.
U = np.uint64

# Columns of the authority table: where its raw bytes, URL start and key start begin and end in the text; host code
# (-1: there is no such host); whether under https.
A_RAW, A_URL, A_KEY, A_END, A_HOST, A_HTTPS = 0, 1, 2, 3, 4, 5
AUTHORITY_COLUMNS = 6

# Places in the state array (the row kernel has more). The seed keeps hostile pages from choosing hosts that collide.
N_AUTHORITIES, TEXT_POS, N_HOSTS, HOST_POS, SEED = 0, 1, 2, 3, 4

_HTTP = np.frombuffer(b"http://", np.uint8)
_HTTPS = np.frombuffer(b"https://", np.uint8)

_PRIME = 1099511628211
_MAX = 0x7FFFFFFFFFFFFFFF

write_host_key = compiled_bare(_write_host_key)
www_length = compiled_bare(_www_length)


@compiled_bare
def copy(out: U8, pos: int, src: U8, start: int, end: int) -> int:
    """Copies src[start:end] to out[pos:]; the position after it."""
    for i in range(end - start):
        out[U(pos + i)] = src[U(start + i)]
    return pos + end - start


@compiled_bare
def is_same(text: U8, at: int, src: U8, start: int, size: int) -> bool:
    """Whether text[at:] begins with src[start : start + size]."""
    for j in range(size):  # noqa: SIM110  (all() over a generator does not compile)
        if text[U(at + j)] != src[U(start + j)]:
            return False
    return True


@compiled_bare
def hash_bytes(src: U8, start: int, end: int, seed: int) -> int:
    """A hash of src[start:end] for the tables of one batch: multiply and add, then finished."""
    h = seed
    for i in range(start, end):
        h = (h ^ src[U(i)]) * _PRIME
    return finished(h)


@compiled_bare
def finished(h: int) -> int:
    """The running hash, mixed and not negative."""
    return (h ^ (h >> 29)) & _MAX


@compiled_bare
def find_authority(src: U8, start: int, end: int, https: int, h: int, authorities: Authorities) -> int:
    """The number of a known authority, -1 for a new one; `h` is its finished hash."""
    slots, table, text = authorities
    mask = len(slots) - 1
    slot = (h + https) & mask
    size = end - start
    while True:
        n = slots[U(slot)]
        if n < 0:
            return -1
        at = table[U(n), A_RAW]
        if table[U(n), A_URL] - at == size and table[U(n), A_HTTPS] == https and is_same(text, at, src, start, size):
            return int(n)
        slot = (slot + 1) & mask


@compiled_bare
def host_code(name: U8, start: int, end: int, hosts: Hosts, state: I64) -> int:
    """The code of a host, entered where it is new."""
    slots, offsets, text = hosts
    mask = len(slots) - 1
    slot = hash_bytes(name, start, end, state[SEED]) & mask
    size = end - start
    while slots[slot] >= 0:
        code = slots[slot]
        at = offsets[code]
        if offsets[code + 1] - at == size and is_same(text, at, name, start, size):
            return int(code)
        slot = (slot + 1) & mask
    new = state[N_HOSTS]
    slots[slot] = new
    state[HOST_POS] = copy(text, state[HOST_POS], name, start, end)
    offsets[new + 1] = state[HOST_POS]
    state[N_HOSTS] = new + 1
    return int(new)


@compiled_bare
def enter_authority(
    src: U8,
    span: tuple[int, int, int],
    net: U8,
    cuts: tuple[int, int, int, int],
    authorities: Authorities,
    hosts: Hosts,
    state: I64,
) -> int:
    """Enters an authority: src[start:end] under a scheme (`span`) stands for a network location in `net`.

    `cuts` are the location's start, its host's start and end (a port may follow) and its end; an end of -1 says that
    there is no such host. Needs a free row and text room for the raw bytes, the location, three times the host and 16.
    """
    start, end, https = span
    net_start, host_start, host_end, net_end = cuts
    slots, table, text = authorities
    mask = len(slots) - 1
    slot = (hash_bytes(src, start, end, state[SEED]) + https) & mask
    while slots[slot] >= 0:
        slot = (slot + 1) & mask
    new = state[N_AUTHORITIES]
    slots[slot] = new
    pos = state[TEXT_POS]
    table[new, A_RAW] = pos
    table[new, A_HTTPS] = https
    pos = copy(text, pos, src, start, end)
    table[new, A_URL] = pos
    table[new, A_KEY] = pos
    table[new, A_HOST] = -1
    if net_end >= 0:
        pos = copy(text, pos, _HTTPS, 0, 8) if https == 1 else copy(text, pos, _HTTP, 0, 7)
        pos = copy(text, pos, net, net_start, net_end)
        table[new, A_KEY] = pos
        table[new, A_HOST] = host_code(net, host_start, host_end, hosts, state)
        pos = write_host_key(net, host_start + www_length(net, host_start, host_end), host_end, text, pos)
        text[pos] = 41
        pos = copy(text, pos + 1, net, host_end, net_end)
    table[new, A_END] = pos
    state[TEXT_POS] = pos
    state[N_AUTHORITIES] = new + 1
    return int(new)


@compiled_bare
def enter_simple(src: U8, span: tuple[int, int, int], authorities: Authorities, hosts: Hosts, state: I64) -> int:
    """Enters an authority that is a plain domain, in lower case; -1 where there is no room for it."""
    start, end, _ = span
    size = end - start
    net = hosts[2]
    pos = state[HOST_POS]
    has_row = state[N_AUTHORITIES] < len(authorities[1])
    if not has_row or state[TEXT_POS] + 5 * size + 32 > len(authorities[2]) or pos + size > len(net):
        return -1
    for i in range(size):
        c = src[start + i]
        net[pos + i] = c + 32 if 65 <= c <= 90 else c
    return enter_authority(src, span, net, (pos, pos, pos + size, pos + size), authorities, hosts, state)


@compiled_bare
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
        is_coded = i - label >= 4 and (src[label] | 32) == 120 and (src[label + 1] | 32) == 110
        if is_coded and src[label + 2] == 45 and src[label + 3] == 45:
            return False
        if i == last and label < last and 48 <= src[label] <= 57:
            return False
        label = i + 1
    return True


@compiled_bare
def fill_slots(authorities: Authorities, hosts: Hosts, state: I64) -> None:
    """Enters all authorities and hosts into empty slots again."""
    slots, table, text = authorities
    mask = len(slots) - 1
    for n in range(state[N_AUTHORITIES]):
        slot = (hash_bytes(text, table[n, A_RAW], table[n, A_URL], state[SEED]) + table[n, A_HTTPS]) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = n
    host_slots, offsets, names = hosts
    mask = len(host_slots) - 1
    for n in range(state[N_HOSTS]):
        slot = hash_bytes(names, offsets[n], offsets[n + 1], state[SEED]) & mask
        while host_slots[slot] >= 0:
            slot = (slot + 1) & mask
        host_slots[slot] = n
