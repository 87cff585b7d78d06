"""Values of an unexpected shape in WAT records must not cost the record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from wat_records import anchor, extract, links_of, response, wat

from inlink.sources.limits import Limits


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, [None], True], ids=repr)
@pytest.mark.parametrize(
    "path",
    [
        ("Head",),
        ("Head", "Base"),
        ("Head", "Title"),
        ("Head", "Metas"),
        ("Head", "Link"),
        ("Head", "Scripts"),
        ("Text",),
    ],
    ids="/".join,
)
def test_odd_values_in_the_page(path: tuple[str, ...], value: Any) -> None:
    record = wat(links=[anchor("https://a.example/")], head={"Title": "t"})
    place = response(record)["HTML-Metadata"]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert [row["target_url"] for row in links_of(record)] == ["https://a.example/"]


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, [None], True], ids=repr)
@pytest.mark.parametrize("name", ["Response-Message", "Headers", "Entity-Digest"])
def test_odd_values_in_the_answer(name: str, value: Any) -> None:
    record = wat(links=[anchor("https://a.example/")])
    response(record)[name] = value
    assert [row["target_url"] for row in links_of(record)] == ["https://a.example/"]


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, [None], True], ids=repr)
@pytest.mark.parametrize("name", ["Links", "HTML-Metadata"])
def test_odd_values_instead_of_links(name: str, value: Any) -> None:
    record = wat(links=[anchor("https://a.example/")])
    place = response(record)
    (place["HTML-Metadata"] if name == "Links" else place)[name] = value
    batch = extract(record)
    assert (batch.captures.num_rows, batch.links.num_rows, batch.errors) == (1, 0, ())


@pytest.mark.parametrize("name", ["url", "text", "rel", "path", "target"])
def test_nulls_in_links(name: str) -> None:
    rows = links_of(
        wat(links=[{**anchor("https://a.example/", text="t", rel="nofollow"), name: None}, anchor("/kept")])
    )
    assert rows[-1]["target_url"] == "https://www.example.org/kept"
    assert len(rows) == (1 if name in ("url", "path") else 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"HTTP-Response-Metadata"', "bad-json"),
        (b'["HTTP-Response-Metadata"]', "no-url"),
        (json.dumps(wat(header={"WARC-Target-URI": None})).encode(), "no-url"),
        (json.dumps(wat(header={"WARC-Date": "yesterday"})).encode(), "bad-date"),
        (json.dumps(wat(header={"WARC-Date": None})).encode(), "bad-date"),
        (b'{"HTTP-Response-Metadata":' * 100_000, "bad-json"),
    ],
    ids=["cut", "no object", "no url", "bad date", "no date", "deep"],
)
def test_what_cannot_be_read_is_counted(text: bytes, reason: str) -> None:
    batch = extract(wat(links=[anchor("/x")]), text)
    assert [(bad.offset, bad.reason) for bad in batch.errors] == [(7, reason)]
    assert batch.links.num_rows == 1


def test_bytes_that_are_not_utf8() -> None:
    text = json.dumps(wat(links=[anchor("/x", text="caf@")])).encode().replace(b"caf@", b"caf\xe9")
    assert [row["anchor"] for row in links_of(text)] == ["caf\ufffd"]


def test_half_a_surrogate_pair() -> None:
    text = json.dumps(wat(links=[anchor("/x", text="@")])).encode().replace(b'"@"', b'"\\ud83d"')
    assert [row["anchor"] for row in links_of(text)] == ["\ufffd"]


def test_control_characters_in_strings() -> None:
    text = json.dumps(wat(links=[anchor("/x", text="a@b")])).encode().replace(b"a@b", b"a\x01b")
    assert [row["anchor"] for row in links_of(text)] == ["a b"]


def test_links_beyond_the_limit_are_counted() -> None:
    batch = extract(wat(links=[anchor(f"/{n}") for n in range(9)]), limits=Limits(max_links=4))
    assert batch.links.num_rows == 4
    assert [bad.reason for bad in batch.errors] == ["links-cut"]
    assert batch.captures["error"].to_pylist() == ["links-cut"]  # it shows links and proves nothing of others


def test_a_truncated_page_proves_nothing_of_other_links() -> None:
    header = {"WARC-Truncated": "length"}
    batch = extract(wat(links=[anchor("/x")], header=header), wat(links=[anchor("/x")]))
    assert batch.captures["error"].to_pylist() == ["truncated", None]
    assert batch.links.num_rows == 2
