"""Rows sorted piece by piece stand as one sort puts them: against Python's sort, and against one piece."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inlink.engine import dealing
from inlink.engine.session import Session
from inlink.schema.columns import Column, TableSchema

TABLE = TableSchema(
    "made",
    1,
    "made-up rows",
    (
        Column("name", pa.string(), "with ties, quotes and nulls"),
        Column("weight", pa.int64(), "with nulls"),
        Column("seen_at", pa.timestamp("us", "UTC"), "a moment"),
        Column("number", pa.int64(), "of the row", nullable=False),
    ),
)
ORDER = "name, weight DESC, seen_at, number"
Row = dict[str, Any]


def rows(seed: int, n: int, names: list[str | None]) -> list[Row]:
    """Rows with many ties."""
    dice = random.Random(seed)
    return [
        {
            "name": dice.choice(names),
            "weight": dice.choice([None, *range(6)]),
            "seen_at": None if dice.random() < 0.1 else dice.randrange(4) * 10**9,
            "number": number,
        }
        for number in range(n)
    ]


def place(row: Row) -> tuple[Any, ...]:
    """The order in Python: nulls last, weights descending."""
    name, weight, at = row["name"], row["weight"], row["seen_at"]
    return name is None, name or "", weight is None, -(weight or 0), at is None, at or 0, row["number"]


def arranged(folder: Path, given: list[Row], sort_rows: int) -> tuple[list[Row], str]:
    """The rows as they stand on disk, and their digest."""
    scratch = folder / f"scratch-{sort_rows}"
    scratch.mkdir()
    with Session(scratch, threads=2, memory_bytes=200 * 2**20, sort_rows=sort_rows) as session:
        made = pa.Table.from_pylist(given, schema=TABLE.arrow)
        session.create("made", made.schema, iter(made.to_batches(max_chunksize=97)))
        written = session.arrange("made", ORDER, folder / f"out-{sort_rows}", TABLE)
        assert not list(scratch.glob("pieces*"))
    files = [folder / f"out-{sort_rows}" / name for name in written.files]
    table = pa.concat_tables([pq.read_table(file) for file in files])
    table = table.set_column(2, "seen_at", table["seen_at"].cast(pa.int64()))
    return table.to_pylist(), written.digest


NAMES: dict[str, list[str | None]] = {
    "many": [f"n{i:03d}" for i in range(300)],
    "few": ["a", "it's", 'a "b"', "é", "", None],
    "one": ["only"],
    "none": [None],
}


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("sort_rows", [40, 333, 4_999])
def test_pieces_are_in_the_order_of_one_sort(tmp_path: Path, names: str, sort_rows: int) -> None:
    given = rows(len(names), 5_000, NAMES[names])
    found, digest = arranged(tmp_path, given, sort_rows)
    assert found == sorted(given, key=place)
    assert digest == arranged(tmp_path, given, 5_000)[1]


def test_pieces_are_about_alike_where_most_rows_share_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    dealt = dealing.deal
    given = [{**row, "name": "one" if row["number"] % 10 else row["name"]} for row in rows(3, 20_000, NAMES["many"])]

    def deal(*arguments: Any) -> list[Path]:
        files = dealt(*arguments)
        sizes.extend(sum(batch.num_rows for batch in dealing.read(file)) for file in files)
        return files

    monkeypatch.setattr(dealing, "deal", deal)
    arranged(tmp_path, given, 2_000)
    assert len(sizes) == 10
    assert sum(sizes) == 20_000
    assert max(sizes) < 4_000
