"""What a WAT record says of a page beside its links, put as the scan of a page puts it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache

import numpy as np

from inlink.extract.facts import Facts, Said, facts_of
from inlink.extract.languages import from_tag
from inlink.extract.names import META_GROUPS
from inlink.extract.wat_json import WatPage

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_NAMING = frozenset(("http-equiv", "property", "name"))
_LANG = "HTML@/lang"
_LANG_PATHS = (_LANG, "HTML@/xml:lang")
_NO_TEXT = np.zeros(0, np.uint8)


def said_by_record(page: WatPage) -> Said:
    """The raw facts of the page, in the order of the record."""
    said = Said(title=" ".join((page.title or "").split()) or None, base=page.base)
    for meta in page.metas:
        content = meta.get("content")
        if type(content) is not str:
            continue
        for attribute, value in meta.items():
            name = _meaning(attribute, value) if type(value) is str and attribute in _NAMING else None
            if name == _LANG:
                said.lang = said.lang or content
            elif name is not None:
                said.metas.append((name, content))
    return said


@lru_cache(maxsize=4096)
def _meaning(attribute: str, value: str) -> str | None:
    """The meta name that the attribute gives, if it is one that extraction knows."""
    if value in _LANG_PATHS:
        return _LANG
    name = value.strip().lower()
    group = META_GROUPS.get(name)
    return name if group is not None and (attribute == "http-equiv") == (group == "pragmas") else None


def facts_of_record(page: WatPage, said: Said) -> Facts:
    """The facts judged as those of a page without text."""
    record = page.record
    facts = facts_of(
        said, _NO_TEXT, record.header("x-robots-tag"), record.header("content-language"), record.fetched_at_us
    )
    return facts if facts.lang is not None else replace(facts, lang=_noted_language(page))


def charset_of_record(page: WatPage) -> str:
    """The page's character set by header, http-equiv or the crawler's notes; UTF-8 where none tells."""
    told = page.record.header("content-type")
    pragmas = (meta for meta in page.metas if "http-equiv" in meta)
    told += [str(meta.get("content")) for meta in pragmas if str(meta["http-equiv"]).lower() == "content-type"]
    for value in told:
        match = _CHARSET.search(value)
        if match is not None:
            return match[1]
    return page.notes.get("charset-detected", "utf-8")


def _noted_language(page: WatPage) -> str | None:
    """The language that the crawler found most of, if it was sure."""
    try:
        told = json.loads(page.notes.get("languages-cld2", "null"))
        found = told["languages"][0]["code"] if told["reliable"] else ""
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return from_tag(found) if isinstance(found, str) else None
