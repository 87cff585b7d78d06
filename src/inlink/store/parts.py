"""One part: what one input gave, in a folder that is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from inlink.errors import CorruptIndex
from inlink.schema import CAPTURES, LINKS, PAGES
from inlink.schema.columns import TableSchema
from inlink.store.files import bytes_digest, replace_text
from inlink.store.tables import GROUP_ROWS, conform

TABLES = (CAPTURES, PAGES, LINKS)
N_EXAMPLES = 10


def part_digest(input_digest: str, *, code: str, limits: Mapping[str, int]) -> str:
    """Name of a part: it changes with the input's bytes, the extraction's version, the schemas and the limits."""
    versions = {table.name: table.version for table in TABLES}
    words = json.dumps([input_digest, code, versions, sorted(limits.items())], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:32]


@dataclass(slots=True)
class Errors:
    """Bad records, counted by reason, with the first examples of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, reason: str, *, file: str, offset: int, detail: str = "") -> None:
        """Count one bad record."""
        self.counts[reason] += 1
        shown = self.examples.setdefault(reason, [])
        if len(shown) < N_EXAMPLES:
            shown.append({"file": file, "offset": offset, "detail": detail})


@dataclass(frozen=True, slots=True)
class PartInfo:
    """part.json: where a part comes from and what is in it. `digests` are of the files' bytes."""

    part: str
    input: str
    input_digest: str
    format: str
    code: str
    suffixes: str
    schemas: dict[str, int]
    rows: dict[str, int]
    digests: dict[str, str]
    errors: dict[str, int]
    examples: dict[str, list[dict[str, Any]]]


class PartWriter:
    """Writes batches of captures, pages and links, in the input's order. Memory: one row group per table."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._tables = {table.name: _TableFile(folder, table) for table in TABLES}
        self.errors = Errors()

    def write(self, captures: pa.RecordBatch, pages: pa.RecordBatch, links: pa.RecordBatch) -> None:
        """Append the rows of some records."""
        for name, batch in (("captures", captures), ("pages", pages), ("links", links)):
            self._tables[name].write(batch)

    def count(self, table: str) -> int:
        """Rows written to a table so far."""
        return self._tables[table].n_rows

    def close(self, *, part: str, input: str, input_digest: str, format: str, code: str, suffixes: str) -> PartInfo:
        """Finish the files and write part.json."""
        digests = {name: table.close() for name, table in self._tables.items()}
        info = PartInfo(
            part=part,
            input=input,
            input_digest=input_digest,
            format=format,
            code=code,
            suffixes=suffixes,
            schemas={table.name: table.version for table in TABLES},
            rows={name: table.n_rows for name, table in self._tables.items()},
            digests=digests,
            errors=dict(sorted(self.errors.counts.items())),
            examples=dict(sorted(self.errors.examples.items())),
        )
        replace_text(self._folder / "part.json", json.dumps(asdict(info), indent=1, ensure_ascii=False) + "\n")
        return info

    def abandon(self) -> None:
        """Let go of the files; the folder is to be thrown away."""
        for table in self._tables.values():
            table.abandon()


def read_part(folder: Path) -> PartInfo | None:
    """What part.json says; None where there is no finished part. Raises: CorruptIndex."""
    try:
        return PartInfo(**json.loads((folder / "part.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CorruptIndex(
            f"{folder / 'part.json'} cannot be read", hint="delete the part's folder and run inlink build"
        ) from error


def part_faults(folder: Path) -> list[str]:
    """What does not match part.json; empty if the part is sound. Cost: reads the part's bytes."""
    info = read_part(folder)
    if info is None:
        return [f"{folder.name}: part.json is missing"]
    faults = []
    for table in TABLES:
        path = folder / f"{table.name}.parquet"
        try:
            found = bytes_digest(path)
        except OSError as error:
            faults.append(f"{folder.name}: {path.name} cannot be read ({error.strerror})")
            continue
        if found != info.digests.get(table.name):
            faults.append(f"{folder.name}: {path.name} does not match its digest")
    return faults


class _TableFile:
    """One Parquet file of a part; whole row groups are written as soon as they are full."""

    def __init__(self, folder: Path, table: TableSchema) -> None:
        self.n_rows = 0
        self._path = folder / f"{table.name}.parquet"
        self._schema = table.arrow
        # Texts repeat too little for dictionaries of their own, and parts are read whole: without both, and without
        # least and greatest values, a third of the time of writing is saved.
        self._writer = pq.ParquetWriter(
            self._path,
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[field.name for field in self._schema if pa.types.is_dictionary(field.type)],
            write_statistics=False,
        )
        self._waiting: list[pa.RecordBatch] = []
        self._n_waiting = 0

    def write(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._waiting.append(conform(batch, self._schema))
            self._n_waiting += batch.num_rows
            self.n_rows += batch.num_rows
        if self._n_waiting >= GROUP_ROWS:
            self._flush()

    def close(self) -> str:
        self._flush()
        self._writer.close()
        return bytes_digest(self._path)

    def abandon(self) -> None:
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            # One dictionary a column and row group: the writer then takes codes as they are.
            table = pa.Table.from_batches(self._waiting, self._schema).unify_dictionaries().combine_chunks()
            self._writer.write_table(table, row_group_size=GROUP_ROWS)
            self._waiting, self._n_waiting = [], 0
