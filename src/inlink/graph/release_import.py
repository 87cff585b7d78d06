"""Text of a release to a release that can be asked: names, out-lists, in-lists, ranks, masses, then the blocks.

Each step writes aside and is renamed when it is whole, and state.json says which steps are done from which inputs: a
killed import goes on with the step it was in. What can be asked is there whole, or not at all.

<work>/state.json       inputs and findings of the steps that are done
<work>/names/           offsets, text, n_hosts
<work>/outward/ inward/ offsets, neighbours
<work>/ranks/           Common Crawl's columns
<work>/mass/            our own PageRank
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.engine.protocol import Progress, Report, silent
from inlink.graph.blocks import Layout, Manifest
from inlink.graph.blocks.name_pack import NameTable
from inlink.graph.blocks.order import frozen
from inlink.graph.blocks.writer import write_release
from inlink.graph.release_edges import convert_edges
from inlink.graph.release_findings import Findings, check_told
from inlink.graph.release_names import ReleaseNames, convert_names, open_names, www_of
from inlink.graph.release_ranks import RANKS, convert_ranks
from inlink.graph.release_steps import Steps, open_lists, save_lists
from inlink.kernels.csr import Csr, transpose
from inlink.kernels.pagerank import pagerank
from inlink.kernels.views import let_go, letting_go
from inlink.sources.blobs import Blob
from inlink.store.disk import check_room, full_error, is_full

MEMORY_BYTES = 8 * 2**30
DAMPING = 0.85
_BYTES_A_GZIP_BYTE = 4.0  # lists in both directions and blocks, for each byte of gzipped edges
_DIGITS = 9  # masses are within 1e-9
_KEY_BYTES = 16  # of memory an edge while lists are turned round
_SPARE_BYTES = 256 * 2**20
_LET_GO = 256  # leaves after which mapped lists are let go of


@dataclass(frozen=True, slots=True)
class ReleaseText:
    """The text of one graph of a release. `identity`: a line of plain values for each file, the same for the same file.

    Units: n_bytes by part, of the files as they are (gzipped). n_nodes, n_edges: as the list of releases tells them.
    """

    name: str
    kind: str
    vertices: Sequence[Blob]
    edges: Sequence[Blob]
    ranks: Sequence[Blob]
    identity: Sequence[Sequence[object]]
    n_bytes: Mapping[str, int]
    meta: Mapping[str, Any] = field(default_factory=dict)
    n_nodes: int | None = None
    n_edges: int | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A finished import. Units: seconds by step (of this run), temporary and final bytes."""

    manifest: Manifest
    findings: Findings
    seconds: dict[str, float]
    work_bytes: int


def import_release(
    text: ReleaseText,
    folder: Path,
    work: Path,
    *,
    memory_bytes: int = MEMORY_BYTES,
    threads: int = 2,
    layout: Layout | None = None,
    report: Report = silent,
) -> Imported:
    """The release written to `folder`, which must not be there yet.

    `work` holds what is on its way; remove it when the release has its place.
    memory_bytes: for turning the lists round: half of it is held, beside it 16 bytes a vertex. Text of ranks takes some
    55 bytes a vertex, the masses 4 an edge between vertices that link and some 40 a vertex, the blocks some 80.
    What is mapped of lists is let go of as they are read and written.

    Raises: BadInput where the text cannot be used; Unreachable (a full disk); NotConverged; CorruptIndex.
    """
    try:
        need = int(_BYTES_A_GZIP_BYTE * text.n_bytes.get("edges", 0)) + _SPARE_BYTES
        steps = Steps(work, {"release": text.name, "kind": text.kind, "files": [list(row) for row in text.identity]})
        check_room(work, need if not steps.done else 0, what="converting the release")
        return _Import(text, steps, memory_bytes, threads, report, layout).run(folder)
    except OSError as error:
        if is_full(error):
            raise full_error(work) from error
        raise


class _Import:
    """One import: its steps in order."""

    def __init__(
        self,
        text: ReleaseText,
        steps: Steps,
        memory_bytes: int,
        threads: int,
        report: Report,
        layout: Layout | None = None,
    ) -> None:
        self.text = text
        self.steps = steps
        self.memory_bytes = memory_bytes
        self.threads = threads
        self.report = report
        self.layout = layout
        self.seconds: dict[str, float] = {}

    def run(self, folder: Path) -> Imported:
        """All steps that are not done yet, then the blocks."""
        self._step("names", self._names)
        names = open_names(self.steps.folder / "names")
        self._step("outward", lambda place, found: self._outward(place, found, len(names)))
        if self.text.ranks:
            self._step("ranks", lambda place, found: self._ranks(place, found, names))
        self._step("inward", lambda place, _: self._inward(place, len(names)))
        self._step("mass", lambda place, _: self._mass(place))
        work_bytes = sum(path.stat().st_size for path in self.steps.folder.rglob("*") if path.is_file())
        findings = self.steps.findings()
        manifest = self._timed("blocks", lambda: self._blocks(folder, names, findings))
        return Imported(manifest, findings, self.seconds, work_bytes)

    def _step(self, name: str, make: Callable[[Path, Findings], Mapping[str, object] | None]) -> None:
        """Do a step unless it is done."""
        if not self.steps.is_done(name):
            self._timed(name, lambda: self.steps.do(name, make))

    def _timed(self, name: str, work: Callable[[], Any]) -> Any:
        start = time.monotonic()
        found = work()
        self.seconds[name] = time.monotonic() - start
        return found

    def _tick(self, stage: str, part: str) -> Callable[[int], None]:
        total = self.text.n_bytes.get(part)
        self.report(Progress(stage, 0, total, "bytes"))
        return lambda done: self.report(Progress(stage, done, total, "bytes"))

    def _counter(self, stage: str, total: int, unit: str) -> Callable[[int], None]:
        """A listener that is told how much more is done."""
        done = 0

        def tick(more: int) -> None:
            nonlocal done
            done += more
            self.report(Progress(stage, done, max(total, done), unit))

        tick(0)
        return tick

    def _names(self, place: Path, findings: Findings) -> None:
        n = len(convert_names(self.text.vertices, place, findings, self._tick("names", "vertices")))
        check_told(findings, "vertices", self.text.n_nodes, n, n)

    def _outward(self, place: Path, findings: Findings, n: int) -> None:
        made = convert_edges(self.text.edges, n, place / "neighbours", findings, self._tick("edges", "edges"))
        n_read = findings.count("edge_lines") - findings.count("edge_lines_not_numbers")
        check_told(findings, "edges", self.text.n_edges, made.n_edges, n_read)
        offsets = np.zeros(n + 1, np.int64)
        np.cumsum(made.degrees, out=offsets[1:])
        save_lists(place, offsets)

    def _ranks(self, place: Path, findings: Findings, names: ReleaseNames) -> None:
        for name, column in convert_ranks(self.text.ranks, names, findings, self._tick("ranks", "ranks")).items():
            np.save(place / f"{name}.npy", column)

    def _inward(self, place: Path, n: int) -> None:
        offsets, neighbours = open_lists(self.steps.folder / "outward")
        passes = 1 + -(-len(neighbours) * _KEY_BYTES // self.memory_bytes)
        count = self._counter("transpose", passes * len(neighbours), "edges")
        turned = np.memmap(place / "neighbours", np.uint32, "w+", shape=(len(neighbours),))
        leave = letting_go(neighbours, turned)

        def tick(more: int) -> None:
            leave(more)
            count(more)

        inward = transpose(
            Csr(offsets, neighbours), n, memory_bytes=self.memory_bytes, neighbours_into=turned,
            threads=self.threads, tick=tick,
        )  # fmt: skip
        turned.flush()
        save_lists(place, inward.offsets)

    def _mass(self, place: Path) -> Mapping[str, object]:
        self.report(Progress("pagerank", 0, _DIGITS, "digits"))
        out_weight = np.diff(open_lists(self.steps.folder / "outward")[0]).astype(np.float64)
        found = pagerank(
            Csr(*open_lists(self.steps.folder / "inward")),
            out_weight,
            damping=DAMPING,
            threads=self.threads,
            tolerance=10.0**-_DIGITS,
            tick=self._digits,
        )
        np.save(place / "mass.npy", found.mass)
        return {"damping": DAMPING, "iterations": found.iterations, "error_bound": float(found.error_bound)}

    def _digits(self, error: float) -> None:
        """How many digits of the masses stand."""
        digits = min(_DIGITS, max(0, int(-math.log10(max(error, 10.0**-_DIGITS)))))
        self.report(Progress("pagerank", digits, _DIGITS, "digits"))

    def _blocks(self, folder: Path, names: ReleaseNames, findings: Findings) -> Manifest:
        self.report(Progress("blocks", 0, None, "blocks"))
        place = self.steps.folder
        inward, outward = open_lists(place / "inward"), open_lists(place / "outward")

        def told(done: int, total: int) -> None:
            if done % _LET_GO == 0:
                for _, neighbours in (inward, outward):
                    let_go(neighbours, 0, len(neighbours))
            self.report(Progress("blocks", done, total, "blocks"))

        n_www = findings.count("www_names")
        meta = {
            **self.text.meta,
            "www": www_of(self.text.kind, len(names), n_www),
            "files": [list(row) for row in self.text.identity],
            "findings": findings.to_json(),
            "mass": self.steps.facts("mass"),
        }
        return write_release(
            folder,
            name=self.text.name,
            kind=self.text.kind,
            names=NameTable(frozen(names.text), frozen(names.offsets)),
            n_hosts=names.n_hosts,
            inward=inward,
            outward=outward,
            ranks=self._columns(),
            meta=meta,
            layout=self.layout,
            workers=self.threads,
            report=told,
            outward_done=self._drop_outward,
        )

    def _drop_outward(self) -> None:
        """The plain out-lists stand in blocks: their room goes to the rest. Killed later, it reads edges again."""
        self.steps.forget("outward")
        with suppress(OSError):  # where a mapped file cannot be cut, it goes with the rest
            os.truncate(self.steps.folder / "outward" / "neighbours", 0)

    def _columns(self) -> dict[str, NDArray[np.float64]]:
        place = self.steps.folder
        names = RANKS if self.text.ranks else ()
        found = {name: np.load(place / "ranks" / f"{name}.npy", mmap_mode="r") for name in names}
        return {**found, "mass": np.load(place / "mass" / "mass.npy", mmap_mode="r")}
