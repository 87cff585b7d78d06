"""Ranks said by their position: what is kept of a value is how far it lies from a curve over positions.

A rank falls with its position, so 8,192 points of it, with straight lines between, tell nearly all of each value. The
bits of a float32 above 0 stand in the order of the floats; the curve is drawn through these whole numbers, and what is
left is kept as a whole number, so that each value comes back to the last bit, whatever the curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELLS = 8192
POSITION = "_position"
Bits = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Curve:
    """One rank. along: the column that it falls with. Shapes: points int64, one each 2**shift positions."""

    along: str
    shift: int
    points: NDArray[np.int64]

    def less(self, values: NDArray[np.float32], at: Bits) -> Bits:
        """What is left of values when the curve is taken off: 0, -1, 1, -2, … as 0, 1, 2, 3, …"""
        left = (values.view(np.uint32).astype(np.int64) - self._at(at)) & 0xFFFFFFFF
        left -= (left & 0x80000000) << 1
        return ((left << 1) ^ (left >> 63)).astype(np.uint32)

    def more(self, left: Bits, at: Bits) -> NDArray[np.float32]:
        """The values, from what is left of them."""
        signed = (left >> np.uint32(1)).astype(np.int64) ^ -(left & np.uint32(1)).astype(np.int64)
        return ((signed + self._at(at)) & 0xFFFFFFFF).astype(np.uint32).view(np.float32)

    def _at(self, positions: Bits) -> NDArray[np.int64]:
        places = positions.astype(np.int64)
        cells = np.minimum(places >> self.shift, len(self.points) - 2)
        start = self.points[cells]
        height: NDArray[np.int64] = self.points[cells + 1] - start
        found: NDArray[np.int64] = start + (height * (places - (cells << self.shift)) >> self.shift)
        return found


def shift_of(n: int) -> int:
    """How many positions there are between two points: 2 to the power of this."""
    return max(0, (max(n, 1) - 1).bit_length() - CELLS.bit_length() + 1)


def along(names: Iterable[str], order: str) -> dict[str, str]:
    """The column that each rank falls with: its positions, or the node for the rank that numbers the nodes."""
    known = set(names)
    found = {name: name + POSITION for name in known if name + POSITION in known}
    return {**found, order: "node"} if order in known else found


def curve_of(values: NDArray[np.generic], positions: NDArray[np.generic], along: str, n: int) -> Curve:
    """The curve of a column. Shapes: (n,) both; a position that is no number is passed over."""
    shift = shift_of(n)
    points = np.zeros((n >> shift) + 2, np.int64)
    is_known = np.zeros(len(points), np.bool_)
    for start in range(0, n, 1 << 20):
        places = np.nan_to_num(positions[start : start + (1 << 20)].astype(np.float64), nan=0.5)
        chosen = np.flatnonzero((places % (1 << shift) == 0) & (places <= n))
        cells = places[chosen].astype(np.int64) >> shift
        points[cells] = values[start : start + (1 << 20)][chosen].astype(np.float32).view(np.uint32)
        is_known[cells] = True
    before = np.maximum.accumulate(np.where(is_known, np.arange(len(points)), 0))
    return Curve(along, shift, points[before])


def to_facts(curves: Mapping[str, Curve]) -> dict[str, list[int]]:
    """Curves as numbers that are small: the first point, then differences."""
    return {name: np.diff(curve.points, prepend=0).tolist() for name, curve in curves.items()}


def from_facts(facts: Mapping[str, list[int]], columns: Iterable[str], order: str, n: int) -> dict[str, Curve]:
    """Undo `to_facts`."""
    falls = along(columns, order)
    return {
        name: Curve(falls[name], shift_of(n), np.cumsum(np.array(steps, np.int64))) for name, steps in facts.items()
    }
