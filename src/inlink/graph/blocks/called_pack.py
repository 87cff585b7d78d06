"""Names by node, packed: see `called`. They wait in a file of their own until the root, which seals them, is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks.layout import Layout
from inlink.graph.blocks.name_pack import CodedNames
from inlink.graph.blocks.numbers import seed_of
from inlink.graph.blocks.source import SEAL, seal_of

_LEVEL = 1  # zstd: at 3 no smaller
Ordered = Callable[[Callable[[int], bytes], Iterable[int], int], Iterator[bytes]]


def pack_block(names: CodedNames, first: int, stop: int, per_frame: int) -> bytes:
    """The names of nodes from `first` to `stop`, without their seal."""
    frames = [
        names.pack(np.arange(start, min(start + per_frame, stop), dtype=np.uint32), _LEVEL)
        for start in range(first, stop, per_frame)
    ]
    return b"".join([np.array([len(frame) for frame in frames], np.uint32).tobytes(), *frames])


def pack_all(path: Path, names: CodedNames, layout: Layout, ordered: Ordered, workers: int) -> NDArray[np.int64]:
    """All blocks into a file, without seals; gives where each begins with its seal, and the end of the last."""
    n, per = len(names.lengths), layout.per_called
    lengths = []
    with path.open("wb") as stream:
        starts = range(0, n, per)
        for block in ordered(lambda at: pack_block(names, at, min(at + per, n), layout.per_head), starts, workers):
            stream.write(block)
            lengths.append(len(block) + SEAL)
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def sealed(path: Path, starts: NDArray[np.int64], root_digest: int) -> Iterator[bytes]:
    """The blocks of a file with their seals."""
    with path.open("rb") as stream:
        for number, length in enumerate(np.diff(starts).tolist()):
            payload = stream.read(length - SEAL)
            yield payload + seal_of(payload, seed_of(root_digest, number))
