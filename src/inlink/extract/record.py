"""What the scan writes down of the elements that matter: link rows and fact rows."""

# ruff: noqa: SIM109 - comparisons compile to less than tuples and generators do

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    L_ALT,
    L_ALT_END,
    L_AT,
    L_AT_END,
    L_HEADING,
    L_HREF,
    L_HREF_END,
    L_KIND,
    L_PAGE,
    L_REGION,
    L_REL,
    L_REL_BITS,
    L_REL_END,
    L_STARTS_BLOCK,
    L_TEXT,
    L_TEXT_END,
    MAX_FACT_BYTES,
    MAX_FACTS,
    S_BLOB,
    S_CUT_LINKS,
    S_FACTS,
    S_HAS_BASE,
    S_HAS_TITLE,
    S_KEEP_ALL,
    S_LINKS,
    S_LONG_VALUES,
    S_MAX_ATTRIBUTE,
    S_MAX_LINKS,
    S_PAGE,
    S_PAGE_FACTS,
    S_PAGE_LINKS,
    S_SKIPPED,
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
    PRIME,
    REL_ALTERNATE,
    REL_CANONICAL,
    REL_SEED,
    REL_STYLESHEET,
    TIME_CLASS_SEED,
)
from inlink.extract.spans import (
    Bytes,
    Spans,
    copy_folded,
    copy_value,
    cut,
    hash_lower,
    is_space,
    look_up,
    lower,
    matches_lower,
)
from inlink.kernels.bytes import find_byte
from inlink.kernels.jit import compiled_bare
from inlink.schema import KINDS

_PRIME = np.uint64(PRIME)
_REL, _META = np.uint64(REL_SEED), np.uint64(META_SEED)
_ITEMPROP, _TIME_CLASS = np.uint64(ITEMPROP_SEED), np.uint64(TIME_CLASS_SEED)
_NO_BYTES = np.zeros(0, np.uint8)
_DATA = np.frombuffer(b"data:", np.uint8)
_JSONLD = np.frombuffer(b"application/ld+json", np.uint8)
_IMAGE_TYPE = np.frombuffer(b"image", np.uint8)

_A, _AREA, _BASE, _IMG = ELEMENTS["a"], ELEMENTS["area"], ELEMENTS["base"], ELEMENTS["img"]
_IFRAME, _FRAME, _FORM = ELEMENTS["iframe"], ELEMENTS["frame"], ELEMENTS["form"]
_BUTTON, _INPUT, _LINK, _META_TAG = ELEMENTS["button"], ELEMENTS["input"], ELEMENTS["link"], ELEMENTS["meta"]
_HTML, _TIME = ELEMENTS["html"], ELEMENTS["time"]

_HREF, _SRC, _REL_AT, _ALT = ATTRIBUTES["href"], ATTRIBUTES["src"], ATTRIBUTES["rel"], ATTRIBUTES["alt"]
_CLASS, _NAME, _PROPERTY = ATTRIBUTES["class"], ATTRIBUTES["name"], ATTRIBUTES["property"]
_EQUIV, _CONTENT, _HREFLANG = ATTRIBUTES["http-equiv"], ATTRIBUTES["content"], ATTRIBUTES["hreflang"]
_TYPE, _ACTION, _FORMACTION = ATTRIBUTES["type"], ATTRIBUTES["action"], ATTRIBUTES["formaction"]
_CITE, _DATA_AT, _DATETIME = ATTRIBUTES["cite"], ATTRIBUTES["data"], ATTRIBUTES["datetime"]
_ITEMPROP_AT, _PUBDATE, _LANG = ATTRIBUTES["itemprop"], ATTRIBUTES["pubdate"], ATTRIBUTES["lang"]
_XML_LANG = ATTRIBUTES["xml:lang"]

_ANCHOR_KIND, _AREA_KIND, _IMAGE_KIND = KINDS.index("anchor"), KINDS.index("area"), KINDS.index("image")
_FRAME_KIND, _FORM_KIND, _CANONICAL = KINDS.index("frame"), KINDS.index("form"), KINDS.index("canonical")
_ALTERNATE, _SCRIPT_KIND, _STYLE_KIND = KINDS.index("alternate"), KINDS.index("script"), KINDS.index("style")
_MEDIA_KIND, _CITE_KIND, _REL_KIND = KINDS.index("media"), KINDS.index("cite"), KINDS.index("rel_link")
_REFRESH, _CONTENT_LANGUAGE = META_NAMES["refresh"], META_NAMES["content-language"]


class Place(NamedTuple):
    """Where in the page an element stands."""

    text: int  # position in the text buffer
    starts_block: bool  # no text of its block stands before it
    region: int
    heading: int
    link: int  # row of the <a> around it, or -1
    at: int  # its span in the canonical HTML
    at_end: int


@compiled_bare
def record_element(html: Bytes, host: Bytes, t: Tables, o: Found, code: int, mask: int, place: Place) -> int:
    """Writes what the element gives; the row of an <a href>, else -1."""
    kind, attribute = t.link_kind[code], t.link_attribute[code]
    if code == _LINK:
        kind = _link_kind(html, t, o.spans, mask)
    elif code == _INPUT and mask >> _TYPE & 1 and _is_value(html, o.spans, _TYPE, _IMAGE_TYPE):
        kind, attribute = _IMAGE_KIND, _SRC
    row = _add_link(html, host, t, o, kind, attribute, mask, place) if kind >= 0 else -1
    if kind == _IMAGE_KIND or code == _AREA:
        _copy_alt(html, o, mask, row)
        if code != _AREA:
            _copy_alt(html, o, mask, place.link)
    if code == _META_TAG or code == _TIME or code == _HTML or code == _BASE or (row >= 0 and kind == _ALTERNATE):
        _record_fact(html, t, o, code, mask, row, place.region)
    return row if code == _A else -1


@compiled_bare
def _record_fact(html: Bytes, t: Tables, o: Found, code: int, mask: int, row: int, region: int) -> None:
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
    if not mask >> _TYPE & 1 or not _is_value(html, o.spans, _TYPE, _JSONLD):
        return
    if end - start > MAX_FACT_BYTES or state[S_PAGE_FACTS] >= MAX_FACTS:
        return
    begin = state[S_BLOB]
    for k in range(end - start):
        o.blob[begin + k] = html[np.uint64(start + k)]
    state[S_BLOB] = begin + end - start
    _fact_row(o, FACT_JSONLD, 0, -1, begin)


@compiled_bare
def _is_value(html: Bytes, spans: Spans, attribute: int, word: Bytes) -> bool:
    """Whether the attribute begins with `word`, after white space and without regard to case."""
    start, end = spans[2 * attribute], spans[2 * attribute + 1]
    while start < end and is_space(html[np.uint64(start)]):
        start += 1
    return matches_lower(html, start, end, word)


@compiled_bare
def _add_link(html: Bytes, host: Bytes, t: Tables, o: Found, kind: int, attribute: int, mask: int, place: Place) -> int:
    """A new link row for the element's attribute, or -1 where it has none or it is left out."""
    if not mask >> attribute & 1:
        return -1
    state = o.state
    start, end = o.spans[2 * attribute], o.spans[2 * attribute + 1]
    is_embed = kind == _IMAGE_KIND or kind == _SCRIPT_KIND or kind == _STYLE_KIND
    is_embed = is_embed or kind == _MEDIA_KIND or kind == _REL_KIND
    if is_embed and not state[S_KEEP_ALL] and _is_left_out(html, host, start, end, state):
        return -1
    if end - start > state[S_MAX_ATTRIBUTE]:
        state[S_LONG_VALUES] += 1
        return -1
    if state[S_PAGE_LINKS] >= state[S_MAX_LINKS]:
        state[S_CUT_LINKS] += 1
        return -1
    state[S_PAGE_LINKS] += 1
    row = state[S_LINKS]
    state[S_LINKS] += 1
    links = o.links
    links[row, L_PAGE], links[row, L_KIND] = state[S_PAGE], kind
    links[row, L_HREF] = state[S_BLOB]
    state[S_BLOB] = copy_value(html, start, end, o.blob, state[S_BLOB])
    links[row, L_HREF_END] = state[S_BLOB]
    links[row, L_TEXT], links[row, L_TEXT_END] = place.text, -1
    links[row, L_ALT], links[row, L_ALT_END] = -1, -1
    links[row, L_REGION], links[row, L_HEADING] = place.region, place.heading
    links[row, L_STARTS_BLOCK] = place.starts_block
    links[row, L_AT], links[row, L_AT_END] = place.at, place.at_end
    _copy_rel(html, t, o, mask, row)
    return int(row)


@compiled_bare
def _is_left_out(html: Bytes, host: Bytes, start: int, end: int, state: NDArray[np.int64]) -> bool:
    """Whether the URL of an embedded resource is data, or stays on the page's own host."""
    if matches_lower(html, start, end, _DATA):
        return True
    while start < end and is_space(html[np.uint64(start)]):
        start += 1
    i = start
    while (
        i < end
        and html[np.uint64(i)] != 58
        and html[np.uint64(i)] != 47
        and html[np.uint64(i)] != 63
        and html[np.uint64(i)] != 35
        and html[np.uint64(i)] != 92
    ):
        i += 1
    if i < end and html[np.uint64(i)] == 58:  # a scheme
        i += 1
    elif i > start or i + 1 >= end or html[np.uint64(i + 1)] != 47:  # relative, unless it begins with //
        state[S_SKIPPED] += 1 - state[S_HAS_BASE]
        return state[S_HAS_BASE] == 0  # type: ignore[no-any-return]
    if i + 2 + host.shape[0] > end or html[np.uint64(i)] != 47 or html[np.uint64(i + 1)] != 47:
        return False
    for k in range(host.shape[0]):
        if lower(html[np.uint64(i + 2 + k)]) != host[k]:
            return False
    after = i + 2 + host.shape[0]
    return bool(
        host.shape[0] > 0
        and (
            after == end or html[np.uint64(after)] == 47 or html[np.uint64(after)] == 63 or html[np.uint64(after)] == 35
        )
    )


@compiled_bare
def _copy_rel(html: Bytes, t: Tables, o: Found, mask: int, row: int) -> None:
    """rel in lower case, its tokens separated by one space; the tokens that matter as bits."""
    links = o.links
    links[row, L_REL], links[row, L_REL_END], links[row, L_REL_BITS] = -1, -1, 0
    if not mask >> _REL_AT & 1:
        return
    i, end = o.spans[2 * _REL_AT], o.spans[2 * _REL_AT + 1]
    end = min(end, i + o.state[S_MAX_ATTRIBUTE])
    begin = pos = o.state[S_BLOB]
    bits = 0
    while i < end:
        start = i
        while i < end and not is_space(html[np.uint64(i)]) and html[np.uint64(i)] != 44:
            i += 1
        if i > start:
            if pos > begin:
                o.blob[pos] = 32
                pos += 1
            word = pos
            pos = copy_value(html, start, i, o.blob, pos)
            for k in range(word, pos):
                o.blob[k] = lower(o.blob[k])
            code = look_up(t.hashes, t.codes, hash_lower(o.blob, word, pos, _REL))
            if code > 0:
                bits |= code
        i += 1
    o.state[S_BLOB] = pos
    if pos > begin:
        links[row, L_REL], links[row, L_REL_END] = begin, pos
    links[row, L_REL_BITS] = bits


@compiled_bare
def _copy_alt(html: Bytes, o: Found, mask: int, row: int) -> None:
    """The element's alt becomes the row's, if there is a row and it has none yet."""
    if row < 0 or not mask >> _ALT & 1 or o.links[row, L_ALT] >= 0:
        return
    start, end = o.spans[2 * _ALT], o.spans[2 * _ALT + 1]
    end = cut(html, start, end, o.state[S_MAX_ATTRIBUTE])
    begin = o.state[S_BLOB]
    pos = copy_folded(html, start, end, o.blob, begin)
    if pos > begin:
        o.links[row, L_ALT], o.links[row, L_ALT_END] = begin, pos
        o.state[S_BLOB] = pos


@compiled_bare
def _link_kind(html: Bytes, t: Tables, spans: Spans, mask: int) -> int:
    """Kind of a <link>, or -1: without rel it means nothing."""
    if not mask >> _REL_AT & 1:
        return -1
    bits = _rel_bits(html, t, spans[2 * _REL_AT], spans[2 * _REL_AT + 1])
    if bits & REL_CANONICAL:
        return _CANONICAL
    if bits & REL_STYLESHEET:
        return _STYLE_KIND
    return _ALTERNATE if bits & REL_ALTERNATE else _REL_KIND


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
def _rel_bits(html: Bytes, t: Tables, start: int, end: int) -> int:
    bits, i = 0, start
    while i < end:
        h = _REL
        while i < end and not is_space(html[np.uint64(i)]) and html[np.uint64(i)] != 44:
            h = (h ^ np.uint64(lower(html[np.uint64(i)]))) * _PRIME
            i += 1
        code = look_up(t.hashes, t.codes, h)
        if code > 0:
            bits |= code
        i += 1
    return bits


@compiled_bare
def _add_fact(html: Bytes, o: Found, kind: int, code: int, region: int, attribute: int, mask: int) -> None:
    """A fact row with the value of the attribute, if the element has it."""
    state = o.state
    if not mask >> attribute & 1 or state[S_PAGE_FACTS] >= MAX_FACTS:
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
