from __future__ import annotations

import pytest

from inlink.demo.markup import Block, Piece, at_time, blocks, pieces, plain


@pytest.mark.parametrize(
    ("text", "time", "shown"),
    [
        pytest.param("always", 1, "always", id="no mark"),
        pytest.param("1|first", 1, "first", id="its time"),
        pytest.param("1|first", 2, None, id="another time"),
        pytest.param("02|both", 2, "both", id="one of two times"),
        pytest.param("3|no time", 1, "3|no time", id="not a time"),
    ],
)
def test_a_mark_says_when_a_paragraph_stands(text: str, time: int, shown: str | None) -> None:
    assert at_time(text, time) == shown


def test_blocks_are_cut_at_blank_lines_and_list_items() -> None:
    text = "one\nparagraph\n\n## heading\n\n- a\n- b\n2|- c\n\n> said"
    assert list(blocks(text, 1)) == [
        Block("p", "one paragraph"),
        Block("h2", "heading"),
        Block("li", "a"),
        Block("li", "b"),
        Block("quote", "said"),
    ]
    assert Block("li", "c") in list(blocks(text, 2))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("plain", [Piece("text", "plain")], id="text"),
        pytest.param("[a](/b)", [Piece("link", "", "/b", None, (Piece("text", "a"),))], id="link"),
        pytest.param(
            "x [a](/b){ugc nofollow}.",
            [
                Piece("text", "x "),
                Piece("link", "", "/b", "ugc nofollow", (Piece("text", "a"),)),
                Piece("text", "."),
            ],
            id="rel",
        ),
        pytest.param("![alt](/i.jpg)", [Piece("image", "alt", "/i.jpg")], id="image"),
        pytest.param(
            "[![alt](/i.jpg)](/b)",
            [Piece("link", "", "/b", None, (Piece("image", "alt", "/i.jpg"),))],
            id="image in a link",
        ),
    ],
)
def test_pieces(text: str, found: list[Piece]) -> None:
    assert list(pieces(text)) == found


def test_plain_text_is_what_a_reader_sees() -> None:
    assert plain("See  [this page](/x){ugc} and ![not this](/i.png) [![nor this](/i)](/y).") == "See this page and ."
