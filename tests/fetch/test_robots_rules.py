"""robots.txt by RFC 9309 and by the cases that Google publishes with its parser (robots_cases.json)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from inlink.fetch.robots import MAX_BYTES, MAX_LINE_CHARS, rules_of

HERE = "http://site.example"
PUBLISHED = json.loads(Path(__file__).with_name("robots_cases.json").read_text(encoding="utf-8"))


def verdicts(case: dict[str, Any]) -> dict[str, bool]:
    """What may be asked, where our product has the name that the case asks for."""
    agent = rf"(?i)(?<![\w-]){re.escape(case['agent'])}(?![\w-])"
    rules = rules_of(200, re.sub(agent, "inlink", case["robots"]).encode(), 0)
    return {url: rules.may(url) for url in (*case["allowed"], *case["refused"])}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{source}-{case['test']}")
        for source in ("google", "rfc9309")
        for case in PUBLISHED[source]["cases"]
    ],
)
def test_published_cases(case: dict[str, Any]) -> None:
    assert verdicts(case) == {url: url in case["allowed"] for url in (*case["allowed"], *case["refused"])}


def test_no_published_case_was_lost() -> None:
    """robots_test.cc asks 140 times whether a URL is allowed, and three groups of long lines besides."""
    google = [case for case in PUBLISHED["cannot_hold"] if not case["test"].startswith("RFC")]
    n_cannot = sum(len(case["allowed"]) + len(case["refused"]) for case in google)
    n_can = sum(len(case["allowed"]) + len(case["refused"]) for case in PUBLISHED["google"]["cases"])
    assert (n_can, n_cannot) == (132, 8)
    assert all(case["why"] for case in PUBLISHED["cannot_hold"])


@pytest.mark.parametrize(("rule", "path", "may"), [("disallow", "/fux", False), ("allow", "/fux", True)])
def test_google_cuts_long_lines(rule: str, path: str, may: bool) -> None:
    """GoogleOnly_LineTooLong: the pattern matches the URL after being cut off."""
    long = "/x/".ljust(MAX_LINE_CHARS - len(f"{rule}: ") + 1, "a")
    first = "" if rule == "disallow" else "disallow: /\n"
    rules = rules_of(200, f"user-agent: inlink\n{first}{rule}: {long}/qux\n".encode(), 0)
    assert rules.may(HERE + long + path) is may
    assert rules.may(f"{HERE}/fux") is not may


# id: (robots.txt, path, may our product ask it?)
CASES: dict[str, tuple[str, str, bool]] = {
    "empty-file": ("", "/x", True),
    "no-group": ("foo: bar\nDisallow: /\n", "/x", True),
    "disallow-all": ("user-agent: *\ndisallow: /\n", "/x", False),
    "disallow-nothing": ("user-agent: *\ndisallow:\n", "/x", True),
    "robots-itself": ("user-agent: *\ndisallow: /\n", "/robots.txt", True),
    "line-syntax-spaces": ("  user-agent :  inlink  \n  disallow :  /  # all\n", "/x", False),
    "misspelt": ("user-agent: inlink\ndissallow: /a\ndisalow: /b\n", "/b", False),
    "sitemap-does-not-end-a-group": ("user-agent: inlink\nsitemap: /s.xml\ndisallow: /\n", "/x", False),
    "crawl-delay-ends-no-group": ("user-agent: inlink\ncrawl-delay: 5\nuser-agent: *\ndisallow: /\n", "/x", False),
    "blank-line-does-not-end-a-group": ("user-agent: inlink\n\n\ndisallow: /\n", "/x", False),
    "agent-with-version": ("User-agent: inlink/2.1\nDisallow: /\n", "/x", False),
    "agent-longer": ("User-agent: inlinker\nDisallow: /\n", "/x", True),
    "agent-shorter": ("User-agent: in\nDisallow: /\n", "/x", True),
    "agent-inside": ("User-agent: my-inlink\nDisallow: /\n", "/x", True),
    "agent-star-and-words": ("User-agent: * baz\nDisallow: /\n", "/x", False),
    "agent-star-inside": ("User-agent: *inlink*\nDisallow: /\n", "/x", True),
    "encoded-reserved": ("user-agent: inlink\ndisallow: /\nallow: /foo?baz=http%3A%2F%2Ffoo.bar\n",
                         "/foo?baz=http%3A%2F%2Ffoo.bar", True),
    "star-and-gif": ("user-agent: inlink\ndisallow: /*.gif\n", "/a/b.gif?x", False),
    # line endings and rubbish
    "cr-only": ("user-agent: inlink\rdisallow: /\r", "/x", False),
    "crlf": ("user-agent: inlink\r\ndisallow: /\r\n", "/x", False),
    "html-instead": ("<!doctype html><title>Not found</title><p>disallow: everything</p>", "/x", True),
    "nul-bytes": ("user-agent: inlink\0\ndisallow: /x\n", "/x", False),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "expected"), CASES.values(), ids=CASES)
def test_who_may_ask_what(text: str, path: str, expected: bool) -> None:
    assert rules_of(200, text.encode(), 0).may(HERE + path) is expected


@pytest.mark.parametrize("n_bytes", [3, 2, 1])
def test_a_byte_order_mark_is_no_part_of_the_first_line(n_bytes: int) -> None:
    """ID_UTF8ByteOrderMarkIsSkipped: also what is left of one."""
    mark = b"\xef\xbb\xbf"[:n_bytes]
    assert not rules_of(200, mark + b"user-agent: inlink\ndisallow: /\n", 0).may(f"{HERE}/x")


@pytest.mark.parametrize(
    ("status", "why", "may"),
    [(200, "file", False), (203, "file", False), (400, "missing", True), (401, "missing", True), (403, "missing", True),
     (404, "missing", True), (410, "missing", True), (301, "missing", True), (429, "unreachable", False),
     (500, "unreachable", False), (503, "unreachable", False), (599, "unreachable", False),
     (None, "unreachable", False)],
)  # fmt: skip
def test_what_the_status_of_the_file_means(status: int | None, why: str, may: bool) -> None:
    rules = rules_of(status, b"user-agent: *\ndisallow: /\n", 0)
    assert (rules.why, rules.may(f"{HERE}/x")) == (why, may)
    assert rules.may(f"{HERE}/robots.txt")


def test_the_first_500_kib_count() -> None:
    filler = b"# nothing\n" * (MAX_BYTES // 10 + 1)
    assert rules_of(200, filler + b"user-agent: *\ndisallow: /\n", 0).may(f"{HERE}/x")
    assert not rules_of(200, b"user-agent: *\ndisallow: /\n" + filler, 0).may(f"{HERE}/x")


@pytest.mark.parametrize(
    ("line", "delay"),
    [("crawl-delay: 2.5", 2.5), ("Crawl-Delay:7", 7.0), ("crawl-delay: soon", None), ("crawl-delay: -1", None)],
)
def test_crawl_delay(line: str, delay: float | None) -> None:
    assert rules_of(200, f"user-agent: inlink\n{line}\n".encode(), 0).delay_s == delay
    assert rules_of(200, f"user-agent: other\n{line}\n".encode(), 0).delay_s is None
    assert rules_of(200, f"user-agent: other\n{line}\nuser-agent: inlink\ndisallow: /\n".encode(), 0).delay_s is None


def test_sitemaps_stand_outside_of_groups() -> None:
    text = b"sitemap: https://site.example/a.xml\nuser-agent: other\nsitemap: https://site.example/b.xml\n"
    assert rules_of(200, text, 0).sitemaps == ("https://site.example/a.xml", "https://site.example/b.xml")


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        ("user-agent: *\ndisallow: /", "/x", "Disallow: /"),
        ("user-agent: *\ndisallow: /\ndisallow: /priv\nallow: /pub", "/private?a=b", "Disallow: /priv"),
        ("user-agent: *\ndisallow: /*.pdf$", "/a.pdf", "Disallow: /*.pdf$"),
        ("user-agent: other\ndisallow: /a\nuser-agent: inlink\ndisallow: /b", "/b", "Disallow: /b"),
        ("user-agent: *\ndisallow: /%C3%BC", "/%c3%bc/x", "Disallow: /%C3%BC"),
        ("user-agent: *\ndisallow: /a", "/b", None),
        ("", "/b", None),
    ],
)
def test_which_rule_forbids(text: str, path: str, rule: str | None) -> None:
    assert rules_of(200, text.encode(), 0).forbidden_by(HERE + path) == rule
