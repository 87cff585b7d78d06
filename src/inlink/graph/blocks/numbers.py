"""Tables of numbers of a fixed width, sealed block by block: which place a node has, which line a place was."""

from __future__ import annotations

from inlink.graph.blocks.source import SEAL, Span


def width_of(n: int) -> int:
    """Bits of a number below n."""
    return max(1, (n - 1).bit_length())


def block_bytes(n: int, per_block: int) -> int:
    """Bytes of a block with its seal."""
    return -(-per_block * width_of(n) // 64) * 8 + SEAL


def seed_of(root_digest: int, block: int) -> int:
    """The seed of a block's seal: it binds the block to its place and its release."""
    return root_digest ^ block


def span_of_number(file: str, which: int, n: int, per_block: int, root_digest: int) -> Span:
    """The block that holds a number."""
    size, block = block_bytes(n, per_block), which // per_block
    return Span(file, block * size, size, seed=seed_of(root_digest, block))


class Table:
    """A block of a table, read back: numbers are taken out one by one, as few of a block are ever asked for."""

    def __init__(self, data: bytes, n: int) -> None:
        self._payload, self._width = data[:-SEAL], width_of(n)

    def __getitem__(self, which: int) -> int:
        first = which * self._width
        some = int.from_bytes(self._payload[first >> 3 : (first + self._width + 7) >> 3], "little")
        return (some >> (first & 7)) & ((1 << self._width) - 1)
