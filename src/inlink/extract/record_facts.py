"""What the scan writes down of what a page says about itself: fact rows."""

# ruff: noqa: SIM109 - comparisons compile to less than tuples do

from __future__ import annotations

import numpy as np

from inlink.extract.layout import (
    F_CODE,
    F_END,
    F_PAGE,
    F_REGION,
    F_START,
    F_TYPE,
    FACT_BASE,
    FACT_HREFLANG,
    FACT_ITEMPROP,
    FACT_JSONLD,
    FACT_LANG,
    FACT_META,
    FACT_TIME,
    FACT_TITLE,
    MAX_FACT_BYTES,
    MAX_FACTS,
    S_BLOB,
    S_FACTS,
    S_HAS_BASE,
    S_HAS_TITLE,
    S_MAX_ATTRIBUTE,
    S_PAGE,
    S_PAGE_FACTS,
    Found,
    Tables,
)
from inlink.extract.names import (
    ATTRIBUTES,
    ELEMENTS,
    IS_PUBLISHED,
    ITEMPROP_SEED,
    META_NAMES,
    META_SEED,
    TIME_CLASS_SEED,
)
from inlink.extract.spans import Bytes, Spans, copy_folded, copy_value, cut, hash_lower, is_space, is_value, look_up
from inlink.kernels.bytes import find_byte
from inlink.kernels.jit import compiled_bare

_META, _ITEMPROP, _TIME_CLASS = np.uint64(META_SEED), np.uint64(ITEMPROP_SEED), np.uint64(TIME_CLASS_SEED)
_JSONLD = np.frombuffer(b"application/ld+json", np.uint8)

_META_TAG, _LINK, _HTML, _TIME = ELEMENTS["meta"], ELEMENTS["link"], ELEMENTS["html"], ELEMENTS["time"]
_HREF, _CLASS, _NAME, _PROPERTY = ATTRIBUTES["href"], ATTRIBUTES["class"], ATTRIBUTES["name"], ATTRIBUTES["property"]
_EQUIV, _CONTENT, _HREFLANG = ATTRIBUTES["http-equiv"], ATTRIBUTES["content"], ATTRIBUTES["hreflang"]
_TYPE, _DATETIME, _PUBDATE = ATTRIBUTES["type"], ATTRIBUTES["datetime"], ATTRIBUTES["pubdate"]
_ITEMPROP_AT, _LANG, _XML_LANG = ATTRIBUTES["itemprop"], ATTRIBUTES["lang"], ATTRIBUTES["xml:lang"]
_REFRESH, _CONTENT_LANGUAGE = META_NAMES["refresh"], META_NAMES["content-language"]


@compiled_bare
def record_fact(html: Bytes, t: Tables, o: Found, code: int, mask: int, row: int, region: int) -> None:
    """The fact that a <base>, <meta>, <time>, <html> or <link rel=alternate> states, if any."""
    fact, detail, attribute = -1, 0, _CONTENT
    if code == _META_TAG:
        fact, detail = _meta_fact(html, t, o.spans, mask)
    elif code == _TIME:
        fact, detail, attribute = FACT_TIME, _time_bits(html, t, o.spans, mask), _DATETIME
    elif code == _HTML:
        fact, attribute = FACT_LANG, _LANG if mask >> _LANG & 1 else _XML_LANG
    elif code == _LINK:
        fact, detail, attribute = FACT_HREFLANG, row, _HREFLANG
    elif not o.state[S_HAS_BASE]:  # the first <base href> is the one that counts
        fact, attribute = FACT_BASE, _HREF
        o.state[S_HAS_BASE] = mask >> _HREF & 1
    if fact >= 0:
        _add_fact(html, o, fact, detail, region, attribute, mask)


@compiled_bare
def record_title(html: Bytes, o: Found, start: int, end: int) -> None:
    """The page's title: the text of the first <title>."""
    state = o.state
    state[S_HAS_TITLE] = 1
    end = cut(html, start, end, 4 * state[S_MAX_ATTRIBUTE])
    begin = state[S_BLOB]
    state[S_BLOB] = copy_folded(html, start, end, o.blob, begin)
    _fact_row(o, FACT_TITLE, 0, -1, begin)


@compiled_bare
def record_json(html: Bytes, o: Found, mask: int, start: int, end: int) -> None:
    """The content of a JSON-LD script."""
    state = o.state
    if not mask >> _TYPE & 1 or not is_value(html, o.spans, _TYPE, _JSONLD):
        return
    if end - start > MAX_FACT_BYTES or state[S_PAGE_FACTS] >= MAX_FACTS:
        return
    begin = state[S_BLOB]
    for k in range(end - start):
        o.blob[begin + k] = html[np.uint64(start + k)]
    state[S_BLOB] = begin + end - start
    _fact_row(o, FACT_JSONLD, 0, -1, begin)


@compiled_bare
def _meta_fact(html: Bytes, t: Tables, spans: Spans, mask: int) -> tuple[int, int]:
    """(type, code) of the fact that a <meta> states, or (-1, 0)."""
    for attribute in (_EQUIV, _PROPERTY, _NAME):
        if mask >> attribute & 1:
            code = _trimmed_code(html, t, spans, attribute, _META)
            by_header = code == _REFRESH or code == _CONTENT_LANGUAGE
            if code >= 0 and (attribute == _EQUIV) == by_header:
                return FACT_META, code
    if mask >> _ITEMPROP_AT & 1:
        code = _trimmed_code(html, t, spans, _ITEMPROP_AT, _ITEMPROP)
        if code > 0:
            return FACT_ITEMPROP, code
    return -1, 0


@compiled_bare
def _time_bits(html: Bytes, t: Tables, spans: Spans, mask: int) -> int:
    """What pubdate, itemprop and class of a <time> say of its date."""
    bits = IS_PUBLISHED if mask >> _PUBDATE & 1 else 0
    if mask >> _ITEMPROP_AT & 1:
        bits |= max(_trimmed_code(html, t, spans, _ITEMPROP_AT, _ITEMPROP), 0)
    if mask >> _CLASS & 1:
        i, end = spans[2 * _CLASS], spans[2 * _CLASS + 1]
        while i < end:
            word_end = find_byte(html, i, end, 32)
            bits |= max(look_up(t.hashes, t.codes, hash_lower(html, i, word_end, _TIME_CLASS)), 0)
            i = word_end + 1
    return bits


@compiled_bare
def _add_fact(html: Bytes, o: Found, kind: int, code: int, region: int, attribute: int, mask: int) -> None:
    """A fact row with the value of the attribute, if the element has it."""
    state = o.state
    if not mask >> attribute & 1 or (state[S_PAGE_FACTS] >= MAX_FACTS and kind != FACT_BASE):
        return
    start, end = o.spans[2 * attribute], o.spans[2 * attribute + 1]
    begin = state[S_BLOB]
    state[S_BLOB] = copy_value(html, start, cut(html, start, end, state[S_MAX_ATTRIBUTE]), o.blob, begin)
    _fact_row(o, kind, code, region, begin)


@compiled_bare
def _fact_row(o: Found, kind: int, code: int, region: int, begin: int) -> None:
    row = o.state[S_FACTS]
    o.state[S_FACTS] += 1
    o.state[S_PAGE_FACTS] += 1
    facts = o.facts
    facts[row, F_PAGE], facts[row, F_TYPE], facts[row, F_CODE] = o.state[S_PAGE], kind, code
    facts[row, F_REGION], facts[row, F_START], facts[row, F_END] = region, begin, o.state[S_BLOB]


@compiled_bare
def _trimmed_code(html: Bytes, t: Tables, spans: Spans, attribute: int, seed: np.uint64) -> int:
    """Code of the attribute's value, without white space around it and in lower case, or -1."""
    start, end = spans[2 * attribute], spans[2 * attribute + 1]
    while start < end and is_space(html[np.uint64(start)]):
        start += 1
    while end > start and is_space(html[np.uint64(end - 1)]):
        end -= 1
    return look_up(t.hashes, t.codes, hash_lower(html, start, end, seed))
