"""Anchor, alt and what stands around a link."""

from __future__ import annotations

import pytest
from scraping import link, links, page

X = "http://x.example/"
ANCHORS = {
    "folded": (f"<a href={X}>  one\n two\t</a>", "one two", None),
    "entities": (f"<a href={X}>a &amp; b &lt;c&gt; &nbsp; &quot;d&quot; é&copy;</a>", 'a & b <c> "d" é©', None),
    "inline": (f"<a href={X}>o<b>n</b>e <i>two</i></a>", "one two", None),
    "blocks": (f"<a href={X}><div>one</div><div>two</div></a>", "one two", None),
    "line-break": (f"<a href={X}>one<br>two</a>", "one two", None),
    "image": (f"<a href={X}><img src=/i.png alt=' The  logo '></a>", "", "The logo"),
    "image-and-text": (f"<a href={X}><img src=/i.png alt=pic> text</a>", "text", "pic"),
    "first-alt": (f"<a href={X}><img src=/i.png alt=''><img alt=b src=/j.png><img alt=c></a>", "", "b"),
    "empty": (f"<a href={X}></a>", "", None),
    "script-inside": (f"<a href={X}>a<script>no</script>b</a>", "ab", None),
    "style-inside": (f"<a href={X}><style>no</style>b</a>", "b", None),
    "svg-title": (f"<a href={X}><svg><title>no</title><text>b</text></svg></a>", "b", None),
    "no-break-space": (f"<a href={X}>a&nbsp;&#160;b</a>", "a b", None),
    "unclosed": (f"<p><a href={X}>one", "one", None),
}


@pytest.mark.parametrize(("markup", "anchor", "alt"), ANCHORS.values(), ids=ANCHORS)
def test_anchor(markup: str, anchor: str, alt: str | None) -> None:
    row = link(markup)
    assert (row["anchor"], row["alt"]) == (anchor, alt)


def test_other_kinds_have_no_anchor() -> None:
    row = link(f"<p>text<img src={X} alt=pic>")
    assert (row["anchor"], row["alt"]) == (None, "pic")


def test_area_has_its_alt() -> None:
    assert link(f"<map><area href={X} alt=pic></map>")["alt"] == "pic"


def test_long_anchor_is_cut_between_characters() -> None:
    anchor = link(f"<a href={X}>{'é' * 5000}</a>")["anchor"]
    assert len(anchor) == 500 and set(anchor) == {"é"}


CONTEXTS = {
    "in-a-paragraph": (
        f"<p>A paragraph with enough words before <a href={X}>it</a> and with enough words after it.</p>",
        "A paragraph with enough words before",
        "and with enough words after it.",
    ),
    "own-block-only": (
        f"<p>Elsewhere.</p><p>This is what stands before it here <a href={X}>it</a> and this is what stands after it."
        "</p><p>Elsewhere.</p>",
        "This is what stands before it here",
        "and this is what stands after it.",
    ),
    "lent-from-neighbours": (
        f"<h2>Title</h2><ul><li>First of them</li><li><a href={X}>it</a></li><li>Last of them</li></ul>",
        "First of them",
        "Last of them",
    ),
    "alone": (f"<a href={X}>it</a>", None, None),
    "punctuation": (f"<p>See (<a href={X}>it</a>).</p>", "See (", ")."),
    "image": (f"<p>Before this image there is text <img src={X}> and after it as well, enough.</p>",
              "Before this image there is text", "and after it as well, enough."),
}  # fmt: skip


@pytest.mark.parametrize(("markup", "before", "after"), CONTEXTS.values(), ids=CONTEXTS)
def test_text_around(markup: str, before: str | None, after: str | None) -> None:
    row = link(markup)
    assert (row["text_before"], row["text_after"]) == (before, after)


def test_text_around_is_bounded_and_ends_with_whole_words() -> None:
    words = " ".join(f"wörd{n}" for n in range(60))
    row = link(f"<p>{words} <a href={X}>it</a> {words}")
    assert len(row["text_before"]) <= 100 and words.endswith(row["text_before"])
    assert row["text_before"].split()[0] in words.split()
    assert len(row["text_after"]) <= 100 and words.startswith(row["text_after"])
    assert row["text_after"].split()[-1] in words.split()


def test_within_one_host_there_is_no_text_around() -> None:
    row = link("<h1>Title</h1><p>before <a href=/y>it</a> after")
    assert (row["text_before"], row["text_after"], row["heading"]) == (None, None, None)
    other_host = link("<h1>Title</h1><p>before <a href=//other.example.org/>it</a> after")
    assert other_host["is_internal"] and other_host["heading"] == "Title"


HEADINGS = {
    "above": (f"<h1>One</h1><h2>Two <i>b</i></h2><p><a href={X}>x</a>", "Two b"),
    "none-above": (f"<p><a href={X}>x</a><h1>One</h1>", None),
    "inside": (f"<h1>One</h1><h3>See <a href={X}>x</a> now</h3>", "See x now"),
    "empty-passed-over": (f"<h1>One</h1><h2><img alt=a src=/b></h2><p><a href={X}>x</a>", "One"),
}


@pytest.mark.parametrize(("markup", "heading"), HEADINGS.values(), ids=HEADINGS)
def test_heading(markup: str, heading: str | None) -> None:
    assert link(markup)["heading"] == heading


def test_headings_stay_on_their_page() -> None:
    assert link(f"<a href={X}>x</a>")["heading"] is None


def test_position_share() -> None:
    rows = links("<a href=/1>aaaa</a>" + " bbbb" * 11 + " <a href=/2>cccc</a>")
    assert rows[0]["position_share"] == 0
    assert rows[1]["position_share"] == pytest.approx(60 / 64, abs=0.00051)
    assert link(f"<head><link rel=canonical href={X}></head><p>text")["position_share"] is None


def test_block_link_share() -> None:
    rows = links("<p><a href=/1>aaaa</a> bbbb</p><ul><li><a href=/2>cc</a></li></ul><p><a href=/3></a>")
    assert rows[0]["block_link_share"] == pytest.approx(4 / 9, abs=0.00051)
    assert rows[1]["block_link_share"] == 1
    assert rows[2]["block_link_share"] is None


WORDS = {
    "latin": ("<p>Don't count — these: 3 words, over-the-top.", 6),
    "blocks": ("<p>one<p>two<div>three", 3),
    "inline": ("<p>o<b>n</b>e", 1),
    "hidden": ("<title>no</title><script>no</script><style>no</style><p>one", 1),
    "chinese": ("<p>我爱北京，天安门。", 7),
    "japanese": ("<p>これはペンです。", 7),
    "korean": ("<p>안녕하세요 세계", 2),
    "cyrillic": ("<p>привет, мир!", 2),
    "none": ("<img src=x>", 0),
}


@pytest.mark.parametrize(("markup", "count"), WORDS.values(), ids=WORDS)
def test_words(markup: str, count: int) -> None:
    assert page(markup)["n_words"] == count


def test_text_digest_is_of_the_visible_text() -> None:
    first = page("<title>a</title><p>same   text")["text_digest"]
    assert first == page("<title>b</title><script>x</script><p><i>same</i>\ntext")["text_digest"]
    assert first != page("<p>other text")["text_digest"]
    assert page("<img src=x>")["text_digest"] is None
