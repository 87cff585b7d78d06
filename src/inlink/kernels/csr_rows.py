"""Sorted rows of a graph as arrays: what is read without the compiler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Csr:
    """Sorted rows of a graph; any array may be a memory map.

    Shapes: offsets int64 (n + 1,), neighbours uint32 (m,), weights float32 (m,) or None where every edge counts 1.
    `n_combined` edges of the input repeated another and are not counted in m.
    """

    offsets: Longs
    neighbours: Words
    weights: Singles | None = None
    n_combined: int = 0

    @property
    def n(self) -> int:
        """How many rows there are."""
        return len(self.offsets) - 1

    @property
    def m(self) -> int:
        """How many edges there are."""
        return len(self.neighbours)

    def row(self, node: int) -> Words:
        """The neighbours of one node, ascending."""
        return self.neighbours[self.offsets[node] : self.offsets[node + 1]]

    def degrees(self) -> Longs:
        """How many neighbours each row has: int64 (n,)."""
        return np.diff(self.offsets)
