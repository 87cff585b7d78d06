"""What the scan writes down of the elements that matter: link rows, and fact rows (record_facts.py)."""

# ruff: noqa: SIM109 - comparisons compile to less than tuples and generators do

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inlink.extract.layout import (
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
    S_BLOB,
    S_CUT_LINKS,
    S_HAS_BASE,
    S_KEEP_ALL,
    S_LINKS,
    S_LONG_VALUES,
    S_MAX_ATTRIBUTE,
    S_MAX_LINKS,
    S_PAGE,
    S_PAGE_LINKS,
    S_SKIPPED,
    Found,
    Tables,
)
from inlink.extract.names import (
    ATTRIBUTES,
    ELEMENTS,
    PRIME,
    REL_ALTERNATE,
    REL_CANONICAL,
    REL_SEED,
    REL_STYLESHEET,
)
from inlink.extract.record_facts import record_fact
from inlink.extract.spans import (
    Bytes,
    Spans,
    copy_folded,
    copy_value,
    cut,
    hash_lower,
    is_space,
    is_value,
    look_up,
    lower,
    matches_lower,
)
from inlink.kernels.jit import compiled_bare
from inlink.schema import KINDS

_PRIME = np.uint64(PRIME)
_REL = np.uint64(REL_SEED)
_DATA = np.frombuffer(b"data:", np.uint8)
_IMAGE_TYPE = np.frombuffer(b"image", np.uint8)

_A, _AREA, _BASE, _INPUT = ELEMENTS["a"], ELEMENTS["area"], ELEMENTS["base"], ELEMENTS["input"]
_LINK, _META_TAG, _HTML, _TIME = ELEMENTS["link"], ELEMENTS["meta"], ELEMENTS["html"], ELEMENTS["time"]
_SRC, _REL_AT, _ALT, _TYPE = ATTRIBUTES["src"], ATTRIBUTES["rel"], ATTRIBUTES["alt"], ATTRIBUTES["type"]

_IMAGE_KIND, _SCRIPT_KIND, _MEDIA_KIND = KINDS.index("image"), KINDS.index("script"), KINDS.index("media")
_CANONICAL, _ALTERNATE = KINDS.index("canonical"), KINDS.index("alternate")
_STYLE_KIND, _REL_KIND = KINDS.index("style"), KINDS.index("rel_link")


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
    elif code == _INPUT and mask >> _TYPE & 1 and is_value(html, o.spans, _TYPE, _IMAGE_TYPE):
        kind, attribute = _IMAGE_KIND, _SRC
    row = _add_link(html, host, t, o, kind, attribute, mask, place) if kind >= 0 else -1
    if kind == _IMAGE_KIND or code == _AREA:
        _copy_alt(html, o, mask, row)
        if code != _AREA:
            _copy_alt(html, o, mask, place.link)
    if code == _META_TAG or code == _TIME or code == _HTML or code == _BASE or (row >= 0 and kind == _ALTERNATE):
        record_fact(html, t, o, code, mask, row, place.region)
    return row if code == _A else -1


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
