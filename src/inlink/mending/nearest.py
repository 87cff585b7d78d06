"""The living page that says most nearly what a dead one said.

Of a dead page there is left its address and what others called it; of a living one its address, its title and what
others call it. Both are vectors of words weighed by rarity among the living pages (tf-idf); likeness is their cosine.

    w(word) = (1 + ln n(word)) ln(1 + N / df(word))      likeness(a, b) = a·b / (|a| |b|)

A page is suggested where likeness reaches LEAST and two words are shared, or where the last part of the address is the
same and no other living page has it. The home page is never suggested: to readers and robots that is no answer.
Cost: O(words) a dead page, by an inverted list.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

LEAST = 0.3
SAME_NAME = 0.25  # what the same last part of the address adds
SHOWN_WORDS = 6
_WORD = re.compile(r"[^\W_]+")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ENDING = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|cgi|pdf)$", re.IGNORECASE)
_PLAIN = frozenset(("index", "html", "htm", "php", "asp", "aspx", "www", "http", "https", "com", "default", "home"))


@dataclass(frozen=True, slots=True)
class Page:
    """A page with what is known of it: address, title, and words that lead to it with how often they do."""

    url: str
    title: str = ""
    anchors: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A living page in place of a dead one. likeness 0..1; why: what the two share, in words."""

    url: str
    likeness: float
    why: str


def words_of(text: str) -> list[str]:
    """Words that compare; of scripts without spaces, pairs of letters."""
    found = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _WIDE.search(word) and len(word) > 2:
            found += [word[n : n + 2] for n in range(len(word) - 1)]
        elif len(word) > 1 and word not in _PLAIN:
            found.append(word)
    return found


def name_of(url: str) -> str:
    """The last part of an address without its ending; empty for a home page."""
    path = unquote(urlsplit(url).path).rstrip("/")
    name = _ENDING.sub("", path.rpartition("/")[2]).casefold()
    return "" if name in _PLAIN else name


def _counts(page: Page) -> Counter[str]:
    parts = urlsplit(page.url)
    found = Counter(words_of(unquote(f"{_ENDING.sub('', parts.path)} {parts.query}")))
    found.update(words_of(page.title))
    for anchor, n in (page.anchors or {}).items():
        for word in words_of(anchor):
            found[word] += max(n, 1)
    return found


class Nearest:
    """Living pages, arranged so that the nearest to a dead one is found."""

    def __init__(self, living: Sequence[Page]) -> None:
        self._pages = [page for page in living if urlsplit(page.url).path not in ("", "/") or urlsplit(page.url).query]
        counts = [_counts(page) for page in self._pages]
        self._n = len(self._pages)
        self._df = Counter(word for found in counts for word in found)
        self._lists: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, found in enumerate(counts):
            vector = self._vector(found)
            for word, weight in vector.items():
                self._lists[word].append((number, weight))
        self._names = Counter(name_of(page.url) for page in self._pages)

    def _vector(self, counts: Mapping[str, int]) -> dict[str, float]:
        found = {word: (1 + math.log(n)) * math.log(1 + self._n / max(self._df[word], 1)) for word, n in counts.items()}
        length = math.sqrt(sum(weight * weight for weight in found.values()))
        return {word: weight / length for word, weight in found.items()} if length else {}

    def suggest(self, dead: Page, left_out: Iterable[str] = ()) -> Suggestion | None:
        """The living page that comes nearest; None where none comes near. Ties go to the shorter address."""
        vector = self._vector(_counts(dead))
        scores: dict[int, float] = defaultdict(float)
        shared: dict[int, list[tuple[float, str]]] = defaultdict(list)
        for word, weight in vector.items():
            for number, other in self._lists.get(word, ()):
                scores[number] += weight * other
                shared[number].append((weight * other, word))
        name, never = name_of(dead.url), {dead.url, *left_out}
        best: tuple[float, int, str, int] | None = None
        for number, score in scores.items():
            page = self._pages[number]
            has_name = bool(name) and name_of(page.url) == name and self._names[name] == 1
            if page.url in never or not (has_name or (score >= LEAST and len(shared[number]) > 1)):
                continue
            score = min(1.0, score + SAME_NAME * has_name)
            rank = (-score, len(page.url), page.url, number)
            best = rank if best is None or rank < best else best
        if best is None:
            return None
        number = best[3]
        page = self._pages[number]
        return Suggestion(
            page.url, round(-best[0], 3), _why(name, page, shared[number], is_only=self._names[name] == 1)
        )


def _why(name: str, page: Page, shared: list[tuple[float, str]], *, is_only: bool) -> str:
    words = [word for _, word in sorted(shared, key=lambda each: (-each[0], each[1]))[:SHOWN_WORDS]]
    said = [f"the same name ({name})"] if name and is_only and name_of(page.url) == name else []
    return "; ".join([*said, f"shared words: {', '.join(words)}"])
