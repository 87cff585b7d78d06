"""One leaf packed: names, numbers and lists of neighbours in name order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from inlink.graph.blocks import leaf_code
from inlink.graph.blocks.gap_code import WORST_BITS
from inlink.graph.blocks.layout import Layout
from inlink.graph.blocks.leaf import HEADER
from inlink.graph.blocks.leaf_kernel import distinct
from inlink.graph.blocks.name_pack import CodedNames
from inlink.graph.blocks.source import digest_of_block


@dataclass(frozen=True, slots=True)
class Adjacency:
    """One direction of a release: offsets int64 (n + 1) by line, neighbours uint32 (lines)."""

    offsets: NDArray[np.int64]
    neighbours: NDArray[np.uint32]

    def degrees(self, lines: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Length of the list of each line."""
        places = lines.astype(np.int64)
        return self.offsets[places + 1] - self.offsets[places]


@dataclass(frozen=True, slots=True)
class Numbering:
    """How lines, places in name order and nodes belong together.

    Shapes: flagged, heads: a bit for each node; groups: a bit for each leaf_code.GROUP nodes, set where one is flagged.
    """

    node_of_line: NDArray[np.uint32]
    place_of_node: NDArray[np.uint32]
    line_of_place: NDArray[np.uint32] | None
    flagged: NDArray[np.uint8]
    groups: NDArray[np.uint8]
    heads: NDArray[np.uint8]

    def lines(self, places: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The lines of places."""
        return places if self.line_of_place is None else self.line_of_place[places]


@dataclass(frozen=True, slots=True)
class PackedLists:
    """The lists of a leaf, and of them what did not fit into it."""

    leaf: bytes
    tails: bytes
    n_flagged: NDArray[np.uint32]


def pack_lists(
    lines: NDArray[np.uint32],
    lists: Adjacency,
    numbering: Numbering,
    layout: Layout,
    names: CodedNames | None,
    level: int,
    *,
    side: str,
) -> PackedLists:
    """The lists of these lines, strongest neighbour first. names: None where none stand beside the lists.

    Out-lists that the layout does not keep are only counted: flagged neighbours, and nothing in the leaf.
    """
    n = len(numbering.node_of_line)
    degrees = lists.degrees(lines)
    nodes = _sorted_nodes(lines, degrees, lists, numbering)
    named = layout.named_on(side) if names is not None else 0
    n_first = np.minimum(degrees, layout.prefix)
    words = np.zeros(int(n_first.sum()) * WORST_BITS // 64 + 2, np.uint64)
    entries = np.zeros(-(-len(lines) // layout.skip), np.int64)
    rest = degrees - n_first
    n_chunks = -(-rest // layout.chunk)
    tails = np.empty(int(rest.sum()) * WORST_BITS // 8 + 16 * int(n_chunks.sum()), np.uint8)
    chunk_bytes = np.zeros(int(n_chunks.sum()), np.uint32)
    deep = np.empty(int(np.minimum(n_first, named).sum()), np.uint32)
    n_flagged = np.zeros(len(lines), np.uint32)
    n_bits, _, _, n_deep = leaf_code.code_lists(
        degrees, nodes, n, numbering.flagged, numbering.groups, numbering.heads,
        (layout.prefix, layout.chunk, named, layout.skip, layout.unnamed), words, entries, tails, chunk_bytes, deep,
        n_flagged,
    )  # fmt: skip
    if side == "outward" and not layout.keeps_out:
        return PackedLists(b"", b"", n_flagged)
    shown = distinct(deep[:n_deep], n)
    beside = b"" if names is None or not len(shown) else names.pack(shown, level)
    long = np.flatnonzero(n_chunks)
    packed, offsets, digests = _pack_tails(n_chunks[long], chunk_bytes, tails)
    leaf = b"".join(
        (
            HEADER.pack(len(lines), (n_bits + 63) // 64, len(long), len(shown), len(beside)),
            words[: (n_bits + 63) // 64].tobytes(),
            np.array(offsets, np.uint64).tobytes(),
            np.array(digests, np.uint64).tobytes(),
            long.astype(np.uint32).tobytes(),
            entries.astype(np.uint32).tobytes(),
            beside,
        )
    )
    return PackedLists(leaf, packed, n_flagged)


def _sorted_nodes(
    lines: NDArray[np.uint32], degrees: NDArray[np.int64], lists: Adjacency, numbering: Numbering
) -> NDArray[np.uint32]:
    """The lists one after the other, as nodes, ascending in each."""
    nodes = np.empty(int(degrees.sum()), np.uint32)
    room = min(len(nodes), leaf_code.BATCH)
    leaf_code.sort_lists(
        lines, lists.offsets, lists.neighbours, numbering.node_of_line, 0, nodes,
        np.empty(room, np.uint64), np.empty(room, np.uint64),
    )  # fmt: skip
    return nodes


def _pack_tails(
    n_chunks: NDArray[np.int64], chunk_bytes: NDArray[np.uint32], tails: NDArray[np.uint8]
) -> tuple[bytes, list[int], list[int]]:
    """Each tail behind its index (lengths and digests of its chunks); where each begins, and its index's digest."""
    parts: list[bytes] = []
    offsets: list[int] = []
    digests: list[int] = []
    chunk, start, place = 0, 0, 0
    for count in n_chunks.tolist():
        lengths = chunk_bytes[chunk : chunk + count]
        pieces: list[bytes] = []
        for length in lengths.tolist():
            pieces.append(tails[start : start + length].tobytes())
            start += length
        index = lengths.tobytes() + np.array([digest_of_block(piece) for piece in pieces], np.uint64).tobytes()
        offsets.append(place)
        digests.append(digest_of_block(index))
        parts.extend((index, *pieces))
        place += len(index) + int(lengths.sum())
        chunk += count
    return b"".join(parts), offsets, digests


def pack_numbers(columns: list[NDArray[np.generic]], level: int) -> bytes:
    """Columns of four bytes a value, byte by byte apart, which packs better."""
    planes = [column.view(np.uint8).reshape(-1, 4).T.tobytes() for column in columns]
    return zstandard.ZstdCompressor(level=level).compress(b"".join(planes))
