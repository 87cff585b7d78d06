"""Text from strangers is harmless on a terminal and fits its column."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.cli.shorten import shorten_end, shorten_middle, width
from inlink.cli.text import clean, clean_lines

HOSTILE = [
    pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
    pytest.param("\x1b]0;owned\x07title", "title", id="window title"),
    pytest.param("\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "click", id="hyperlink"),
    pytest.param("a\x1b[2J\x1b[Hb", "ab", id="clear screen"),
    pytest.param("a\x9b31mb", "a31mb", id="8-bit CSI"),
    pytest.param("a\rb\nc\td", "a b c d", id="line breaks"),
    pytest.param("a\u202egpj.exe", "agpj.exe", id="bidi override"),
    pytest.param("a\u2066b\u2069", "ab", id="bidi isolate"),
    pytest.param("a\u200bb\ufeffc", "abc", id="zero width"),
    pytest.param("a\U000e0041b", "ab", id="tag characters"),
    pytest.param("a\x00\x07\x08b", "ab", id="NUL BEL BS"),
    pytest.param("نوشته\u200cها", "نوشته\u200cها", id="Persian joiner stays"),
    pytest.param("👩\u200d🍳 bäckt", "👩\u200d🍳 bäckt", id="emoji joiner stays"),
    pytest.param("plain text", "plain text", id="plain"),
]


@pytest.mark.parametrize(("given_text", "expected"), HOSTILE)
def test_clean(given_text: str, expected: str) -> None:
    assert clean(given_text) == expected


@given(st.text())
def test_clean_leaves_no_control_or_format_character(text: str) -> None:
    cleaned = clean(text)
    categories = {unicodedata.category(c) for c in cleaned if c not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert clean(cleaned) == cleaned


def test_clean_lines_keeps_lines_and_tabs() -> None:
    assert clean_lines("a\x1b[1m\n\tb\x07\r\nc") == "a\n\tb\nc"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"])), st.integers(1, 60))
def test_shortened_text_fits(text: str, limit: int) -> None:
    for cut in (shorten_middle, shorten_end):
        assert width(cut(text, limit)) <= limit
        if width(text) <= limit:
            assert cut(text, limit) == text


def test_a_url_keeps_its_host_and_its_end() -> None:
    short = shorten_middle("https://blog.example.org/2026/11/a-very-long-name-of-a-page/index.html", 40)
    assert short.startswith("https://blog.example.or")
    assert short.endswith("/index.html")
    assert "…" in short
