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
from inlink.extract.names import (
    ATTRIBUTE_SEED,
    ATTRIBUTES,
    BLOCK,
    ELEMENT_SEED,
    ELEMENTS,
    MUTE,
    PRIME,
    RAW,
    REGION,
    SPACE,
    SPECIAL,
    VOID,
)
from inlink.extract.record import Place, record_element, record_json, record_title
from inlink.extract.regions import opens_section, region_of
from inlink.extract.spans import (
    Bytes,
    Spans,
    entity,
    find_comment_end,
    find_end_tag,
    find_last_end_tag,
    find_script_end,
    is_space,
    look_up,
    matches_lower,
)
from inlink.kernels.bytes import find_byte
from inlink.kernels.jit import compiled_bare

_PRIME = np.uint64(PRIME)
_ELEMENT, _ATTRIBUTE = np.uint64(ELEMENT_SEED), np.uint64(ATTRIBUTE_SEED)
_LT, _GT, _AMP, _QUOTE, _EQUALS = 60, 62, 38, 34, 61

_SVG, _MATH, _TEMPLATE, _TITLE = ELEMENTS["svg"], ELEMENTS["math"], ELEMENTS["template"], ELEMENTS["title"]
_SCRIPT, _PLAINTEXT, _ARTICLE = ELEMENTS["script"], ELEMENTS["plaintext"], ELEMENTS["article"]
_H1, _H6 = ELEMENTS["h1"], ELEMENTS["h6"]
_FOREIGN, _DESC, _STYLE = ELEMENTS["foreignObject"], ELEMENTS["desc"], ELEMENTS["style"]
_MI, _MTEXT, _MGLYPH, _MALIGN = ELEMENTS["mi"], ELEMENTS["mtext"], ELEMENTS["mglyph"], ELEMENTS["malignmark"]
_ANNOTATION = ELEMENTS["annotation-xml"]
_ENCODING = ATTRIBUTES["encoding"]
_TEXT_HTML = np.frombuffer(b"text/html", np.uint8)
_XHTML = np.frombuffer(b"application/xhtml+xml", np.uint8)

# What the children of an element are: HTML, SVG, MathML, or as its text and annotation elements have it.
_IN_HTML, _IN_SVG, _IN_MATH, _IN_MATH_TEXT, _IN_ANNOTATION = range(5)
# What the end of an element ends.
_ENDS_BLOCK, _ENDS_WORD, _ENDS_MUTE, _ENDS_TEMPLATE, _ENDS_SECTION, _ENDS_LINK, _ENDS_HEADING = 1, 2, 4, 8, 16, 32, 64


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
    mode, region, link, heading, block = _IN_HTML, -1, -1, -1, -1
    depth = over = mute = template = section = words = 0
    in_word = False
    i = 0
    while i < n:
        if html[np.uint64(i)] != _LT:
            if mute > 0:
                i = find_byte(html, i, n, _LT)
                continue
            i, gap, in_word = _skip_space(html, i, n, gap, in_word)
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
            i, pos, gap, in_word, n_words = _copy_text(html, i, n, text, pos, in_word)
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
                if marks & _ENDS_BLOCK:
                    gap = 2
                elif marks & _ENDS_WORD:
                    gap, in_word = max(gap, 1), False
                mute -= marks >> 2 & 1
                template -= marks >> 3 & 1
                section -= marks >> 4 & 1
                if marks & _ENDS_LINK:
                    o.links[link, L_TEXT_END], o.links[link, L_AT_END] = pos, i
                    link = stack[depth, K_LINK]
                if marks & _ENDS_HEADING:
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
        is_html = mode == _IN_HTML
        inner = _IN_HTML
        if not is_html or code == _SVG or code == _MATH:
            is_html, inner = _namespace(mode, code)
            flags = flags if is_html else flags & (RAW | MUTE)
        i, mask = _read_attributes(html, i, n, t, o.spans, flags != 0 or not is_html)
        if inner == _IN_ANNOTATION and _is_html_annotation(html, o.spans, mask):
            inner = _IN_HTML
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
            end = _raw_end(html, i, n, code, is_html, name_at, name_end)
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
        marks = _marks(code, flags)
        if marks & _ENDS_TEMPLATE:
            template += 1
        if marks & _ENDS_SECTION:
            section += 1
            state[S_ARTICLES] += code == _ARTICLE
        if marks & _ENDS_MUTE:
            mute += 1
            if code == _TITLE and is_html and template == 0 and not state[S_HAS_TITLE]:
                record_title(html, o, i, find_byte(html, i, n, _LT))
        if marks & _ENDS_HEADING:
            heading = _start_heading(o, heading, pos)
        stack[depth, K_MODE], stack[depth, K_REGION] = mode, around
        if new_link >= 0:
            stack[depth, K_LINK] = link
            link = new_link
            marks |= _ENDS_LINK
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


@compiled_bare
def _skip_space(html: Bytes, i: int, n: int, gap: int, in_word: bool) -> tuple[int, int, bool]:
    """The position of the next byte of text or markup; whether white space was passed."""
    while i < n:
        c = html[np.uint64(i)]
        if is_space(c):
            i += 1
        elif c == _AMP and i + 2 < n and html[np.uint64(i + 1)] == 110 and html[np.uint64(i + 2)] == 98:
            i += 6
        else:
            return i, gap, in_word
        gap, in_word = max(gap, 1), False
    return n, gap, in_word


@compiled_bare
def _copy_text(html: Bytes, i: int, n: int, text: Bytes, pos: int, in_word: bool) -> tuple[int, int, int, bool, int]:
    """Copies text up to the next tag: (position in html, in text, gap at its end, is a word unfinished, new words)."""
    gap = words = 0
    while i < n:
        c = html[np.uint64(i)]
        if c == _LT:
            break
        if is_space(c):
            gap, in_word = 1, False
            i += 1
            continue
        byte = c
        length = 1
        if c == _AMP:
            resolved, length = entity(html, i, n)
            byte = np.uint8(resolved)
            if resolved == 0:
                gap, in_word = 1, False
                i += length
                continue
        if gap:
            text[np.uint64(pos)] = 32
            pos += 1
            gap = 0
        if byte >= 0xC0:
            kind = _letter_kind(html, i, n)
            if kind == 2:
                words, in_word = words + 1, False
            elif kind == 1 and not in_word:
                words, in_word = words + 1, True
        elif not in_word and (97 <= byte <= 122 or 65 <= byte <= 90 or 48 <= byte <= 57):
            words, in_word = words + 1, True
        text[np.uint64(pos)] = byte
        pos += 1
        i += length
    return i, pos, gap, in_word, words


@compiled_bare
def _letter_kind(html: Bytes, i: int, n: int) -> int:
    """Of the character that begins at i: 0 punctuation or symbol, 1 letter of a word, 2 a word by itself (CJK)."""
    first = html[np.uint64(i)]
    second = html[np.uint64(i + 1)] if i + 1 < n else np.uint8(0)
    if first == 0xC2:
        return 0
    if first == 0xE2:
        return 0 if second < 0xB0 else 1
    if first == 0xE3:
        return 0 if second == 0x80 else 2
    if 0xE4 <= first <= 0xE9:
        return 2
    if first == 0xEF:
        return 1 if 0xA4 <= second <= 0xB7 else 0
    if first == 0xF0:
        return 2 if 0xA0 <= second <= 0xBF else 0 if second == 0x9F else 1
    return 1


@compiled_bare
def _read_attributes(html: Bytes, i: int, n: int, t: Tables, spans: Spans, are_wanted: bool) -> tuple[int, int]:
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
def _namespace(mode: int, code: int) -> tuple[bool, int]:
    """Whether the element is an HTML element, and what its children are.

    Source: HTML standard, 13.2.6 (adjusted current node, integration points).
    """
    as_html = mode == _IN_HTML or (mode == _IN_MATH_TEXT and code != _MGLYPH and code != _MALIGN)
    if as_html and code != _SVG and code != _MATH:
        return True, _IN_HTML
    if (as_html and code == _SVG) or (mode == _IN_ANNOTATION and code == _SVG):
        return False, _IN_SVG
    if mode == _IN_SVG:
        return False, _IN_HTML if code == _FOREIGN or code == _DESC or code == _TITLE else _IN_SVG
    if not as_html and _MI <= code <= _MTEXT:
        return False, _IN_MATH_TEXT
    if not as_html and code == _ANNOTATION:
        return False, _IN_ANNOTATION
    return False, _IN_MATH


@compiled_bare
def _is_html_annotation(html: Bytes, spans: Spans, mask: int) -> bool:
    start, end = spans[2 * _ENCODING], spans[2 * _ENCODING + 1]
    if not mask >> _ENCODING & 1:
        return False
    is_text_html = end - start == _TEXT_HTML.shape[0] and matches_lower(html, start, end, _TEXT_HTML)
    return is_text_html or (end - start == _XHTML.shape[0] and matches_lower(html, start, end, _XHTML))


@compiled_bare
def _raw_end(html: Bytes, i: int, n: int, code: int, is_html: bool, name_at: int, name_end: int) -> int:
    """Position of the end tag of a raw-text element whose content begins at i."""
    if is_html and code == _SCRIPT:
        return find_script_end(html, i, n)
    if is_html and code == _PLAINTEXT:
        return find_last_end_tag(html, i, n, name_at, name_end)
    return find_end_tag(html, i, n, name_at, name_end)


@compiled_bare
def _marks(code: int, flags: int) -> int:
    """What the end of the element will end."""
    marks = 0
    if flags & BLOCK:
        marks = _ENDS_BLOCK
        if _H1 <= code <= _H6:
            marks |= _ENDS_HEADING
        if flags & REGION and opens_section(code):
            marks |= _ENDS_SECTION
    elif flags & SPACE:
        marks = _ENDS_WORD
    if flags & MUTE:
        marks |= _ENDS_MUTE
    if code == _TEMPLATE and flags & SPECIAL:
        marks |= _ENDS_TEMPLATE
    return marks
