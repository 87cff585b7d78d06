"""Every kind of link, from markup and from headers."""

from __future__ import annotations

import pytest
from scraping import extracted, links, record, targets

from inlink.schema import KINDS

X = "http://x.example/"
HERE = "https://www.example.org/"

MARKUP = {
    "anchor": (f"<a href={X}>x</a>", "anchor", X),
    "anchor-internal": ("<a href=/y>x</a>", "anchor", HERE + "y"),
    "area": (f"<map><area href={X} alt=x></map>", "area", X),
    "image": (f"<img src={X}a.png>", "image", X + "a.png"),
    "image-input": (f"<input type=IMAGE src={X}a.png>", "image", X + "a.png"),
    "frame": (f"<frameset><frame src={X}></frameset>", "frame", X),
    "iframe": (f"<iframe src={X}></iframe>", "frame", X),
    "iframe-internal": ("<iframe src=f></iframe>", "frame", HERE + "dir/f"),
    "form": (f"<form action={X}></form>", "form", X),
    "formaction-button": (f"<button formaction={X}>b</button>", "form", X),
    "formaction-input": (f"<input type=submit formaction={X}>", "form", X),
    "canonical": (f"<link rel=canonical href={X}>", "canonical", X),
    "canonical-internal": ("<link rel=Canonical href=/c>", "canonical", HERE + "c"),
    "alternate": (f"<link rel=alternate hreflang=de href={X}>", "alternate", X),
    "alternate-feed": ("<link rel='alternate' type=application/rss+xml href=/feed>", "alternate", HERE + "feed"),
    "refresh": (f"<meta http-equiv=Refresh content='0; URL={X}'>", "refresh", X),
    "refresh-quoted": (f"""<meta http-equiv=refresh content="5;url='{X}'">""", "refresh", X),
    "refresh-bare": (f"<meta http-equiv=refresh content='5, {X}'>", "refresh", X),
    "script": (f"<script src={X}a.js></script>", "script", X + "a.js"),
    "style": (f"<link rel=stylesheet href={X}a.css>", "style", X + "a.css"),
    "style-alternate": (f"<link rel='alternate stylesheet' href={X}a.css>", "style", X + "a.css"),
    "video": (f"<video src={X}v></video>", "media", X + "v"),
    "audio": (f"<audio src={X}v></audio>", "media", X + "v"),
    "source": (f"<video><source src={X}v></video>", "media", X + "v"),
    "track": (f"<video><track src={X}v></video>", "media", X + "v"),
    "embed": (f"<embed src={X}v>", "media", X + "v"),
    "object": (f"<object data={X}v></object>", "media", X + "v"),
    "cite-q": (f"<q cite={X}>q</q>", "cite", X),
    "cite-blockquote": (f"<blockquote cite={X}>q</blockquote>", "cite", X),
    "cite-ins": (f"<ins cite={X}>q</ins>", "cite", X),
    "cite-del": (f"<del cite={X}>q</del>", "cite", X),
    "rel-link": (f"<link rel=license href={X}>", "rel_link", X),
}


@pytest.mark.parametrize(("markup", "kind", "target"), MARKUP.values(), ids=MARKUP)
def test_markup(markup: str, kind: str, target: str) -> None:
    assert targets(markup) == [(kind, target)]


HEADERS = {
    "canonical": (("Link", f'<{X}>; rel="canonical"'), [("canonical", X)]),
    "several": (
        ("Link", f"<{X}>; rel=next, </b>; rel=alternate; hreflang=de"),
        [("rel_link", X), ("alternate", HERE + "b")],
    ),
    "comma-in-url": (("Link", f"<{X}a,b>; rel=canonical"), [("canonical", X + "a,b")]),
    "no-rel": (("Link", f"<{X}>"), []),
    "anchored-elsewhere": (("Link", f'<{X}>; rel=canonical; anchor="/other"'), []),
    "refresh": (("Refresh", f"3; url={X}"), [("refresh", X)]),
    "refresh-reload": (("Refresh", "3"), []),
}


@pytest.mark.parametrize(("header", "found"), HEADERS.values(), ids=HEADERS)
def test_headers(header: tuple[str, str], found: list[tuple[str, str]]) -> None:
    assert targets("<p>text", header) == found


def test_redirect() -> None:
    batch = extracted(record("<a href=/never>x</a>", ("Location", "../moved#part"), status=301))
    (row,) = batch.links.to_pylist()
    assert (row["kind"], row["target_url"], row["ordinal"]) == ("redirect", HERE + "moved", 0)
    assert batch.captures["redirect_target"].to_pylist() == [HERE + "moved"]
    assert batch.pages.num_rows == 0


LEFT_OUT = {
    "image-here": "<img src=/a.png>",
    "image-here-absolute": "<img src=https://WWW.example.org/a.png>",
    "image-data": "<img src='data:image/png;base64,AAAA'>",
    "script-here": "<script src=a.js></script>",
    "style-here": "<link rel=stylesheet href=//www.example.org/a.css>",
    "link-without-rel": "<link href=http://x.example/>",
    "other-scheme": "<a href=mailto:a@example.org>x</a><a href='javascript:void(0)'>x</a><a href=tel:1>x</a>",
    "no-url": "<a href='http://[::1'>x</a><a href='https://exa mple.org/'>x</a>",
    "no-href": "<a name=x>x</a>",
    "template": "<template><a href=http://x.example/>x</a></template>",
    "svg-anchor": "<svg><a href=http://x.example/>x</a></svg>",
    "comment": "<!-- <a href=http://x.example/>x</a> -->",
}


@pytest.mark.parametrize("markup", LEFT_OUT.values(), ids=LEFT_OUT)
def test_left_out(markup: str) -> None:
    assert targets(markup) == []


def test_resources_of_the_own_host_under_a_foreign_base() -> None:
    """An image before <base> is judged by the base that comes later."""
    body = "<body><img src=a.png><base href=http://cdn.example/x/><img src=b.png><img src=//www.example.org/c.png>"
    assert targets(body) == [("image", "http://cdn.example/x/a.png"), ("image", "http://cdn.example/x/b.png")]


def test_every_kind_is_covered() -> None:
    covered = {kind for _, kind, _ in MARKUP.values()} | {"redirect", "listed"}
    assert covered == set(KINDS)


def test_ordinals_count_kept_links() -> None:
    rows = links("<a href=/a>1</a><a href=mailto:x>2</a><img src=/i.png><a href=/b>3</a>")
    assert [(row["ordinal"], row["anchor"]) for row in rows] == [(0, "1"), (1, "3")]
