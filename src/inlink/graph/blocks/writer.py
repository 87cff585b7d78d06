"""A release written in blocks: streaming, in bounded memory, and there whole or not at all."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
import xxhash
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph.blocks import called_pack
from inlink.graph.blocks import layout as files
from inlink.graph.blocks.curves import POSITION, Curve, along, curve_of, to_facts
from inlink.graph.blocks.directory import LeafEntry, PageEntry, Root, pack_page
from inlink.graph.blocks.flagged import is_left_out
from inlink.graph.blocks.flagging import bits_of, flagged_domains
from inlink.graph.blocks.layout import Layout, Manifest
from inlink.graph.blocks.leaf_code import GROUP as FLAG_GROUP
from inlink.graph.blocks.leaf_pack import Adjacency, Numbering, PackedLists, pack_lists, pack_numbers
from inlink.graph.blocks.name_pack import GROUP, CodedNames, Coder, NameTable, coded_lengths, pack_front
from inlink.graph.blocks.number_pack import pack_table
from inlink.graph.blocks.order import by_name, by_rank, check_names, collect_names, frozen, head_nodes
from inlink.graph.blocks.source import Span, digest_of_block
from inlink.store.files import publish, replace_text

T = TypeVar("T")
R = TypeVar("R")
Report = Callable[[int, int], None]
_TEMPORARY = ("names.tmp", "offsets.tmp", "coded.tmp", "called.tmp")
_SAMPLE = 100_000  # names that beginnings are learned from
_LEVEL = 3  # zstd, of what is written once
_LEVEL_BESIDE = 1  # of names beside lists: 1 % larger than at 3, in half the time
_NODES = 1 << 18  # names coded at a time


@dataclass(frozen=True, slots=True)
class _Work:
    """All that packing a leaf needs to know."""

    names: NameTable
    inward: Adjacency
    outward: Adjacency
    numbering: Numbering
    coder: Coder
    coded: CodedNames  # by node
    columns: dict[str, NDArray[np.generic]]  # by line
    curves: dict[str, Curve]
    layout: Layout
    n: int


@dataclass(frozen=True, slots=True)
class _Leaf:
    first: int  # line of its first name
    names: bytes
    numbers: bytes
    inward: PackedLists


@dataclass(frozen=True, slots=True)
class _Outward:
    """What is kept of out-lists once they are written. Leaves: bytes, digest, bytes of tails; flagged ones by place."""

    leaves: list[tuple[int, int, int]]
    n_flagged: NDArray[np.uint32]


def write_release(
    folder: str | Path,
    *,
    name: str,
    kind: str,
    names: Iterable[list[bytes]] | NameTable,
    n_hosts: NDArray[np.uint32] | None,
    inward: tuple[NDArray[np.int64], NDArray[np.uint32]],
    outward: tuple[NDArray[np.int64], NDArray[np.uint32]],
    ranks: Mapping[str, NDArray[np.float64]],
    meta: Mapping[str, Any],
    layout: Layout | None = None,
    workers: int = 2,
    report: Report | None = None,
    outward_done: Callable[[], None] | None = None,
) -> Manifest:
    """Write a release into `folder`, which must not be there yet; until the last moment it stands beside it.

    names: reversed names by line, in batches or as a table. inward, outward: (offsets int64 (n + 1), neighbours uint32)
    by line, rows unique, in any order. ranks: float64 (n) by line, NaN where unknown; names that end in "_position" are
    whole numbers and kept as such, all others keep 24 bits. The rank `mass`, else `cc_pagerank`, else `cc_harmonic`
    numbers the domains. report: called with (halves of leaves done, of all). outward_done: called when the out-lists
    given are not needed any more; their memory or file may then go.
    Raises: BadInput where the arrays do not belong together, or the folder is there.
    Memory: some 45 bytes a domain, and twice the longest list.
    """
    final = Path(folder)
    if final.exists():
        raise BadInput(f"{final} is there already", hint="choose another folder, or remove it")
    chosen = layout or Layout()
    sides = _side(inward), _side(outward)
    n = _check(sides, ranks, n_hosts)
    final.parent.mkdir(parents=True, exist_ok=True)
    aside = final.with_name(f"{final.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        table = names if isinstance(names, NameTable) else collect_names(names, aside, n)
        check_names(table, n)
        manifest = _write(
            aside, _About(name, kind, dict(meta)), table, sides, ranks, n_hosts, chosen, workers, report, outward_done
        )
        for temporary in _TEMPORARY:
            (aside / temporary).unlink(missing_ok=True)
        replace_text(aside / files.MANIFEST, manifest.to_json())
        publish(aside, final)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return manifest


@dataclass(frozen=True, slots=True)
class _About:
    name: str
    kind: str
    meta: dict[str, Any]


def _write(
    folder: Path,
    about: _About,
    names: NameTable,
    sides: tuple[Adjacency, Adjacency],
    ranks: Mapping[str, NDArray[np.float64]],
    n_hosts: NDArray[np.uint32] | None,
    layout: Layout,
    workers: int,
    report: Report | None,
    outward_done: Callable[[], None] | None,
) -> Manifest:
    n = len(names)
    in_degrees = np.diff(sides[0].offsets)
    line_of_place, n_duplicates = by_name(names)
    order, place_of_node, behind = by_rank(ranks, in_degrees, line_of_place)
    node_of_line = np.empty(n, np.uint32)
    node_of_line[place_of_node if line_of_place is None else line_of_place[place_of_node]] = np.arange(
        n, dtype=np.uint32
    )
    flagged = flagged_domains(names, line_of_place, node_of_line, place_of_node, behind, about.kind)
    n_linked = int(np.count_nonzero(in_degrees))
    n_edges = tuple(int(side.offsets[-1]) for side in sides)
    known_lines = None if line_of_place is None else frozen(line_of_place)
    columns = _columns(node_of_line, behind, sides, n_hosts, ranks)
    heads = head_nodes(columns["n_in"], columns["n_out"], node_of_line, layout.head)
    left_out = [each.node for each in flagged if is_left_out(each.flags)]
    flags = bits_of(left_out, n)
    groups = bits_of(np.unique(np.array(left_out, np.int64) // FLAG_GROUP), n // FLAG_GROUP + 1)
    numbering = Numbering(frozen(node_of_line), frozen(place_of_node), known_lines, flags, groups, bits_of(heads, n))
    coder = Coder.learned(names.name(line) for line in range(0, n, max(1, n // _SAMPLE)))
    coded = _code_names(folder / "coded.tmp", names, behind, numbering, coder, workers)
    called = called_pack.pack_all(folder / "called.tmp", coded, layout, _ordered, workers)
    falls = {name: key for name, key in along(columns, order).items() if columns[name].dtype.kind == "f"}
    curves = {name: curve_of(columns[name], columns[key], key, n) for name, key in sorted(falls.items())}
    work = _Work(names, *sides, numbering, coder, coded, columns, curves, layout, n)
    with ExitStack() as stack:
        out = _Files(folder, stack)
        head = tuple(_write_head(out, work, heads))
        outward = _write_outward(out, work, workers, report)
        if outward_done is not None:
            outward_done()
        pages = tuple(_write_leaves(out, work, outward, workers, report))
        root = Root(pages, heads, head, called, coder.beginnings, flagged, to_facts(curves)).to_bytes()
        root_digest = digest_of_block(root)
        root_at = out.append(files.DIRECTORY, root)
        for block in pack_table(numbering.place_of_node, layout.per_order, root_digest):
            out.append(files.ORDER, block)
        for block in called_pack.sealed(folder / "called.tmp", called, root_digest):
            out.append(files.CALLED, block)
    return Manifest(
        name=about.name, kind=about.kind, n=n, n_edges_in=n_edges[0], n_edges_out=n_edges[1], n_linked=n_linked,
        order=order, layout=layout, columns=_kinds(work.columns), files=out.facts(),
        root=(root_at, len(root), root_digest), is_sorted=line_of_place is None, n_duplicate_names=n_duplicates,
        meta=about.meta,
    )  # fmt: skip


def _code_names(
    path: Path, names: NameTable, behind: NDArray[np.uint32], numbering: Numbering, coder: Coder, workers: int
) -> CodedNames:
    """The names of all nodes, coded once each, in a file by node."""
    n = len(behind)
    lengths = np.zeros(n, np.uint16)

    def code(start: int) -> NDArray[np.uint8]:
        nodes = slice(start, start + _NODES)
        found = coder.code(names, numbering.lines(numbering.place_of_node[nodes]))
        lengths[nodes] = coded_lengths(found)
        return found

    with path.open("wb") as stream:
        for each in _ordered(code, range(0, n, _NODES), workers):
            stream.write(each.data)
        stream.write(b"\0")
    places = np.zeros(-(-n // GROUP) + 1, np.int64)
    padded = np.zeros((len(places) - 1) * GROUP, np.uint16)
    padded[:n] = lengths
    np.cumsum(padded.reshape(-1, GROUP).sum(axis=1, dtype=np.int64), out=places[1:])
    return CodedNames(frozen(np.memmap(path, np.uint8, "r")), frozen(lengths), frozen(places), behind)


def _side(arrays: tuple[NDArray[np.int64], NDArray[np.uint32]]) -> Adjacency:
    return Adjacency(frozen(arrays[0]), frozen(arrays[1]))


def _check(
    sides: tuple[Adjacency, Adjacency], ranks: Mapping[str, NDArray[np.float64]], n_hosts: NDArray[np.uint32] | None
) -> int:
    """The number of domains. Raises: BadInput where the arrays do not belong together."""
    n = len(sides[0].offsets) - 1
    lengths = {
        "outward offsets": len(sides[1].offsets) - 1,
        **{f"rank {key}": len(values) for key, values in ranks.items()},
        **({} if n_hosts is None else {"n_hosts": len(n_hosts)}),
    }
    wrong = [f"{what} {length}" for what, length in lengths.items() if length != n]
    if n < 1 or n >= 2**32 - 1 or wrong:
        raise BadInput(f"{n} domains and {', '.join(wrong) or 'nothing else'}", hint="use arrays of one release")
    for what, side in zip(("inward", "outward"), sides, strict=True):
        if side.offsets[0] != 0 or side.offsets[-1] != len(side.neighbours):
            raise BadInput(f"{what}: offsets and neighbours do not fit", hint="convert the release again")
    return n


def _columns(
    node_of_line: NDArray[np.uint32],
    behind: NDArray[np.uint32],
    sides: tuple[Adjacency, Adjacency],
    n_hosts: NDArray[np.uint32] | None,
    ranks: Mapping[str, NDArray[np.float64]],
) -> dict[str, NDArray[np.generic]]:
    """What is kept of each domain, by line; columns of ranks are converted leaf by leaf."""
    found: dict[str, NDArray[np.generic]] = {
        "node": node_of_line,
        "behind": behind[node_of_line],
        "n_in": np.diff(sides[0].offsets).astype(np.uint32),
        "n_out": np.diff(sides[1].offsets).astype(np.uint32),
    }
    if n_hosts is not None:
        found["n_hosts"] = n_hosts
    return {**found, **ranks}


def _kinds(columns: Mapping[str, NDArray[np.generic]]) -> tuple[tuple[str, str], ...]:
    kinds = [(key, "u4" if values.dtype.kind == "u" or key.endswith(POSITION) else "f4")
             for key, values in columns.items()]  # fmt: skip
    return (*kinds, ("n_in_flagged", "u4"), ("n_out_flagged", "u4"))


def _narrow(key: str, values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Four bytes a value; 0 stands for an unknown position."""
    if key.endswith(POSITION) and values.dtype.kind == "f":
        positions: NDArray[np.generic] = np.nan_to_num(values, nan=0.0).astype(np.uint32)
        return positions
    narrow: NDArray[np.generic] = values.astype(np.uint32 if values.dtype.kind == "u" else np.float32)
    return np.ascontiguousarray(narrow)


def _write_head(out: _Files, work: _Work, heads: NDArray[np.uint32]) -> Iterator[Span]:
    """Names of the domains that most lists hold, by node."""
    for start in range(0, len(heads), work.layout.per_head):
        block = work.coded.pack(heads[start : start + work.layout.per_head], _LEVEL)
        yield Span(files.HEAD, out.append(files.HEAD, block), len(block), digest_of_block(block))


def _write_outward(out: _Files, work: _Work, workers: int, report: Report | None) -> _Outward:
    """The out-lists of all leaves, ahead of all else: then their plain form may go."""
    starts = range(0, work.n, work.layout.per_leaf)
    found = _Outward([], np.empty(work.n, np.uint32))
    at = 0
    for done, lists in enumerate(_ordered(lambda start: _pack_side(work, start, "outward"), starts, workers), 1):
        out.append(files.OUTWARD, lists.leaf)
        out.append(files.TAILS_OUT, lists.tails)
        found.leaves.append((len(lists.leaf), digest_of_block(lists.leaf), len(lists.tails)))
        found.n_flagged[at : at + len(lists.n_flagged)] = lists.n_flagged
        at += len(lists.n_flagged)
        if report is not None:
            report(done, 2 * len(starts))
    return found


def _write_leaves(
    out: _Files, work: _Work, outward: _Outward, workers: int, report: Report | None
) -> Iterator[PageEntry]:
    layout = work.layout
    starts = range(0, work.n, layout.per_leaf)
    entries: list[LeafEntry] = []
    firsts: list[int] = []
    lists_out = tails_out = 0
    places = out.places(lists_out, tails_out)
    for done, leaf in enumerate(_ordered(lambda start: _pack_leaf(work, start, outward), starts, workers), 1):
        length, digest, tails = outward.leaves[done - 1]
        lists_out, tails_out = lists_out + length, tails_out + tails
        entries.append(_emit(out, leaf, length, digest, tails))
        firsts.append(leaf.first)
        if len(entries) == layout.per_page or done == len(starts):
            page = pack_page(entries, pack_front(work.names, np.array(firsts, np.uint32), _LEVEL))
            span = Span(files.DIRECTORY, out.append(files.DIRECTORY, page), len(page), digest_of_block(page))
            yield PageEntry(work.names.name(firsts[0]), span, *places)
            entries, firsts, places = [], [], out.places(lists_out, tails_out)
        if report is not None:
            report(len(starts) + done, 2 * len(starts))


def _lines(work: _Work, start: int) -> NDArray[np.uint32]:
    """The lines of a leaf."""
    stop = min(start + work.layout.per_leaf, work.n)
    return np.ascontiguousarray(work.numbering.lines(np.arange(start, stop, dtype=np.uint32)))


def _pack_side(work: _Work, start: int, side: str) -> PackedLists:
    lists = work.outward if side == "outward" else work.inward
    names = work.coded if work.layout.named_on(side) else None
    return pack_lists(_lines(work, start), lists, work.numbering, work.layout, names, _LEVEL_BESIDE, side=side)


def _pack_leaf(work: _Work, start: int, outward: _Outward) -> _Leaf:
    lines = _lines(work, start)
    inward = _pack_side(work, start, "inward")
    columns = {key: _narrow(key, values[lines]) for key, values in work.columns.items()}
    for key, curve in work.curves.items():
        columns[key] = curve.less(columns[key].view(np.float32), columns[curve.along].view(np.uint32))
    numbers = pack_numbers([*columns.values(), inward.n_flagged, outward.n_flagged[start : start + len(lines)]], _LEVEL)
    return _Leaf(int(lines[0]), pack_front(work.names, lines, _LEVEL), numbers, inward)


def _emit(out: _Files, leaf: _Leaf, length: int, digest: int, tails_out: int) -> LeafEntry:
    """Write what belongs to a leaf beside its out-lists, which are of these bytes, digest and bytes of tails."""
    parts = (leaf.names, leaf.numbers, leaf.inward.leaf)
    for part in parts:
        out.append(files.CARDS, part)
    out.append(files.TAILS_IN, leaf.inward.tails)
    a, b, c = (len(part) for part in parts)
    d, e, f = (digest_of_block(part) for part in parts)
    return LeafEntry((a, b, c, length), (d, e, f, digest), len(leaf.inward.tails), tails_out)


def _ordered(function: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """Results in the order of the items, a few made ahead."""
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 4 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Files:
    """The files of a release while they grow, with the digest of each."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._streams: dict[str, BinaryIO] = {
            name: stack.enter_context((folder / name).open("wb")) for name in files.FILES
        }
        self._sizes = dict.fromkeys(files.FILES, 0)
        self._digests = {name: xxhash.xxh3_128() for name in files.FILES}

    def append(self, name: str, data: bytes) -> int:
        """Write at the end of a file; gives where."""
        at = self._sizes[name]
        self._streams[name].write(data)
        self._digests[name].update(data)
        self._sizes[name] = at + len(data)
        return at

    def places(self, lists_out: int, tails_out: int) -> tuple[int, int, int, int]:
        """Where the next leaf's parts will begin: cards, outward lists, and the rest of both."""
        return self._sizes[files.CARDS], lists_out, self._sizes[files.TAILS_IN], tails_out

    def facts(self) -> dict[str, tuple[int, str]]:
        """Length and digest of each file."""
        return {name: (self._sizes[name], self._digests[name].hexdigest()) for name in files.FILES}
