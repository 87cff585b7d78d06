"""What stands around a link: the text before and after it, and where in the page and in its block it stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inlink.extract.layout import B_END, B_LINKED, B_START, Rows
from inlink.extract.spans import Bytes
from inlink.extract.strings import Positions
from inlink.kernels.jit import compiled

CHARS = 100  # of text on either side
_ENOUGH = 24  # bytes of a block beside the link that speak for themselves
_WORD = 16  # bytes that may be given up so as not to begin or end inside a word


class Around(NamedTuple):
    """Spans of the text before and after each link; -1 where there is none."""

    before: Positions
    before_end: Positions
    after: Positions
    after_end: Positions


def texts_around(
    text: Bytes, starts: Positions, ends: Positions, starts_block: NDArray[np.bool_], blocks: Rows, floor: Positions,
    ceiling: Positions,
) -> Around:  # fmt: skip
    """Up to CHARS characters on either side of each link, from its block.

    A block that says next to nothing beside the link lends from the neighbouring block.
    Shapes: starts, ends (n,) the link's text, equal where it has none; blocks (m, N_BLOCK) ascending; floor and
    ceiling (n,) the bounds of the link's page in the text.
    """
    at = np.searchsorted(blocks[:, B_START], starts, side="right").astype(np.int64) - 1
    return Around(*_around(text, starts, ends, starts_block, blocks, at, floor, ceiling))


def block_shares(starts: Positions, blocks: Rows) -> NDArray[np.float32]:
    """Share of link text in the block where each link's text starts; NaN where start is negative."""
    if not len(blocks):
        return np.full(len(starts), np.nan, np.float32)
    at = np.maximum(np.searchsorted(blocks[:, B_START], starts, side="right") - 1, 0)
    size = np.maximum(blocks[at, B_END] - blocks[at, B_START], 1)
    share = np.minimum(blocks[at, B_LINKED] / size, 1.0).astype(np.float32)
    return np.where(starts < 0, np.float32(np.nan), share)


@compiled
def _around(
    text: Bytes, starts: Positions, ends: Positions, starts_block: NDArray[np.bool_], blocks: Rows,
    at: NDArray[np.int64], floors: Positions, ceilings: Positions,
) -> tuple[Positions, Positions, Positions, Positions]:  # fmt: skip
    n = starts.shape[0]
    out = np.full((4, n), -1, np.int32)
    for row in range(n):
        start, end = int(starts[row]), int(ends[row])
        floor, ceiling = int(floors[row]), int(ceilings[row])
        if start < 0 or floor >= ceiling:
            continue
        block = at[row]
        while block >= 0 and blocks[block, B_START] >= ceiling:  # the next page begins where this one ends
            block -= 1
        has_block = block >= 0 and blocks[block, B_START] >= floor
        low, high = floor, ceiling
        if has_block:
            low = int(blocks[block, B_START])
            if start == end and starts_block[row]:  # an image between two blocks
                low = min(int(blocks[block, B_END]), start)
            if start - low < _ENOUGH:
                before = block - 1 if low == blocks[block, B_START] else block
                low = max(int(blocks[before, B_START]), floor) if before >= 0 else floor
        last = block
        while last + 1 < blocks.shape[0] and blocks[last + 1, B_START] < end:
            last += 1
        if last >= 0:
            high = min(max(int(blocks[last, B_END]), end), ceiling)
            if high - end < _ENOUGH and last + 1 < blocks.shape[0]:
                high = min(int(blocks[last + 1, B_END]), ceiling)
        out[0, row], out[1, row] = _before(text, low, start)
        out[2, row], out[3, row] = _after(text, end, high)
    return out[0], out[1], out[2], out[3]


@compiled
def _before(text: Bytes, low: int, start: int) -> tuple[int, int]:
    """The last characters of text[low:start], from the beginning of a word."""
    end = start
    while end > low and text[end - 1] <= 32:
        end -= 1
    i, n = end, 0
    while i > low and n < CHARS:
        i -= 1
        n += text[i] & 0xC0 != 0x80
    if i > low and text[i - 1] > 32:
        for k in range(i, min(i + _WORD, end)):
            if text[k] <= 32:
                i = k
                break
    while i < end and text[i] <= 32:
        i += 1
    return (i, end) if i < end else (-1, -1)


@compiled
def _after(text: Bytes, end: int, high: int) -> tuple[int, int]:
    """The first characters of text[end:high], to the end of a word."""
    start = end
    while start < high and text[start] <= 32:
        start += 1
    i, n = start, 0
    while i < high and n < CHARS:
        n += text[i] & 0xC0 != 0x80
        i += 1
    while i < high and text[i] & 0xC0 == 0x80:
        i += 1
    if i < high and text[i] > 32:
        for k in range(i - 1, max(i - _WORD, start), -1):
            if text[k] <= 32:
                i = k
                break
    while i > start and text[i - 1] <= 32:
        i -= 1
    return (start, i) if i > start else (-1, -1)
