"""nofollow, ugc and sponsored, and where they come from."""

from __future__ import annotations

import pytest
from scraping import link, page

LINK = "<a href=http://x.example/{}>x</a>"
CASES = {
    "none": ("", (), (False, False, False, None, None)),
    "nofollow": (" rel=nofollow", (), (True, False, False, "rel", "nofollow")),
    "case": (" rel='NoFollow'", (), (True, False, False, "rel", "nofollow")),
    "several": (" rel='noopener\n UGC\tnofollow '", (), (True, True, False, "rel", "noopener ugc nofollow")),
    "commas": (" rel='nofollow,sponsored'", (), (True, False, True, "rel", "nofollow sponsored")),
    "ugc-alone": (" rel=ugc", (), (False, True, False, "rel", "ugc")),
    "sponsored-alone": (" rel=sponsored", (), (False, False, True, "rel", "sponsored")),
    "not-a-token": (" rel='nofollowed external'", (), (False, False, False, None, "nofollowed external")),
    "empty": (" rel=''", (), (False, False, False, None, None)),
    "header": ("", (("X-Robots-Tag", "nofollow"),), (True, False, False, "header", None)),
    "rel+header": (" rel=nofollow", (("x-robots-tag", "NONE"),), (True, False, False, "rel+header", "nofollow")),
    "header-bot": ("", (("X-Robots-Tag", "googlebot: nofollow"),), (True, False, False, "header", None)),
    "header-noindex": ("", (("X-Robots-Tag", "noindex"),), (False, False, False, None, None)),
}


@pytest.mark.parametrize(("attribute", "headers", "expected"), CASES.values(), ids=CASES)
def test_rel(attribute: str, headers: tuple[tuple[str, str], ...], expected: tuple[object, ...]) -> None:
    row = link(f"<a href=http://x.example/{attribute}>x</a>".replace("/ ", "/ "), *headers)
    assert tuple(row[name] for name in ("nofollow", "ugc", "sponsored", "rel_origin", "rel")) == expected


ROBOTS = {
    "meta": ("<meta name=robots content='noindex, nofollow'>", (), (True, True, "meta")),
    "meta-none": ("<META NAME=ROBOTS CONTENT=NONE>", (), (True, True, "meta")),
    "meta-follow": ("<meta name=robots content='index, follow'>", (), (False, False, None)),
    "meta-bot": ("<meta name=googlebot content=noindex>", (), (True, False, "meta:googlebot")),
    "meta-two": (
        "<meta name=robots content=noindex><meta name=bingbot content=nofollow>",
        (),
        (True, True, "meta+meta:bingbot"),
    ),
    "header": ("", (("X-Robots-Tag", "noindex, nofollow"),), (True, True, "header")),
    "header-bot": ("", (("X-Robots-Tag", "otherbot: noindex, nofollow"),), (True, True, "header:otherbot")),
    "header-mixed": (
        "",
        (("X-Robots-Tag", "noindex, googlebot: nofollow"),),
        (True, True, "header+header:googlebot"),
    ),
    "header-date": ("", (("X-Robots-Tag", "unavailable_after: 25 Jun 2010 15:00:00 PST"),), (False, False, None)),
    "both": ("<meta name=robots content=nofollow>", (("X-Robots-Tag", "noindex"),), (True, True, "meta+header")),
    "property": ("<meta property=robots content=noindex>", (), (True, False, "meta")),
    "template": ("<template><meta name=robots content=noindex></template>", (), (False, False, None)),
}


@pytest.mark.parametrize(("markup", "headers", "expected"), ROBOTS.values(), ids=ROBOTS)
def test_robots(markup: str, headers: tuple[tuple[str, str], ...], expected: tuple[object, ...]) -> None:
    row = page(f"<head>{markup}</head><p>text", *headers)
    assert (row["robots_noindex"], row["robots_nofollow"], row["robots_origin"]) == expected


def test_meta_nofollow_reaches_links_before_and_after_it() -> None:
    row = link("<a href=http://x.example/ rel=ugc>x</a><meta name=robots content=nofollow>")
    assert (row["nofollow"], row["ugc"], row["rel_origin"]) == (True, True, "rel+meta")
