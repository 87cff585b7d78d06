"""How values are said, where the numbers of charts come from, and which addresses may be served."""

from __future__ import annotations

import socket
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.errors import Busy
from inlink.server.guard import host_name
from inlink.server.serve import address, is_loopback, listen
from inlink.web import words
from inlink.web.charts import bars, drawn_page, stacked
from inlink.workbench import Count


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, ""), (0, 5, "0 %"), (1, 1000, "< 1 %"), (999, 1000, "> 99 %"), (5, 5, "100 %"), (71, 100, "71 %")],
)
def test_percent_never_rounds_to_nothing_or_all(part: int, whole: int, said: str) -> None:
    assert words.percent(part, whole).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "left out: 2 links from 1 hosting domain (infrastructure=true shows them)",
            "left out: 2 links from 1 hosting domain",
        ),
        ("left out: 1 image (images …; embeds=true shows them)", "left out: 1 image (images …)"),
        ("a.example has lost all (3 links; state=lost shows them)", "a.example has lost all (3 links)"),
        ("compared: this with that (from and to set other times)", "compared: this with that"),
        ("a.example is linked to (twice)", "a.example is linked to (twice)"),
    ],
)
def test_notes_name_no_option_that_the_site_does_not_have(said: str, shown: str) -> None:
    assert words.note(said) == shown


@pytest.mark.parametrize("text", ["", "a.example", "a.example/", "a.example/b//c?d=/e", "/"])
def test_a_url_in_steps_is_the_url(text: str) -> None:
    assert "".join(words.in_steps(text)) == text
    assert all(not step.rstrip("/").count("/") for step in words.in_steps(text))


@pytest.mark.parametrize(
    ("url", "text", "expected"),
    [
        pytest.param("https://a.example/", None, "https://a.example/", id="no anchor"),
        pytest.param("https://a.example/", "two words", "https://a.example/#:~:text=two%20words", id="words"),
        pytest.param("https://a.example/", "a-b, c&d", "https://a.example/#:~:text=a%2Db%2C%20c%26d", id="syntax"),
        pytest.param("https://a.example/#x", "w", "https://a.example/#x", id="has a fragment"),
        pytest.param(
            "https://a.example/",
            "1 2 3 4 5 6 7 8 9",
            "https://a.example/#:~:text=1%202%203%204,6%207%208%209",
            id="long",
        ),
    ],
)
def test_text_fragments(url: str, text: str | None, expected: str) -> None:
    assert words.at_the_link(url, text) == expected


@given(st.text(min_size=1))
def test_a_text_fragment_says_its_words(text: str) -> None:
    folded = " ".join(text.split())
    if folded and len(folded.split()) <= 8 and folded.isprintable():
        assert unquote(words.at_the_link("https://a.example/", text).partition("text=")[2]) == folded


@given(st.text(max_size=400))
def test_context_is_short(text: str) -> None:
    assert len(words.before(text)) <= words.ROOM + 2
    assert len(words.after(text)) <= words.ROOM + 2


@pytest.mark.parametrize(
    ("text_before", "text_after", "joined"),
    [
        pytest.param("lean on the", "at Crumb", "lean on the LINK at Crumb", id="words"),
        pytest.param("(see", ").", "(see LINK).", id="closing"),
        pytest.param("say “", "”", "say “LINK”", id="quotes"),
        pytest.param("粉は", "を使う", "粉はLINKを使う", id="no spaces between wide characters"),
        pytest.param(None, None, "LINK", id="unknown"),
    ],
)
def test_context_joins_as_it_stood(text_before: str | None, text_after: str | None, joined: str) -> None:
    assert f"{words.before(text_before)}LINK{words.after(text_after)}" == joined


def test_bars_sum_to_the_whole() -> None:
    counts = [Count(str(i), 100 - i, 10) for i in range(20)]
    found = bars(counts, 6)
    assert len(found) == 7
    assert sum(bar.count for bar in found) == sum(count.n_links for count in counts)
    assert all(0 <= bar.length <= 100 for bar in found)
    assert bars([]) == []


def test_stacked_pieces_sum_to_100() -> None:
    assert sum(piece.length for piece in stacked([("a", 1), ("b", 2), ("c", 4)])) == pytest.approx(100, abs=0.01)
    assert stacked([("a", 0)])[0].length == 0


def test_a_drawn_page_without_links_is_pale() -> None:
    assert {area.depth for area in drawn_page([Count(None, 5, 1)])} == {0.03}


@pytest.mark.parametrize(
    ("header", "name"),
    [("a:1", "a"), ("[::1]:8", "[::1]"), ("[::1]", "[::1]"), (" LocalHost ", "localhost"), ("", ""), ("a:b:c", "a")],
)
def test_host_name(header: str, name: str) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("[::1]", True), ("localhost", True), ("127.9.9.9", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_only_loopback_is_served(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_taken_port_is_told() -> None:
    with listen("127.0.0.1", 0) as held:
        assert address(held).startswith("http://127.0.0.1:")
        with pytest.raises(Busy, match="cannot be used"):
            listen("127.0.0.1", held.getsockname()[1])
    assert isinstance(held, socket.socket)
