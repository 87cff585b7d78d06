"""What pages say of themselves: not here, log in first, accept cookies, prove that you are human."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_WORDS = re.compile(r"[^\W_]+")
_ASCII = str.maketrans(
    {n: " " for n in range(128) if not chr(n).isalnum()} | {n: chr(n).lower() for n in range(65, 91)}
)
_PARTS = re.compile(r"\s+[-–—|·•«»:]+\s+|\s*[|»«·•]\s*|(?<=[!?.。！？])\s+|::")
_CODES = frozenset(("404", "410"))


def plain(text: str) -> str:
    """Text in lower case, words with one space between, no punctuation and no accents of compatibility forms."""
    if text.isascii():
        return " ".join(text.translate(_ASCII).split())
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


class Titles:
    """Title and headings as pairs: as written, and plain; `parts` has the parts of each too: page and site."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.wholes = [(text, plain(text)) for text in texts if text]
        self.parts = [pair for whole in self.wholes for pair in _parts(*whole)]


def _parts(text: str, words: str) -> list[tuple[str, str]]:
    found = [part.strip() for part in _PARTS.split(text) if part]
    return [(text, words), *((part, plain(part)) for part in found if part != text)]


@dataclass(frozen=True, slots=True)
class Wording:
    """The phrases of one kind, in all languages."""

    headings: frozenset[str]
    # By a word that must stand in a text whole, empty where none must: sentences with their places in the list.
    sentences: dict[str, list[tuple[int, str]]]

    def sentence_in(self, text: str) -> str | None:
        """The first sentence of the list that stands in plain text."""
        words = {"", *text.split(" ")}
        found = (each for word in self.sentences.keys() & words for each in self.sentences[word] if each[1] in text)
        return min(found, default=(0, None))[1]


@dataclass(frozen=True, slots=True)
class Phrases:
    """All phrases of `data/phrases.toml`."""

    decoration: frozenset[str]
    not_found: Wording
    login: Wording
    consent: Wording
    challenge: Wording
    script: Wording
    challenge_markup: tuple[bytes, ...]
    challenge_headers: frozenset[str]
    taken_over: frozenset[str]

    def challenge_header(self, headers: Iterable[tuple[str, str]]) -> str | None:
        """The header, as `name: value`, that servers send with a challenge to robots."""
        for name, value in headers:
            if value and name.lower() in self.challenge_headers:
                return f"{name.lower()}: {value}"
        return None

    def says_not_found(self, titles: Titles) -> str | None:
        """The title or heading, or its part, that says nothing but that the page is not there."""
        return self._said(titles, self.not_found)

    def says_404(self, titles: Titles) -> str | None:
        """The title or heading that is the bare number."""
        for text, words in titles.wholes:
            split = words.split()
            if _CODES & set(split) and all(word in self.decoration for word in split):
                return text
        return None

    def says_login(self, titles: Titles) -> str | None:
        """The title or heading that says nothing but log in."""
        return self._said(titles, self.login)

    def says_challenge(self, titles: Titles) -> str | None:
        """The title or heading of a challenge to robots."""
        return self._said(titles, self.challenge)

    def _said(self, titles: Titles, wording: Wording) -> str | None:
        for text, words in titles.parts:
            if words in wording.headings or _undecorated(words, self.decoration) in wording.headings:
                return text
        return None


@lru_cache(4_096)  # each heading is looked for in several lists
def _undecorated(words: str, decoration: frozenset[str]) -> str:
    return " ".join([word for word in words.split() if word not in decoration])


def _wording(*found: dict[str, list[str]]) -> Wording:
    headings = frozenset(plain(text) for one in found for text in one.get("headings", ()))
    sentences = dict.fromkeys(plain(text) for one in found for text in one.get("sentences", ()))
    by_word: dict[str, list[tuple[int, str]]] = {}
    for place, sentence in enumerate(sentences):
        by_word.setdefault(_inner(sentence), []).append((place, sentence))
    return Wording(headings, by_word)


def _inner(sentence: str) -> str:
    """The longest word within a sentence that is neither its first nor its last, which may be parts of longer ones."""
    return max(sentence.split(" ")[1:-1], key=len, default="")


@cache
def phrases() -> Phrases:
    """The phrases that come with the program."""
    text = files("inlink.check").joinpath("data/phrases.toml").read_text("utf-8")
    found = tomllib.loads(text)
    challenge = found["challenge"]
    return Phrases(
        decoration=frozenset(plain(word) for word in found["decoration"]),
        not_found=_wording(*found["not_found"].values()),
        login=_wording(found["login"]),
        consent=_wording(found["consent"]),
        challenge=_wording(challenge),
        script=_wording(found["script"]),
        challenge_markup=tuple(text.lower().encode() for text in challenge["markup"]),
        challenge_headers=frozenset(name.lower() for name in challenge["headers"]),
        taken_over=frozenset(plain(word) for word in found["taken_over"]["words"]),
    )
