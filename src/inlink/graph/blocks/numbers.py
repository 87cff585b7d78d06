"""Tables of numbers of a fixed width, sealed block by block: which place a node has, which line a place was."""

from __future__ import annotations

import numpy as np
import xxhash
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks.source import Span

SEAL = 8


def width_of(n: int) -> int:
    """Bits of a number below n."""
    return max(1, (n - 1).bit_length())


def block_bytes(n: int, per_block: int) -> int:
    """Bytes of a block with its seal."""
    return -(-per_block * width_of(n) // 64) * 8 + SEAL


def span_of_number(file: str, which: int, n: int, per_block: int) -> Span:
    """The block that holds a number."""
    size = block_bytes(n, per_block)
    return Span(file, which // per_block * size, size)


def read_table(data: bytes, span: Span, n: int, per_block: int, seed: int) -> NDArray[np.uint32]:
    """The numbers of a block. Raises: CorruptIndex where the seal does not match."""
    payload = data[:-SEAL]
    if seal(payload, seed, span.offset // span.length) != int.from_bytes(data[-SEAL:], "little"):
        raise CorruptIndex(
            f"block {span.offset}+{span.length} of {span.file} does not match its seal",
            hint="the file is damaged, or belongs to another version of the release: fetch or convert it again",
        )
    return _unpacked(np.frombuffer(payload, np.uint64), width_of(n), per_block)


def _unpacked(words: NDArray[np.uint64], width: int, count: int) -> NDArray[np.uint32]:
    """Numbers of a fixed width, one after the other."""
    at = np.arange(count, dtype=np.uint64) * np.uint64(width)
    place, shift = (at >> np.uint64(6)).astype(np.int64), at & np.uint64(63)
    low = words[place] >> shift
    beyond = np.concatenate([words, np.zeros(1, np.uint64)])[place + 1]
    high = np.where(shift > 0, beyond << ((np.uint64(64) - shift) & np.uint64(63)), np.uint64(0))
    return ((low | high) & np.uint64((1 << width) - 1)).astype(np.uint32)


def seal(payload: bytes, seed: int, block: int) -> int:
    """What stands behind a block: it binds it to its place and its release."""
    return xxhash.xxh3_64_intdigest(payload, seed=(seed ^ block) & (2**64 - 1))
