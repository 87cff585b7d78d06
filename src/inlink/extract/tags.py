"""Start tags of canonical HTML: attributes, namespace, where raw text ends, and what the end tag will end."""

# ruff: noqa: SIM109 - comparisons compile to less than tuples do

from __future__ import annotations

import numpy as np

from inlink.extract.layout import Tables
from inlink.extract.names import (
    ATTRIBUTE_SEED,
    ATTRIBUTES,
    BLOCK,
    ELEMENTS,
    MUTE,
    PRIME,
    REGION,
    SPACE,
    SPECIAL,
)
from inlink.extract.regions import opens_section
from inlink.extract.spans import (
    Bytes,
    Spans,
    find_end_tag,
    find_last_end_tag,
    find_script_end,
    look_up,
    matches_lower,
)
from inlink.kernels.bytes import find_byte
from inlink.kernels.jit import compiled_bare

_PRIME = np.uint64(PRIME)
_ATTRIBUTE = np.uint64(ATTRIBUTE_SEED)
_GT, _QUOTE, _EQUALS = 62, 34, 61

_SVG, _MATH, _TEMPLATE, _TITLE = ELEMENTS["svg"], ELEMENTS["math"], ELEMENTS["template"], ELEMENTS["title"]
_SCRIPT, _PLAINTEXT = ELEMENTS["script"], ELEMENTS["plaintext"]
_H1, _H6 = ELEMENTS["h1"], ELEMENTS["h6"]
_FOREIGN, _DESC = ELEMENTS["foreignObject"], ELEMENTS["desc"]
_MI, _MTEXT, _MGLYPH, _MALIGN = ELEMENTS["mi"], ELEMENTS["mtext"], ELEMENTS["mglyph"], ELEMENTS["malignmark"]
_ANNOTATION = ELEMENTS["annotation-xml"]
_ENCODING = ATTRIBUTES["encoding"]
_TEXT_HTML = np.frombuffer(b"text/html", np.uint8)
_XHTML = np.frombuffer(b"application/xhtml+xml", np.uint8)

# What the children of an element are: HTML, SVG, MathML, or as its text and annotation elements have it.
IN_HTML, IN_SVG, IN_MATH, IN_MATH_TEXT, IN_ANNOTATION = range(5)
# What the end of an element ends.
ENDS_BLOCK, ENDS_WORD, ENDS_MUTE, ENDS_TEMPLATE, ENDS_SECTION, ENDS_LINK, ENDS_HEADING = 1, 2, 4, 8, 16, 32, 64


@compiled_bare
def read_attributes(html: Bytes, i: int, n: int, t: Tables, spans: Spans, are_wanted: bool) -> tuple[int, int]:
    """Reads the attributes of a start tag: (position after the tag, which known attributes stand in `spans`)."""
    mask = 0
    while i < n and html[np.uint64(i)] == 32:
        i += 1
        h = _ATTRIBUTE
        first = i
        while (
            i < n
            and html[np.uint64(i)] != 32
            and html[np.uint64(i)] != _GT
            and (html[np.uint64(i)] != _EQUALS or i == first)
        ):
            h = (h ^ np.uint64(html[np.uint64(i)])) * _PRIME
            i += 1
        start = end = i
        if i + 1 < n and html[np.uint64(i)] == _EQUALS and html[np.uint64(i + 1)] == _QUOTE:
            start = i + 2
            end = find_byte(html, start, n, _QUOTE)
            i = end + 1
        if are_wanted:
            attribute = look_up(t.hashes, t.codes, h)
            if attribute >= 0:
                spans[2 * attribute], spans[2 * attribute + 1] = start, end
                mask |= 1 << attribute
    return find_byte(html, i, n, _GT) + 1, mask


@compiled_bare
def namespace(mode: int, code: int) -> tuple[bool, int]:
    """Whether the element is an HTML element, and what its children are.

    Source: HTML standard, 13.2.6 (adjusted current node, integration points).
    """
    as_html = mode == IN_HTML or (mode == IN_MATH_TEXT and code != _MGLYPH and code != _MALIGN)
    if as_html and code != _SVG and code != _MATH:
        return True, IN_HTML
    if (as_html and code == _SVG) or (mode == IN_ANNOTATION and code == _SVG):
        return False, IN_SVG
    if mode == IN_SVG:
        return False, IN_HTML if code == _FOREIGN or code == _DESC or code == _TITLE else IN_SVG
    if not as_html and _MI <= code <= _MTEXT:
        return False, IN_MATH_TEXT
    if not as_html and code == _ANNOTATION:
        return False, IN_ANNOTATION
    return False, IN_MATH


@compiled_bare
def is_html_annotation(html: Bytes, spans: Spans, mask: int) -> bool:
    """Whether an <annotation-xml> says that it holds HTML."""
    start, end = spans[2 * _ENCODING], spans[2 * _ENCODING + 1]
    if not mask >> _ENCODING & 1:
        return False
    is_text_html = end - start == _TEXT_HTML.shape[0] and matches_lower(html, start, end, _TEXT_HTML)
    return is_text_html or (end - start == _XHTML.shape[0] and matches_lower(html, start, end, _XHTML))


@compiled_bare
def raw_end(html: Bytes, i: int, n: int, code: int, is_html: bool, name_at: int, name_end: int) -> int:
    """Position of the end tag of a raw-text element whose content begins at i."""
    if is_html and code == _SCRIPT:
        return find_script_end(html, i, n)
    if is_html and code == _PLAINTEXT:
        return find_last_end_tag(html, i, n, name_at, name_end)
    return find_end_tag(html, i, n, name_at, name_end)


@compiled_bare
def marks_of(code: int, flags: int) -> int:
    """What the end of the element will end."""
    marks = 0
    if flags & BLOCK:
        marks = ENDS_BLOCK
        if _H1 <= code <= _H6:
            marks |= ENDS_HEADING
        if flags & REGION and opens_section(code):
            marks |= ENDS_SECTION
    elif flags & SPACE:
        marks = ENDS_WORD
    if flags & MUTE:
        marks |= ENDS_MUTE
    if code == _TEMPLATE and flags & SPECIAL:
        marks |= ENDS_TEMPLATE
    return marks
