"""Pages after their scripts ran, as the crawler archives them."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_archives import DATE_US, record

from inlink.sources import items, open_inputs
from inlink.sources.records import BadRecord, InputFile, Item, Record
from inlink.sources.rendered import Rendered, link_key, sealed, unsealed

PAGE = Rendered(
    b"<html><body>after</body></html>",
    (("Content-Type", "text/html; charset=utf-8"), ("X-Robots-Tag", "nofollow"), ("Link", "</a>; rel=next")),
    frozenset((link_key("anchor", "https://b.example/"), 0, 2**64 - 1)),
)


def read(tmp_path: Path, block: bytes, *headers: str) -> list[Item]:
    path = tmp_path / "made.warc"
    path.write_bytes(
        record(block, *headers, kind="conversion").replace(b"application/http; msgtype=response", b"text/html")
    )
    (file,) = open_inputs([str(path)])
    assert isinstance(file, InputFile)
    return list(items(file))


def test_what_is_sealed_is_read_back() -> None:
    assert unsealed(sealed(PAGE)) == PAGE


def test_the_record_is_the_page_at_the_time_of_its_answer(tmp_path: Path) -> None:
    (found,) = read(tmp_path, sealed(PAGE), "WARC-Refers-To-Date: 2019-12-31T23:59:59.250000Z")
    assert isinstance(found, Record)
    assert (found.http_status, found.body, found.headers) == (200, PAGE.html, PAGE.headers)
    assert found.script_links == PAGE.script_links
    assert found.fetched_at_us == 1_577_836_799_250_000
    (found,) = read(tmp_path, sealed(PAGE))
    assert isinstance(found, Record)
    assert found.fetched_at_us == DATE_US


def test_headers_that_are_not_ours_to_tell_are_left_out() -> None:
    page = Rendered(b"x", (*PAGE.headers, ("Set-Cookie", "a=b")), frozenset())
    assert unsealed(sealed(page)) == Rendered(b"x", PAGE.headers, frozenset())


@pytest.mark.parametrize(
    "block",
    [
        b"plain text",
        sealed(PAGE)[:-6],
        PAGE.html + b"\n<!-- inlink-rendered  -->\n",
        PAGE.html + b"\n<!-- inlink-rendered !!!! -->\n",
        PAGE.html + b"\n<!-- inlink-rendered e30= -->\n",
        PAGE.html + b"\n<!-- inlink-rendered eyJoZWFkZXJzIjpbWzEsMl1dLCJzY3JpcHRfbGlua3MiOiIifQ== -->\n",
        PAGE.html + b"\n<!-- inlink-rendered eyJoZWFkZXJzIjpbXSwic2NyaXB0X2xpbmtzIjoiQUFBQSJ9 -->\n",
    ],
    ids=["text", "cut", "empty", "not-base64", "no-facts", "wrong-headers", "wrong-links"],
)
def test_other_conversions_hold_no_links(tmp_path: Path, block: bytes) -> None:
    (found,) = read(tmp_path, block)
    assert isinstance(found, BadRecord)
    assert found.reason == "text-only"
