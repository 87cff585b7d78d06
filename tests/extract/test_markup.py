"""What counts as a link is what a browser's tree holds: the traps of HTML, one a row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scraping import record
from selectolax.lexbor import LexborHTMLParser, LexborNode

from inlink.extract.hrefs import document_links

BASE = "https://www.example.org/dir/"
CASES: dict[str, tuple[str, list[str]]] = {
    "quotes": ("<a href=\"a\">1</a><a href='b'>2</a><a href=c>3</a><a HREF=d>4</a>", ["a", "b", "c", "d"]),
    "greater-in-attribute": ("<a title='a>b' href=x>1</a>", ["x"]),
    "quote-in-attribute": ("""<a title='say "hi"' href=x>1</a>""", ["x"]),
    "entities": ("<a href='x?a=1&amp;b=2&lt;&#x26;c'>1</a>", ["x?a=1&b=2%3C&c"]),
    "copy-is-no-entity": ("<a href='x?a=1&copy=2'>1</a>", ["x?a=1&copy=2"]),
    "copy-entity": ("<a href='x?a=1&copy;'>1</a>", ["x?a=1%C2%A9"]),
    "newline-in-href": ("<a href='x\ny\t z'>1</a>", ["xy%20z"]),
    "space-around-href": ("<a href='  x  '>1</a>", ["x"]),
    "empty-href": ("<a href>1</a><a href=''>2</a>", ["page.html", "page.html"]),
    "duplicate-attribute": ("<a href=first href=second>1</a>", ["first"]),
    "nul": ("<a href='a\0b'>1\0</a>", ["a%EF%BF%BDb"]),
    "comment": ("<!-- <a href=no>1</a> --><a href=x>1</a>", ["x"]),
    "comment-dashes": ("<!--> <a href=x>1</a> <!-- -- --!> <a href=y>2</a>", ["x", "y"]),
    "bogus-comment": ("<!foo <a href=no>1</a><?php echo '<a href=no>' ?><a href=x>2</a>", ["x"]),
    "script": ("<script>'<a href=no>'</script><a href=x>1</a>", ["x"]),
    "script-double-escaped": (
        "<script><!-- <script> </script> <a href=no> --></script><a href=x>1</a>",
        ["x"],
    ),
    "script-escaped-once": ("<script><!-- </script><a href=x>1</a>", ["x"]),
    "script-dashes": ("<script><!--></script><a href=x>1</a>", ["x"]),
    "script-unclosed": ("<a href=x>1</a><script><a href=no>", ["x"]),
    "style": ("<style>a{}<a href=no></style><a href=x>1</a>", ["x"]),
    "noscript": ("<noscript><a href=x>1</a></noscript>", ["x"]),
    "noscript-in-head": ("<head><noscript><style></style></noscript></head><a href=x>1</a>", ["x"]),
    "textarea": ("<textarea><a href=no></textarea><a href=x>1</a>", ["x"]),
    "title": ("<title><a href=no></title><a href=x>1</a>", ["x"]),
    "xmp": ("<xmp><a href=no>&lt;</xmp><a href=x>1</a>", ["x"]),
    "iframe-content": ("<iframe><a href=no></iframe><a href=x>1</a>", ["x"]),
    "noembed": ("<noembed><a href=no></noembed><a href=x>1</a>", ["x"]),
    "noframes": ("<frameset><frame src=f><noframes><a href=no></noframes></frameset>", []),
    "plaintext": ("<a href=x>1</a><plaintext><a href=no></plaintext><a href=no>", ["x"]),
    "plaintext-in-table": ("<table><tr><td><a href=x>1</a></td></tr><plaintext><a href=no>", ["x"]),
    "cdata": ("<![CDATA[<a href=no>]]><a href=x>1</a>", ["x"]),
    "cdata-in-svg": ("<svg><![CDATA[<a href=no>]]></svg><a href=x>1</a>", ["x"]),
    "template": ("<template><a href=no>1</a><template></template><a href=no></template><a href=x>1</a>", ["x"]),
    "svg": ("<svg><a href=no>1</a><title><a href=y>2</a></title></svg><a href=x>1</a>", ["y", "x"]),
    "svg-style": ("<svg><style>a<b</style></svg><a href=x>1</a>", ["x"]),
    "svg-script": ("<svg><script>a &lt; b</script></svg><a href=x>1</a>", ["x"]),
    "svg-void-name": ("<svg><link><a href=no></a></link></svg><a href=x>1</a>", ["x"]),
    "svg-template": ("<svg><template><foreignObject><a href=y>1</a></foreignObject></template></svg>", ["y"]),
    "foreign-object": ("<svg><foreignObject><div><a href=x>1</a></div></foreignObject></svg>", ["x"]),
    "svg-breakout": ("<svg><a href=no><p><a href=x>1</a>", ["x"]),
    "math": ("<math><mi><a href=x>1</a></mi><a href=no>2</a></math>", ["x"]),
    "annotation": (
        "<math><annotation-xml encoding=TEXT/html><a href=x>1</a></annotation-xml>"
        "<annotation-xml encoding=x><mn><a href=y>2</a></mn></annotation-xml></math>",
        ["x", "y"],
    ),
    "nested-anchor": ("<a href=x>1<a href=y>2</a></a>", ["x", "y"]),
    "anchor-in-table": ("<a href=x>1<table><tr><td><a href=y>2</a></table>", ["x", "y"]),
    "reopened-anchor": ("<p><a href=x>one<p>two</a>", ["x", "x"]),
    "unclosed-anchor": ("<a href=x>1<div>2<p>3", ["x"]),
    "foster-parent": ("<table><a href=x>1</a><tr><td><a href=y>2</a></table>", ["x", "y"]),
    "truncated-tag": ("<a href=x>1</a><a href=y", ["x"]),
    "area": ("<map><area href=x><area></map><a href=y>1</a>", ["x", "y"]),
    "odd-names": ('<div<b ="x" c"d=1><a =x href=x>1</a></div<b>', ["x"]),
    "select": ("<select><option><a href=x>1</a></select>", ["x"]),
    "image-is-img": ("<image src=x><a href=x>1</a>", ["x"]),
    "deep": ("<div>" * 3000 + "<a href=x>1</a>", ["x"]),
    "base-first": ("<base><base href=/b/><base href=/c/><a href=x>1</a>", ["/b/x"]),
    "base-late": ("<a href=x>1</a><div><base href=//o.example/></div>", ["https://o.example/x"]),
    "base-in-template": ("<template><base href=/no/></template><a href=x>1</a>", ["x"]),
    "base-in-svg": ("<svg><base href=/no/></base></svg><a href=x>1</a>", ["x"]),
    "base-data": ("<base href='data:x'><a href=x>1</a>", ["x"]),
    "base-invalid": ("<base href='http://['><a href=x>1</a>", ["x"]),
    "schemes": ("<a href=mailto:A@b.example>1</a><a href=JavaScript:x>2</a>", ["mailto:A@b.example", "javascript:x"]),
    "apostrophe": (
        "<a href=\"x?a'b#c'd\">1</a><a href=\"mailto:x?a'b#c'd\">2</a>",
        ["x?a%27b#c'd", "mailto:x?a%27b#c'd"],
    ),
    "no-url": ("<a href='http://['>1</a>", ["http://["]),
    "fragment": ("<a href=#top>1</a><a href=x#y>1</a>", ["page.html#top", "x#y"]),
}


@pytest.mark.parametrize(("markup", "hrefs"), CASES.values(), ids=CASES)
def test_document_links(markup: str, hrefs: list[str]) -> None:
    found = document_links(record(markup))
    assert [href.removeprefix(BASE).removeprefix("https://www.example.org") for href in found] == hrefs


PIECES = (  # noqa: SIM905
    "<a|href=x>|</a>|<p>|</p>|<table>|<tr>|<td>|</table>|<svg>|</svg>|<math>|<mi>|<foreignObject>|<title>|"
    "</title>|<b>|</b>|<script>|</script>|<style>|</style>|<!--|-->|<template>|</template>|<select>|<option>|"
    '</select>|<desc>|text|&amp;|&lt;|"|\'|<a href="y">|<area href=z>|<noscript>|</noscript>|<frameset>|<body>|'
    "<iframe>|</iframe>|<xmp>|</xmp>|<textarea>|</textarea>|<annotation-xml encoding=text/html>|<mtext>|"
    "<plaintext>|<![CDATA[|]]>|<button>|<form>|<div>|</div>|<br>|<input|type=image|src=q>|<|>|/|=|<?pi|?>|"
    "<mglyph>|<link>|<nobr>|<ul>|<li>|<h1>|</h1>|<base href=/b/>"
).split("|")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
def test_scan_agrees_with_the_tree(soup: str) -> None:
    """The scan of canonical HTML finds what a walk over the parser's own tree finds."""
    tree = LexborHTMLParser(soup)
    nodes = [n for n in tree.root.traverse() if n.tag in ("a", "area")] if tree.root else []
    expected = [n for n in nodes if "href" in n.attributes and _is_html(n)]
    assert len(document_links(record(soup))) == len(expected)


def _is_html(node: LexborNode) -> bool:
    """Whether the element is in the HTML namespace: the others are written with theirs."""
    written = node.html_pretty(tag_with_ns=True)
    return written is not None and written.startswith(f"<{node.tag}")
