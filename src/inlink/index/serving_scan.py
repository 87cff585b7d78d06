"""Read the link tables of a snapshot in order, in bounded chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from inlink.errors import CorruptIndex


@dataclass(frozen=True)
class Snapshot:
    """The folder of a snapshot. Tables may be one file or many; the names of the files give their order."""

    folder: Path
    chunk_rows: int = 500_000

    @property
    def name(self) -> str:
        """Identity of the snapshot: the name of its folder."""
        return self.folder.name

    def files(self, table: str) -> list[str]:
        """The Parquet files of a table, in order.

        Raises: CorruptIndex where the table is missing.
        """
        found = sorted(str(p) for p in (self.folder / table).glob("**/*.parquet"))
        if not found:
            raise CorruptIndex(f"snapshot {self.name} has no table {table}", hint="run `inlink build` again")
        return found

    @cached_property
    def n_links(self) -> int:
        """Rows of the links table, internal ones included."""
        return sum(pq.read_metadata(f).num_rows for f in self.files("links"))

    def links(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """All links in snapshot order, some `chunk_rows` at a time."""
        waiting: list[pa.Table] = []
        n_waiting = 0
        for name in self.files("links"):
            # Reading ahead, and mapping, would keep all of a file in memory until it is closed.
            with pq.ParquetFile(name, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=min(65_536, self.chunk_rows), columns=list(columns)):
                    waiting.append(pa.Table.from_batches([batch]))
                    n_waiting += batch.num_rows
                    if n_waiting >= self.chunk_rows:
                        yield pa.concat_tables(waiting)
                        waiting, n_waiting = [], 0
        if waiting:
            yield pa.concat_tables(waiting)


def external(links: pa.Table) -> pa.Table:
    """The links between domains, in the same order."""
    return links.filter(pc.invert(links["is_internal"]))
