"""Which block stands where: pages of leaves in name order under one root, each with the digests of what it lists."""

from __future__ import annotations

import bisect
import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks.coded import Beginnings, inflated
from inlink.graph.blocks.layout import CALLED, CARDS, DIRECTORY, HEAD, OUTWARD, TAILS_IN, TAILS_OUT
from inlink.graph.blocks.names import unpack_front
from inlink.graph.blocks.numbers import seed_of
from inlink.graph.blocks.source import Span

_HEADER = struct.Struct("<II")
_ROOT = struct.Struct("<III")  # bytes of facts, of the head's nodes, of the lengths of names by node
_HINT = "the release is damaged: fetch or convert it again"
PARTS = ("names", "numbers", "inward", "outward")


@dataclass(frozen=True, slots=True)
class LeafEntry:
    """What a directory page says of one leaf. Lengths and digests by part; tails: bytes of the rest of its lists."""

    lengths: tuple[int, int, int, int]
    digests: tuple[int, int, int, int]
    tails_in: int
    tails_out: int


@dataclass(frozen=True, slots=True)
class PageEntry:
    """What the root says of one page: where it is, and where the parts of its first leaf begin."""

    first: bytes  # the name that its first leaf begins with
    span: Span
    cards: int
    outward: int
    tails_in: int
    tails_out: int


@dataclass(frozen=True, slots=True)
class Flagged:
    """A domain that is known to be infrastructure, a hosting platform, … behind: equal ones that stand behind it."""

    node: int
    name: str
    flags: tuple[str, ...]
    behind: int = 0


def pack_page(entries: list[LeafEntry], firsts: bytes) -> bytes:
    """The bytes of a page; `firsts` are the first names of its leaves, front-coded and packed."""
    numbers = [
        np.array([entry.lengths for entry in entries], np.uint32).T.tobytes(),
        np.array([entry.digests for entry in entries], np.uint64).T.tobytes(),
        np.array([(entry.tails_in, entry.tails_out) for entry in entries], np.uint64).T.tobytes(),
    ]
    return _HEADER.pack(len(entries), len(firsts)) + firsts + b"".join(numbers)


class Page:
    """A directory page, read back: which leaf may hold a name, and where the parts of a leaf stand."""

    def __init__(self, data: bytes, entry: PageEntry) -> None:
        try:
            n, n_bytes = _HEADER.unpack_from(data)
            at = _HEADER.size + n_bytes
            self._firsts = unpack_front(data[_HEADER.size : at], n)
            lengths = np.frombuffer(data, np.uint32, 4 * n, at).reshape(4, n).astype(np.int64)
            self._digests = np.frombuffer(data, np.uint64, 4 * n, at + 16 * n).reshape(4, n)
            tails = np.frombuffer(data, np.uint64, 2 * n, at + 48 * n).reshape(2, n).astype(np.int64)
        except (struct.error, ValueError) as error:
            raise CorruptIndex("a page of a release's directory is cut", hint=_HINT) from error
        self._lengths = lengths
        self._cards = _starts(lengths[:3].sum(axis=0), entry.cards)
        self._outward = _starts(lengths[3], entry.outward)
        self._tail_bytes = tails
        self._tails = (_starts(tails[0], entry.tails_in), _starts(tails[1], entry.tails_out))

    def leaf_of(self, name: bytes) -> int:
        """The first leaf that may hold a name: equal names may begin in the leaf before."""
        low, high = 0, len(self._firsts)
        while low < high:
            middle = (low + high) // 2
            if self._firsts.raw(middle) < name:
                low = middle + 1
            else:
                high = middle
        return max(low - 1, 0) if low == len(self._firsts) or self._firsts.raw(low) != name else low

    def span(self, leaf: int, part: str) -> Span:
        """Where a part of a leaf stands."""
        which = PARTS.index(part)
        length, digest = int(self._lengths[which][leaf]), int(self._digests[which][leaf])
        if part == "outward":
            return Span(OUTWARD, int(self._outward[leaf]), length, digest)
        before = int(self._lengths[:which, leaf].sum())
        return Span(CARDS, int(self._cards[leaf]) + before, length, digest)

    def tails(self, leaf: int, part: str) -> int:
        """Where the rest of the lists of a leaf begins."""
        return int(self._tails[part == "outward"][leaf])

    def all_tails(self, leaf: int, part: str) -> Span:
        """Where the rest of all lists of a leaf stands; its blocks have digests of their own."""
        which = int(part == "outward")
        return Span((TAILS_IN, TAILS_OUT)[which], self.tails(leaf, part), int(self._tail_bytes[which, leaf]))


def _starts(lengths: NDArray[np.int64], base: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) + base


@dataclass(frozen=True, slots=True)
class Root:
    """The root of the directory: pages, the head, names by node, beginnings of names, flagged domains.

    head_nodes: the nodes whose names stand in the head, ascending; head: its blocks. called: where each block of names
    by node begins, and the end of the last. curves: see `curves`.
    """

    pages: tuple[PageEntry, ...]
    head_nodes: NDArray[np.uint32]
    head: tuple[Span, ...]
    called: NDArray[np.int64]
    beginnings: Beginnings
    flagged: tuple[Flagged, ...]
    curves: dict[str, list[int]]

    def page_of(self, name: bytes) -> int:
        """The first page that may hold a name."""
        place = bisect.bisect_left(self.pages, name, key=lambda page: page.first)
        return place if place < len(self.pages) and self.pages[place].first == name else max(place - 1, 0)

    def span_of_called(self, block: int, root_digest: int) -> Span:
        """Where a block of names by node stands."""
        start, end = self.called[block : block + 2].tolist()
        return Span(CALLED, start, end - start, seed=seed_of(root_digest, block))

    def to_bytes(self) -> bytes:
        """The packed root."""
        facts = {
            "pages": [
                [p.first.decode("latin-1"), p.span.offset, p.span.length, p.span.digest,
                 p.cards, p.outward, p.tails_in, p.tails_out]
                for p in self.pages
            ],
            "n_head": len(self.head_nodes),
            "n_called": len(self.called) - 1,
            "head": [[span.length, span.digest] for span in self.head],
            "beginnings": list(self.beginnings.texts),
            "curves": self.curves,
            "flagged": [[each.node, each.name, list(each.flags), each.behind] for each in self.flagged],
        }  # fmt: skip
        packed = zstandard.ZstdCompressor(level=9).compress(json.dumps(facts).encode())
        nodes = _to_planes(np.diff(self.head_nodes.astype("<u4"), prepend=np.zeros(1, "<u4")))
        lengths = _to_planes(np.diff(self.called).astype("<u4"))
        return _ROOT.pack(len(packed), len(nodes), len(lengths)) + packed + nodes + lengths

    @classmethod
    def from_bytes(cls, data: bytes) -> Root:
        """The root, read back. Raises: CorruptIndex."""
        try:
            n_bytes, n_nodes, n_lengths = _ROOT.unpack_from(data)
            at = _ROOT.size + n_bytes
            facts: dict[str, Any] = json.loads(inflated(data[_ROOT.size : at]).tobytes())
            nodes = np.cumsum(_of_planes(data[at : at + n_nodes], int(facts["n_head"])), dtype=np.uint32)
            at += n_nodes
            lengths = _of_planes(data[at : at + n_lengths], int(facts["n_called"]))
            called = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
            pages = tuple(
                PageEntry(str(first).encode("latin-1"), Span(DIRECTORY, at, length, digest), *rest)
                for first, at, length, digest, *rest in facts["pages"]
            )
            head, offset = [], 0
            for length, digest in facts["head"]:
                head.append(Span(HEAD, offset, length, digest))
                offset += length
            flagged = tuple(Flagged(node, name, tuple(flags), behind) for node, name, flags, behind in facts["flagged"])
            return cls(pages, nodes, tuple(head), called, Beginnings.of(facts["beginnings"]), flagged, facts["curves"])
        except (struct.error, ValueError, KeyError, TypeError, UnicodeError) as error:
            raise CorruptIndex("the root of a release's directory cannot be read", hint=_HINT) from error


def _to_planes(numbers: NDArray[np.uint32]) -> bytes:
    planes = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, 4).T.tobytes()
    return zstandard.ZstdCompressor(level=9).compress(planes)


def _of_planes(data: bytes, n: int) -> NDArray[np.uint32]:
    planes = inflated(data).reshape(4, n)
    return np.ascontiguousarray(planes.T).view("<u4").reshape(-1)
