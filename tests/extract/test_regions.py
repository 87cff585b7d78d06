"""Regions of a page by element, role and token."""

from __future__ import annotations

import pytest
from scraping import link

A = "<a href=http://x.example/>x</a>"
CASES = {
    "none": (A, None),
    "main": (f"<main>{A}</main>", "main"),
    "article": (f"<article><p>{A}</article>", "main"),
    "nav": (f"<nav><ul><li>{A}</nav>", "nav"),
    "header": (f"<body><header><div>{A}</header>", "header"),
    "header-in-article": (f"<article><header>{A}</header></article>", "main"),
    "header-in-section": (f"<section><header>{A}</header></section>", None),
    "nav-in-header": (f"<header><nav>{A}</nav></header>", "nav"),
    "footer": (f"<footer>{A}</footer>", "footer"),
    "footer-in-article": (f"<article><footer>{A}</footer></article>", "main"),
    "nav-in-footer": (f"<footer><nav>{A}</nav></footer>", "footer"),
    "aside": (f"<aside>{A}</aside>", "aside"),
    "aside-in-main": (f"<main><aside>{A}</aside></main>", "aside"),
    "article-in-aside": (f"<aside><article>{A}</article></aside>", "aside"),
    "role-navigation": (f"<div role=navigation>{A}</div>", "nav"),
    "role-main": (f"<div role='MAIN'>{A}</div>", "main"),
    "role-contentinfo": (f"<div role=contentinfo>{A}</div>", "footer"),
    "role-banner": (f"<div role=banner>{A}</div>", "header"),
    "role-complementary": (f"<div role=complementary>{A}</div>", "aside"),
    "class-comments": (f"<ol class='x Comment-List'><li>{A}</ol>", "comment"),
    "id-comments": (f"<div id=comments>{A}</div>", "comment"),
    "comments-in-article": (f"<article><p>t<div id=comments><p>{A}</div></article>", "comment"),
    "nav-in-comments": (f"<div id=comments><nav>{A}</nav></div>", "comment"),
    "class-footer": (f"<div class=site-footer><p>{A}</div>", "footer"),
    "class-footer-in-article": (f"<article><div class=footer>{A}</div></article>", "main"),
    "class-bio": (f"<article><div class='author-bio'>{A}</div></article>", "bio"),
    "class-sidebar": (f"<div class=sidebar>{A}</div>", "aside"),
    "id-sidebar-nav": (f"<div id=sidebar><ul class=menu><li>{A}</ul></div>", "nav"),
    "class-content": (f"<div class='post-content'>{A}</div>", "main"),
    "class-on-body": (f"<body class='footer comments-area'>{A}</body>", None),
    "class-on-inline": (f"<span class=sidebar>{A}</span>", None),
    "like-a-token": (f"<div class='sidebarless nofooter'>{A}</div>", None),
    "closed": (f"<nav></nav><div class=sidebar></div>{A}", None),
    "head": ("<head><link rel=canonical href=http://x.example/></head>", "head"),
}


@pytest.mark.parametrize(("markup", "region"), CASES.values(), ids=CASES)
def test_region(markup: str, region: str | None) -> None:
    assert link(markup)["region"] == region


def test_a_header_link_has_no_region() -> None:
    assert link("<p>text", ("Link", "<http://x.example/>; rel=canonical"))["region"] is None
