"""What becomes of questions when DuckDB fails: too little memory is said, an error of its own is got over."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from inlink.errors import Busy, TookTooLong
from inlink.index import serving_db
from inlink.index.serving_reader import Serving
from inlink.index.serving_sql import Sql
from inlink.workbench import Workbench, deadlines

COUNT = Sql("SELECT count(*) AS n FROM links")


@pytest.fixture
def file(demo_bench: Workbench, tmp_path: Path) -> Path:
    (served,) = (demo_bench.path / "serve").glob("*.duckdb")
    return Path(shutil.copy(served, tmp_path))


@pytest.fixture
def serving(file: Path) -> Iterator[Serving]:
    opened = Serving(file)
    yield opened
    opened.close()


def asked_by_another_thread(serving: Serving) -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(serving.rows(COUNT)[0][0]))
    thread.start()
    thread.join()
    return found[0]


def mark(serving: Serving) -> str:
    """A setting of the open database, which all its connections share."""
    return str(serving.rows(Sql("SELECT current_setting('max_temp_directory_size')"))[0][0])


@pytest.mark.parametrize("error", [duckdb.FatalException, duckdb.InternalException])
def test_after_an_error_within_duckdb_the_file_is_opened_anew(
    serving: Serving, error: type[duckdb.Error], monkeypatch: pytest.MonkeyPatch
) -> None:
    n = serving.rows(COUNT)[0][0]
    assert asked_by_another_thread(serving) == n
    serving.rows(Sql("SET GLOBAL max_temp_directory_size = '123MiB'"))
    assert mark(serving) == "123.0 MiB"
    real, calls = serving_db.arrow, []

    def failing(db: Any, text: str, params: Any = ()) -> pa.Table:
        calls.append(text)
        if len(calls) == 1:
            raise error("database has been invalidated")
        return real(db, text, params)

    monkeypatch.setattr(serving_db, "arrow", failing)
    assert serving.arrow(COUNT)["n"][0].as_py() == n
    assert len(calls) == 2
    assert mark(serving) != "123.0 MiB"
    assert asked_by_another_thread(serving) == n


def test_too_little_memory_is_said(serving: Serving) -> None:
    with pytest.raises(Busy, match="more than the 1GB that queries have"):
        serving.rows(Sql("SELECT list(a.range) FROM range(200000000) a"))


def test_what_does_not_fit_goes_to_disk_and_is_not_left_behind(file: Path) -> None:
    small = Serving(file, memory_limit="60MB", threads=2)
    folder = Path(str(small.rows(Sql("SELECT current_setting('temp_directory')"))[0][0]))
    (row,) = small.rows(Sql("SELECT count(*) FROM (SELECT range AS a, sum(range) FROM range(3000000) GROUP BY ALL)"))
    assert row == (3_000_000,)
    small.close()
    assert not folder.exists()


def test_pages_of_changes_follow_each_other(demo_bench: Workbench) -> None:
    """Pages are found by narrow columns and read by their rows; together they are all changes."""
    for window in ({}, {"from_": "2026-09-20"}):
        whole = demo_bench.changes(None, limit=None, **window).to_dicts()  # type: ignore[arg-type]
        assert len(whole) > 30
        found, cursor = [], None
        while True:
            rows = demo_bench.changes(None, limit=7, cursor=cursor, **window)  # type: ignore[arg-type]
            assert rows.n_total == len(whole)
            found += rows.to_dicts()
            if rows.cursor is None:
                break
            cursor = rows.cursor
        assert found == whole


def test_time_runs_out_too_in_a_database_that_was_opened_meanwhile(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = serving_db.run, []

    def failing(db: Any, text: str, params: Any = ()) -> list[tuple[Any, ...]]:
        calls.append(text)
        if len(calls) == 1:
            raise duckdb.FatalException("database has been invalidated")
        return real(db, text, params)

    long = Sql("SELECT sum(a.range * b.range) FROM range(100_000) a, range(100_000) b")
    with pytest.raises(TookTooLong), deadlines.within(serving, 0.1):
        monkeypatch.setattr(serving_db, "run", failing)
        serving.rows(long)
    assert calls.count(long.text) == 2


def test_time_runs_out_for_streams_before_and_between_their_batches(serving: Serving) -> None:
    with pytest.raises(TookTooLong), deadlines.within(serving, 0.1):
        serving.stream(Sql("SELECT sum(a.range * b.range) FROM range(100_000) a, range(100_000) b"))
    with pytest.raises(TookTooLong), deadlines.within(serving, 0.3):
        for batch in serving.stream(Sql("SELECT range AS row FROM range(100_000_000_000)")):
            assert batch.num_rows
