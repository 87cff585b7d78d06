"""A digest of ordered rows: the same for equal tables, however they are cut into batches, files or row groups.

Each column has running hashes of its own over three streams: which values are null (one byte a row), the lengths of its
strings or lists, and its values with nulls taken out. Dictionaries are decoded first. The digest of a table is that of
its column names, logical types and sums, and its number of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash


class RowDigest:
    """Digest of the batches fed so far, in their order. Cost: one pass over the bytes of the columns."""

    def __init__(self, schema: pa.Schema) -> None:
        self.n_rows = 0
        self._names = schema.names
        self._columns = [_ColumnDigest(plain_type(field.type)) for field in schema]

    def update(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows. The batch has the columns of the schema, in its order."""
        self.n_rows += batch.num_rows
        for column, values in zip(self._columns, batch.columns, strict=True):
            column.update(values)

    def hexdigest(self) -> str:
        """What all rows so far come to."""
        total = hashlib.sha256(f"rows {self.n_rows}".encode())
        for name, column in zip(self._names, self._columns, strict=True):
            total.update(f"\n{name} {column.type} {column.hexdigest()}".encode())
        return total.hexdigest()[:32]


def digest_of(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> str:
    """The digest of a whole table."""
    digest = RowDigest(schema)
    for batch in batches:
        digest.update(batch)
    return digest.hexdigest()


def plain_type(type_: pa.DataType) -> pa.DataType:
    """The type of the values themselves: dictionaries decoded, 32-bit offsets."""
    if pa.types.is_dictionary(type_):
        return plain_type(type_.value_type)
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return pa.list_(plain_type(type_.value_type))
    return type_


class _ColumnDigest:
    def __init__(self, type_: pa.DataType) -> None:
        self.type = type_
        self._nulls = xxhash.xxh3_128()
        self._lengths = xxhash.xxh3_128()
        self._values = xxhash.xxh3_128()
        self._items = _ColumnDigest(type_.value_type) if pa.types.is_list(type_) else None

    def update(self, array: pa.Array) -> None:
        if array.type != self.type:
            array = array.cast(self.type)
        self._nulls.update(_bytes(pc.is_null(array)))
        if array.null_count:
            array = array.drop_null()
        if self._items is not None:
            self._lengths.update(_bytes(pc.list_value_length(array).cast(pa.int64())))
            self._items.update(array.flatten())
        elif pa.types.is_string(self.type):
            self._lengths.update(_bytes(pc.binary_length(array).cast(pa.int64())))
            self._values.update(_string_bytes(array))
        else:
            self._values.update(_bytes(array))

    def hexdigest(self) -> str:
        items = self._items.hexdigest() if self._items else ""
        return f"{self._nulls.hexdigest()}{self._lengths.hexdigest()}{self._values.hexdigest()}{items}"


def _string_bytes(array: pa.Array) -> memoryview:
    """Bytes of all strings, one after the other (the array has no nulls)."""
    if not len(array):
        return memoryview(b"")
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    data = array.buffers()[2]
    return memoryview(data)[offsets[0] : offsets[-1]] if data is not None else memoryview(b"")


def _bytes(array: pa.Array) -> memoryview:
    """Bytes of the values of an array of fixed width without nulls; a truth value takes one byte."""
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    values = np.ascontiguousarray(array.to_numpy(zero_copy_only=False))
    if pa.types.is_floating(array.type):
        values = values + values.dtype.type(0)  # one zero, not two
    return values.view(np.uint8).data
