"""Whether a page still is about what was known of it: domains that were taken over say something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inlink.check.page import Page
from inlink.check.wording import phrases, plain

_MIN_KNOWN = 2  # words that were known of a page
_MIN_OTHERS = 3  # different words of taken-over domains, or a third of the title
_MAX_KEPT = 0.2  # share of the known words that the page still says


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an index holds of a page: its title, language, and what links to it say."""

    title: str = ""
    lang: str | None = None
    anchors: Sequence[str] = ()


def other_topic(page: Page, known: Remembered) -> dict[str, str] | None:
    """Evidence that the page is about something else now, of a kind that taken-over domains show; None where not.

    Two things together: of the words of its title and of the anchors that lead to it, the page says hardly one any
    more; and its title, headings and text are full of words that such domains sell with, none of which was known of it.
    A page whose topic merely moved on is not called hijacked.
    """
    words = _words(known.title)
    for anchor in known.anchors:
        words |= _words(anchor)
    if len(words) < _MIN_KNOWN:
        return None
    spam = phrases().taken_over
    titles = " ".join(words for _, words in page.titles.wholes)
    now = set(page.text.split()) | _words(titles)
    kept = words & now
    said = (now & spam) - words
    titled = _words(titles) & spam
    if words & spam or len(kept) > _MAX_KEPT * len(words) or not titled or len(said) < _MIN_OTHERS:
        return None
    return {
        "known words": " ".join(sorted(words)[:12]),
        "still there": " ".join(sorted(kept)) or "none",
        "says now": " ".join(sorted(said)[:8]),
        "title": page.title,
        **({"language before": known.lang, "language now": page.language} if known.lang and page.language else {}),
    }


def _words(text: str) -> set[str]:
    """Words that carry a topic: four letters or more, or two in scripts that write without spaces."""
    return {word for word in plain(text).split() if len(word) >= (4 if word.isascii() else 2) and not word.isdigit()}
