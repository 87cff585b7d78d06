"""URLs of WAT links that plainly stay on the page's own host, told from their bytes without resolving them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled_bare

Bytes = NDArray[np.uint8]

_SLASH, _COLON, _QUERY, _HASH, _BACKSLASH = 47, 58, 63, 35, 92
_HTTP = np.frombuffer(b"http", np.uint8)


@compiled_bare
def is_plainly_internal(data: Bytes, start: int, stop: int, hosts: tuple[NDArray[np.int32], Bytes], page: int) -> bool:
    """Whether the URL in data[start:stop] surely leads to the host of both the page and its base.

    False means "not sure": escapes and white space inside the telling part, ports, user names, odd schemes.
    """
    host_offsets, host_data = hosts
    first, last = host_offsets[page], host_offsets[page + 1]
    if first == last:
        return False
    i = start
    while i < stop and data[np.uint64(i)] == 32:
        i += 1
    if i == stop or data[np.uint64(i)] == _HASH or data[np.uint64(i)] == _QUERY:
        return True
    if data[np.uint64(i)] == _SLASH:
        if i + 1 == stop:
            return True
        if data[np.uint64(i + 1)] == _SLASH:
            return _is_host(data, i + 2, stop, host_data, first, last)
        return bool(data[np.uint64(i + 1)] != _BACKSLASH and data[np.uint64(i + 1)] > 32)
    colon = i
    while colon < stop:
        c = data[np.uint64(colon)]
        if c == _COLON:
            break
        if c == _SLASH or c == _QUERY or c == _HASH:  # noqa: SIM109
            return True
        if c == _BACKSLASH or c < 32:
            return False
        colon += 1
    if colon == stop:
        return True
    after = _after_scheme(data, i, colon, stop)
    return after > 0 and _is_host(data, after, stop, host_data, first, last)


@compiled_bare
def _after_scheme(data: Bytes, start: int, colon: int, stop: int) -> int:
    """Where the host begins if http:// or https:// stands at start, else 0."""
    length = colon - start
    if length != 4 and not (length == 5 and (data[start + 4] | 32) == 115):
        return 0
    for k in range(4):
        if (data[np.uint64(start + k)] | 32) != _HTTP[k]:
            return 0
    if colon + 2 >= stop or data[colon + 1] != _SLASH or data[colon + 2] != _SLASH:
        return 0
    return colon + 3


@compiled_bare
def _is_host(data: Bytes, i: int, stop: int, host_data: Bytes, first: int, last: int) -> bool:
    """Whether the host at i is host_data[first:last] and nothing but a path, query or fragment follows."""
    length = last - first
    if i + length > stop:
        return False
    for k in range(length):
        c = data[np.uint64(i + k)]
        if 65 <= c <= 90:
            c |= 32
        if c != host_data[first + k]:
            return False
    if i + length == stop:
        return True
    c = data[np.uint64(i + length)]
    return bool(c == _SLASH or c == _QUERY or c == _HASH)  # noqa: SIM109


@compiled_bare
def starts_with(data: Bytes, start: int, stop: int, word: Bytes) -> bool:
    """Whether data[start:stop] begins with `word`, given in lower case, without regard to case."""
    if stop - start < word.shape[0]:
        return False
    for k in range(word.shape[0]):
        c = data[np.uint64(start + k)]
        if 65 <= c <= 90:
            c |= 32
        if c != word[k]:
            return False
    return True
