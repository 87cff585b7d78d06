"""robots.txt by RFC 9309 and by the cases that Google publishes with its parser (robots_test.cc)."""

from __future__ import annotations

import pytest

from inlink.fetch.robots import MAX_BYTES, rules_of

HERE = "http://site.example"

# id: (robots.txt, path, may our product ask it?)
CASES: dict[str, tuple[str, str, bool]] = {
    "empty-file": ("", "/x", True),
    "no-group": ("foo: bar\nDisallow: /\n", "/x", True),
    "disallow-all": ("user-agent: *\ndisallow: /\n", "/x", False),
    "disallow-nothing": ("user-agent: *\ndisallow:\n", "/x", True),
    "robots-itself": ("user-agent: *\ndisallow: /\n", "/robots.txt", True),
    # Google_LineSyntax
    "line-syntax-fields-any-case": ("USER-AGENT: inlink\nDISALLOW: /\n", "/x/y", False),
    "line-syntax-no-rule-for-unknown": ("foo: FooBot\nbar: /\n", "/x/y", True),
    "line-syntax-spaces": ("  user-agent :  inlink  \n  disallow :  /  # all\n", "/x", False),
    # Google_GroupsSyntax
    "group-own": ("allow: /foo/bar/\n\nuser-agent: inlink\ndisallow: /\nallow: /x/\nuser-agent: BarBot\n"
                  "disallow: /\nallow: /y/\n", "/x/b", True),
    "group-own-else": ("user-agent: inlink\ndisallow: /\nallow: /x/\nuser-agent: BarBot\ndisallow: /\nallow: /y/\n",
                       "/z/d", False),
    "group-of-other": ("user-agent: BarBot\ndisallow: /\n", "/x", True),
    "group-of-two": ("user-agent: BarBot\nuser-agent: inlink\ndisallow: /\n", "/x", False),
    # Google_REPLineNamesCaseInsensitive / Google_UserAgentValueCaseInsensitive
    "agent-any-case": ("User-Agent: INLINK\nDisallow: /\n", "/x", False),
    # Google_GlobalGroups_Secondary
    "global-only-without-own": ("user-agent: *\nallow: /\nuser-agent: inlink\ndisallow: /\n", "/x/y", False),
    "own-empty-group-wins": ("user-agent: *\ndisallow: /\nuser-agent: inlink\nallow: /\n", "/x", True),
    "groups-merge": ("user-agent: inlink\ndisallow: /a\nuser-agent: other\ndisallow: /\n"
                     "user-agent: inlink\ndisallow: /b\n", "/b/c", False),
    "groups-merge-elsewhere": ("user-agent: inlink\ndisallow: /a\n\nuser-agent: inlink\ndisallow: /b\n", "/c", True),
    "sitemap-does-not-end-a-group": ("user-agent: inlink\nsitemap: /s.xml\ndisallow: /\n", "/x", False),
    "blank-line-does-not-end-a-group": ("user-agent: inlink\n\n\ndisallow: /\n", "/x", False),
    # Google_AcceptUserAgentUpToFirstSpace / ID_UserAgentValueCompliance: only whole product tokens
    "agent-with-version": ("User-agent: inlink/2.1\nDisallow: /\n", "/x", False),
    "agent-with-words": ("User-agent: inlink the bot\nDisallow: /\n", "/x", False),
    "agent-longer": ("User-agent: inlinker\nDisallow: /\n", "/x", True),
    "agent-shorter": ("User-agent: in\nDisallow: /\n", "/x", True),
    "agent-inside": ("User-agent: my-inlink\nDisallow: /\n", "/x", True),
    "agent-star-and-words": ("User-agent: * baz\nDisallow: /\n", "/x", False),
    "agent-star-inside": ("User-agent: *inlink*\nDisallow: /\n", "/x", True),
    # Google_AllowDisallow longest match
    "longest-wins-allow": ("user-agent: inlink\ndisallow: /x/\nallow: /x/page.html\n", "/x/page.html", True),
    "longest-wins-disallow": ("user-agent: inlink\nallow: /x/\ndisallow: /x/page.html\n", "/x/page.html", False),
    "tie-allows": ("user-agent: inlink\ndisallow: /page\nallow: /page\n", "/page.html", True),
    "both-empty": ("user-agent: inlink\ndisallow: \nallow: \n", "/x", True),
    "both-root": ("user-agent: inlink\ndisallow: /\nallow: /\n", "/x", True),
    "rfc-5.2": ("user-agent: inlink\nallow: /example/page/\ndisallow: /example/page/disallowed.gif\n",
                "/example/page/disallowed.gif", False),
    "rfc-5.2-other": ("user-agent: inlink\nallow: /example/page/\ndisallow: /example/page/disallowed.gif\n",
                      "/example/page/", True),
    # paths are case-sensitive; encodings compare equal
    "path-case": ("user-agent: inlink\ndisallow: /X/\n", "/x/y", True),
    "percent-encoded-rule": ("user-agent: inlink\ndisallow: /\nallow: /foo/bar/%E3%83%84\n",
                             "/foo/bar/%E3%83%84", True),
    "utf8-rule": ("user-agent: inlink\ndisallow: /\nallow: /foo/bar/ツ\n", "/foo/bar/%E3%83%84", True),
    "encoded-ascii": ("user-agent: inlink\ndisallow: /\nallow: /foo/bar?qux=taz&baz=http%3A%2F%2Ffoo.bar\n",
                      "/foo/bar?qux=taz&baz=http%3A%2F%2Ffoo.bar", True),
    # Google_SpecialCharacters
    "star-in-middle": ("user-agent: inlink\ndisallow: /foo/bar/quz\nallow: /foo/*/qux\n", "/foo/bar/quz", False),
    "star-matches": ("user-agent: inlink\ndisallow: /foo/bar/quz\nallow: /foo/*/qux\n", "/foo/x/qux", True),
    "star-and-gif": ("user-agent: inlink\ndisallow: /*.gif\n", "/a/b.gif?x", False),
    "dollar-ends": ("user-agent: inlink\ndisallow: /foo/bar$\n", "/foo/bar", False),
    "dollar-not-longer": ("user-agent: inlink\ndisallow: /foo/bar$\n", "/foo/bar/qux", True),
    "dollar-and-star": ("user-agent: inlink\nallow: /\ndisallow: /*.php$\n", "/a.php?x", True),
    "comment-ends-rule": ("user-agent: inlink\n# disallow: /\ndisallow: /foo/quz#qux\nallow: /\n", "/foo/quz", False),
    # GoogleOnly_IndexHTMLisDirectory
    "index-html-is-folder": ("user-agent: *\nallow: /allowed-slash/index.html\ndisallow: /\n", "/allowed-slash/", True),
    "index-html-is-folder-only": ("user-agent: *\nallow: /allowed-slash/index.html\ndisallow: /\n",
                                  "/allowed-slash/index.htm", False),
    # Google_DocumentationChecks: URL matching by path values
    "doc-fish": ("user-agent: inlink\ndisallow: /\nallow: /fish\n", "/fishheads/yummy.html", True),
    "doc-fish-case": ("user-agent: inlink\ndisallow: /\nallow: /fish\n", "/Fish.asp", False),
    "doc-fish-star": ("user-agent: inlink\ndisallow: /\nallow: /fish*\n", "/fish?id=anything", True),
    "doc-fish-folder": ("user-agent: inlink\ndisallow: /\nallow: /fish/\n", "/fish", False),
    "doc-php": ("user-agent: inlink\ndisallow: /\nallow: /*.php\n", "/filename.php/", True),
    "doc-php-end": ("user-agent: inlink\ndisallow: /\nallow: /*.php$\n", "/filename.php5", False),
    "doc-fish-php": ("user-agent: inlink\ndisallow: /\nallow: /fish*.php\n", "/fishheads/catfish.php?parameters", True),
    "doc-order-1": ("user-agent: inlink\nallow: /p\ndisallow: /\n", "/page", True),
    "doc-order-2": ("user-agent: inlink\nallow: /folder\ndisallow: /folder\n", "/folder/page", True),
    "doc-order-3": ("user-agent: inlink\nallow: /page\ndisallow: /*.htm\n", "/page.htm", False),
    "doc-order-4": ("user-agent: inlink\nallow: /$\ndisallow: /\n", "/", True),
    "doc-order-5": ("user-agent: inlink\nallow: /$\ndisallow: /\n", "/page.html", False),
    # line endings and rubbish
    "cr-only": ("user-agent: inlink\rdisallow: /\r", "/x", False),
    "crlf": ("user-agent: inlink\r\ndisallow: /\r\n", "/x", False),
    "html-instead": ("<!doctype html><title>Not found</title><p>disallow: everything</p>", "/x", True),
    "nul-bytes": ("user-agent: inlink\0\ndisallow: /x\n", "/x", False),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "expected"), CASES.values(), ids=CASES)
def test_who_may_ask_what(text: str, path: str, expected: bool) -> None:
    assert rules_of(200, text.encode(), 0).may(HERE + path) is expected


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert not rules_of(200, b"\xef\xbb\xbfuser-agent: inlink\ndisallow: /\n", 0).may(f"{HERE}/x")


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


def test_sitemaps_stand_outside_of_groups() -> None:
    text = b"sitemap: https://site.example/a.xml\nuser-agent: other\nsitemap: https://site.example/b.xml\n"
    assert rules_of(200, text, 0).sitemaps == ("https://site.example/a.xml", "https://site.example/b.xml")
