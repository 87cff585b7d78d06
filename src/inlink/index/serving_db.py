"""Statements run to their end: DuckDB refuses the next one on a connection until a result is read out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

Params = Sequence[object] | Mapping[str, object]

# DuckDB 2.0 fails on some joins of dictionary columns ("dict-surviving cache … changed identity"): hardly ever without
# the first of its optimizers, never yet seen without any of them.
AVOIDED_ALWAYS = "compressed_materialization"
AVOIDED = f"{AVOIDED_ALWAYS},join_filter_pushdown,build_side_probe_side,join_order,statistics_propagation"

# The way that DuckDB would rather see binds each query twice, which costs small answers more than the copy.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)


def run(db: duckdb.DuckDBPyConnection, text: str, params: Params = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement, all of them."""
    rows: list[tuple[Any, ...]] = db.execute(text, params or None).fetchall()
    return rows


@contextmanager
def read_as_duckdb() -> Iterator[None]:
    """A block whose interrupt is DuckDB's also where batches are read: Arrow's stream knows no error but by its text.

    Raises: duckdb.InterruptException.
    """
    try:
        yield
    except OSError as error:
        if "INTERRUPT Error" in str(error):
            raise duckdb.InterruptException(str(error)) from error
        raise


@contextmanager
def without_optimizers(db: duckdb.DuckDBPyConnection, names: str) -> Iterator[None]:
    """A block in whose queries DuckDB does without some of its optimizers; names: joined by commas."""
    run(db, "SET disabled_optimizers = ?", [names])
    try:
        yield
    finally:
        run(db, "RESET disabled_optimizers")


def one(db: duckdb.DuckDBPyConnection, text: str, params: Params = ()) -> tuple[Any, ...]:
    """The first row of a statement that gives one."""
    return run(db, text, params)[0]


def arrow(db: duckdb.DuckDBPyConnection, text: str, params: Params = ()) -> pa.Table:
    """The rows of a query as an Arrow table; for answers of bounded size, which it copies once."""
    return db.execute(text, params or None).to_arrow_table()


def stream(
    db: duckdb.DuckDBPyConnection, text: str, params: Params = (), *, batch_rows: int = 10_000
) -> pa.RecordBatchReader:
    """The rows of a query as a reader of record batches; the connection is busy until it is read out or closed."""
    return db.sql(text, params=params or None).to_arrow_reader(batch_rows)
