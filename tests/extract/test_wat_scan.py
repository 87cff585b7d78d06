"""The compiled scan of link objects, judged by the json module."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlink.extract.wat_paths import PATH_KINDS
from inlink.extract.wat_scan import Scanned, scan
from inlink.schema import KINDS

MAX_BYTES = 100_000
SPACES = frozenset(chr(c) for c in range(33)) | {"\u00a0"}


def scanned(pages: list[str], *, hosts: list[str] | None = None, **options: Any) -> Scanned:
    chunks = [page.encode() for page in pages]
    data = np.frombuffer(b"".join(chunks), np.uint8)
    ends = np.cumsum([len(chunk) for chunk in chunks]).astype(np.int64)
    settings = {"external_only": False, "max_links": 10_000, "max_bytes": MAX_BYTES, **options}
    return scan(data, ends, pa.array(hosts or [""] * len(pages), pa.string()), **settings)


def folded(text: str) -> str:
    words = "".join(" " if c in SPACES else c for c in text).split(" ")
    return " ".join(word for word in words if word)


def whole(text: str) -> str:
    """Lone surrogates as the scan writes them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


texts = st.text(max_size=30) | st.sampled_from(
    ["", " ", "\n a \t b\u00a0", 'quote " and \\ back', "\ud83d", "😀 é ß", "\u2028"]
)
values = texts | st.none() | st.integers() | st.booleans() | st.lists(texts | st.integers(), max_size=3)
objects = st.fixed_dictionaries(
    {"path": st.sampled_from([*PATH_KINDS, "STYLE/#text", "DIV@/onclick", ""]), "url": texts},
    optional={
        "text": texts,
        "alt": texts,
        "rel": texts,
        "title": values,
        "x": st.dictionaries(texts, values, max_size=2),
    },
)


@settings(max_examples=150, deadline=None)
@given(
    pages=st.lists(st.lists(objects, max_size=5), max_size=4),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 2]),
)
def test_equals_a_json_parser(pages: list[list[dict[str, Any]]], ascii_only: bool, indent: int | None) -> None:
    written = [
        json.dumps(page, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace").decode() for page in pages
    ]
    wanted = []
    for number, text in enumerate(written):
        for link in json.loads(text):
            kind = PATH_KINDS.get(link["path"])
            is_anchor = kind == "anchor"
            if kind is None or (kind in EMBEDS and link["url"].lower().startswith("data:")):
                continue
            wanted.append(
                (
                    number,
                    kind,
                    whole(link["url"]),
                    folded(whole(link.get("text", ""))) if is_anchor else None,
                    folded(whole(link.get("alt", ""))) or None if not is_anchor else None,
                    folded(whole(link.get("rel", ""))) or None,
                )
            )
    found = scanned(written)
    rows = zip(
        found.page.tolist(),
        (KINDS[code - 1] for code in found.code.tolist()),
        found.url.to_pylist(),
        (fold_wide(text) for text in found.text.to_pylist()),
        (fold_wide(text) or None for text in found.alt.to_pylist()),
        (fold_wide(text) or None for text in found.rel.to_pylist()),
        strict=True,
    )
    assert list(rows) == wanted


EMBEDS = ("image", "script", "media", "rel_link")


def fold_wide(text: str | None) -> str | None:
    """A no-break space that is not escaped passes the scan as it is."""
    return None if text is None else folded(text)


@pytest.mark.parametrize(
    ("url", "is_dropped"),
    [
        ("/a", True),
        ("a/b", True),
        ("", True),
        ("#top", True),
        ("?q=http://x.example", True),
        ("  /a", True),
        ("//www.example.org/a", True),
        ("http://www.example.org", True),
        ("HTTPS://WWW.Example.ORG?x", True),
        ("a/http://x.example/", True),
        ("//other.example/", False),
        ("http://www.example.org.evil.example/", False),
        ("http://www.example.org:8080/", False),
        ("http://www.example.org@evil.example/", False),
        ("http:/www.example.org/", False),
        ("http:www.example.org", False),
        ("/\\evil.example", False),
        ("/\t/evil.example", False),
        ("ht\ntp://evil.example", False),
        ("mailto:a@www.example.org", False),
        ("javascript:void(0)", False),
        ("\\\\evil.example", False),
    ],
)
def test_only_what_surely_stays_is_dropped(url: str, is_dropped: bool) -> None:
    page = json.dumps([{"path": "A@/href", "url": url}])
    found = scanned([page], hosts=["www.example.org"], external_only=True)
    assert (len(found.page) == 0) is is_dropped
    assert found.n_dropped.tolist() == [int(is_dropped)]
    assert len(scanned([page], hosts=[""], external_only=True).page) == 1


def test_embedded_resources_of_the_own_host_are_dropped_always() -> None:
    links = [
        {"path": "IMG@/src", "url": "/logo.png"},
        {"path": "IMG@/src", "url": "https://cdn.example/x.png"},
        {"path": "IMG@/src", "url": "data:image/png;base64,"},
        {"path": "LINK@/href", "url": "/style.css", "rel": "stylesheet"},
        {"path": "LINK@/href", "url": "/me", "rel": "Canonical"},
        {"path": "LINK@/href", "url": "/fr", "rel": "ALTERNATE nofollow"},
    ]
    found = scanned([json.dumps(links)], hosts=["example.org"])
    assert found.url.to_pylist() == ["https://cdn.example/x.png", "/me", "/fr"]
    assert found.n_dropped.tolist() == [0]


def test_limits_are_kept_and_told() -> None:
    links = [{"path": "A@/href", "url": f"/{n}", "text": "é" * 100} for n in range(5)]
    found = scanned([json.dumps(links), json.dumps(links[:1])], max_links=3, max_bytes=31)
    assert found.url.to_pylist() == ["/0", "/1", "/2", "/0"]
    assert found.is_cut.tolist() == [True, False]
    assert all(
        set(text) == {"é"} for text in scanned([json.dumps(links, ensure_ascii=False)], max_bytes=31).text.to_pylist()
    )
    long_url = json.dumps([{"path": "A@/href", "url": "/" + "x" * 50}])
    assert scanned([long_url], max_bytes=31).is_cut.tolist() == [True]


@pytest.mark.parametrize("text", ["", "[]", "null", "[{}]", '{"path":"A@/href"}', "[1,[],{}]"])
def test_arrays_without_links(text: str) -> None:
    assert len(scanned([text, "[]"]).page) == 0


def test_one_object_without_array() -> None:
    assert scanned(['{"path":"A@/href","url":"x"}']).url.to_pylist() == ["x"]
