"""Text of vertices to names in the order of their ids, in one streaming pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, CorruptIndex
from inlink.graph import release_name_lines as lines
from inlink.graph.release_blocks import Block, Tick, blocks, in_order, shifted
from inlink.graph.release_findings import Findings
from inlink.sources.blobs import Blob

WWW_SHARE = 0.001  # of the names of a host graph end in `.www` where they were kept
_ROWS = 2**20
_NAME_BYTES = 32 * 2**20
_HINT = "lines should be: id TAB reversed name [TAB number of hosts]"
_WRONG = {
    lines.NO_ID: "no id with a tab behind it",
    lines.NO_NAME: "no name",
    lines.NO_COUNT: "the number of hosts is none",
    lines.LONG_ID: "an id of more than 32 bits",
}


@dataclass(frozen=True, slots=True)
class ReleaseNames:
    """Names by id. Shapes: offsets int64 (n + 1,) into text uint8; n_hosts uint32 (n,) or None where not told."""

    offsets: NDArray[np.int64]
    text: NDArray[np.uint8]
    n_hosts: NDArray[np.uint32] | None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def name(self, node: int) -> bytes:
        """One name, reversed as in the text."""
        return self.text[int(self.offsets[node]) : int(self.offsets[node + 1])].tobytes()

    def chunks(self, size: int = 100_000) -> Iterator[list[bytes]]:
        """All names in id order, `size` at a time."""
        for first in range(0, len(self), size):
            ends = self.offsets[first : first + size + 1].tolist()
            text = self.text[ends[0] : ends[-1]].tobytes()
            yield [text[a - ends[0] : b - ends[0]] for a, b in pairwise(ends)]


def convert_names(blobs: Sequence[Blob], folder: Path, findings: Findings, tick: Tick = lambda _: None) -> ReleaseNames:
    """Names of the vertices in some files, kept in `folder` as arrays.

    Ids are line numbers; where the lines are a permutation of them, names are put in the order of the ids (counted as
    `vertices_out_of_order`). Names out of alphabetical order, repeated ones and empty files are counted.

    Raises: BadInput for a damaged file, a line that cannot be read, an id that is missing or stands twice, or no
    vertex at all; Unreachable.
    """
    reader = _Reader(folder, findings)
    n_read = 0
    with closing(reader):
        ordered, is_other = in_order(blobs)
        findings.add("parts_listed_out_of_order", int(is_other))
        for blob in ordered:
            n_read += reader.read(blob, shifted(tick, n_read))
        reader.finish()
    return open_names(folder)


def open_names(folder: Path) -> ReleaseNames:
    """What `convert_names` kept. Raises: CorruptIndex."""
    try:
        offsets = np.load(folder / "offsets.npy", mmap_mode="r")
        text = np.memmap(folder / "text", np.uint8, "r") if offsets[-1] else np.empty(0, np.uint8)
        n_hosts = np.load(folder / "n_hosts.npy", mmap_mode="r") if (folder / "n_hosts.npy").exists() else None
    except (OSError, ValueError) as error:
        raise CorruptIndex(f"{folder} cannot be read: {error}", hint="import the release again") from error
    return ReleaseNames(offsets, text, n_hosts)


class _Reader:
    """The state of one pass over all files."""

    def __init__(self, folder: Path, findings: Findings) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._findings = findings
        self._file = (folder / "text").open("wb")
        self._names = np.empty(_NAME_BYTES, np.uint8)
        self._lengths = np.empty(_ROWS, np.uint16)
        self._ids, self._hosts = np.empty(_ROWS, np.uint32), np.empty(_ROWS, np.uint32)
        self._state = lines.new_state()
        self._kept: list[tuple[NDArray[np.uint16], NDArray[np.uint32], NDArray[np.uint32]]] = []
        self._n = 0

    def read(self, blob: Blob, tick: Tick) -> int:
        """All lines of a file; gives its bytes."""
        before, n_read = self._n, 0
        with closing(blocks(blob)) as found:
            for block in found:
                self._read_block(blob.name, block, before)
                n_read = block.n_read
                tick(n_read)
        self._findings.add("empty_files", int(self._n == before))
        return n_read

    def _read_block(self, name: str, block: Block, before: int) -> None:
        at, state = block.start, self._state
        while at < block.end:
            at = lines.read_names(
                block.data, at, block.end, self._n, self._names, self._lengths, self._ids, self._hosts, state
            )
            n_rows = int(state[lines.ROWS])
            self._kept.append((self._lengths[:n_rows].copy(), self._ids[:n_rows].copy(), self._hosts[:n_rows].copy()))
            self._n += n_rows
            if state[lines.WRONG]:
                place = int(state[lines.WRONG_AT])
                text = block.data[place : min(place + 200, block.end)].tobytes().split(b"\n", 1)[0]
                raise BadInput(
                    f"{name}, line {self._n - before + 1}: {_WRONG[int(state[lines.WRONG])]}: {text[:80]!r}", hint=_HINT
                )
            self._flush()

    def _flush(self) -> None:
        """Write all names but the last, with which the next one is compared."""
        state = self._state
        previous, fill = int(state[lines.PREVIOUS]), int(state[lines.FILL])
        if previous > _NAME_BYTES // 2:
            self._names[:previous].tofile(self._file)
            self._names[: fill - previous] = self._names[previous:fill].copy()
            state[lines.PREVIOUS], state[lines.FILL] = 0, fill - previous

    def finish(self) -> None:
        """Write the arrays; put ids and names in order where they are not."""
        if not self._n:
            raise BadInput("there is not one vertex in the files of vertices", hint="fetch them again")
        state = self._state
        self._names[: state[lines.FILL]].tofile(self._file)
        self._file.close()
        for name, place in (("carriage_returns", lines.CARRIAGE_RETURNS), ("www_names", lines.WWW)):
            self._findings.add(name, int(state[place]))
        self._findings.add("vertices", self._n)
        lengths = np.concatenate([kept[0] for kept in self._kept])
        ids = np.concatenate([kept[1] for kept in self._kept])
        n_hosts = np.concatenate([kept[2] for kept in self._kept])
        self._kept = []
        offsets = np.zeros(self._n + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        if state[lines.UNNUMBERED]:
            self._findings.add("vertices_out_of_order", int(state[lines.UNNUMBERED]))
            offsets, n_hosts = self._by_id(offsets, ids, n_hosts)
        else:
            self._findings.add("names_out_of_order", int(state[lines.INVERSIONS]))
            self._findings.add("repeated_names", int(state[lines.REPEATS]))
        np.save(self._folder / "offsets.npy", offsets)
        n_unknown = int((n_hosts == lines.UNKNOWN_COUNT).sum())
        if n_unknown == 0:
            np.save(self._folder / "n_hosts.npy", n_hosts)
        elif n_unknown < self._n:
            raise BadInput(
                f"{n_unknown:,} of {self._n:,} vertices do not say how many hosts they have", hint="fetch them again"
            )

    def _by_id(
        self, offsets: NDArray[np.int64], ids: NDArray[np.uint32], n_hosts: NDArray[np.uint32]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """Names and numbers put in the order of the ids."""
        order = np.argsort(ids, kind="stable")
        wrong = np.flatnonzero(ids[order] != np.arange(self._n))
        if len(wrong):
            expected, found = int(wrong[0]), int(ids[order[wrong[0]]])
            what = f"{found} stands twice" if found < expected else f"{expected} is missing"
            raise BadInput(
                f"{self._n:,} vertices should have the ids 0 to {self._n - 1:,}; id {what}",
                hint="are all files of vertices there, each once?",
            )
        text = np.memmap(self._folder / "text", np.uint8, "r")
        placed = np.zeros(self._n + 1, np.int64)
        np.cumsum(np.diff(offsets)[order], out=placed[1:])
        aside = self._folder / "text.placed"
        with aside.open("wb") as file:
            for first in range(0, self._n, _ROWS):
                nodes = order[first : first + _ROWS].tolist()
                file.write(b"".join(text[offsets[k] : offsets[k + 1]].tobytes() for k in nodes))
        del text
        aside.replace(self._folder / "text")
        return placed, n_hosts[order]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def www_of(kind: str, n: int, n_www: int) -> str:
    """Whether a graph's names kept their leading `www.`: kept, stripped, or folded (domains have no hosts)."""
    if kind == "domain":
        return "folded"
    return "kept" if n_www > WWW_SHARE * n else "stripped"
