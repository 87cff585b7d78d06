"""Tables of numbers of a fixed width, packed: see `numbers`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks.gap_code import pack_numbers
from inlink.graph.blocks.numbers import block_bytes, seed_of, width_of
from inlink.graph.blocks.source import SEAL, seal_of


def pack_table(numbers: NDArray[np.uint32], per_block: int, root_digest: int) -> Iterator[bytes]:
    """The blocks of a table; the last is filled up with zeros."""
    n = len(numbers)
    for start in range(0, n, per_block):
        words = np.zeros((block_bytes(n, per_block) - SEAL) // 8, np.uint64)
        pack_numbers(np.ascontiguousarray(numbers[start : start + per_block]), width_of(n), words)
        payload = words.tobytes()
        yield payload + seal_of(payload, seed_of(root_digest, start // per_block))
