"""Which language a page is in: as it says, else as its text shows."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

import pycld2

_CODES: Final = frozenset(files("inlink.extract").joinpath("languages.txt").read_text("ascii").split())
_OLD: Final = {
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "jw": "jv",
    "mo": "ro",
    "nb": "no",
    "nn": "no",
    "tl": "tl",
    "cmn": "zh",
}
_TAG: Final = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_].*)?\s*$", re.DOTALL)
_MIN_BYTES: Final = 100  # of text, for a guess
_MAX_BYTES: Final = 4_000
_MIN_SHARE: Final = 70  # percent of the text in the language


def from_tag(tag: str) -> str | None:
    """ISO 639-1 code of a language tag (`pt-BR` → `pt`), or None."""
    match = _TAG.match(tag)
    if match is None:
        return None
    code = match[1].lower()
    code = _OLD.get(code, code)
    return code if code in _CODES else None


def from_text(text: bytes) -> str | None:
    """The language that the text is surely in, or None."""
    if len(text) < _MIN_BYTES:
        return None
    sample = text[:_MAX_BYTES].decode("utf-8", "ignore")
    try:
        is_sure, _, found = pycld2.detect(sample, isPlainText=True)
    except pycld2.error:
        return None
    _, code, share, _ = found[0]
    return from_tag(code) if is_sure and share >= _MIN_SHARE else None
