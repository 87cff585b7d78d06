"""Tables on disk: what is written comes back, cut into groups and files, in bounded pieces."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inlink.schema import CAPTURES, LINKS
from inlink.schema.columns import Column, TableSchema
from inlink.store import tables
from inlink.store.digests import digest_of
from inlink.store.tables import read_batches, stored_schema, write_table

CODED = pa.dictionary(pa.int32(), pa.string())
SMALL = TableSchema("small", 1, "", (Column("n", pa.int64(), "", nullable=False), Column("t", CODED, "")))


def batches(n_rows: int, size: int) -> list[pa.RecordBatch]:
    table = pa.table({"t": [f"text {i % 7}" for i in range(n_rows)], "n": list(range(n_rows))})
    return list(table.to_batches(max_chunksize=size))


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_round_trip_over_groups_and_files(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "GROUP_ROWS", 50)
    monkeypatch.setattr(tables, "FILE_ROWS", 100)
    folder = tmp_path / "t"
    writer = tables.TableWriter(folder, SMALL, group_rows=50)
    for batch in batches(333, size):
        writer.write(batch)
    written = writer.close()
    assert written.n_rows == 333
    assert len(written.files) == 4
    back = pa.Table.from_batches(read_batches(folder, SMALL))
    assert back["n"].to_pylist() == list(range(333))
    assert written.digest == digest_of(read_batches(folder, SMALL), stored_schema(SMALL))
    groups = [pq.ParquetFile(folder / name).metadata.row_group(0).num_rows for name in written.files]
    assert groups == [50, 50, 50, 33]


def test_a_table_without_rows_has_its_schema(tmp_path: Path) -> None:
    written = write_table([], tmp_path / "t", LINKS)
    assert written.n_rows == 0
    file = pq.ParquetFile(tmp_path / "t" / written.files[0])
    assert file.schema_arrow.names == list(LINKS.names)
    assert file.schema_arrow.metadata[b"inlink.table"] == b"links"


def test_a_missing_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        write_table([pa.record_batch({"n": [1]})], tmp_path / "t", SMALL)


def test_null_where_none_may_stand(tmp_path: Path) -> None:
    batch = pa.record_batch({"n": pa.array([None], pa.int64()), "t": ["a"]})
    with pytest.raises(pa.ArrowInvalid):
        write_table([batch], tmp_path / "t", SMALL)


def test_stored_strings_are_plain() -> None:
    assert not any(pa.types.is_dictionary(field.type) for field in stored_schema(CAPTURES))
