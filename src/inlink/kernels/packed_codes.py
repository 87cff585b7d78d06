"""Prefix codes of the packed rows: best codes of at most ten bits, their tables, and how their lengths are kept.

Source: Larmore, Hirschberg, A Fast Algorithm for Optimal Length-Limited Huffman Codes (package-merge, 1990); canonical
codes as in RFC 1951, 3.2.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.kernels.packed_bits import LOOKUP_BITS, N_CONTEXTS, N_SYMBOLS

Lengths = NDArray[np.int8]  # (contexts, symbols), -1 = the symbol does not occur
Codes = NDArray[np.uint16]
Tables = NDArray[np.uint32]


def best_lengths(counts: NDArray[np.int64]) -> Lengths:
    """Code lengths that need the fewest bits for symbols that occur so often: (contexts, symbols)."""
    return np.array([_lengths(row) for row in counts.tolist()], np.int8)


def _lengths(counts: list[int]) -> list[int]:
    """Lengths of one context; a symbol that stands alone needs no bit."""
    coins = sorted((count, (symbol,)) for symbol, count in enumerate(counts) if count)
    lengths = [0 if count and len(coins) == 1 else -1 for count in counts]
    if len(coins) < 2:
        return lengths
    packages: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(LOOKUP_BITS):
        pairs = zip(packages[::2], packages[1::2], strict=False)
        packages = sorted([*coins, *((a[0] + b[0], a[1] + b[1]) for a, b in pairs)])
    for _, symbols in packages[: 2 * len(coins) - 2]:
        for symbol in symbols:
            lengths[symbol] = max(0, lengths[symbol]) + 1
    return lengths


def codes_of(lengths: Lengths) -> Codes:
    """The canonical codes, first bit lowest: (contexts, symbols). Raises: CorruptIndex: lengths of no prefix code."""
    codes = np.zeros(lengths.shape, np.uint16)
    for context, row in enumerate(lengths.tolist()):
        code = before = 0
        used = sorted((length, symbol) for symbol, length in enumerate(row) if length >= 0)
        for length, symbol in used:
            code <<= length - before
            before = length
            codes[context, symbol] = int(f"{code:0{length}b}"[::-1], 2) if length else 0
            code += 1
        if used and code != 1 << before:
            raise CorruptIndex(f"the code of context {context} is not whole", hint="Make the packed graph again.")
    return codes


def tables_of(lengths: Lengths, codes: Codes) -> Tables:
    """What to do with the next ten bits: (contexts * 1024,) words.

    Bits 0-5: length of code and extra bits together; 6-9: length of the code; 10-14: number of extra bits; 16-17: the
    two highest bits of the number + 2.
    """
    tables = np.zeros((len(lengths), 1 << LOOKUP_BITS), np.uint32)
    for context, symbol in np.argwhere(lengths >= 0).tolist():
        length, extra = int(lengths[context, symbol]), symbol >> 1
        word = (length + extra) | length << 6 | extra << 10 | (2 + (symbol & 1)) << 16
        tables[context, int(codes[context, symbol]) :: 1 << length] = word
    return tables.ravel()


def lengths_to_bytes(lengths: Lengths) -> bytes:
    """For each context how many symbols follow (a byte), then their lengths + 1, two in a byte."""
    parts = []
    for row in lengths:
        used = np.flatnonzero(row >= 0)
        n = int(used[-1]) + 1 if len(used) else 0
        nibbles = np.zeros(n + n % 2, np.uint8)
        nibbles[:n] = row[:n] + 1
        parts.append(bytes([n]) + (nibbles[::2] | nibbles[1::2] << 4).tobytes())
    return b"".join(parts)


def lengths_of_bytes(data: bytes) -> Lengths:
    """The lengths that `lengths_to_bytes` wrote. Raises: CorruptIndex."""
    lengths, at = np.full((N_CONTEXTS, N_SYMBOLS), -1, np.int8), 0
    for row in lengths:
        n = data[at] if at < len(data) else N_SYMBOLS + 1
        packed = np.frombuffer(data[at + 1 : at + 1 + (n + 1) // 2], np.uint8)
        if n > N_SYMBOLS or len(packed) != (n + 1) // 2:
            raise CorruptIndex("the codes of the packed graph are cut short", hint="Make it again.")
        row[:n] = np.stack([packed & 15, packed >> 4], axis=1).ravel()[:n].astype(np.int8) - 1
        at += 1 + len(packed)
    if at != len(data) or lengths.max() > LOOKUP_BITS:
        raise CorruptIndex("the codes of the packed graph are damaged", hint="Make it again.")
    return lengths
