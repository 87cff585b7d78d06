"""Tables of numbers of a fixed width, sealed block by block: which place a node has, which line a place was."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xxhash
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks.gap_code import pack_numbers, unpack_numbers
from inlink.graph.blocks.source import Span

_SEAL = 8


def width_of(n: int) -> int:
    """Bits of a number below n."""
    return max(1, (n - 1).bit_length())


def block_bytes(n: int, per_block: int) -> int:
    """Bytes of a block with its seal."""
    return -(-per_block * width_of(n) // 64) * 8 + _SEAL


def pack_table(numbers: NDArray[np.uint32], per_block: int, seed: int) -> Iterator[bytes]:
    """The blocks of a table; the last is filled up with zeros. `seed` binds them to their release."""
    n = len(numbers)
    for start in range(0, n, per_block):
        words = np.zeros((block_bytes(n, per_block) - _SEAL) // 8, np.uint64)
        pack_numbers(np.ascontiguousarray(numbers[start : start + per_block]), width_of(n), words)
        payload = words.tobytes()
        yield payload + _seal(payload, seed, start // per_block).to_bytes(_SEAL, "little")


def span_of_number(file: str, which: int, n: int, per_block: int) -> Span:
    """The block that holds a number."""
    size = block_bytes(n, per_block)
    return Span(file, which // per_block * size, size)


def read_table(data: bytes, span: Span, n: int, per_block: int, seed: int) -> NDArray[np.uint32]:
    """The numbers of a block. Raises: CorruptIndex where the seal does not match."""
    payload = data[:-_SEAL]
    if _seal(payload, seed, span.offset // span.length) != int.from_bytes(data[-_SEAL:], "little"):
        raise CorruptIndex(
            f"block {span.offset}+{span.length} of {span.file} does not match its seal",
            hint="the file is damaged, or belongs to another version of the release: fetch or convert it again",
        )
    out = np.empty(per_block, np.uint32)
    unpack_numbers(np.frombuffer(payload, np.uint64), width_of(n), out)
    return out


def _seal(payload: bytes, seed: int, block: int) -> int:
    return xxhash.xxh3_64_intdigest(payload, seed=(seed ^ block) & (2**64 - 1))
