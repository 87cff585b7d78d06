"""Text of ranks to columns by node: Common Crawl's own harmonic centrality and PageRank."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph import release_rank_lines as lines
from inlink.graph.release_blocks import Block, Tick, blocks, shifted
from inlink.graph.release_digits import PADDING
from inlink.graph.release_findings import Findings, check_left_out
from inlink.graph.release_names import ReleaseNames
from inlink.sources.blobs import Blob

RANKS = ("cc_harmonic_position", "cc_harmonic", "cc_pagerank_position", "cc_pagerank")
_HEADERS = (
    (b"#harmonicc_pos", b"#harmonicc_val", b"#pr_pos", b"#pr_val", b"#host_rev"),
    (b"#hc_pos", b"#hc_val", b"#pr_pos", b"#pr_val", b"#host_rev"),
)
_HINT = "are these the ranks of the same release as the vertices?"
_UNSURE_ROOM = 64 * lines.BATCH * lines.N_COLUMNS


def convert_ranks(
    blobs: Sequence[Blob], names: ReleaseNames, findings: Findings, tick: Tick = lambda _: None
) -> dict[str, NDArray[np.float64]]:
    """The four columns of RANKS, float64 (n,); not-a-number where a vertex has no line (counted: `unranked`).

    Raises: BadInput for a damaged file, other columns, and more than one line in a thousand that cannot be read or
    names no vertex; Unreachable.    Cost: memory 8 to 16 bytes a vertex beside the columns (32) and the names.
    """
    reader = _Reader(names, findings)
    n_read = 0
    for blob in blobs:
        n_read += reader.read(blob, shifted(tick, n_read))
    n_unranked = int(np.isnan(reader.columns[0]).sum())
    findings.add("unranked", n_unranked)
    return dict(zip(RANKS, reader.columns, strict=True))


class _Reader:
    """The table of nodes, and the columns that fill."""

    def __init__(self, names: ReleaseNames, findings: Findings) -> None:
        n = len(names)
        bits = max(4, (n * 3 // 2).bit_length())
        self._findings = findings
        self._text = np.concatenate([names.text, np.zeros(PADDING, np.uint8)])
        self._offsets = np.asarray(names.offsets)
        self._table = np.full(1 << bits, 0xFFFFFFFF, np.uint32)
        self._shift = 64 - bits
        lines.fill_table(self._text, self._offsets, self._table, self._shift)
        self.columns = np.full((lines.N_COLUMNS, n), np.nan)
        self._unsure = np.empty((_UNSURE_ROOM, 4), np.int64)

    def read(self, blob: Blob, tick: Tick) -> int:
        """All lines of a file; gives its bytes."""
        state = np.zeros(lines.STATE_SIZE, np.int64)
        n_read = 0
        with closing(blocks(blob)) as found:
            for k, block in enumerate(found):
                self._read_block(blob.name, block, state, skip=_header(blob.name, block) if k == 0 else 0)
                n_read = block.n_read
                tick(n_read)
        self._findings.add("empty_files", int(state[lines.LINES] == 0))
        for name, place in (
            ("rank_lines", lines.LINES),
            ("rank_lines_not_read", lines.WRONG),
            ("ranks_of_unknown_names", lines.UNKNOWN),
            ("repeated_ranks", lines.REPEATED),
            ("carriage_returns", lines.CARRIAGE_RETURNS),
        ):
            self._findings.add(name, int(state[place]))
        reasons = ("rank_lines_not_read", "ranks_of_unknown_names")
        check_left_out(self._findings, blob.name, int(state[lines.LINES]), reasons, _HINT)
        return n_read

    def _read_block(self, name: str, block: Block, state: NDArray[np.int64], skip: int) -> None:
        at = block.start + skip
        while at < block.end:
            state[lines.N_UNSURE] = 0
            state[lines.FIRST_WRONG] = state[lines.FIRST_UNKNOWN] = -1
            first = int(state[lines.LINES])
            begin = at
            at = lines.read_ranks(
                block.data, at, block.end, self._text, self._offsets, self._table, self._shift, self.columns,
                self._unsure, state,
            )  # fmt: skip
            for column, node, start, end in self._unsure[: state[lines.N_UNSURE]].tolist():
                self.columns[column, node] = float(block.data[start:end].tobytes())
            for reason, place in (
                ("rank_lines_not_read", int(state[lines.FIRST_WRONG])),
                ("ranks_of_unknown_names", int(state[lines.FIRST_UNKNOWN])),
            ):
                if place >= 0:
                    line = first + 1 + int((block.data[begin:place] == 10).sum())
                    text = block.data[place : min(place + 200, block.end)].tobytes().split(b"\n", 1)[0]
                    self._findings.note(name, line + bool(skip), reason, text)


def _header(name: str, block: Block) -> int:
    """Bytes of the line of column names. Raises: BadInput for other columns."""
    if block.data[block.start] != ord("#"):
        return 0
    line = block.data[block.start : block.start + 1000].tobytes().split(b"\n", 1)[0]
    columns = tuple(column.strip() for column in line.split(b"\t"))
    known = [tuple(each) for each in _HEADERS]
    if columns[:5] not in known:
        raise BadInput(
            f"{name}: its columns are {line[:120].decode('utf-8', 'replace')!r}",
            hint=f"they should be {b' '.join(_HEADERS[0]).decode()}",
        )
    return len(line) + 1
