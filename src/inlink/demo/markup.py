"""The plan's small markup for paragraphs.

    12|Text with a [link](https://…){rel words} and [![alt of an image](/image.jpg)](/page).

Digits and a bar before a paragraph name the times at which it stands there; without them it always does. Paragraphs
are parted by blank lines; "## " starts a heading, "- " a list item, "> " a quotation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TIMES = re.compile(r"^([012]{1,3})\|")
_LINK = re.compile(
    r"\[(?P<anchor>(?:!\[[^\]]*\]\([^)]*\)|[^\[\]])*)\]\((?P<href>[^)\s]+)\)(?:\{(?P<rel>[^}]*)\})?"
    r"|!\[(?P<alt>[^\]]*)\]\((?P<src>[^)\s]+)\)"
)


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item or quotation."""

    kind: str  # p, h2, li, quote
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, an image, or a link with its pieces."""

    kind: str  # text, image, link
    text: str = ""
    href: str = ""
    rel: str | None = None
    inner: tuple[Piece, ...] = ()


def at_time(text: str, time: int) -> str | None:
    """The paragraph without its time mark; None where it does not stand at that time."""
    mark = _TIMES.match(text)
    if mark is None:
        return text
    return text[mark.end() :] if str(time) in mark[1] else None


def blocks(text: str, time: int) -> Iterator[Block]:
    """The blocks of a text at a time, in order."""
    for paragraph in re.split(r"\n\s*\n|\n(?=- |[012]{1,3}\|- )", text.strip()):
        shown = at_time(paragraph.strip(), time)
        if shown:
            yield _block(" ".join(shown.split()))


def _block(text: str) -> Block:
    for mark, kind in (("## ", "h2"), ("- ", "li"), ("> ", "quote")):
        if text.startswith(mark):
            return Block(kind, text[len(mark) :])
    return Block("p", text)


def pieces(text: str) -> Iterator[Piece]:
    """The text cut at its links and images."""
    end = 0
    for found in _LINK.finditer(text):
        if found.start() > end:
            yield Piece("text", text[end : found.start()])
        end = found.end()
        if found["src"] is not None:
            yield Piece("image", found["alt"], found["src"])
        else:
            yield Piece("link", "", found["href"], found["rel"], tuple(pieces(found["anchor"])))
    if end < len(text):
        yield Piece("text", text[end:])


def plain(text: str) -> str:
    """The visible text, without marks and images, white space folded."""
    return " ".join("".join(_visible(pieces(text))).split())


def _visible(parts: Iterator[Piece] | tuple[Piece, ...]) -> Iterator[str]:
    for piece in parts:
        if piece.kind == "text":
            yield piece.text
        elif piece.kind == "link":
            yield from _visible(piece.inner)
