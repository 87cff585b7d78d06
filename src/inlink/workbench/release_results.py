"""What is said about releases of web graphs: which there are, what a fetch and an import did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """What is here of one graph of a release. Units: bytes on disk.

    state: imported, importing (now), import stopped, fetched, fetching (now), fetch stopped, published (not here), or
    unreadable (damaged, or of another version of the format: an import converts it again).
    why, hint: of what stopped, the reason and what to do.
    """

    name: str
    kind: str
    state: str
    n_nodes: int | None = None
    n_edges: int | None = None
    size_bytes: int | None = None
    text_bytes: int | None = None
    path: str | None = None
    crawls: tuple[str, ...] = ()
    why: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class FetchedRelease:
    """What a fetch did. Units: n_bytes that came this time, size_bytes of all its files."""

    name: str
    kind: str
    path: str
    n_files: int
    n_new: int
    n_resumed: int
    n_bytes: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Example:
    """One line of the text that was left out."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class ImportedRelease:
    """What an import did. outcome: imported, or unchanged (it was here). Units: seconds by step, bytes on disk.

    counts: what was read, left out and repaired, by name; examples: the first lines that were left out.
    """

    outcome: str
    name: str
    kind: str
    path: str
    n_nodes: int
    n_edges: int
    size_bytes: int
    counts: Mapping[str, int]
    examples: tuple[Example, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import. where: a folder or address, None for Common Crawl. Units: memory_bytes for turning lists round.

    keeps_out: whether domains can be asked what they reference. names_beside: whether names stand beside lists, so
    that a web server answers in few requests; on this machine they are found without.
    """

    where: str | None = None
    ranks: bool = True
    restart: bool = False
    again: bool = False
    keeps_text: bool = True
    keeps_out: bool = True
    names_beside: bool = True
    memory_bytes: int = 8 * 2**30
    threads: int = 2
