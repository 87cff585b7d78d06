"""Dates as archives and lists write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.sources.dates import DateOrder, date_order, http_date, listed_date, warc_date

S = 1_000_000


def us(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * S  # type: ignore[misc, arg-type]


ARCHIVED = {
    "2014-01-02T03:04:05Z": us(2014, 1, 2, 3, 4, 5),
    "2014-01-02T03:04:05.678901Z": us(2014, 1, 2, 3, 4, 5) + 678901,
    "2014-01-02T03:04:05.5Z": us(2014, 1, 2, 3, 4, 5) + 500000,
    "2014-01-02T03:04:05.123456789Z": us(2014, 1, 2, 3, 4, 5) + 123456,
    "2014-01-02T03:04:05+02:00": us(2014, 1, 2, 1, 4, 5),
    "2014-01-02 03:04:05": us(2014, 1, 2, 3, 4, 5),
    "2014": us(2014, 1, 1),
    "2014-03": us(2014, 3, 1),
    "2014-03-04": us(2014, 3, 4),
    "2014-03-04T05": us(2014, 3, 4, 5),
    "2014-03-04T05:06Z": us(2014, 3, 4, 5, 6),
    "20140304050607": us(2014, 3, 4, 5, 6, 7),
    "201403040506": us(2014, 3, 4, 5, 6),
    "20140304": us(2014, 3, 4),
    " 2014-01-02T03:04:05Z ": us(2014, 1, 2, 3, 4, 5),
}


@pytest.mark.parametrize("text", ARCHIVED)
def test_archived(text: str) -> None:
    assert warc_date(text) == ARCHIVED[text]


@pytest.mark.parametrize(
    "text",
    ["", "x", "2014-13-01", "2014-02-30", "20141301000000", "0001-01-01T00:00:00Z", "1914-01-01", "2014-1-2", "١٢٣٤"],
)
def test_no_dates(text: str) -> None:
    assert warc_date(text) is None


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))
def test_round_trip(moment: datetime) -> None:
    expected = int((moment - datetime(1970, 1, 1)).total_seconds() // 1) * S + moment.microsecond
    assert warc_date(moment.isoformat() + "Z") == expected


@given(st.text(max_size=30))
def test_anything_is_survived(text: str) -> None:
    warc_date(text)
    http_date(text)
    for order in DateOrder:
        listed_date(text, order)
    date_order([text])


def test_http() -> None:
    assert http_date("Mon, 06 Mar 2017 04:02:06 GMT") == us(2017, 3, 6, 4, 2, 6)
    assert http_date("x") is None
    assert http_date("Thu, 01 Jan 1970 00:00:00 GMT") is None


LISTED = [
    ("2020-06-30", DateOrder.DMY, us(2020, 6, 30)),
    ("2020-06-30 12:13:14", DateOrder.DMY, us(2020, 6, 30, 12, 13, 14)),
    ("2020/6/3", DateOrder.DMY, us(2020, 6, 3)),
    ("28/09/2026", DateOrder.DMY, us(2026, 9, 28)),
    ("09/28/2026", DateOrder.MDY, us(2026, 9, 28)),
    ("03.04.2020", DateOrder.DMY, us(2020, 4, 3)),
    ("03.04.2020", DateOrder.MDY, us(2020, 3, 4)),
    ("3.4.2020 5:06", DateOrder.DMY, us(2020, 4, 3, 5, 6)),
    ("Sep 15, 2026", DateOrder.DMY, us(2026, 9, 15)),
    ("15 September 2026", DateOrder.DMY, us(2026, 9, 15)),
    ("September 15 2026", DateOrder.DMY, us(2026, 9, 15)),
    ("28/09/2026", DateOrder.MDY, None),
    ("14 Nov '19", DateOrder.DMY, None),
    ("soon", DateOrder.DMY, None),
    ("", DateOrder.DMY, None),
]


@pytest.mark.parametrize(("text", "order", "expected"), LISTED)
def test_listed(text: str, order: DateOrder, expected: int | None) -> None:
    assert listed_date(text, order) == expected


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (["01/02/2020", "13/02/2020"], DateOrder.DMY),
        (["01/02/2020", "02/13/2020"], DateOrder.MDY),
        (["01/02/2020"], DateOrder.DMY),
        (["2020-01-02"], DateOrder.DMY),
        ([], DateOrder.DMY),
    ],
)
def test_order_of_a_column(column: list[str], order: DateOrder) -> None:
    assert date_order(column) is order
