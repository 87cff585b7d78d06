"""Simhash of a page's text: near-duplicates differ in few of its 64 bits.

h(word triple) are 64-bit hashes; bit i of the simhash is set where more triples have it than not.
Source: Charikar, STOC 2002; Manku, Jain, Das Sarma, WWW 2007 (64 bits, at most 3 differ). Two dates in a page of 600
words change up to 9 bits, another text some 32 give or take 4: 10 here, where likeness alone decides nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled

NEAR_BITS = 10
_PRIME = np.uint64(0x100000001B3)
_SEED = np.uint64(0xCBF29CE484222325)
_MIX = np.uint64(0xFF51AFD7ED558CCD)


@compiled
def simhash(text: NDArray[np.uint8]) -> int:
    """The simhash of UTF-8 text, in 64 bits as a signed number; 0 where there are no words.

    Cost: 64 additions a word, some 50 ns.
    """
    counts = np.zeros(64, np.int32)
    before = np.uint64(0)
    last = np.uint64(0)
    h = _SEED
    n_words = 0
    size = text.shape[0]
    for i in range(size + 1):
        byte = text[i] if i < size else np.uint8(32)
        if byte >= 65 and byte <= 90:
            byte += np.uint8(32)
        if byte >= 128 or (byte >= 97 and byte <= 122) or (byte >= 48 and byte <= 57):
            h = (h ^ np.uint64(byte)) * _PRIME
            continue
        if h == _SEED:
            continue
        n_words += 1
        triple = (before * _PRIME ^ last) * _PRIME ^ h
        triple = (triple ^ (triple >> np.uint64(33))) * _MIX
        triple ^= triple >> np.uint64(29)
        for bit in range(64):
            counts[bit] += 2 * np.int32(triple >> np.uint64(bit) & np.uint64(1)) - 1
        before, last, h = last, h, _SEED
    found = np.uint64(0)
    if n_words > 0:
        for bit in range(64):
            if counts[bit] > 0:
                found |= np.uint64(1) << np.uint64(bit)
    return np.int64(found)  # type: ignore[return-value]


def differing_bits(a: int, b: int) -> int:
    """In how many bits two simhashes differ."""
    return ((a ^ b) & (2**64 - 1)).bit_count()
