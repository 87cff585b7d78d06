"""Scoring runs: a folder each, with the scores and run.json; the same inputs give the same run, bit for bit.

graph/<run>/run.json     what went in, what came out, digests
graph/LATEST             the run of each kind that was asked for last
graph/<run>/*.npy        mass, position, in_votes, and the rounded masses in order: read as memory maps; of a large
                         graph also leaks, for what-if
graph/<run>/scores/      the same as a table (Parquet)
graph/votes/, arrays/    what runs are made from, shared between them
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex, NotFound
from inlink.graph import authority
from inlink.graph.arrays import digests_of, open_array
from inlink.graph.authority import Standing
from inlink.graph.laid import Laid, LaidNames
from inlink.graph.names import KINDS, Names, open_names
from inlink.graph.policy import Policy
from inlink.graph.run_names import LATEST, PREVIOUS
from inlink.schema.runs import RUN_SCORES
from inlink.store.digests import digest_of
from inlink.store.files import replace_text
from inlink.store.tables import read_batches, stored_schema
from inlink.store.workspace import Workspace

# The version of how a graph is scored: it rises whenever the same graph and recipe would give other scores.
CODE = "1"
FILE_NAME = "run.json"
SHARED = ("votes", "arrays")  # folders beside the runs
LISTS, LISTS_FILE = "lists", "lists.json"  # where a run over a release of any size keeps both directions (`laid_lists`)
LATEST_FILE = "LATEST"
DAMPING = 0.85
TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a run. snapshot_key is the digest of the snapshot's content; its name is not part of the id.

    release: the release that the votes are laid over; snapshot_key is then the digest of both.
    dangling: where the mass of nodes that vote for nobody goes. restart: where a walk begins anew.
    tolerance: bound on the sum of all errors of masses.
    """

    kind: str
    snapshot: str
    snapshot_key: str
    policy: Policy = field(default_factory=Policy)
    damping: float = DAMPING
    dangling: str = "restart"
    restart: str = "uniform"
    tolerance: float = TOLERANCE
    release: str | None = None

    @property
    def words(self) -> dict[str, object]:
        """What a run records as its inputs."""
        return {
            "graph": self.kind,
            "snapshot": self.snapshot,
            "snapshot_key": self.snapshot_key,
            **self.policy.words,
            "damping": self.damping,
            "dangling": self.dangling,
            "restart": self.restart,
            "tolerance": self.tolerance,
            "code": CODE,
            "schema": RUN_SCORES.version,
            **({"release": self.release} if self.release else {}),
        }

    @property
    def run(self) -> str:
        """Name of the run: the kind of its graph and the digest of its inputs."""
        words = {name: value for name, value in self.words.items() if name not in ("snapshot", "release")}
        digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()
        return f"{self.kind}-{digest[:12]}"


def recipe_of(words: dict[str, Any]) -> Recipe:
    """The recipe that a run recorded."""
    share = {"nofollow_share": words["nofollow_share"]} if "nofollow_share" in words else {}
    policy = Policy(words["follow"], words["weight"], **share)
    same = {name: words[name] for name in ("snapshot", "snapshot_key", "damping", "dangling", "restart", "tolerance")}
    return Recipe(words["graph"], policy=policy, release=words.get("release"), **same)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """run.json: inputs, where the graph is kept, how it went, and the digests of what was written.

    n_unknown_follow: links that counted as follow because their input cannot know whether they are; null in older runs.
    leaks_error: how far leaks.npy may be off; null where there is none (smaller graphs, older runs).
    is_laid: the graph is a release's, read from its own blocks (`laid`); its votes are the user's own, "" for none.
    returned: the mass at dangling nodes; null where the graph tells.
    """

    run: str
    inputs: dict[str, Any]
    graph: str
    votes: str
    n: int
    m: int
    n_dangling: int
    iterations: int
    error_bound: float
    scores: dict[str, Any]
    digests: dict[str, str]
    made_by: str
    made_at: str
    n_unknown_follow: int | None = None
    is_laid: bool = False
    returned: float | None = None
    leaks_error: float | None = None


@dataclass(frozen=True)
class Run:
    """An opened run; arrays are memory maps, opened when they are first asked for."""

    folder: Path
    facts: RunFacts

    @property
    def id(self) -> str:
        """Name of the run; every number from it names it."""
        return self.facts.run

    @property
    def kind(self) -> str:
        """pages, hosts or domains."""
        return str(self.facts.inputs["graph"])

    @property
    def snapshot(self) -> str:
        """Name of the snapshot whose votes were counted."""
        return str(self.facts.inputs["snapshot"])

    @property
    def recipe(self) -> Recipe:
        """What the run was made by."""
        return recipe_of(self.facts.inputs)

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.facts.n

    @cached_property
    def laid(self) -> Laid:
        """The graph of a run over a release of any size. Raises: CorruptIndex."""
        return Laid(self.graph_folder, self.folder.parent.parent)

    @cached_property
    def names(self) -> Names | LaidNames:
        """Names of the nodes."""
        return self.laid.names if self.facts.is_laid else self.kept_names

    @cached_property
    def kept_names(self) -> Names:
        """Names of the nodes where all are kept, in the order of keys. Raises: CorruptIndex where they are not."""
        return open_names(self.folder.parent / "votes" / self.facts.votes, self.kind)

    @cached_property
    def mass(self) -> NDArray[np.float64]:
        """Mass of each node; sums to 1. Shape: float64 (n,)."""
        return open_array(self.folder, "mass")

    @cached_property
    def position(self) -> NDArray[np.int64]:
        """Position of each node. Shape: int64 (n,), uint32 over a release."""
        return open_array(self.folder, "position")

    @cached_property
    def in_votes(self) -> NDArray[np.int64]:
        """How many vote for each node. Shape: int64 (n,), uint32 over a release."""
        return open_array(self.folder, "in_votes")

    @cached_property
    def ordered(self) -> NDArray[np.int64]:
        """Masses of all nodes, rounded as whole numbers, ascending (see authority.rounded). Shape: int64 (n,)."""
        return open_array(self.folder / LISTS if self.facts.is_laid else self.folder, "ordered")

    @property
    def graph_folder(self) -> Path:
        """Folder of the graph's arrays, for graph.open_graph."""
        return self.folder.parent / "arrays" / self.facts.graph

    @property
    def has_lists(self) -> bool:
        """Whether both directions of the graph are kept; of a run over a release of any size only when asked for."""
        return not self.facts.is_laid or all(
            (folder / LISTS / LISTS_FILE).exists() for folder in (self.folder, self.graph_folder)
        )

    def standing(self, node: int) -> Standing:
        """Where a node stands."""
        has_votes = bool(self.in_votes[node] > 0)
        return authority.standing(float(self.mass[node]), int(self.position[node]), self.n, has_votes=has_votes)

    def standing_if(self, node: int, mass: float, *, has_votes: bool = True) -> Standing:
        """Where a node would stand with another mass, all others held still. has_votes: some vote for it then."""
        return authority.standing_if(mass, self.ordered, instead_of=float(self.mass[node]), has_votes=has_votes)


def runs_of(workspace: Workspace) -> list[Run]:
    """All runs that can be read, oldest first."""
    found = []
    for name in run_names(workspace):
        try:
            found.append(read_run(workspace.graph / name))
        except CorruptIndex:
            continue
    return sorted(found, key=lambda run: (run.facts.made_at, run.id))


def run_names(workspace: Workspace) -> list[str]:
    """Names of the folders of runs."""
    if not workspace.graph.is_dir():
        return []
    return sorted(p.name for p in workspace.graph.iterdir() if p.is_dir() and p.name not in SHARED)


def open_run(workspace: Workspace, run: str = LATEST, *, kind: str | None = None, snapshot: str | None = None) -> Run:
    """A run by its name or the beginning of it; or the latest, of a kind of graph and a snapshot if these are given.

    `previous` is the newest other run of the latest one's kind. Raises: NotFound; CorruptIndex where it cannot be read.
    """
    if run not in (LATEST, PREVIOUS):
        return _named(workspace, run)
    found = [one for one in runs_of(workspace) if kind in (None, one.kind) and snapshot in (None, one.snapshot)]
    asked = list(remembered(workspace).values())
    found.sort(key=lambda one: asked.index(one.id) if one.id in asked else -1)
    if run == PREVIOUS and found:
        found = [one for one in found[:-1] if one.kind == found[-1].kind]
    if not found:
        what = f" of {kind}" if kind else ""
        other = "other " if run == PREVIOUS else ""
        raise NotFound(
            f"there is no {other}scoring run{what} yet",
            hint=f"make one: inlink rank{f' --graph {kind}' if kind else ''}",
        )
    return found[-1]


def is_run(folder: Path) -> bool:
    """Whether a run that can be read stands in the folder."""
    try:
        read_run(folder)
    except CorruptIndex:
        return False
    return True


def remember(workspace: Workspace, run: str) -> None:
    """The run was asked for last: from now on it is the latest of its kind, though it was made before others."""
    kind = run.partition("-")[0]
    known = {other: name for other, name in remembered(workspace).items() if other != kind} | {kind: run}
    replace_text(workspace.graph / LATEST_FILE, json.dumps(known) + "\n")


def remembered(workspace: Workspace) -> dict[str, str]:
    """Kind of graph → the run that was asked for last; the kind asked for last comes last."""
    try:
        found = json.loads((workspace.graph / LATEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(kind): str(run) for kind, run in found.items()} if isinstance(found, dict) else {}


def _named(workspace: Workspace, run: str) -> Run:
    names = [name for name in run_names(workspace) if name.startswith(run)]
    if run in names:
        names = [run]
    if len(names) != 1:
        more = "no run has" if not names else f"{len(names)} runs have"
        known = ", ".join(one.id for one in reversed(runs_of(workspace))) or "none yet: inlink rank makes one"
        raise NotFound(f"{more} a name that begins with {run!r}", hint=f"runs: {known}")
    return read_run(workspace.graph / names[0])


def read_run(folder: Path) -> Run:
    """The run in a folder. Raises: CorruptIndex where run.json is missing or cannot be read."""
    path = folder / FILE_NAME
    try:
        facts = RunFacts(**json.loads(path.read_text(encoding="utf-8")))
        if facts.inputs["graph"] not in KINDS:
            raise ValueError(facts.inputs["graph"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CorruptIndex(f"{path} cannot be read", hint="run inlink rank: it makes the run anew") from error
    return Run(folder, facts)


def run_text(facts: RunFacts) -> str:
    """run.json."""
    return json.dumps(asdict(facts), indent=1, ensure_ascii=False) + "\n"


def run_faults(folder: Path) -> Iterator[str]:
    """What is wrong with a stored run and its graph. Cost: reads all of it."""
    try:
        run = read_run(folder)
    except CorruptIndex as error:
        yield error.message
        return
    if digests_of(folder) != run.facts.digests:
        yield f"{folder.name}: its arrays do not match their digests"
    try:
        found = digest_of(read_batches(folder / "scores", RUN_SCORES), stored_schema(RUN_SCORES))
        if found != run.facts.scores["digest"]:
            yield f"{folder.name}/scores does not match its digest"
    except (OSError, KeyError, ValueError) as error:
        yield f"{folder.name}/scores cannot be read ({type(error).__name__})"
