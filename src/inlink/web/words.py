"""How values are said on a page: filters and small parts for the templates. All give plain text, never markup."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

ROOM = 120  # characters of context on each side of a link
OPENING = "([{«“‘¿¡"
CLOSING = ".,;:!?)]}»”’…"
ORIGINS = {"rel": "by the link", "meta": "by robots meta", "header": "by header"}
REASONS = {
    "removed": "link removed",
    "page_gone": "page gone",
    "page_redirects": "page redirects",
    "page_not_html": "page is no longer HTML",
    "moved": "moved to another page",
    "link_added": "link added",
    "link_restored": "link is back",
    "page_found": "page first seen",
    "rel": "rel changed",
    "anchor": "anchor changed",
    "alt": "alt changed",
    "target": "target changed",
}
_OPTIONS = re.compile(r"; \w+=\w+ shows them(?=\))| \((?:\w+=\w+ shows them|from and to set other times)\)")
SCOPES = {"url": "a page", "prefix": "a path and all below it", "host": "a host", "domain": "a domain"}


def number(value: int | None) -> str:
    """1,284; a dash where unknown."""
    return "–" if value is None else f"{value:,}"


def percent(part: int, whole: int) -> str:
    """71 %; nothing where there is no whole; never 0 % or 100 % for what is not quite so."""
    if not whole:
        return ""
    share = 100 * part / whole
    if 0 < share < 1:
        return "<\u00a01\u00a0%"
    if 99 < share < 100:
        return ">\u00a099\u00a0%"
    return f"{share:.0f}\u00a0%"


def day(value: datetime | None) -> str:
    """2026-11-15; a dash where unknown."""
    return "–" if value is None else value.isoformat()[:10]


def moment(value: datetime | None) -> str:
    """2026-11-15 06:12:41 UTC."""
    return "–" if value is None else value.strftime("%Y-%m-%d %H:%M:%S UTC")


def address(url: str) -> str:
    """A URL as read: without scheme and a lone final slash."""
    shown = url.partition("://")[2] or url
    return shown[:-1] if shown.endswith("/") and shown.count("/") == 1 else shown


def middle(text: str, limit: int = 90) -> str:
    """The text with its middle left out where it is long."""
    return text if len(text) <= limit else f"{text[: limit * 3 // 5]}…{text[-(limit * 2 // 5) :]}"


def path(url: str) -> str:
    """What follows the host of a URL."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def page_of(url: str, target: str) -> str:
    """A URL without its host where that is the target's own; with it where it is another host of the target."""
    host = urlsplit(url).hostname or ""
    return path(url) if host.removeprefix("www.") == target.removeprefix("www.") else address(url)


def before(text: str | None) -> str:
    """The end of the text before a link, up to where the link begins; an ellipsis where something was cut."""
    text = (text or "").strip()
    if len(text) > ROOM:
        text = "…" + text[-ROOM:].partition(" ")[2]
    return text if not text or text[-1] in OPENING or _is_wide(text[-1]) else f"{text} "


def after(text: str | None) -> str:
    """The beginning of the text after a link, from where the link ends."""
    text = (text or "").strip()
    if len(text) > ROOM:
        text = (text[:ROOM].rpartition(" ")[0] or text[:ROOM]) + "…"
    return text if not text or text[0] in CLOSING or _is_wide(text[0]) else f" {text}"


def _is_wide(character: str) -> bool:
    """Scripts that are written without spaces."""
    return unicodedata.east_asian_width(character) in "WF"


def rel_words(link: dict[str, Any]) -> list[str]:
    """The words of a link's rel that take its vote away; none where it is follow, or none is known."""
    return [word for word in ("sponsored", "ugc", "nofollow") if link.get(word)]


def origin(value: str | None) -> str:
    """Where the rel of a link comes from: by the link, by robots meta."""
    return " and ".join(ORIGINS.get(part.partition(":")[0], part) for part in value.split("+")) if value else ""


def reason(value: str | None) -> str:
    """Why a link is lost."""
    if not value:
        return "unknown"
    return ", ".join(REASONS.get(part, part.replace("_", " ")) for part in value.split("+"))


def at_the_link(url: str, text: str | None) -> str:
    """The page's URL with a text fragment, so that a browser opens it at the link's words."""
    words = (text or "").split()
    if not words or "#" in url:
        return url
    if len(words) <= 8:
        return f"{url}#:~:text={_fragment(words)}"
    return f"{url}#:~:text={_fragment(words[:4])},{_fragment(words[-4:])}"


def _fragment(words: list[str]) -> str:
    return quote(" ".join(words), safe="").replace("-", "%2D")


def note(text: str) -> str:
    """A note of an answer without the options that it names: the site has no such switches."""
    return _OPTIONS.sub("", text)


def upper_first(text: str) -> str:
    """The text as a sentence begins, the rest as it is."""
    return text[:1].upper() + text[1:]


def in_steps(text: str) -> list[str]:
    """A URL in the steps at which a line may break: after each slash."""
    return re.findall(r"[^/]*/+|[^/]+", text)


def quoted(text: str) -> str:
    """The text as a value in a filter."""
    return "'" + text.replace("'", "''") + "'"


def is_web(url: str | None) -> bool:
    """True for what may stand in an href."""
    return bool(url) and str(url).startswith(("http://", "https://"))


FILTERS = {
    "number": number,
    "day": day,
    "moment": moment,
    "address": address,
    "path": path,
    "page_of": page_of,
    "middle": middle,
    "before": before,
    "after": after,
    "rel_words": rel_words,
    "origin": origin,
    "reason": reason,
    "note": note,
    "in_steps": in_steps,
    "upper_first": upper_first,
}
GLOBALS = {"percent": percent, "at_the_link": at_the_link, "is_web": is_web, "quoted": quoted, "SCOPES": SCOPES}
