"""Tables of numbers of a fixed width, sealed block by block: which place a node has, which line a place was."""

from __future__ import annotations

import xxhash

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


class Table:
    """A block of a table, read back: numbers are taken out one by one, as few of a block are ever asked for."""

    def __init__(self, data: bytes, span: Span, n: int, seed: int) -> None:
        """Raises: CorruptIndex where the seal does not match."""
        payload = data[:-SEAL]
        if seal(payload, seed, span.offset // span.length) != int.from_bytes(data[-SEAL:], "little"):
            raise CorruptIndex(
                f"block {span.offset}+{span.length} of {span.file} does not match its seal",
                hint="the file is damaged, or belongs to another version of the release: fetch or convert it again",
            )
        self._payload, self._width = payload, width_of(n)

    def __getitem__(self, which: int) -> int:
        first = which * self._width
        some = int.from_bytes(self._payload[first >> 3 : (first + self._width + 7) >> 3], "little")
        return (some >> (first & 7)) & ((1 << self._width) - 1)


def seal(payload: bytes, seed: int, block: int) -> int:
    """What stands behind a block: it binds it to its place and its release."""
    return xxhash.xxh3_64_intdigest(payload, seed=(seed ^ block) & (2**64 - 1))
