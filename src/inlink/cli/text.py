"""Text from strangers made safe for a terminal."""

from __future__ import annotations

import re
import unicodedata

_KEEP = {"\u200c", "\u200d"}  # joiners: Persian and emoji need them, and they move nothing
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, DCS and the like, with what they carry
    r"|\x1b[ -/]*[0-~]?"  # two-character escapes
)


def clean(text: str) -> str:
    """The text in one line, without escape sequences, control, bidi and other invisible characters."""
    if text.isascii() and text.isprintable():
        return text
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    return "".join(_safe(character) for character in text)


def clean_lines(text: str) -> str:
    """The text with its line breaks and tabs, otherwise as `clean`."""
    return "\n".join("\t".join(clean(cell) for cell in line.split("\t")) for line in text.splitlines())


def counted(n: int, noun: str) -> str:
    """A number and what it counts: 1 page, 1,000 pages."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _safe(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] != "C" and category not in ("Zl", "Zp"):
        return character
    if category in ("Zl", "Zp") or (category == "Cc" and character.isspace()):
        return " "
    if category == "Cf":
        return character if character in _KEEP else ""
    return "" if category == "Cc" else "\ufffd"
