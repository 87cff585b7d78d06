"""One pass over canonical HTML: every link, heading, block of text and fact of a page, as spans in shared buffers.

Canonical HTML is what lexbor writes of its tree: attributes double-quoted, tags balanced, text escaped. So a linear
scan with a stack sees the tree of a full HTML5 parser. Buffers grow over the pages of a batch; rows point into them.
"""

# ruff: noqa: SIM109 - comparisons compile to less than tuples and generators do

from __future__ import annotations

import numpy as np

from inlink.extract.layout import (
    B_END,
    B_LINKED,
    B_START,
    H_BEFORE,
    H_END,
    H_START,
    K_LINK,
    K_MARKS,
    K_MODE,
    K_REGION,
    L_AT_END,
    L_TEXT_END,
    S_ARTICLES,
    S_BLOCKS,
    S_CUT_LINKS,
    S_DEEP,
    S_HAS_BASE,
    S_HAS_TITLE,
    S_HEADINGS,
    S_LONG_VALUES,
    S_MAX_NESTING,
    S_PAGE_FACTS,
    S_PAGE_LINKS,
    S_SKIPPED,
    S_TEXT,
    S_WORDS,
    Found,
    Tables,
)
from inlink.extract.names import BLOCK, ELEMENT_SEED, ELEMENTS, MUTE, PRIME, RAW, REGION, SPACE, SPECIAL, VOID
from inlink.extract.record import Place, record_element
from inlink.extract.record_facts import record_json, record_title
from inlink.extract.regions import region_of
from inlink.extract.spans import Bytes, find_comment_end, look_up
from inlink.extract.tags import (
    ENDS_BLOCK,
    ENDS_HEADING,
    ENDS_LINK,
    ENDS_MUTE,
    ENDS_SECTION,
    ENDS_TEMPLATE,
    ENDS_WORD,
    IN_ANNOTATION,
    IN_HTML,
    is_html_annotation,
    marks_of,
    namespace,
    raw_end,
    read_attributes,
)
from inlink.extract.visible import copy_text, skip_space
from inlink.kernels.bytes import find_byte
from inlink.kernels.jit import compiled_bare

_PRIME = np.uint64(PRIME)
_ELEMENT = np.uint64(ELEMENT_SEED)
_LT, _GT = 60, 62

_SVG, _MATH, _TITLE = ELEMENTS["svg"], ELEMENTS["math"], ELEMENTS["title"]
_SCRIPT, _ARTICLE = ELEMENTS["script"], ELEMENTS["article"]


# One function, long as it is: with texts and start tags in functions of their own it takes 1.13 times as long.
@compiled_bare
def scan_page(html: Bytes, host: Bytes, t: Tables, o: Found) -> None:
    """Appends what the page holds to the buffers, which must have room (Buffers.room), and sets its cells of the state.

    Shapes: html (n,) canonical HTML in UTF-8; host (m,) the page's host, empty to keep links to itself.
    Cost: O(n).
    """
    state, text, stack = o.state, o.text, o.stack
    _start_page(o)
    n = html.shape[0]
    pos = begin = state[S_TEXT]
    gap = 2  # 0 none, 1 white space, 2 a new block stands between the last text and the next
    mode, region, link, heading, block = IN_HTML, -1, -1, -1, -1
    depth = over = mute = template = section = words = 0
    in_word = False
    i = 0
    while i < n:
        if html[np.uint64(i)] != _LT:
            if mute > 0:
                i = find_byte(html, i, n, _LT)
                continue
            i, gap, in_word = skip_space(html, i, n, gap, in_word)
            if i >= n or html[np.uint64(i)] == _LT:
                continue
            if gap == 2:
                block = _start_block(o, block, pos, begin)
                pos = o.blocks[block, B_START]
                in_word = False
            elif gap == 1 and pos > begin:
                text[np.uint64(pos)] = 32
                pos += 1
            start = pos
            i, pos, gap, in_word, n_words = copy_text(html, i, n, text, pos, in_word)
            words += n_words
            if link >= 0:
                o.blocks[block, B_LINKED] += pos - start
            continue
        at = i
        c = html[np.uint64(i + 1)] if i + 1 < n else np.uint8(_GT)
        if c == 47:  # an end tag
            i = find_byte(html, i + 2, n, _GT) + 1
            if over > 0:
                over -= 1
                continue
            if depth == 0:
                continue
            depth -= 1
            marks = stack[depth, K_MARKS]
            mode, region = stack[depth, K_MODE], stack[depth, K_REGION]
            if marks:
                if marks & ENDS_BLOCK:
                    gap = 2
                elif marks & ENDS_WORD:
                    gap, in_word = max(gap, 1), False
                mute -= marks >> 2 & 1
                template -= marks >> 3 & 1
                section -= marks >> 4 & 1
                if marks & ENDS_LINK:
                    o.links[link, L_TEXT_END], o.links[link, L_AT_END] = pos, i
                    link = stack[depth, K_LINK]
                if marks & ENDS_HEADING:
                    heading = _end_heading(o, heading, pos)
            continue
        if c == 33 or c == 63:  # a comment, a doctype, a processing instruction
            if c == 33 and i + 3 < n and html[np.uint64(i + 2)] == 45:
                i = find_comment_end(html, i + 4, n)
            else:
                i = find_byte(html, i, n, _GT) + 1
            continue
        # a start tag
        h = _ELEMENT
        i += 1
        name_at = i
        while i < n and html[np.uint64(i)] != 32 and html[np.uint64(i)] != _GT:
            h = (h ^ np.uint64(html[np.uint64(i)])) * _PRIME
            i += 1
        name_end = i
        code = max(look_up(t.hashes, t.codes, h), 0)
        flags = t.flags[code]
        is_html = mode == IN_HTML
        inner = IN_HTML
        if not is_html or code == _SVG or code == _MATH:
            is_html, inner = namespace(mode, code)
            flags = flags if is_html else flags & (RAW | MUTE)
        i, mask = read_attributes(html, i, n, t, o.spans, flags != 0 or not is_html)
        if inner == IN_ANNOTATION and is_html_annotation(html, o.spans, mask):
            inner = IN_HTML
        if flags & BLOCK:
            gap = 2
        elif flags & SPACE:
            gap, in_word = max(gap, 1), False
        around, new_link = region, -1
        if flags & (REGION | BLOCK):
            region = region_of(html, t, o.spans, mask, code, flags, section, region)
        if flags & SPECIAL and template == 0:
            place = Place(pos, gap == 2, region, heading, link, at, i)
            new_link = record_element(html, host, t, o, code, mask, place)
        if flags & RAW:
            end = raw_end(html, i, n, code, is_html, name_at, name_end)
            if code == _SCRIPT and template == 0 and is_html:
                record_json(html, o, mask, i, end)
            i = find_byte(html, end, n, _GT) + 1
            region = around
            continue
        if flags & VOID:
            region = around
            continue
        if depth >= state[S_MAX_NESTING] or over > 0:
            over += 1
            state[S_DEEP] = 1
            region = around
            continue
        marks = marks_of(code, flags)
        if marks & ENDS_TEMPLATE:
            template += 1
        if marks & ENDS_SECTION:
            section += 1
            state[S_ARTICLES] += code == _ARTICLE
        if marks & ENDS_MUTE:
            mute += 1
            if code == _TITLE and is_html and template == 0 and not state[S_HAS_TITLE]:
                record_title(html, o, i, find_byte(html, i, n, _LT))
        if marks & ENDS_HEADING:
            heading = _start_heading(o, heading, pos)
        stack[depth, K_MODE], stack[depth, K_REGION] = mode, around
        if new_link >= 0:
            stack[depth, K_LINK] = link
            link = new_link
            marks |= ENDS_LINK
        stack[depth, K_MARKS] = marks
        depth += 1
        mode = inner
    if block >= 0:
        o.blocks[block, B_END] = pos
    state[S_TEXT], state[S_WORDS] = pos, words


@compiled_bare
def _start_page(o: Found) -> None:
    state = o.state
    state[S_WORDS] = state[S_HAS_BASE] = state[S_SKIPPED] = state[S_CUT_LINKS] = state[S_LONG_VALUES] = 0
    state[S_DEEP] = state[S_PAGE_LINKS] = state[S_PAGE_FACTS] = state[S_ARTICLES] = state[S_HAS_TITLE] = 0


@compiled_bare
def _start_block(o: Found, block: int, pos: int, begin: int) -> int:
    """Ends the block before, if any, writes the line break and opens the next; its row."""
    if block >= 0:
        o.blocks[block, B_END] = pos
    if pos > begin:
        o.text[np.uint64(pos)] = 10
        pos += 1
    row = o.state[S_BLOCKS]
    o.state[S_BLOCKS] += 1
    o.blocks[row, B_START], o.blocks[row, B_END], o.blocks[row, B_LINKED] = pos, pos, 0
    return row  # type: ignore[no-any-return]


@compiled_bare
def _start_heading(o: Found, before: int, pos: int) -> int:
    row = o.state[S_HEADINGS]
    o.state[S_HEADINGS] += 1
    o.headings[row, H_START], o.headings[row, H_END], o.headings[row, H_BEFORE] = pos, -1, before
    return row  # type: ignore[no-any-return]


@compiled_bare
def _end_heading(o: Found, heading: int, pos: int) -> int:
    """The heading that stands after the end tag: this one, or the one before where it has no text."""
    if heading < 0:
        return -1
    o.headings[heading, H_END] = pos
    return heading if pos > o.headings[heading, H_START] else o.headings[heading, H_BEFORE]
