"""One leaf read back: numbers, and lists of neighbours with the names that stand beside them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks.coded import Beginnings, Called, inflated, unpack_called
from inlink.graph.blocks.curves import Curve
from inlink.graph.blocks.decoders import decoder
from inlink.graph.blocks.layout import Layout

HEADER = struct.Struct("<5I4x")
_HINT = "the release is damaged: fetch or convert it again"
NOTHING = np.zeros(0, np.uint32)
NO_NAMES = Called(np.zeros(0, np.uint8), 0, Beginnings.of(()))


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the rest of a list stands: offset from the beginning of the leaf's tails, digest of its index."""

    offset: int
    digest: int


class Lists:
    """The lists of one leaf, read back."""

    def __init__(self, data: bytes, counts: NDArray[np.uint32], layout: Layout, n: int, side: str) -> None:
        self._layout, self._n, self._counts = layout, n, counts
        self._sizes = layout.prefix, layout.chunk, layout.named_on(side), layout.skip, layout.unnamed
        try:
            n_lists, n_words, n_tails, self._n_deep, deep_bytes = HEADER.unpack_from(data)
            at = HEADER.size
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
        self._deep: tuple[NDArray[np.uint32], Called] | None = None

    @property
    def words(self) -> NDArray[np.uint64]:
        """The bits of the first nodes of all lists, one after the other."""
        return self._words

    @property
    def entries(self) -> NDArray[np.uint32]:
        """The bit where every 16th list (`skip` of the layout) begins."""
        return self._entries

    @property
    def tails(self) -> tuple[NDArray[np.uint32], NDArray[np.uint64], NDArray[np.uint64]]:
        """Lists that go on, ascending; where each does so, as `Tail.offset`; the digests of their indexes."""
        return self._long, self._offsets, self._digests

    def first(self, which: int) -> NDArray[np.uint32]:
        """The first nodes of a list, strongest first. Raises: CorruptIndex."""
        begin = which // self._layout.skip
        read = decoder(int(np.minimum(self._counts[begin * self._layout.skip : which + 1], self._layout.prefix).sum()))
        found = read.read_list(
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
    ) -> tuple[NDArray[np.uint32], Called]:
        """The nodes whose names stand in this leaf, ascending, and these names."""
        if self._deep is None and not self._n_deep:
            self._deep = NOTHING, NO_NAMES
        if self._deep is None:
            read = decoder(int(np.minimum(self._counts, self._layout.prefix).sum()))
            ok, nodes = read.read_deep(self._words, self._counts, flagged, heads, self._sizes, self._n)
            if ok or len(nodes) != self._n_deep:
                raise CorruptIndex("a leaf of a release has other names than it should", hint=_HINT)
            self._deep = nodes, unpack_called(self._named, len(nodes), beginnings)
        return self._deep


def whole(nodes: NDArray[np.uint32], n: int) -> NDArray[np.uint32]:
    """The nodes of a list. Raises: CorruptIndex for the mark of a damaged one."""
    if len(nodes) == 1 and nodes[0] == n:
        raise CorruptIndex("a list of a release cannot be read", hint=_HINT)
    return nodes


def unpack_numbers(
    data: bytes, columns: tuple[tuple[str, str], ...], curves: Mapping[str, Curve], n: int
) -> dict[str, NDArray[np.generic]]:
    """Undo `pack_numbers`; what is left of ranks becomes ranks again. Raises: CorruptIndex."""
    raw = inflated(data)
    if len(raw) != 4 * n * len(columns):
        raise CorruptIndex("a leaf of a release has other numbers than it should", hint=_HINT)
    planes = raw.reshape(len(columns), 4, n).transpose(0, 2, 1)
    values = np.ascontiguousarray(planes).reshape(len(columns), -1)
    found: dict[str, NDArray[np.generic]] = {name: values[i].view("<" + kind) for i, (name, kind) in enumerate(columns)}
    for name, curve in curves.items():
        found[name] = curve.more(found[name].view(np.uint32), found[curve.along].view(np.uint32))
    return found


def unpack_columns(
    data: bytes, columns: tuple[tuple[str, str], ...], wanted: tuple[str, ...], n: int
) -> dict[str, NDArray[np.uint32]]:
    """Some of the whole numbers of a leaf, as `unpack_numbers`. Raises: CorruptIndex."""
    raw = inflated(data)
    if len(raw) != 4 * n * len(columns):
        raise CorruptIndex("a leaf of a release has other numbers than it should", hint=_HINT)
    planes, names = raw.reshape(len(columns), 4, n), [name for name, _ in columns]
    return {name: np.ascontiguousarray(planes[names.index(name)].T).view("<u4").reshape(-1) for name in wanted}
