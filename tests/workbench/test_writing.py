"""Rows written column by column are byte for byte those written one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inlink.workbench import writing
from inlink.workbench.json_values import ids_as_text, to_json
from inlink.workbench.writing import cell, csv_chunks, jsonl_chunks

TEXT = st.text(alphabet="=+-@,;|\t\r\n \"'\\ab\x00\x1b\x7f\u202e\u2028مü🍞", max_size=8)
TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))
WHOLE = TIMES.map(lambda time: time.replace(microsecond=0))
TYPES = {
    "text": (TEXT, pa.string()),
    "coded": (TEXT, pa.dictionary(pa.int8(), pa.string())),
    "link_id": (st.integers(0, 2**64 - 1), pa.uint64()),
    "n": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "is": (st.booleans(), pa.bool_()),
    "share": (st.floats(), pa.float64()),
    "at": (WHOLE, pa.timestamp("us", tz="UTC")),
    "at_us": (TIMES, pa.timestamp("us", tz="UTC")),
    "many": (st.lists(TEXT, max_size=2), pa.list_(pa.string())),
}


@pytest.fixture(params=["patterns", "kernels"])
def many(request: pytest.FixtureRequest) -> Iterator[None]:
    """What is rare is told by patterns (of few rows) and by kernels (of many)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "MANY", 10**9 if request.param == "patterns" else 0)
        yield


@pytest.mark.parametrize("name", TYPES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_columns_are_written_as_rows_are(name: str, many: None, data: st.DataObject) -> None:
    values, type_ = TYPES[name]
    column = pa.array(data.draw(st.lists(st.none() | values, max_size=6)), type_)
    cut = data.draw(st.integers(0, len(column)))
    batches = [pa.record_batch({name: part}) for part in (column[:cut], column[cut:])]
    rows = pa.record_batch({name: column}).to_pylist()
    assert b"".join(jsonl_chunks([name], batches)).decode() == "".join(f"{to_json(ids_as_text(r))}\n" for r in rows)
    by_row = io.StringIO(newline="")
    writer = csv.writer(by_row, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([[name], *([cell(row[name])] for row in rows)])
    assert b"".join(csv_chunks([name], batches)).decode() == by_row.getvalue()


def test_columns_keep_their_order_and_their_names() -> None:
    batch = pa.record_batch({'a "b"': [1, None], "=c": ["x", None]})
    names = ["=c", 'a "b"']
    assert b"".join(csv_chunks(names, [batch])) == b'"\'=c","a ""b"""\r\n"x","1"\r\n"",""\r\n'
    assert b"".join(jsonl_chunks(names, [batch])) == b'{"=c": "x", "a \\"b\\"": 1}\n{"=c": null, "a \\"b\\"": null}\n'
