"""The plain decoder: as the compiled functions of leaf_kernel and name_kernel, for little, without a compiler.

The codes are described in gap_code and name_kernel; docs/release_format.md has the bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks.coded import MARK, unescaped

Ids = NDArray[np.uint32]
Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]

_LONGEST, _RAW, _FORGET, _LENGTH_BITS = 24, 32, 32, 5
_SPARE = 16  # bytes behind the bits, so that 64 of them can be looked at anywhere
_WINDOW = 40  # bytes that are looked at together: some thirty numbers
_WORST_BITS = 64  # no number takes more
_ESCAPE = (1 << _LONGEST) - 1
_ZEROS = bytes([8, *((byte & -byte).bit_length() - 1 for byte in range(1, 256))])  # below the lowest set bit


class _Bits:
    """A run of bits, least significant first."""

    def __init__(self, words: Words) -> None:
        self.data = words.tobytes() + bytes(_SPARE)
        self.end = 64 * len(words)

    def at(self, place: int) -> int:
        """The 56 bits or more from a place on; beyond the last all are 0."""
        byte = place >> 3
        return int.from_bytes(self.data[byte : byte + 8], "little") >> (place & 7)


def _decode(bits: _Bits, at: int, count: int, n_left: int, n: int) -> tuple[int, list[int]]:
    """As gap_code.decode_list: (the bit behind the list, its numbers), or (-1, []) where the bits are wrong."""
    if count <= 0:
        return at, []
    length = bits.at(at) & 31
    previous = (1 << length) + (bits.at(at + _LENGTH_BITS) & ((1 << length) - 1)) - 1
    at += _LENGTH_BITS + length
    if previous >= n or at > bits.end:
        return -1, []
    numbers = [previous]
    total, known = (n - previous) // max(n_left, 1), 2
    data, end, seen, left = bits.data, bits.end, 0, 0  # seen: the next `left` bits
    for _ in range(1, count):
        if left < _WORST_BITS:
            at -= left
            if previous >= n or at > end:
                return -1, []
            byte = at >> 3
            seen = int.from_bytes(data[byte : byte + _WINDOW], "little") >> (at & 7)
            left = 8 * _WINDOW - (at & 7)
            at += left
        k = (total // known | 1).bit_length() - 1
        q = _ZEROS[seen & 255]
        if q == 8:  # more than a byte of zeros
            low = seen & _ESCAPE
            q = (low & -low).bit_length() - 1 if low else _LONGEST
        if q < _LONGEST:
            seen >>= q + 1
            gap = (q << k) | (seen & ((1 << k) - 1))
            seen >>= k
            left -= q + 1 + k
        else:
            gap = (seen >> _LONGEST) & 0xFFFFFFFF
            seen >>= _LONGEST + _RAW
            left -= _LONGEST + _RAW
        previous += gap + 1
        numbers.append(previous)
        total += gap
        known += 1
        if known == _FORGET:
            total >>= 1
            known >>= 1
    at -= left
    return (-1, []) if previous >= n or at > end else (at, numbers)


def read_list(words: Words, entry: int, counts: Ids, which: int, prefix: int, n: int, first: int) -> Ids:
    """As leaf_kernel.read_list."""
    bits, at = _Bits(words), entry
    numbers: list[int] = []
    for count in counts[first : which + 1].tolist():
        at, numbers = _decode(bits, at, min(count, prefix), count, n)
        if at < 0:
            return np.full(1, n, np.uint32)
    return np.array(numbers, np.uint32)


def read_deep(
    words: Words, counts: Ids, flagged: Ids, heads: Ids, sizes: tuple[int, int, int, int, int], n: int
) -> tuple[int, Ids]:
    """As leaf_kernel.read_deep."""
    prefix, _, named, _, unnamed = sizes
    bits, at = _Bits(words), 0
    left_out, known = set(flagged.tolist()), set(heads.tolist())
    deep: set[int] = set()
    for count in counts.tolist():
        at, numbers = _decode(bits, at, min(count, prefix), count, n)
        if at < 0:
            return -1, np.zeros(0, np.uint32)
        mine = [node for node in [node for node in numbers if node not in left_out][:named] if node not in known]
        deep.update(mine[: max(len(mine) - unnamed, 0)])
    return 0, np.array(sorted(deep), np.uint32)


def read_chunk(words: Words, count: int, n_left: int, n: int) -> Ids:
    """As leaf_kernel.read_chunk."""
    at, numbers = _decode(_Bits(words), 0, count, n_left, n)
    return np.full(1, n, np.uint32) if at < 0 else np.array(numbers, np.uint32)


def read_front(data: Bytes, out: Bytes, ends: Offsets) -> int:
    """As name_kernel.read_front."""
    name = b""
    found: list[bytes] = []
    for mark, rest in _names(data):
        if mark is None or rest is None or mark > len(name):
            return -1
        name = name[:mark] + rest
        found.append(name)
    return _put(found, out, ends)


def _names(data: Bytes) -> list[tuple[int | None, bytes | None]]:
    """(the first byte less MARK, the rest) of each name; None where the bytes are wrong."""
    raw = data.tobytes()
    marks = np.flatnonzero(data >= MARK).tolist()
    if not raw:
        return []
    if not marks or marks[0]:
        return [(None, None)]
    ends = [*marks[1:], len(raw)]
    return [(raw[a] - MARK, unescaped(raw[a + 1 : b])) for a, b in zip(marks, ends, strict=True)]


def _put(found: list[bytes], out: Bytes, ends: Offsets) -> int:
    """Write the names one after the other; gives how many, -1 where they do not fit."""
    text = b"".join(found)
    if len(found) > len(ends) or len(text) > len(out):
        return -1
    out[: len(text)] = np.frombuffer(text, np.uint8)
    ends[: len(found)] = np.cumsum([len(name) for name in found])
    return len(found)
