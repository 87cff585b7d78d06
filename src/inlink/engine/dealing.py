"""Rows too many to sort at once are dealt out by ranges of their order, into files that are sorted one by one.

One large sort on disk keeps a page in memory for each run that it merges, so its memory grows with the rows, and its
runs lie on disk unpacked. Pieces of bounded size need neither: each row is packed, written and read once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from inlink.store.tables import conform

SPLITS = "dealing_splits"
PIECE = "dealing_piece"
SAMPLES_A_PIECE = 200


@dataclass(frozen=True, slots=True)
class Key:
    """A column of an order, nulls last as everywhere in it."""

    column: str
    descends: bool

    @staticmethod
    def of(order: str) -> list[Key]:
        """The keys of an ORDER BY text: "a, b DESC"."""
        words = [part.split() for part in order.split(",")]
        return [Key(word[0], word[1:] == ["DESC"]) for word in words]


def splits_query(rows: str, order: str, n_pieces: int) -> str:
    """SQL for the first rows of the second piece and on, as a list of structs, from a sample of the rows."""
    columns = ", ".join(key.column for key in Key.of(order))
    return f"""
        WITH sample AS (SELECT {columns} FROM {rows} USING SAMPLE reservoir({n_pieces * SAMPLES_A_PIECE} ROWS)),
        placed AS (SELECT row_number() OVER (ORDER BY {order}) - 1 AS place, count(*) OVER () AS n, * FROM sample)
        SELECT list(struct_pack({", ".join(f"{key.column} := {key.column}" for key in Key.of(order))}) ORDER BY place)
        FROM placed WHERE place > 0 AND place * {n_pieces} // n <> (place - 1) * {n_pieces} // n
    """  # noqa: S608 names of ours, no user's words


def piece_of(order: str, n_splits: int) -> str:
    """SQL for the piece that a row belongs to: how many splits are not after it, by halving."""
    keys = Key.of(order)

    def among(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        return f"CASE WHEN {_before(keys, middle)} THEN {among(low, middle)} ELSE {among(middle + 1, high)} END"

    return among(0, n_splits)


def _before(keys: Sequence[Key], split: int) -> str:
    """SQL for whether a row stands before a split; unknown counts as no, as null stands last."""
    key, *others = keys
    theirs = f"getvariable('{SPLITS}')[{split + 1}].{key.column}"
    sign = ">" if key.descends else "<"
    known = f"({theirs} IS NULL AND {key.column} IS NOT NULL OR {key.column} {sign} {theirs}"
    if others:
        known += f" OR {key.column} IS NOT DISTINCT FROM {theirs} AND {_before(others, split)}"
    return f"coalesce({known}), false)"


def deal(batches: Iterable[pa.RecordBatch], folder: Path, n_pieces: int, schema: pa.Schema) -> list[Path]:
    """Write rows to the file of their piece, the number in their last column; the files, in order."""
    files = [folder / f"{piece:05d}.arrow" for piece in range(n_pieces)]
    packing = pa.ipc.IpcWriteOptions(compression="zstd")
    with ExitStack() as open_files:
        writers = [open_files.enter_context(pa.ipc.new_stream(str(file), schema, options=packing)) for file in files]
        for batch in batches:
            pieces = batch.column(batch.num_columns - 1).to_numpy(zero_copy_only=False)
            order = np.argsort(pieces, kind="stable")
            rows = conform(batch, schema).take(pa.array(order))
            counts = np.bincount(pieces, minlength=n_pieces)
            ends = np.cumsum(counts)
            for piece in np.flatnonzero(counts):
                writers[piece].write_batch(rows.slice(ends[piece] - counts[piece], counts[piece]))
    return files


def read(file: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a piece, as they were dealt."""
    with pa.OSFile(str(file)) as source, pa.ipc.open_stream(source) as reader:
        yield from reader
