"""What a WAT record says of a page beside its links: base, robots rules, title, language, author, dates."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from inlink.extract.names import META_GROUPS
from inlink.extract.wat_headers import Robots, robots_of
from inlink.extract.wat_json import WatPage
from inlink.sources.dates import warc_date
from inlink.urls.parse import normalise

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_LANG_PATHS = ("html@/lang", "html@/xml:lang")


@dataclass(slots=True)
class Facts:
    """Facts of one page, as far as its WAT record tells them."""

    base: str
    robots: Robots
    title: str | None = None
    lang: str | None = None
    author: str | None = None
    published_at: int | None = None
    modified_at: int | None = None
    refresh: str | None = None
    charset: str = "utf-8"


def facts_of(page: WatPage, url: str) -> Facts:
    """The facts of a page whose normalised URL is `url`."""
    named = [(meta.get("name", ""), meta.get("content", "")) for meta in page.metas]
    base = normalise(page.base, url) if page.base is not None else None
    facts = Facts(base=base or url, robots=robots_of(named, page.record), charset=_charset(page))
    facts.title = " ".join(page.title.split()) if page.title is not None else None
    for meta in page.metas:
        content = meta.get("content", "")
        for attribute in ("name", "property"):
            name = meta.get(attribute, "").strip().lower()
            if name in _LANG_PATHS:
                facts.lang = facts.lang or _language(content)
            elif name:
                _note(facts, META_GROUPS.get(name), content)
        equiv = meta.get("http-equiv", "").strip().lower()
        if equiv == "refresh":
            facts.refresh = facts.refresh or content
    facts.lang = facts.lang or _detected_language(page)
    return facts


def _note(facts: Facts, group: str | None, content: str) -> None:
    if group == "author":
        facts.author = facts.author or " ".join(content.split()) or None
    elif group == "published":
        facts.published_at = facts.published_at or warc_date(content)
    elif group == "modified":
        facts.modified_at = facts.modified_at or warc_date(content)
    elif group == "language":
        facts.lang = facts.lang or _language(content)


def _language(text: str) -> str | None:
    """The primary subtag, if it is of two letters."""
    tag = re.split(r"[-_,\s]", text.strip().lower())[0]
    return tag if len(tag) == 2 and tag.isascii() and tag.isalpha() else None


def _detected_language(page: WatPage) -> str | None:
    """The language that the crawler found most of, if it was sure."""
    try:
        told = json.loads(page.notes.get("languages-cld2", "null"))
        found = told["languages"][0]["code"] if told["reliable"] else ""
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return _language(found) if isinstance(found, str) else None


def _charset(page: WatPage) -> str:
    """The page's character set by header, http-equiv or the crawler's notes; UTF-8 where none tells."""
    told = [*page.record.header("content-type")]
    told += [meta.get("content", "") for meta in page.metas if meta.get("http-equiv", "").lower() == "content-type"]
    for value in told:
        match = _CHARSET.search(value)
        if match is not None:
            return match[1]
    return page.notes.get("charset-detected", "utf-8")
