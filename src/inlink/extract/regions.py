"""Which part of a page an element opens: by HTML element, ARIA role, and well-known class and id tokens."""

# ruff: noqa: SIM109 - comparisons compile to less than tuples and generators do

from __future__ import annotations

import numpy as np

from inlink.extract.layout import Tables
from inlink.extract.names import (
    ASIDE,
    ATTRIBUTES,
    BIO,
    BLOCK,
    CLASS_SEED,
    COMMENT,
    ELEMENTS,
    FOOTER,
    HEAD,
    HEADER,
    ID_SEED,
    MAIN,
    NAV,
    PRIME,
    REGION,
    ROLE_SEED,
)
from inlink.extract.spans import Bytes, Spans, is_space, look_up, lower
from inlink.kernels.jit import compiled_bare

_PRIME = np.uint64(PRIME)
_CLASS, _ID, _ROLE = np.uint64(CLASS_SEED), np.uint64(ID_SEED), np.uint64(ROLE_SEED)
_AT_CLASS, _AT_ID, _AT_ROLE = ATTRIBUTES["class"], ATTRIBUTES["id"], ATTRIBUTES["role"]
_NAV, _MAIN, _HEADER, _FOOTER = ELEMENTS["nav"], ELEMENTS["main"], ELEMENTS["header"], ELEMENTS["footer"]
_ASIDE, _ARTICLE, _SECTION = ELEMENTS["aside"], ELEMENTS["article"], ELEMENTS["section"]
_HEAD, _HTML, _BODY = ELEMENTS["head"], ELEMENTS["html"], ELEMENTS["body"]


@compiled_bare
def region_of(html: Bytes, t: Tables, spans: Spans, mask: int, code: int, flags: int, section: int, around: int) -> int:
    """Region of what the element contains; `around` is that of its parent, -1 where unknown.

    `section` counts the sectioning elements around it: a header inside an article is not the page's header.
    """
    region = around
    if flags & REGION:
        region = _narrowed(around, _of_element(code), section)
    if flags & BLOCK and code != _BODY and code != _HTML:
        if mask >> _AT_ROLE & 1:
            region = _narrowed(region, _of_tokens(html, t, spans, _AT_ROLE, _ROLE), section)
        if mask >> _AT_ID & 1:
            region = _narrowed(region, _of_tokens(html, t, spans, _AT_ID, _ID), section)
        if mask >> _AT_CLASS & 1:
            region = _narrowed(region, _of_tokens(html, t, spans, _AT_CLASS, _CLASS), section)
    return region


@compiled_bare
def opens_section(code: int) -> bool:
    """Whether headers and footers inside the element are its own, not the page's."""
    return code == _ARTICLE or code == _SECTION or code == _MAIN or code == _ASIDE or code == _NAV


@compiled_bare
def _of_element(code: int) -> int:
    if code == _NAV:
        return NAV
    if code == _MAIN or code == _ARTICLE:
        return MAIN
    if code == _HEADER:
        return HEADER
    if code == _FOOTER:
        return FOOTER
    if code == _ASIDE:
        return ASIDE
    return HEAD if code == _HEAD else -1


@compiled_bare
def _of_tokens(html: Bytes, t: Tables, spans: Spans, attribute: int, seed: np.uint64) -> int:
    """Region that the first telling token of the attribute names, or -1."""
    i, end = spans[2 * attribute], spans[2 * attribute + 1]
    while i < end:
        h = seed
        while i < end and not is_space(html[np.uint64(i)]):
            h = (h ^ np.uint64(lower(html[np.uint64(i)]))) * _PRIME
            i += 1
        if h != seed:
            region = look_up(t.hashes, t.codes, h)
            if region >= 0:
                return region
        i += 1
    return -1


@compiled_bare
def _narrowed(around: int, inner: int, section: int) -> int:
    """The region inside `around` where an element claims `inner`.

    Footer, comments and author box keep what they contain; the page's header and footer do not stand inside a section.
    """
    if inner < 0 or around == FOOTER or around == COMMENT or around == BIO or around == HEAD:
        return around
    if inner == MAIN or inner == HEADER:
        fits = around < 0 and (inner == MAIN or section == 0)
    elif inner == FOOTER:
        fits = (around < 0 or around == MAIN) and section == 0
    elif inner == ASIDE:
        fits = around < 0 or around == MAIN
    elif inner == COMMENT or inner == BIO:
        fits = around < 0 or around == MAIN or around == ASIDE
    else:
        fits = True
    return inner if fits else around
