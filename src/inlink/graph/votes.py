"""The votes of a snapshot between its pages, hosts or domains, by no policy yet: pairs, and what stands behind each.

They are counted once a snapshot and kept as arrays, so that a run under another policy reads no links, and two runs can
be compared after the older snapshot is gone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inlink.engine.session import Session
from inlink.errors import CorruptIndex
from inlink.graph.arrays import Array, digests_of, open_array, write_columns
from inlink.graph.names import Names, NamesWriter, Texts, open_names
from inlink.index.serving_scan import Snapshot
from inlink.schema.words import VOTE_KINDS
from inlink.store.files import replace_text
from inlink.store.workspace import Workspace

# The version of how votes are counted: it rises whenever the same snapshot would give other votes.
CODE = "2"
FILE_NAME = "votes.json"
COUNTS = ("pages", "follow_pages", "hosts", "follow_hosts")
_TYPES = dict.fromkeys(("source", "target", *COUNTS), "<u4")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class VotesFacts:
    """Where votes come from, and what they came to. snapshot_key: digest of the content of the snapshot.

    n_unknown_follow: links that count as follow because their input cannot know whether they are.
    """

    kind: str
    snapshot: str
    snapshot_key: str
    code: str
    n: int
    m: int
    n_self: int
    n_unknown_follow: int


@dataclass(frozen=True, slots=True)
class Votes:
    """Pairs of nodes, sorted by source and target, with the pages and hosts that vote, of all rel and follow.

    Shapes: source, target and the counts uint32 (m,); counts has the keys of COUNTS.
    """

    facts: VotesFacts
    names: Names
    source: NDArray[np.uint32]
    target: NDArray[np.uint32]
    counts: dict[str, NDArray[np.uint32]]

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.names)

    @property
    def m(self) -> int:
        """Number of pairs."""
        return len(self.source)


def votes_folder(workspace: Workspace, name: str) -> Path:
    """Folder of the votes of a snapshot."""
    return workspace.graph / "votes" / name


def nobody(kind: str, release: str) -> Votes:
    """No votes at all, for a release that is ranked alone."""
    none = np.zeros(0, np.uint32)
    facts = VotesFacts(kind, release, "", CODE, 0, 0, 0, 0)
    return Votes(facts, Names(kind, Texts.of([]), Texts.of([])), none, none, dict.fromkeys(COUNTS, none))


def votes_id(kind: str, snapshot_key: str) -> str:
    """What the votes of a snapshot are kept under: the same for the same content, however the snapshot is called."""
    words = json.dumps([kind, snapshot_key, CODE, VOTE_KINDS])
    return f"{kind}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def count_votes(
    snapshot: Path, snapshot_key: str, kind: str, out: Path, session: Session, say: Say = lambda _: None
) -> VotesFacts:
    """Write the votes of a snapshot below `out`.

    Cost: reads the links in narrow columns; DuckDB's memory, on disk where that ends.
    """
    tables = Snapshot(snapshot)
    session.let("graph_links", tables.files("links"))
    session.let("graph_captures", tables.files("captures"))
    session.let("vote_kinds", list(VOTE_KINDS))
    _run(session, "votes")
    level = {"level": kind.removesuffix("s")}
    say("find nodes")
    if kind == "pages":
        _run(session, "page_ends")
    else:
        session.let("graph_names", tables.files(kind))
        _run(session, "name_ends", level)
    n = _number_nodes(session, out)
    say("count votes")
    _run(session, "page_pairs" if kind == "pages" else "name_pairs", None if kind == "pages" else level)
    (m,), (n_self,) = session.one("SELECT count(*) FROM pairs"), session.one("SELECT n FROM self_votes")
    (n_unknown,) = session.one("SELECT n FROM unknown_votes")
    write_columns(out, _TYPES, int(str(m)), _pairs(session))
    facts = VotesFacts(kind, snapshot.name, snapshot_key, CODE, n, int(str(m)), int(str(n_self)), int(str(n_unknown)))
    replace_text(out / FILE_NAME, json.dumps({**asdict(facts), "digests": digests_of(out)}, indent=1) + "\n")
    return facts


def open_votes(folder: Path) -> Votes:
    """Votes as memory maps. Raises: CorruptIndex where something is missing."""
    try:
        found = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        facts = VotesFacts(**{name: value for name, value in found.items() if name != "digests"})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CorruptIndex(f"{folder} holds no votes", hint="run inlink rank: it counts them again") from error
    counts = {name: open_array(folder, name) for name in COUNTS}
    names = open_names(folder, facts.kind)
    return Votes(facts, names, open_array(folder, "source"), open_array(folder, "target"), counts)


def _run(session: Session, name: str, values: dict[str, str] | None = None) -> None:
    session.run(files("inlink.graph") / "sql" / f"{name}.sql", values)


def _number_nodes(session: Session, out: Path) -> int:
    """Table nodes (node, key, name), numbered in the order of keys, and the same as arrays; how many there are."""
    counted = session.one("SELECT count(*), coalesce(sum(strlen(key)), 0), coalesce(sum(strlen(name)), 0) FROM ends")
    n, key_bytes, name_bytes = (int(str(number)) for number in counted)
    writer = NamesWriter(out, n, (key_bytes, name_bytes))
    schema = pa.schema([("node", pa.uint32()), ("key", pa.string()), ("name", pa.string())])

    def numbered() -> Iterator[pa.RecordBatch]:
        start = 0
        for batch in session.batches("SELECT key, name FROM ends ORDER BY key, name"):
            keys, names = (batch.column(name).cast(pa.string()) for name in ("key", "name"))
            writer.add(_texts(keys), _texts(names))
            nodes = np.arange(start, start + batch.num_rows, dtype=np.uint32)
            start += batch.num_rows
            yield pa.RecordBatch.from_arrays([pa.array(nodes), keys, names], schema=schema)

    session.create("nodes", schema, numbered())
    writer.close()
    session.execute("DROP TABLE ends")
    return n


def _texts(array: pa.StringArray) -> Texts:
    if not len(array):
        return Texts.of([])
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]
    data = array.buffers()[2]
    whole = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return Texts(offsets.astype(np.int64) - int(offsets[0]), whole[offsets[0] : offsets[-1]].copy())


def _pairs(session: Session) -> Iterator[dict[str, Array]]:
    for batch in session.batches("FROM pairs ORDER BY source, target", rows=1 << 18):
        yield {name: batch.column(name).to_numpy(zero_copy_only=False) for name in _TYPES}
