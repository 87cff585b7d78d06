"""What a page asks of robots: robots <meta> and X-Robots-Tag, for all robots or a named one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from inlink.extract.names import META_GROUPS

ROBOTS: Final = frozenset(name for name, group in META_GROUPS.items() if group == "robots")
# Directives with a value of their own ("unavailable_after: …"), so that their name is not taken for a robot's.
_VALUED: Final = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))


@dataclass(frozen=True, slots=True)
class Robots:
    """What holds for the page. `origin` is where it comes from (meta, header), with `:bot` where for one robot only;
    `nofollow_origin` is the same for nofollow alone, without robots' names. None where nothing is asked.
    """

    is_noindex: bool = False
    is_nofollow: bool = False
    origin: str | None = None
    nofollow_origin: str | None = None


NO_ROBOTS: Final = Robots()


def robots_of(metas: Iterable[tuple[str, str]], headers: Iterable[str]) -> Robots:
    """What (name, content) of robots metas and the values of X-Robots-Tag ask for.

    Source: https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag
    """
    asked = [("meta", bot, *_flags(content)) for bot, content in metas]
    asked += [("header", bot, *_flags(content)) for value in headers for bot, content in _addressed(value)]
    asked = [a for a in asked if a[2] or a[3]]
    if not asked:
        return NO_ROBOTS
    origins = dict.fromkeys(where if bot == "robots" else f"{where}:{bot}" for where, bot, _, _ in asked)
    nofollow = {where for where, _, _, is_nofollow in asked if is_nofollow}
    return Robots(
        any(a[2] for a in asked),
        bool(nofollow),
        "+".join(sorted(origins, key=lambda o: (not o.startswith("meta"), o))),
        "+".join(word for word in ("meta", "header") if word in nofollow) or None,
    )


def robots_for(metas: Iterable[tuple[str, str]], headers: Iterable[str], robots: frozenset[str]) -> Robots:
    """As `robots_of`, of what is asked of all robots and of those named; what others are asked is left out."""
    chosen = robots | {"robots"}
    addressed = [(bot, words) for value in headers for bot, words in _addressed(value) if bot in chosen]
    return robots_of(
        [(bot, content) for bot, content in metas if bot in chosen],
        [words if bot == "robots" else f"{bot}: {words}" for bot, words in addressed],
    )


def _flags(content: str) -> tuple[bool, bool]:
    """(noindex, nofollow) of a list of directives."""
    words = {word.strip().lower() for word in content.replace(";", ",").split(",")}
    words |= {piece for word in words for piece in word.split()}
    return "noindex" in words or "none" in words, "nofollow" in words or "none" in words


def _addressed(value: str) -> list[tuple[str, str]]:
    """(robot, directives) of an X-Robots-Tag; a robot's name holds until the next name."""
    found: list[tuple[str, list[str]]] = [("robots", [])]
    for piece in value.split(","):
        name, colon, rest = piece.partition(":")
        name = name.strip().lower()
        if colon and name not in _VALUED and " " not in name:
            found.append((name, [rest]))
        else:
            found[-1][1].append(piece)
    return [(name, ",".join(words)) for name, words in found if words]
