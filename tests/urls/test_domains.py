"""Registrable domains: the Public Suffix List's own vectors, overrides, and the list's Python package as a judge."""

from __future__ import annotations

import re
from pathlib import Path

import publicsuffixlist
import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from inlink.errors import BadInput
from inlink.urls.domains import SuffixRules

RULES = SuffixRules()
JUDGE = PublicSuffixList()


def cases(text: str) -> list[tuple[str, str | None]]:
    """(host, registrable domain or None) of either vector file."""
    found: list[tuple[str, str | None]] = []
    for line in text.splitlines():
        call = re.fullmatch(r"checkPublicSuffix\((.*), (.*)\);", line.strip())
        words = call.groups() if call else tuple(line.split()) if line.strip() and not line.startswith("//") else ()
        if len(words) == 2 and words[0] != "null":  # a null host is no string
            host, domain = (word.strip("'") for word in words)
            found.append((host, None if domain == "null" else domain))
    return found


@pytest.mark.parametrize("name", ["psl-test_psl.txt", "psl-tests.txt"])
def test_suffix_list_vectors(data_dir: Path, name: str) -> None:
    rows = cases((data_dir / "vectors" / name).read_text("utf-8"))
    assert len(rows) > 70
    assert [row for row in rows if RULES.registrable(row[0]) != row[1]] == []


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        pytest.param("www.example.co.uk", "example.co.uk", id="ICANN suffix"),
        pytest.param("a.b.github.io", "b.github.io", id="private suffix"),
        pytest.param("github.io", "github.io", id="bare private suffix"),
        pytest.param("co.uk", "co.uk", id="bare suffix"),
        pytest.param("localhost", "localhost", id="single label"),
        pytest.param("192.0.2.1", "192.0.2.1", id="IPv4"),
        pytest.param("[2001:db8::1]", "[2001:db8::1]", id="IPv6"),
        pytest.param("www.example.org.", "example.org", id="trailing dot"),
        pytest.param("WWW.Example.ORG", "example.org", id="upper case"),
        pytest.param("a.b.unknowntld", "b.unknowntld", id="unlisted"),
        pytest.param("www.xn--bcher-kva.de", "xn--bcher-kva.de", id="punycode"),
        pytest.param("a.xn--85x722f.com.cn", "xn--85x722f.com.cn", id="punycode under a suffix"),
        pytest.param("www.city.kobe.jp", "city.kobe.jp", id="exception"),
        pytest.param("x.y.ck", "x.y.ck", id="wildcard"),
        pytest.param("www.ck", "www.ck", id="exception of a wildcard"),
        pytest.param("a..b", "a..b", id="empty label"),
    ],
)
def test_domain(host: str, domain: str) -> None:
    assert RULES.domain(host) == domain
    assert RULES.domains([host, host]) == [domain, domain]


def test_overrides_are_extra_suffixes() -> None:
    rules = SuffixRules(["ac.example", "*.pages.example"])
    assert rules.domain("www.physics.ac.example") == "physics.ac.example"
    assert rules.domain("ac.example") == "ac.example"
    assert rules.domain("www.me.pages.example") == "www.me.pages.example"
    assert rules.domain("www.other.example") == "other.example"
    assert RULES.domain("www.physics.ac.example") == "ac.example"


def test_a_false_value_takes_a_rule_away() -> None:
    rules = SuffixRules({"github.io": False, "uni.example": True})
    assert rules.domain("me.github.io") == "github.io"
    assert rules.domain("a.b.uni.example") == "b.uni.example"


@pytest.mark.parametrize(
    ("host", "is_private"),
    [("me.github.io", True), ("bbc.co.uk", False), ("x.ac.example", True), ("192.0.2.1", False), ("localhost", False)],
)
def test_is_private(host: str, is_private: bool) -> None:
    assert SuffixRules(["ac.example", "co.uk"]).is_private(host) is is_private


def test_is_suffix() -> None:
    assert [RULES.is_suffix(host) for host in ("co.uk", "github.io", "example.org", "nolist", "")] == [
        True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "http://x.example", "a b", "*.", "!", "x..y", "127.0.0.1"])
def test_bad_overrides_say_so(text: str) -> None:
    with pytest.raises(BadInput, match="not a suffix"):
        SuffixRules([text])


def test_digest_is_of_list_and_overrides() -> None:
    same = SuffixRules(["b.example", "a.example"]).digest, SuffixRules(("a.example", "B.example.")).digest
    assert same[0] == same[1] == SuffixRules({"a.example": 1, "b.example": "x"}).digest
    assert len({same[0], RULES.digest, SuffixRules({"a.example": False}).digest}) == 3


def test_digest_follows_the_list(tmp_path: Path) -> None:
    small = tmp_path / "list.dat"
    small.write_text("// ===BEGIN ICANN DOMAINS===\norg\n// ===END ICANN DOMAINS===\nhost.org\n", "utf-8")
    rules = SuffixRules(list_path=small)
    assert rules.digest != RULES.digest
    assert (rules.domain("a.b.host.org"), rules.is_private("b.host.org"), rules.is_private("b.org")) == (
        "b.host.org", True, False,
    )  # fmt: skip


WORDS = (
    "www a co uk com jp kobe city ck github io blogspot kawasaki s3 amazonaws xn--p1ai org example er bd k12 ca us 1"
)
LABELS = st.sampled_from(WORDS.split())


@given(st.lists(LABELS, min_size=1, max_size=6).map(".".join))
def test_equals_the_package(host: str) -> None:
    if not host.replace(".", "").isdigit():
        assert RULES.registrable(host) == JUDGE.privatesuffix(host)
        assert RULES.domain(RULES.domain(host)) == RULES.domain(host)


def test_equals_the_package_around_every_rule() -> None:
    text = Path(publicsuffixlist.PSLFILE).read_text("utf-8")
    names = [line.lstrip("!*.") for line in text.splitlines() if line and not line.startswith("//")]
    assert len(names) > 9_000
    hosts = [f"{labels}{name}" for name in names for labels in ("", "a.", "b.a.", "www.b.a.")]
    assert [host for host in hosts if RULES.registrable(host) != JUDGE.privatesuffix(host)] == []
