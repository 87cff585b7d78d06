"""What extraction yields: rows of the three part tables, and the records that gave none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from inlink.schema import CAPTURES, LINKS, PAGES, TableSchema
from inlink.sources.records import BadRecord


@dataclass(frozen=True, slots=True)
class PartBatch:
    """Rows of captures, pages and links, in the order of the input, with the schemas of `inlink.schema`."""

    captures: pa.RecordBatch
    pages: pa.RecordBatch
    links: pa.RecordBatch
    errors: tuple[BadRecord, ...] = ()


def rows(schema: TableSchema, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """The columns as one batch in the schema's order and types."""
    arrow = schema.arrow
    arrays = [_as_type(columns[field.name], field.type) for field in arrow]
    return pa.RecordBatch.from_arrays(arrays, schema=arrow)


def empty_batch(errors: tuple[BadRecord, ...] = ()) -> PartBatch:
    """A batch without rows."""
    captures, pages, links = (
        pa.RecordBatch.from_pylist([], schema=schema.arrow) for schema in (CAPTURES, PAGES, LINKS)
    )
    return PartBatch(captures, pages, links, errors)


def _as_type(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    return array if array.type.equals(wanted) else array.cast(wanted)
