"""What a user's text means as an address."""

from __future__ import annotations

import pytest

from inlink.errors import BadInput
from inlink.fetch.policy import Policy
from inlink.fetch.typed import typed_address
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import target


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("example.org", "https://example.org/"),
        (" example.org/a?b#c ", "https://example.org/a?b"),
        ("example.org:8080/a", "https://example.org:8080/a"),
        ("http://Example.org", "http://example.org/"),
        ("http:/example.org", "http://example.org/"),
        ("localhost:8080", "https://localhost:8080/"),
        ("mine", "https://mine/"),
        ("mine:81/x", "https://mine:81/x"),
        ("https://intranet/", "https://intranet/"),
    ],
)
def test_addresses(text: str, url: str) -> None:
    assert typed_address(text, Policy(test_hosts=frozenset({"mine"}))) == url


@pytest.mark.parametrize(
    "text", ["", "notaurl", "notaurl/a", "htp:/bad", "mailto:a@b.example", "a@b.example", "ftp://a.example/"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(BadInput, match="not a web address"):
        typed_address(text)


def test_questions_refuse_unknown_schemes_too() -> None:
    with pytest.raises(BadInput):
        target("htp:/bad", "url", rules=SuffixRules())
