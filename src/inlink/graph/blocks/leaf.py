"""One leaf as bytes: names, numbers and lists of neighbours in name order; packed here, and read back here."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks import leaf_kernel as kernel
from inlink.graph.blocks.gap_code import WORST_BITS
from inlink.graph.blocks.layout import Layout
from inlink.graph.blocks.names import Beginnings, Names, NameTable, inflated, pack_coded, unpack_coded
from inlink.graph.blocks.source import digest_of_block

_HEADER = struct.Struct("<5I4x")
_HINT = "the release is damaged: fetch or convert it again"
NOTHING = np.zeros(0, np.uint32)


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
    """How lines, places in name order and nodes belong together. flagged, heads: a bit for each node."""

    node_of_line: NDArray[np.uint32]
    place_of_node: NDArray[np.uint32]
    line_of_place: NDArray[np.uint32] | None
    flagged: NDArray[np.uint8]
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


def sizes_of(layout: Layout) -> tuple[int, int, int, int]:
    """What the kernels need of a layout."""
    return layout.prefix, layout.chunk, layout.named, layout.skip


def pack_lists(
    lines: NDArray[np.uint32],
    side: Adjacency,
    numbering: Numbering,
    layout: Layout,
    names: NameTable,
    beginnings: Beginnings,
    level: int,
) -> PackedLists:
    """The lists of these lines, strongest neighbour first."""
    degrees = side.degrees(lines)
    n_first = np.minimum(degrees, layout.prefix)
    words = np.zeros(int(n_first.sum()) * WORST_BITS // 64 + 2, np.uint64)
    entries = np.zeros(-(-len(lines) // layout.skip), np.int64)
    rest = degrees - n_first
    n_chunks = -(-rest // layout.chunk)
    tails = np.empty(int(rest.sum()) * WORST_BITS // 8 + 16 * int(n_chunks.sum()), np.uint8)
    chunk_bytes = np.zeros(int(n_chunks.sum()), np.uint32)
    deep = np.empty(int(np.minimum(n_first, layout.named).sum()), np.uint32)
    n_flagged = np.zeros(len(lines), np.uint32)
    n_bits, _, _, n_deep = kernel.code_lists(
        lines, side.offsets, side.neighbours, numbering.node_of_line, numbering.flagged, numbering.heads,
        sizes_of(layout), words, entries, tails, chunk_bytes, deep, n_flagged,
    )  # fmt: skip
    shown = kernel.distinct(deep[:n_deep], len(numbering.node_of_line))
    named = pack_coded(names, numbering.lines(numbering.place_of_node[shown]), beginnings, level)
    long = np.flatnonzero(n_chunks)
    packed, offsets, digests = _pack_tails(n_chunks[long], chunk_bytes, tails)
    leaf = b"".join(
        (
            _HEADER.pack(len(lines), (n_bits + 63) // 64, len(long), len(shown), len(named)),
            words[: (n_bits + 63) // 64].tobytes(),
            np.array(offsets, np.uint64).tobytes(),
            np.array(digests, np.uint64).tobytes(),
            long.astype(np.uint32).tobytes(),
            entries.astype(np.uint32).tobytes(),
            named,
        )
    )
    return PackedLists(leaf, packed, n_flagged)


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


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the rest of a list stands: offset from the beginning of the leaf's tails, digest of its index."""

    offset: int
    digest: int


class Lists:
    """The lists of one leaf, read back."""

    def __init__(self, data: bytes, counts: NDArray[np.uint32], layout: Layout, n: int) -> None:
        self._layout, self._n, self._counts = layout, n, counts
        try:
            n_lists, n_words, n_tails, self._n_deep, deep_bytes = _HEADER.unpack_from(data)
            at = _HEADER.size
            self._words = np.frombuffer(data, np.uint64, n_words, at)
            at += 8 * n_words
            self._offsets = np.frombuffer(data, np.uint64, n_tails, at)
            self._digests = np.frombuffer(data, np.uint64, n_tails, at + 8 * n_tails)
            at += 16 * n_tails
            self._long = np.frombuffer(data, np.uint32, n_tails, at)
            at += 4 * n_tails
            self._entries = np.frombuffer(data, np.uint32, -(-n_lists // layout.skip), at)
            at += 4 * len(self._entries)
        except (struct.error, ValueError) as error:
            raise CorruptIndex("a leaf of a release is cut", hint=_HINT) from error
        if n_lists != len(counts) or at + deep_bytes != len(data):
            raise CorruptIndex("a leaf of a release has other parts than it should", hint=_HINT)
        self._named = data[at:]
        self._deep: tuple[NDArray[np.uint32], Names] | None = None

    def first(self, which: int) -> NDArray[np.uint32]:
        """The first nodes of a list, strongest first. Raises: CorruptIndex."""
        begin = which // self._layout.skip
        found = kernel.read_list(
            self._words, int(self._entries[begin]), self._counts, which, self._layout.prefix, self._n,
            begin * self._layout.skip,
        )  # fmt: skip
        return whole(found, self._n)

    def tail(self, which: int) -> Tail | None:
        """Where a list goes on."""
        place = int(np.searchsorted(self._long, which))
        if place >= len(self._long) or self._long[place] != which:
            return None
        return Tail(int(self._offsets[place]), int(self._digests[place]))

    def named(
        self, flagged: NDArray[np.uint32], heads: NDArray[np.uint32], beginnings: Beginnings
    ) -> tuple[NDArray[np.uint32], Names]:
        """The nodes whose names stand in this leaf, ascending, and these names."""
        if self._deep is None:
            ok, nodes = kernel.read_deep(self._words, self._counts, flagged, heads, sizes_of(self._layout), self._n)
            if ok or len(nodes) != self._n_deep:
                raise CorruptIndex("a leaf of a release has other names than it should", hint=_HINT)
            self._deep = nodes, unpack_coded(self._named, len(nodes), beginnings)
        return self._deep


def whole(nodes: NDArray[np.uint32], n: int) -> NDArray[np.uint32]:
    """The nodes of a list. Raises: CorruptIndex for the mark of a damaged one."""
    if len(nodes) == 1 and nodes[0] == n:
        raise CorruptIndex("a list of a release cannot be read", hint=_HINT)
    return nodes


def pack_numbers(columns: list[NDArray[np.generic]], level: int) -> bytes:
    """Columns of four bytes a value, byte by byte apart, which packs better."""
    planes = [column.view(np.uint8).reshape(-1, 4).T.tobytes() for column in columns]
    return zstandard.ZstdCompressor(level=level).compress(b"".join(planes))


def unpack_numbers(data: bytes, columns: tuple[tuple[str, str], ...], n: int) -> dict[str, NDArray[np.generic]]:
    """Undo `pack_numbers`. Raises: CorruptIndex."""
    raw = inflated(data)
    if len(raw) != 4 * n * len(columns):
        raise CorruptIndex("a leaf of a release has other numbers than it should", hint=_HINT)
    planes = raw.reshape(len(columns), 4, n).transpose(0, 2, 1)
    values = np.ascontiguousarray(planes).reshape(len(columns), -1)
    return {name: values[i].view("<" + kind) for i, (name, kind) in enumerate(columns)}
