"""Small releases with web-like skew, and with traps, for the tests of the block format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks import Layout, Manifest
from inlink.graph.blocks.writer import write_release

TINY = Layout(
    per_leaf=16,
    prefix=8,
    named=4,
    named_out=4,
    unnamed=1,
    chunk=16,
    head=32,
    per_head=8,
    per_called=32,
    per_page=4,
    per_order=32,
    skip=4,
)


@dataclass(frozen=True)
class Made:
    """A release before it is written: names (reversed) by line, edges by source line and target line."""

    names: list[str]
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    mass: NDArray[np.float64]

    @property
    def n(self) -> int:
        return len(self.names)

    def order(self) -> list[int]:
        """Lines, strongest first."""
        return self._order

    @cached_property
    def _order(self) -> list[int]:
        """The rule said once more, and plainly."""
        has_in = {int(t) for t in self.targets}
        place = {line: i for i, line in enumerate(sorted(range(self.n), key=lambda i: (self.names[i].encode(), i)))}
        return sorted(range(self.n), key=lambda i: (i not in has_in, -float(f"{self.mass[i]:.9e}"), place[i]))

    def referring(self, line: int) -> list[str]:
        """Names of the sources of a line, strongest first."""
        mine = {int(s) for s, t in zip(self.sources, self.targets, strict=True) if t == line}
        return [shown(self.names[i]) for i in self.order() if i in mine]

    def outgoing(self, line: int) -> list[str]:
        mine = {int(t) for s, t in zip(self.sources, self.targets, strict=True) if s == line}
        return [shown(self.names[i]) for i in self.order() if i in mine]


def shown(name: str) -> str:
    return ".".join(reversed(name.split(".")))


def lists_of(
    rows: NDArray[np.int64], columns: NDArray[np.int64], n: int
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Offsets and neighbours of distinct edges."""
    order = np.lexsort((columns, rows))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))]).astype(np.int64)
    return offsets, columns[order].astype(np.uint32)


def skewed(n: int, n_edges: int, seed: int = 1) -> Made:
    """Half the domains link; targets and sources by a power law over shuffled lines, some of them near in name."""
    random = np.random.default_rng(seed)
    weight = 1 / np.arange(1, n + 1) ** 0.75
    by_strength = random.permutation(n)
    targets = by_strength[random.choice(n, n_edges, p=weight / weight.sum())]
    sources = random.permutation(by_strength)[
        random.choice(n // 2, n_edges, p=weight[: n // 2] / weight[: n // 2].sum())
    ]
    near = random.random(n_edges) < 0.3
    targets = np.where(near, (sources + random.integers(1, 1 + max(2, n // 100), n_edges)) % n, targets)
    edges = np.unique(np.stack([sources, targets], 1)[sources != targets], axis=0)
    mass = np.empty(n)
    mass[by_strength] = weight / weight.sum()
    return Made(made_names(n, random), edges[:, 0], edges[:, 1], mass)


def made_names(n: int, random: np.random.Generator) -> list[str]:
    """Distinct reversed names in the order of bytes."""
    tops = ["com", "com", "com", "com", "de", "org", "net", "uk.co", "fr", "ru", "xyz", "io"]
    syllables = ["ba", "ke", "lo", "mi", "tra", "web", "shop", "net", "on", "ster", "ing", "al", "e", "x", "pro", "-"]
    found: set[str] = set()
    while len(found) < n:
        for _ in range(n - len(found)):
            parts = random.choice(syllables, random.integers(2, 6))
            label = "".join(parts).strip("-") or "a"
            found.add(
                f"{tops[random.integers(len(tops))]}.{label}{random.integers(1000) if random.random() < 0.3 else ''}"
            )
    return sorted(found, key=str.encode)


def batches(names: list[str], size: int = 1000) -> Iterator[list[bytes]]:
    for start in range(0, len(names), size):
        yield [name.encode() for name in names[start : start + size]]


def write(
    folder: Path,
    made: Made,
    *,
    layout: Layout = TINY,
    kind: str = "domains",
    name: str = "cc-main-made",
    **more: object,
) -> Manifest:
    """The release in a folder."""
    arguments: dict[str, object] = {"ranks": {"mass": made.mass}, "n_hosts": None, "meta": {}, **more}
    return write_release(
        folder, name=name, kind=kind, names=batches(made.names),
        inward=lists_of(made.targets, made.sources, made.n), outward=lists_of(made.sources, made.targets, made.n),
        layout=layout, **arguments,  # type: ignore[arg-type]
    )  # fmt: skip
