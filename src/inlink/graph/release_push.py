"""Pushes over the lists of a release, read as they are needed: what a change of few links asks for, bounded.

Both directions are followed where most is on its way, until so many edges were looked at. From the column p with its
residual r of a node j, and the row q with its rest f of a node x (`what_if_columns`):

    z_xj = p_x + q r + f Z r,    0 <= f Z r <= |f|_1 max(r) / (1 - a)
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks import Card, Release
from inlink.graph.explain_numbers import Floats

Words = NDArray[np.uint32]

FINE = 1e-7  # less on its way than this is as good as nothing: a release has seven digits


@dataclass(frozen=True, slots=True)
class Known:
    """What a release's numbers say of a node."""

    mass: float
    n_in: int
    n_out: int
    place: int


class ReleaseLists:
    """Numbers and lists of nodes, each read once."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.keeps_out = release.manifest.layout.keeps_out
        self._known: dict[int, Known] = {}
        self._lists: dict[tuple[int, bool], Words] = {}

    def known(self, nodes: Sequence[int]) -> list[Known]:
        """The numbers of nodes."""
        missing = [node for node in dict.fromkeys(nodes) if node not in self._known]
        if missing:
            blocks, places = self.release.blocks, self.release.places(missing)
            found = [blocks.place_of(place) for place in places]
            leaves = list(dict.fromkeys(where for where, _ in found))
            numbers = dict(zip(leaves, blocks.numbers(leaves), strict=True))
            for node, place, (where, at) in zip(missing, places, found, strict=True):
                leaf = numbers[where]
                counts = int(leaf["n_in"][at]), int(leaf["n_out"][at])
                self._known[node] = Known(float(leaf["mass"][at]), *counts, place)
        return [self._known[node] for node in nodes]

    def neighbours(self, node: int, *, inward: bool) -> Words:
        """One list of a node."""
        key = (node, inward)
        if key not in self._lists:
            about = self.known([node])[0]
            card = Card("", node, about.place, node + 1, about.n_in, about.n_out, 0, 0, None, None)
            self._lists[key] = self.release.neighbours(card, "inward" if inward else "outward")
        return self._lists[key]

    def links(self, source: int, target: int) -> bool:
        """Whether there is an edge; looked up in the shorter list."""
        of_source, of_target = self.known([source, target])
        if self.keeps_out and of_source.n_out < of_target.n_in:
            return bool(np.any(self.neighbours(source, inward=False) == target))
        return bool(np.any(self.neighbours(target, inward=True) == source))


@dataclass(slots=True)
class Pushed:
    """A push: what is settled, and what is on its way, by node."""

    settled: dict[int, float] = field(default_factory=dict)
    waiting: dict[int, float] = field(default_factory=dict)

    def most(self) -> float:
        """The largest of what is on its way."""
        return max(self.waiting.values(), default=0.0)

    def left(self) -> float:
        """All that is on its way."""
        return float(sum(self.waiting.values()))


def pushed_back(lists: ReleaseLists, target: int, damping: float, most_edges: int) -> Pushed:
    """The column of a node: p and r, so that p <= y <= p + max(r) / (1 - a)."""

    def step(node: int, value: float) -> list[tuple[int, float]]:
        sources = lists.neighbours(node, inward=True).tolist()
        return [(s, damping * value / k.n_out) for s, k in zip(sources, lists.known(sources), strict=True)]

    return _pushed(target, step, lambda node: lists.known([node])[0].n_in, most_edges)


def pushed_on(lists: ReleaseLists, start: int, damping: float, most_edges: int) -> Pushed:
    """The row of a node: visits q of others, and f, where walks are that were not followed further."""

    def step(node: int, value: float) -> list[tuple[int, float]]:
        targets = lists.neighbours(node, inward=False).tolist()
        return [(t, damping * value / len(targets)) for t in targets]

    most = most_edges if lists.keeps_out else -1
    return _pushed(start, step, lambda node: lists.known([node])[0].n_out, most)


def _pushed(
    start: int, step: Callable[[int, float], list[tuple[int, float]]], cost: Callable[[int], int], most_edges: int
) -> Pushed:
    """Push where most waits, until the next push would look at more edges than are left."""
    found = Pushed(waiting={start: 1.0})
    heap = [(-1.0, start)]
    while heap:
        value, node = heapq.heappop(heap)
        if -value < FINE:
            break
        if found.waiting.get(node, 0.0) != -value:
            continue  # more came since: it stands in the heap once more
        most_edges -= cost(node)
        if most_edges < 0:
            break
        amount = found.waiting.pop(node)
        found.settled[node] = found.settled.get(node, 0.0) + amount
        for other, more in step(node, amount):
            found.waiting[other] = found.waiting.get(other, 0.0) + more
            heapq.heappush(heap, (-found.waiting[other], other))
    return found


class ReleaseColumns:
    """Columns of Z at few nodes, by pushes of so many edges each; the places of a small graph stand for the nodes.

    nodes: the node of each place. See `what_if_masses.Columns`.
    """

    def __init__(self, lists: ReleaseLists, nodes: Sequence[int], damping: float, most_edges: int) -> None:
        self.lists, self.nodes, self.damping, self.most_edges = lists, list(nodes), damping, most_edges
        self._columns: dict[int, Pushed] = {}
        self._rows: dict[int, Pushed] = {}

    def entries(self, nodes: Sequence[int], column: int) -> tuple[Floats, float]:
        """Z at (nodes, column), and a bound of the error."""
        push, rows = self._column(column), [self._row(node) for node in nodes]
        highest = 1 / (1 - self.damping**2)  # visits to a node from itself, at most
        most = min(push.most() / (1 - self.damping), highest)
        values = []
        for node, row in zip(nodes, rows, strict=True):
            ways = (visits * push.waiting.get(at, 0.0) for at, visits in row.settled.items())
            values.append(push.settled.get(self.nodes[node], 0.0) + sum(ways))
        return np.array(values), most * max((min(1.0, row.left()) for row in rows), default=0.0)

    def mean(self, column: int) -> tuple[float, float]:
        """Not asked for: releases return what leaks by restarts."""
        return 0.0, 1.0

    def leaks(self, nodes: Sequence[int]) -> tuple[Floats, float]:
        """c at nodes: what reaches domains without out-links."""
        rows = [self._row(node) for node in nodes]
        values = []
        for row in rows:
            ends = self.lists.known(list(row.settled))
            values.append(sum(v for v, k in zip(row.settled.values(), ends, strict=True) if not k.n_out))
        return np.array(values, np.float64), max((min(1.0, row.left()) for row in rows), default=0.0)

    def mean_leak(self) -> tuple[float, float]:
        """Not asked for."""
        return 0.0, 1.0

    def _column(self, place: int) -> Pushed:
        if place not in self._columns:
            self._columns[place] = pushed_back(self.lists, self.nodes[place], self.damping, self.most_edges)
        return self._columns[place]

    def _row(self, place: int) -> Pushed:
        if place not in self._rows:
            self._rows[place] = pushed_on(self.lists, self.nodes[place], self.damping, self.most_edges // 4)
        return self._rows[place]
