"""URL parsing against the web platform tests, and properties of normalising."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.urls.parse import normalise, parse

WORDS = r"""
    http: https:// // / \ ? # . .. %2e a b.html www. example.org É 日本 xn--bcher-kva.de 0x7f.1 1.2.3.4 [::1] :80 :443 :
    @ %41 %zz & = '
"""
PIECES = st.sampled_from([*WORDS.split(), " ", "\t"])
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=8).map("".join))


def vectors(data_dir: Path, name: str) -> list[dict[str, Any]]:
    """The cases of a vector file; its comments are plain strings."""
    cases = json.loads((data_dir / "vectors" / name).read_text("utf-8"))
    return [case for case in cases if not isinstance(case, str)]


def test_whatwg_urls(data_dir: Path) -> None:
    cases = vectors(data_dir, "wpt-urltestdata.json")
    assert len(cases) > 800
    wrong = [case for case in cases if not agrees(case)]
    assert wrong == []


def agrees(case: dict[str, Any]) -> bool:
    url = parse(case["input"], case.get("base"))
    if case.get("failure") or url is None:
        return bool(case.get("failure")) and url is None
    search = f"?{url.query}" if url.query else ""
    fragment = f"#{url.fragment}" if url.fragment else ""
    port = "" if url.port is None else str(url.port)
    got = (url.href, f"{url.scheme}:", url.host, port, url.path, search, fragment)
    return got == tuple(case[name] for name in ("href", "protocol", "hostname", "port", "pathname", "search", "hash"))


# Exception: IdnaTestV2 has one case of an empty domain, which no URL can hold ("https:///x" is host x); left out.
@pytest.mark.parametrize(("name", "n_least"), [("wpt-toascii.json", 80), ("wpt-IdnaTestV2.json", 2600)])
def test_domains_to_ascii(data_dir: Path, name: str, n_least: int) -> None:
    cases = [case for case in vectors(data_dir, name) if case["input"]]
    assert len(cases) > n_least
    wrong = []
    for case in cases:
        url = parse(f"https://{case['input']}/x")
        if (url.host if url is not None else None) != case["output"]:
            wrong.append(case)
    assert wrong == []


@pytest.mark.parametrize(
    ("raw", "base", "expected"),
    [
        pytest.param("http://Example.org", None, "http://example.org/", id="host and path"),
        pytest.param("https://example.org:443/a#b", None, "https://example.org/a", id="default port and fragment"),
        pytest.param("../x?y#z", "http://example.org/a/b/c", "http://example.org/a/x?y", id="relative"),
        pytest.param("#z", "http://example.org/a?b#c", "http://example.org/a?b", id="fragment only"),
        pytest.param(
            "//bücher.de", "https://example.org/", "https://xn--bcher-kva.de/", id="IDN under the page's scheme"
        ),
        pytest.param("\\\\evil.example\\x", "https://example.org/", "https://evil.example/x", id="backslashes"),
        pytest.param("http://example.org/\ud800", None, "http://example.org/%EF%BF%BD", id="lone surrogate"),
        pytest.param("http://example.org/", "no base", "http://example.org/", id="a base that is none"),
        pytest.param("a", "no base", None, id="relative without a base"),
        pytest.param("mailto:a@example.org", None, None, id="other scheme"),
        pytest.param("http://exa mple.org/", None, None, id="no URL"),
        pytest.param("http://example.org:99999/", None, None, id="port too great"),
    ],
)
def test_normalise(raw: str, base: str | None, expected: str | None) -> None:
    assert normalise(raw, base) == expected


@given(TEXTS)
def test_normalising_is_idempotent(raw: str) -> None:
    once = normalise(raw, "http://example.org/a/b?c")
    if once is not None:
        assert normalise(once) == once
        assert once.isascii()
        assert "#" not in once
