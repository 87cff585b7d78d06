"""Text of edges to out-lists: targets grouped by source, ascending and unique, in one streaming pass.

Edges that come sorted by source go straight to their place. An edge whose source is less than one before it is put
aside into files by range of sources, and merged at the end; so any order gives the same lists, a sorted one faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph import release_edge_lines as lines
from inlink.graph.release_blocks import Block, Tick, blocks, in_order, shifted
from inlink.graph.release_findings import Findings, check_left_out
from inlink.graph.release_spill import Spill
from inlink.sources.blobs import Blob

_TARGETS = 8 * 2**20  # edges held before they are written
_SPILLED = 2**20
_COUNTERS = {
    "edge_lines": lines.LINES,
    "duplicate_edges": lines.DUPLICATES,
    "self_loops": lines.SELF_LOOPS,
    "edges_out_of_range": lines.OUT_OF_RANGE,
    "edge_lines_not_numbers": lines.NOT_NUMBERS,
    "carriage_returns": lines.CARRIAGE_RETURNS,
    "unsorted_rows": lines.UNSORTED_ROWS,
}
_REASONS = {lines.OUT_OF_RANGE: "edges_out_of_range", lines.NOT_NUMBERS: "edge_lines_not_numbers"}


@dataclass(frozen=True, slots=True)
class Outward:
    """Out-lists on disk. Shapes: degrees uint32 (n,); the file holds uint32 (sum of degrees,)."""

    degrees: NDArray[np.uint32]
    path: Path
    n_edges: int


def convert_edges(
    blobs: Sequence[Blob], n: int, path: Path, findings: Findings, tick: Tick = lambda _: None
) -> Outward:
    """Out-lists of the edges in some files, written to `path`.

    tick: told the bytes read of all files. A gzip file that holds no line is counted (`empty_files`).

    Raises: BadInput for a damaged file, for more than one line in a thousand without two numbers below n, and where
    there is no edge at all; Unreachable.
    """
    writer = _Writer(n, path, findings)
    n_read = 0
    with closing(writer):
        ordered, is_other = in_order(blobs)
        findings.add("parts_listed_out_of_order", int(is_other))
        for blob in ordered:
            n_read += writer.read(blob, shifted(tick, n_read))
        return writer.finish()


class _Writer:
    """The state of one pass over all files."""

    def __init__(self, n: int, path: Path, findings: Findings) -> None:
        self._n = n
        self._path = path
        self._findings = findings
        self._file = path.open("wb")
        self._spill = Spill(path.parent / "spilled", n)
        self._targets = np.empty(_TARGETS, np.uint32)
        self._spilled = np.empty((_SPILLED, 2), np.uint32)
        self._examples = np.zeros((lines.MAX_EXAMPLES, 3), np.int64)
        self._degrees = np.zeros(n, np.uint32)
        self._state = lines.new_state()

    def read(self, blob: Blob, tick: Tick) -> int:
        """All lines of a file; gives its bytes."""
        before, n_read = int(self._state[lines.LINES]), 0
        with closing(blocks(blob)) as found:
            for block in found:
                self._read_block(blob.name, block, before)
                n_read = block.n_read
                tick(n_read)
                self._check(blob.name)
        self._findings.add("empty_files", int(self._state[lines.LINES] == before))
        return n_read

    def _read_block(self, name: str, block: Block, before: int) -> None:
        at, state = block.start, self._state
        while at < block.end:
            at = lines.read_edges(
                block.data, at, block.end, self._n, self._targets, self._degrees, self._spilled, self._examples, state
            )
            if state[lines.N_EXAMPLES]:
                self._note(name, block, before)
            self._make_room()

    def _note(self, name: str, block: Block, before: int) -> None:
        for counter, line, place in self._examples[: self._state[lines.N_EXAMPLES]].tolist():
            text = block.data[place : min(place + 200, block.end)].tobytes().split(b"\n", 1)[0]
            self._findings.note(name, line - before, _REASONS[counter], text)
        self._state[lines.N_EXAMPLES] = 0

    def _check(self, name: str) -> None:
        state = self._state
        if state[lines.OUT_OF_RANGE] + state[lines.NOT_NUMBERS]:
            found = Findings(examples=self._findings.examples)
            found.counts = {name: int(state[_COUNTERS[name]]) for name in _REASONS.values()}
            hint = "are these the edges of the same release as the vertices?"
            check_left_out(found, name, int(state[lines.LINES]), _REASONS.values(), hint)

    def _make_room(self) -> None:
        state = self._state
        if state[lines.N_SPILLED]:
            self._spill.add(self._spilled[: state[lines.N_SPILLED]])
            state[lines.N_SPILLED] = 0
        if state[lines.FILL] < len(self._targets):
            return
        start = int(state[lines.ROW_START])
        if start == 0:  # one row fills the buffer
            self._targets = np.concatenate([self._targets, np.empty_like(self._targets)])
            return
        self._targets[:start].tofile(self._file)
        left = int(state[lines.FILL]) - start
        self._targets[:left] = self._targets[start : start + left].copy()
        state[lines.FILL], state[lines.ROW_START] = left, 0

    def finish(self) -> Outward:
        """Close the last row; merge what came out of order."""
        state = self._state
        lines.close_row(self._targets, self._degrees, state)
        self._targets[: state[lines.FILL]].tofile(self._file)
        self._file.close()
        for name, place in _COUNTERS.items():
            self._findings.add(name, int(state[place]))
        if self._spill.n_edges:
            self._findings.add("edges_out_of_order", self._spill.n_edges)
            self._findings.add("duplicate_edges", self._spill.merge(self._path, self._degrees))
        n_edges = int(self._degrees.sum(dtype=np.int64))
        if not n_edges:
            raise BadInput("there is not one edge in the files of edges", hint="fetch them again")
        return Outward(self._degrees, self._path, n_edges)

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()
        self._spill.close()
