"""Look-ups in a release: find a domain, who references it, what it references; strongest first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inlink.errors import NotFound
from inlink.graph.authority import authority_at
from inlink.graph.blocks import layout as files
from inlink.graph.blocks.access import Blocks, Place
from inlink.graph.blocks.decoders import decoder
from inlink.graph.blocks.directory import Flagged
from inlink.graph.blocks.flagged import is_left_out
from inlink.graph.blocks.layout import Manifest
from inlink.graph.blocks.leaf import NOTHING, Lists, whole
from inlink.graph.blocks.names import reversed_name
from inlink.graph.blocks.source import ByteSource, FolderSource

Side = Literal["inward", "outward"]
Nodes = NDArray[np.uint32]
Standing = tuple[str, int]  # name, how many of the same rank stand behind
_BATCH = 256  # chunks of a tail that are read at once


@dataclass(frozen=True, slots=True)
class Card:
    """What a release knows of one domain.

    node: its number by rank, from 0. place: its number by name. position: of n by the release's order, 1 the strongest;
    equal ones share the worst. authority: 0..100, None in a small release. ranks: the release's columns by name, None
    where unknown. n_in_flagged, n_out_flagged: how many of its neighbours default views leave out.
    """

    name: str
    node: int
    place: int
    position: int
    n_in: int
    n_out: int
    n_in_flagged: int
    n_out_flagged: int
    n_hosts: int | None
    authority: float | None
    ranks: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Neighbours of a domain, strongest first. n_total: of the whole list, left out ones not counted."""

    nodes: Nodes
    names: list[str]
    positions: list[int]
    n_total: int
    n_left_out: int


class Release:
    """An open release. Names are given and shown as people write them (example.com)."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.flagged: dict[int, Flagged] = {each.node: each for each in blocks.root.flagged}
        self._left_out = np.array(sorted(n for n, each in self.flagged.items() if is_left_out(each.flags)), np.uint32)

    @classmethod
    def open(cls, source: ByteSource | str | Path) -> Release:
        """The release behind a source, or in a folder.

        Raises: NotFound where there is none, CorruptIndex where it is damaged or another format.
        """
        return cls(Blocks(FolderSource(source) if isinstance(source, str | Path) else source))

    @property
    def manifest(self) -> Manifest:
        """What the release says of itself."""
        return self.blocks.manifest

    @property
    def n(self) -> int:
        """How many domains (or hosts) it has."""
        return self.manifest.n

    def find(self, name: str, ahead: Side | None = None) -> Card | None:
        """What is known of a domain, None where the release does not have it.

        ahead: the lists that will be asked for next; from a server they come with the same request.
        """
        raw = reversed_name(name)
        page_number = self.blocks.root.page_of(raw)
        leaf = self.blocks.pages([page_number])[0].leaf_of(raw)
        where = (page_number, leaf)
        self.blocks.ahead(where, ("names", "numbers", *((ahead,) if ahead else ())))
        position = self.blocks.names([where])[0].find(raw)
        if position is None:
            return None
        layout = self.manifest.layout
        return self._card((page_number * layout.per_page + leaf) * layout.per_leaf + position)

    def card(self, node: int) -> Card:
        """What is known of a node."""
        return self._card(self.places([node])[0])

    def referring(
        self, card: Card, limit: int | None = 100, offset: int = 0, *, keep_flagged: bool = False
    ) -> Neighbours:
        """Domains that reference this one."""
        return self._some(card, "inward", limit, offset, keep_flagged)

    def outgoing(
        self, card: Card, limit: int | None = 100, offset: int = 0, *, keep_flagged: bool = False
    ) -> Neighbours:
        """Domains that this one references."""
        return self._some(card, "outward", limit, offset, keep_flagged)

    def neighbours(self, card: Card, side: Side, n_first: int | None = None) -> Nodes:
        """Nodes of a list, ascending, so strongest first; at least `n_first` of them where there are as many."""
        return self.list_of(card, side, n_first)[0]

    def list_of(self, card: Card, side: Side, n_first: int | None = None) -> tuple[Nodes, Lists | None]:
        """As `neighbours`, with the leaf's lists, which know names of some of them.

        Raises: NotFound for an out-list of a release that was written without.
        """
        if side == "outward" and not self.manifest.layout.keeps_out:
            raise NotFound(
                f"{self.manifest.name} was written without out-lists", hint="import it again without --no-out"
            )
        count = card.n_in if side == "inward" else card.n_out
        where, position = self.blocks.place_of(card.place)
        counts = self.blocks.numbers([where])[0]["n_in" if side == "inward" else "n_out"]
        if not count:
            return NOTHING, None
        lists = self.blocks.lists(where, side, counts.view(np.uint32))
        nodes = lists.first(position)
        wanted = count if n_first is None else min(n_first, count)
        tail = lists.tail(position)
        if wanted <= len(nodes) or tail is None:
            return nodes, lists
        return np.concatenate([nodes, *self._tail(where, side, tail.offset, tail.digest, count, wanted)]), lists

    def below(self, name: str) -> NDArray[np.int64]:
        """The node of a name and those of all names below it.    Cost: the numbers of all of them."""
        raw = reversed_name(name)
        spans = [(self._place_at_least(raw), self._place_at_least(raw + b"\0"))]
        spans.append((self._place_at_least(raw + b"."), self._place_at_least(raw + b"/")))
        per, found = self.manifest.layout.per_leaf, [np.empty(0, np.int64)]
        for low, high in spans:
            for leaf in range(low // per, -(-high // per)):
                nodes = self.blocks.numbers([divmod(leaf, self.manifest.layout.per_page)])[0]["node"]
                found.append(nodes[max(0, low - leaf * per) : high - leaf * per].astype(np.int64))
        return np.concatenate(found)

    def _place_at_least(self, raw: bytes) -> int:
        """The first place, in name order, whose name is not before the given one."""
        page = self.blocks.root.page_of(raw)
        leaf = self.blocks.pages([page])[0].leaf_of(raw)
        layout = self.manifest.layout
        return (page * layout.per_page + leaf) * layout.per_leaf + self.blocks.names([(page, leaf)])[0].at_least(raw)

    def names(self, nodes: Sequence[int] | Nodes, among: Sequence[Lists] = ()) -> list[str]:
        """The names of nodes."""
        return self.standings(nodes, among)[0]

    def standings(self, nodes: Sequence[int] | Nodes, among: Sequence[Lists] = ()) -> tuple[list[str], list[int]]:
        """The names and positions of nodes: from the root (flagged), the head (frequent), or a leaf that has them.

        What is left is looked up in the table of all names, which costs a server a request for each.
        """
        wanted = [int(node) for node in nodes]
        known = {n: (forward_text(self.flagged[n].name), self.flagged[n].behind) for n in wanted if n in self.flagged}
        if self.blocks.source.is_local:
            among = ()  # all names at hand: quicker than those of a whole leaf
        else:
            self._from_head(wanted, known)
        for lists in among:
            self._from_leaf(lists, [node for node in wanted if node not in known], known)
        rest = list(dict.fromkeys(node for node in wanted if node not in known))
        known.update(
            (n, (forward(raw), behind)) for n, (raw, behind) in zip(rest, self.blocks.called(rest), strict=True)
        )
        return [known[node][0] for node in wanted], [self.position(node, known[node][1]) for node in wanted]

    def _from_head(self, wanted: Sequence[int], known: dict[int, Standing]) -> None:
        """Look up nodes among those that most lists hold."""
        layout = self.manifest.layout
        heads = self.blocks.root.head_nodes
        at = np.searchsorted(heads, np.array(wanted, np.uint32)).tolist()
        strong = [
            (n, i) for n, i in zip(wanted, at, strict=True) if i < len(heads) and heads[i] == n and n not in known
        ]
        blocks = sorted({i // layout.per_head for _, i in strong})
        head = dict(zip(blocks, self.blocks.head(blocks), strict=True))
        for node, i in strong:
            called, at = head[i // layout.per_head], i % layout.per_head
            known[node] = forward(called.raw(at)), called.behind(at)

    def _from_leaf(self, lists: Lists, wanted: Sequence[int], known: dict[int, Standing]) -> None:
        """Look up nodes among those whose names stand beside lists."""
        if not wanted:
            return
        root = self.blocks.root
        deep, called = lists.named(self._left_out, root.head_nodes, root.beginnings)
        for node, place in zip(wanted, np.searchsorted(deep, wanted).tolist(), strict=True):
            if place < len(deep) and deep[place] == node:
                known[node] = forward(called.raw(place)), called.behind(place)

    def places(self, nodes: Sequence[int]) -> list[int]:
        """The place of each node in name order."""
        return self.blocks.entries(files.ORDER, list(nodes)) if nodes else []

    def positions(self, nodes: Sequence[int] | Nodes) -> list[int]:
        """The position of each node, 1 the strongest; equal ones share the worst."""
        return self.standings(nodes)[1]

    def position(self, node: int, behind: int) -> int:
        """The position of a node with so many of the same rank behind it; without in-links, the last."""
        return node + 1 + behind if node < self.manifest.n_linked else self.n

    def ranks(self, nodes: Sequence[int]) -> list[dict[str, float | None]]:
        """The columns of ranks of each node."""
        found = [self.blocks.place_of(place) for place in self.places(nodes)]
        leaves = list(dict.fromkeys(where for where, _ in found))
        numbers = dict(zip(leaves, self.blocks.numbers(leaves), strict=True))
        return [_ranks(numbers[where], position) for where, position in found]

    def authority(self, position: int) -> float | None:
        """0..100 at a position; None in a small release, 0 without in-links, which the last position is."""
        return authority_at(position, self.n)

    def is_flagged(self, nodes: Nodes) -> NDArray[np.bool_]:
        """Which nodes default views leave out."""
        return np.isin(nodes, self._left_out)

    def _card(self, place: int) -> Card:
        where, position = self.blocks.place_of(place)
        numbers = self.blocks.numbers([where])[0]
        counts = {
            key: int(numbers[key][position]) for key in ("node", "n_in", "n_out", "n_in_flagged", "n_out_flagged")
        }
        stands = self.position(counts["node"], int(numbers["behind"][position]))
        n_hosts = int(numbers["n_hosts"][position]) if "n_hosts" in numbers else None
        return Card(
            name=forward(self.blocks.names([where])[0].raw(position)), place=place, position=stands, n_hosts=n_hosts,
            authority=self.authority(stands), ranks=_ranks(numbers, position), **counts,
        )  # fmt: skip

    def _some(self, card: Card, side: Side, limit: int | None, offset: int, keep_flagged: bool) -> Neighbours:
        n_all, n_flagged = (card.n_in, card.n_in_flagged) if side == "inward" else (card.n_out, card.n_out_flagged)
        left_out = 0 if keep_flagged else n_flagged
        n_first = None if limit is None else offset + limit + left_out
        nodes, lists = self.list_of(card, side, n_first)
        if not keep_flagged:
            nodes = nodes[~self.is_flagged(nodes)]
        shown = nodes[offset : None if limit is None else offset + limit]
        names, positions = self.standings(shown, [] if lists is None else [lists])
        return Neighbours(shown, names, positions, n_all - left_out, left_out)

    def _tail(self, where: Place, side: Side, offset: int, digest: int, count: int, wanted: int) -> list[Nodes]:
        """The nodes of a list behind its first ones, in whole chunks, until `wanted` are there."""
        layout, n = self.manifest.layout, self.n
        n_chunks = -(-(count - layout.prefix) // layout.chunk)
        spans = self.blocks.tail(where, side, offset, digest, n_chunks)
        needed = spans[: -(-(wanted - layout.prefix) // layout.chunk)]
        parts: list[Nodes] = []
        done = layout.prefix
        read = decoder(min(len(needed) * layout.chunk, count))
        for start in range(0, len(needed), _BATCH):
            for data in self.blocks.read(needed[start : start + _BATCH]):
                size = min(layout.chunk, count - done)
                parts.append(whole(read.read_chunk(np.frombuffer(data, np.uint64), size, count - done, n), n))
                done += size
        return parts


def forward(raw: bytes) -> str:
    """example.com of com.example."""
    return forward_text(raw.decode("utf-8", "replace"))


def forward_text(text: str) -> str:
    """example.com of com.example."""
    return ".".join(reversed(text.split(".")))


_COUNTS = ("node", "behind", "n_in", "n_out", "n_hosts", "n_in_flagged", "n_out_flagged")


def _ranks(numbers: dict[str, NDArray[np.generic]], position: int) -> dict[str, float | None]:
    """The ranks of one domain; a position of 0 and a value that is no number are unknown."""
    found: dict[str, float | None] = {}
    for name, values in numbers.items():
        if name not in _COUNTS:
            value = float(values[position])
            is_unknown = math.isnan(value) or (value == 0 and values.dtype.kind == "u")
            found[name] = None if is_unknown else value
    return found
