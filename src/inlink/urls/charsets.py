"""How the query of a link is encoded on a page in a legacy character set."""

from __future__ import annotations


def is_legacy(charset: str | None) -> bool:
    return False


def encode_query(raw: str, charset: str) -> str:
    return raw
