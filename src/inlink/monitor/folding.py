"""Words as they compare: what readers take for the same is the same."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"[\s\u00a0\u202f]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_QUOTES = str.maketrans("‘’‚‛“”„‟«»‹›‐‑‒–—−…", "''''\"\"\"\"\"\"''------.")


def fold(words: str) -> str:
    """The words; white space, case, typographic signs and compatibility forms make no other words."""
    text = unicodedata.normalize("NFKC", _UNSEEN.sub("", words)).translate(_QUOTES)
    return _SPACE.sub(" ", text).strip().casefold()
