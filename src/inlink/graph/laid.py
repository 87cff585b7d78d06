"""The graph of a run over a release of any size: own votes and own names, kept beside a reference to the release.

graph/arrays/<graph>/graph.json      which release by its digest and where it lies; how many nodes and votes
graph/arrays/<graph>/*.npy           what the release lacks: votes (extra_*), names (key_*, name_*); own_nodes: the node
                                     of each own name; out_votes: how many each node votes for

Nodes are those of `overlay`: the release's by its own numbers, then names that it lacks. In-links are read from the
release's blocks when they are asked for, so the release has to stay where it is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex, NotFound, Refused
from inlink.graph.arrays import Array, digests_of, open_array, save_arrays
from inlink.graph.blocks import Manifest, Release
from inlink.graph.blocks.source import FolderSource
from inlink.graph.names import Names, Texts, open_names
from inlink.store.files import replace_text
from inlink.urls.surt import host_key, host_of_key

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]

FILE_NAME = "graph.json"  # as of other graphs, so that they are verified and removed alike
_AGAIN = "run inlink rank --release again"


@dataclass(frozen=True, slots=True)
class Extra:
    """Votes that a release lacks. Shapes: rows int64 (k,), ascending; offsets int64 (k + 1,); sources uint32 (votes,).

    Sources ascend within a row.
    """

    rows: Longs
    offsets: Longs
    sources: Words

    @classmethod
    def of(cls, rows: Longs, sources: Longs) -> Extra:
        """Votes for rows, each given once."""
        order = np.lexsort((sources, rows))
        found, counts = np.unique(rows, return_counts=True)
        return cls(found, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), sources[order].astype(np.uint32))

    @property
    def m(self) -> int:
        """How many votes."""
        return len(self.sources)

    def targets(self) -> Longs:
        """The row of each vote."""
        return np.repeat(self.rows, np.diff(self.offsets))

    def row(self, row: int) -> Words:
        """The sources of one row."""
        at = int(np.searchsorted(self.rows, row))
        if at == len(self.rows) or self.rows[at] != row:
            return self.sources[:0]
        return self.sources[int(self.offsets[at]) : int(self.offsets[at + 1])]


@dataclass(frozen=True, slots=True)
class LaidFacts:
    """graph.json: what the graph is of. release, release_digest: name and identity; release_folder: below the
    workspace, or wherever it lies.
    """

    kind: str
    n: int
    m: int
    release: str
    release_digest: str
    release_folder: str
    digests: dict[str, str]


class LaidNames:
    """Names of the nodes: those of the release, looked up in it, and those that it lacks. As graph.names.Names."""

    def __init__(self, kind: str, release: Release, added: Names) -> None:
        self.kind = kind
        self.release = release
        self.added = added

    def __len__(self) -> int:
        return self.release.n + len(self.added)

    def name(self, node: int) -> str:
        """What the node is called. Raises: CorruptIndex."""
        n = self.release.n
        return self.added.name(node - n) if node >= n else self.release.names([node])[0]

    def key(self, node: int) -> str:
        """The node's key."""
        return host_key(self.name(node))

    def node(self, name: str) -> int | None:
        """The node of a host or domain; None where neither has it."""
        known = known_as(name, self.release.manifest)
        own = self.added.node(known)
        if own is not None and self.added.name(own) == known:
            return self.release.n + own
        card = self.release.find(known)
        return None if card is None else card.node

    def node_of_key(self, key: str, name: str | None = None) -> int | None:
        """The node with this key, or of this name."""
        return self.node(host_of_key(key) if name is None else name)

    def names_of(self, nodes: Sequence[int]) -> list[str]:
        """What nodes are called."""
        theirs = [node for node in nodes if node < self.release.n]
        known = dict(zip(theirs, self.release.names(theirs), strict=True))
        return [known[node] if node in known else self.name(node) for node in nodes]

    def below(self, name: str) -> Longs:
        """The nodes of a host or domain and of all names below it."""
        return np.concatenate([self.release.below(name), self.release.n + self.added.below(name)])


class Laid:
    """An opened graph; arrays are memory maps, and the release is opened when it is first asked."""

    def __init__(self, folder: Path, root: Path) -> None:
        """root: the folder of the workspace. Raises: CorruptIndex."""
        self.folder, self.root = folder, root
        try:
            self.facts = LaidFacts(**json.loads((folder / FILE_NAME).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise CorruptIndex(f"{folder} holds no graph", hint=_AGAIN) from error

    @cached_property
    def release(self) -> Release:
        """The release. Raises: NotFound where it is not there any more; CorruptIndex where it is another one now."""
        facts, folder = self.facts, self.root / self.facts.release_folder
        try:
            found = Release.open(folder)
        except NotFound as error:
            raise NotFound(
                f"the release {facts.release} that the run was made over is not in {folder} any more",
                hint=f"bring it back, or {_AGAIN}",
            ) from error
        if found.manifest.digest != facts.release_digest:
            raise CorruptIndex(f"the release in {folder} is not the one that the run was made over", hint=_AGAIN)
        return found

    @cached_property
    def names(self) -> LaidNames:
        """Names of the nodes."""
        return LaidNames(self.facts.kind, self.release, open_names(self.folder, self.facts.kind))

    @cached_property
    def extra(self) -> Extra:
        """Votes that the release lacks, by node."""
        return Extra(*(open_array(self.folder, f"extra_{name}") for name in ("rows", "offsets", "sources")))

    @cached_property
    def out_votes(self) -> Words:
        """How many each node votes for. Shape: uint32 (n,)."""
        return open_array(self.folder, "out_votes")

    @cached_property
    def own_nodes(self) -> Longs:
        """The node of each own name. Shape: int64 (own names,)."""
        return open_array(self.folder, "own_nodes")

    def sources(self, node: int) -> Words:
        """Who votes for a node, ascending. Raises: as `release`; CorruptIndex."""
        more = self.extra.row(node)
        if node >= self.release.n:
            return more
        found = self.release.neighbours(self.release.card(node), "inward")
        return np.sort(np.concatenate([found, more])) if len(more) else found


def save_laid(folder: Path, *, kind: str, release: Release, root: Path, arrays: dict[str, Array], m: int) -> None:
    """Write a graph: the arrays of `Laid`, names of `added` that are there already, and graph.json."""
    save_arrays(folder, arrays)
    n, path = len(arrays["out_votes"]), folder_of(release)
    where = path.relative_to(root.resolve()).as_posix() if path.is_relative_to(root.resolve()) else str(path)
    facts: dict[str, Any] = {"kind": kind, "n": n, "m": m, "release": release.manifest.name}
    facts |= {"release_digest": release.manifest.digest, "release_folder": where, "digests": digests_of(folder)}
    replace_text(folder / FILE_NAME, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def save_added(folder: Path, kind: str, added: tuple[str, ...]) -> None:
    """Write the names that a release lacks, which are in the order of their keys."""
    Names(kind, Texts.of([host_key(name) for name in added]), Texts.of(added)).save(folder)


def lists_bytes(n: int, m: int) -> int:
    """What lists of both directions take on disk, at most (`laid_lists`)."""
    return m * 12 + n * 68


def releases_needed(root: Path) -> set[Path]:
    """The folders of releases that runs of a workspace are laid over, whether they are there or not."""
    found = set()
    for path in (root / "graph" / "arrays").glob(f"*/{FILE_NAME}"):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(facts, dict) and isinstance(facts.get("release_folder"), str):
            found.add(root / facts["release_folder"])
    return found


def folder_of(release: Release) -> Path:
    """Where a release lies. Raises: Refused for one on a server: all of it is read."""
    source = release.blocks.source
    if not isinstance(source, FolderSource):
        raise Refused(f"{release.manifest.name} is on a server", hint="import it: inlink cc import, then name it")
    return source.folder.resolve()


def check_same(release: Release) -> None:
    """Nothing, if the release is still what it was when it was opened. Raises: Refused; NotFound; CorruptIndex."""
    if Release.open(folder_of(release)).manifest.digest != release.manifest.digest:
        raise Refused(f"{release.manifest.name} was changed while it was read", hint=_AGAIN)


def known_as(name: str, manifest: Manifest) -> str:
    """How a release writes a host: where its names have no `www.`, without."""
    is_stripped = manifest.meta.get("www") == "stripped"
    return name.removeprefix("www.") if is_stripped and name.count(".") > 1 else name
